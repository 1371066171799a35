"""The one path from a permit to a video: claim → redeem → open portraits → render → encode → seal.

What is put together from films takes it, too: claim → redeem → fetch the films → compose → seal.
"""

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
from worker import composing, covers, encoding, jobs, ladders, leases, rules, scratch, storage, videos
from worker.compositions import Composition
from worker.encoding import Encoded
from worker.engines.base import Engine, EngineFailed, OnStep, Scene
from worker.jobs import Claimed
from worker.leases import LeaseLost
from worker.models import Depiction, Source, Video
from worker.rules import Origin
from worker.specs import Spec

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
    except (EngineFailed, composing.Failed) as failed:
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
    with scratch.folder() as folder:
        film, poster = folder / "video.mp4", folder / "poster.jpg"
        if spec.composition:
            chosen, encoded = None, _composed(spec.composition, claimed, redeemed, film)
            covers.still(film, poster, spec.composition.cover_ms, encoded.duration_ms)
        else:
            chosen = engine(spec.engine)
            encoded = _rendered(chosen, claimed, redeemed, film)
            encoding.poster(film, poster)
        with storage.kept(claimed.job_id, film, poster) as names:
            _seal(claimed, redeemed, chosen, encoded, names)


def _rendered(chosen: Engine, claimed: Claimed, redeemed: Redeemed, film: Path) -> Encoded:
    """Draw the people of the permit, and write the film."""
    spec = claimed.spec
    scene = Scene(
        prompt=spec.prompt,
        seed=spec.seed,
        portraits=tuple(likenesses.unseal(likeness) for likeness in redeemed.likenesses),
        width=settings.VIDEO_WIDTH,
        height=settings.VIDEO_HEIGHT,
        fps=settings.VIDEO_FPS,
        seconds=settings.VIDEO_SECONDS,
    )
    return encoding.encode(chosen.render(scene, _checks(claimed, redeemed)), film)


def _composed(composition: Composition, claimed: Claimed, redeemed: Redeemed, film: Path) -> Encoded:
    """Put the film together of its sources."""
    check = _checks(claimed, redeemed)
    check(0, 100)
    return composing.compose(composition, film, lambda share: check(int(100 * share), 100))


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


def _seal(claimed: Claimed, redeemed: Redeemed, chosen: Engine | None, encoded: Encoded, names: list[str]) -> None:
    """Store the video, whose film and poster have these names, and end the job in one commit under the gate.

    ``chosen`` drew it; None when it is put together from films.
    """
    video_id = new_id()
    film, poster = names

    def store(claims: Sequence[Claim], review: bool) -> None:
        videos.require_up(redeemed.lineage, held=True)
        sources = _sources(claimed.spec)
        video = Video.objects.create(
            id=video_id,
            owner_id=redeemed.requester_id,
            permit_id=redeemed.permit_id,
            remix_of=sources[0] if sources else None,
            origin=Origin.GENERATED if chosen else Origin.COMPOSED,
            screening=rules.strictest(source.screening for source in sources),
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
            engine=chosen.name if chosen else "",
            is_preview=chosen.is_preview if chosen else any(source.is_preview for source in sources),
            prompt=claimed.spec.prompt,
        )
        Depiction.objects.bulk_create(
            Depiction(video=video, subject_id=claim.subject_id, grant_id=claim.held[0], epoch=claim.held[1])
            for claim in claims
        )
        Source.objects.bulk_create(
            Source(video=video, source=source, role=role, place=place)
            for place, (source, (_, role)) in enumerate(zip(sources, claimed.spec.sources, strict=True))
        )
        storage.release(names)
        ladders.begin(video_id=video_id, source=film)
        jobs.complete(claimed, video_id, review=review)

    permits.spend(redeemed, video_id=video_id, effect=store)


def _sources(spec: Spec) -> list[Video]:
    """Return the films that it is made from, in the spec's order; one may be there twice."""
    known = Video.objects.in_bulk([video_id for video_id, _ in spec.sources])
    return [known[video_id] for video_id, _ in spec.sources]
