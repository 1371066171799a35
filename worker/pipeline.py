"""The one path from a permit to a video: claim → redeem → open portraits → render → encode → seal."""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from consent import likenesses, permits
from consent.gate import Denied
from consent.permits import Redeemed
from consent.rules import Claim
from socialvideo.lib.ids import new_id
from worker import encoding, jobs, ladders, leases, rules, scratch, storage, videos
from worker.encoding import Encoded
from worker.engines.base import Engine, EngineFailed, OnStep, Scene
from worker.jobs import Claimed
from worker.leases import LeaseLost
from worker.models import Depiction, Video

log = logging.getLogger(__name__)
ENGINES: dict[str, Engine] = {}


def run(job_id: UUID) -> None:
    """Run one job to its end. Safe to call any number of times, by any number of workers at once."""
    scratch.clear()
    claimed = jobs.claim(job_id)
    if claimed is None:
        return
    try:
        with leases.kept(partial(jobs.renew, claimed), str(claimed.job_id)):
            _make(claimed)
    except Denied:
        jobs.cancel(claimed)
    except LeaseLost:
        log.info("job %s is no longer ours", claimed.job_id)
    except permits.Unusable as unusable:
        jobs.fail(claimed, "permit_unusable", str(unusable))
    except videos.TakenDown:
        jobs.fail(claimed, "original_taken_down", "A moderator took down the video that this is a remix of.")
    except EngineFailed as failed:
        jobs.fail(claimed, failed.code, failed.detail)
    except (KeyboardInterrupt, SystemExit):
        jobs.let_go(claimed)
        raise


def engine(name: str) -> Engine:
    """Return the engine of this name, made once a process."""
    if name not in ENGINES:
        made = import_string(settings.ENGINES[name])
        ENGINES[name] = made(Path(settings.MODEL)) if name == "diffusion" else made()
    return ENGINES[name]


def _make(claimed: Claimed) -> None:
    spec = claimed.spec
    redeemed = permits.redeem(permit_id=claimed.permit_id, digest=spec.digest, job_id=claimed.job_id, wish=spec.wish())
    portraits = tuple(likenesses.unseal(likeness) for likeness in redeemed.likenesses)
    scene = Scene(
        prompt=spec.prompt,
        seed=spec.seed,
        portraits=portraits,
        width=settings.VIDEO_WIDTH,
        height=settings.VIDEO_HEIGHT,
        fps=settings.VIDEO_FPS,
        seconds=settings.VIDEO_SECONDS,
    )
    with scratch.folder() as folder:
        film, poster = folder / "video.mp4", folder / "poster.jpg"
        chosen = engine(spec.engine)
        encoded = encoding.encode(chosen.render(scene, _checks(claimed, redeemed)), film)
        encoding.poster(film, poster)
        with storage.kept(claimed.job_id, film, poster) as names:
            _seal(claimed, redeemed, chosen, encoded, names)


def _checks(claimed: Claimed, redeemed: Redeemed) -> OnStep:
    """Return what runs before every step: is consent still there, the original too, the job ours; how far are we."""
    shown = 0

    def on_step(done: int, total: int) -> None:
        nonlocal shown
        permits.recheck(redeemed)
        if redeemed.lineage:
            videos.require_up(redeemed.lineage)
        progress = rules.percent(done, total)
        if done == 0 or rules.worth_writing(shown, progress):
            jobs.report(claimed, progress)
            shown = progress

    return on_step


def _seal(claimed: Claimed, redeemed: Redeemed, chosen: Engine, encoded: Encoded, names: list[str]) -> None:
    """Store the video, whose film and poster have these names, and end the job in one commit under the gate."""
    video_id = new_id()
    film, poster = names

    def store(claims: Sequence[Claim], review: bool) -> None:
        videos.require_up(redeemed.lineage, held=True)
        video = Video.objects.create(
            id=video_id,
            owner_id=redeemed.requester_id,
            permit_id=redeemed.permit_id,
            remix_of_id=claimed.spec.remix_of,
            lineage=[*redeemed.lineage, video_id],
            depiction_count=len(claims),
            file=film,
            poster=poster,
            content_digest=bytes.fromhex(encoded.sha256),
            size_bytes=encoded.size_bytes,
            width=encoded.width,
            height=encoded.height,
            fps=encoded.fps,
            duration_ms=encoded.duration_ms,
            engine=chosen.name,
            is_preview=chosen.is_preview,
            prompt=claimed.spec.prompt,
        )
        Depiction.objects.bulk_create(
            Depiction(video=video, subject_id=claim.subject_id, grant_id=claim.held[0], epoch=claim.held[1])
            for claim in claims
        )
        storage.release(names)
        ladders.begin(video_id=video_id, source=film)
        jobs.complete(claimed, video_id, review=review)

    permits.spend(redeemed, video_id=video_id, effect=store)
