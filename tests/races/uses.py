"""One side of a race: every use of a likeness that the gate decides or a fence guards, by the product's own verbs.

An act returns when the use was let, and raises ``Refused`` or a refusal of the product when it was not. A use that goes
on for a while looks again and again, and notes of each look whether it began after the withdrawal had returned.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from consent import gate, permits
from consent.rules import Audience
from feed import playback, publishing, remixes, visibility
from feed.lists import chronological, following
from socialvideo.lib.errors import Problem
from tests.races.stage import DIGEST, FILM, Scenery, Stage, stitched
from worker import jobs, pipeline, reviews, videos
from worker.encoding import Encoded

# Between two looks, lest looking takes the processor from what is looked for.
LOOK_S = 0.002
RENDER = Encoded(width=90, height=160, fps=6, frames=6, duration_ms=1000, size_bytes=1, sha256=DIGEST.hex())


class Refused(Exception):
    """The use was not let."""


@dataclass(frozen=True)
class Use:
    """One decision point: what it does, what it needs before, and what it leaves behind when it was let."""

    act: Callable[[Stage], object]
    scenery: Scenery
    points: tuple[str, ...] = ()
    """The points that stand in the ledger once it was let; none where a fence decides and nothing is written."""
    makes: str = ""
    """What there is one more of once it was let."""
    anew: bool = False
    """Whether it goes on to make something new, which a stopped grant no longer covers."""


def request(stage: Stage) -> None:
    """Ask for a video: a permit is issued and a job queued."""
    jobs.submit(requester=stage.cast.requester, spec=stage.spec)


def claim(stage: Stage) -> None:
    """Take the job under a lease."""
    assert stage.job
    if jobs.claim(stage.job.id) is None:
        raise Refused


def start(stage: Stage) -> None:
    """Redeem the permit, and hold the keys of the likenesses."""
    own = stage.claimed
    redeemed = permits.redeem(permit_id=own.permit_id, digest=own.spec.digest, job_id=own.job_id, wish=own.spec.wish())
    if not all(likeness.key for likeness in redeemed.likenesses):
        stage.faults.append("started on an erased likeness")


def steps(stage: Stage) -> None:
    """Make step after step, until one is refused."""

    def step() -> bool:
        try:
            permits.recheck(stage.redeemed)
        except gate.Denied:
            return False
        return True

    _look(stage, step)


def seal(stage: Stage) -> None:
    """Store the finished video and end the job with it, as the pipeline does."""
    try:
        chosen = None if stage.scenery.stitch else pipeline.engine("preview")
        pipeline._seal(stage.claimed, stage.redeemed, chosen, RENDER, [FILM, FILM])
    except gate.Denied:
        jobs.cancel(stage.claimed)
        raise
    except (permits.Unusable, videos.TakenDown):
        raise Refused from None


def accept(stage: Stage) -> None:
    """Accept the render by its hash."""
    reviews.accept(subject=stage.cast.subject, video_id=stage.film.id, sha256=DIGEST.hex())


def publish(stage: Stage) -> None:
    """Publish the video to everybody."""
    publishing.publish(author=stage.cast.requester, video_id=stage.film.id, caption="", audience=Audience.PUBLIC)


def lists(stage: Stage) -> None:
    """Read the feed, the grid, the post and the video's record, until none of them shows it."""
    _look(stage, lambda: shown(stage))


def shown(stage: Stage) -> bool:
    """Tell whether any list or record shows the video now."""
    viewer, author = stage.cast.viewer.id, stage.cast.requester
    listed = following.following(viewer=viewer, after=None, limit=3)
    listed += chronological.grid(viewer=viewer, author=author.id, after=None, limit=3)
    single = visibility.one(viewer=viewer, post_id=stage.post.id) if stage.post else None
    read = single and single.consented and single.stands
    return any(post.body["video"]["id"] == stage.film.id for post in listed) or bool(read)


def records(stage: Stage) -> None:
    """Read the video's record as its owner, until it is gone."""
    _look(stage, lambda: _found(lambda: videos.find(stage.cast.requester, stage.film.id)))


def opening(stage: Stage) -> None:
    """Open the video, as its viewer."""
    playback.open_video(viewer=stage.cast.viewer, session=stage.cast.session, video_id=stage.film.id)


def chunks(stage: Stage) -> None:
    """Ask for one part after another on a ticket from before, until one is refused."""
    _look(stage, lambda: _found(lambda: playback.reopen(stage.viewing)))


def stream(stage: Stage) -> None:
    """Play the video from the real stream server, which asks the gate or rests on the opening."""
    assert stage.theatre
    if not stage.theatre.watch(stage):
        raise Refused


def download(stage: Stage) -> None:
    """Get an address to download the video."""
    playback.open_download(viewer=stage.cast.viewer, session=stage.cast.session, video_id=stage.film.id)


def remix(stage: Stage) -> None:
    """Ask for a remix; whoever the original shows is inherited."""
    viewer, film = stage.cast.viewer, stage.film.id
    wish = {"prompt": "at night", "purpose": "entertainment", "audience": "public"}
    remixes.remix(requester=viewer, video_id=film, seed=1, **wish)


def stitch(stage: Stage) -> None:
    """Ask for a stitch, which inherits whomever the film shows."""
    jobs.submit(requester=stage.cast.viewer, spec=stitched(stage.film))


def _look(stage: Stage, once: Callable[[], bool]) -> None:
    """Look until it is refused, or once after the withdrawal has returned."""
    after, let = False, True
    while let and not after:
        after = stage.over.is_set()
        let = once()
        time.sleep(LOOK_S)
        stage.looks.append((after, let))
    if not stage.looks[0][1]:
        raise Refused


def _found(read: Callable[[], object]) -> bool:
    try:
        read()
    except Problem as problem:
        assert problem.code in ("gone_consent", "taken_down")
        return False
    return True


QUEUED, CLAIMED, RUNNING = (Scenery(run=run) for run in ("queued", "claimed", "running"))
DRAFT, SEALED, PUBLISHED = (Scenery(film=film) for film in ("draft", "sealed", "published"))
OPENED = Scenery(film="published", opened=True)
REMIXING = Scenery(film="published", run="running", remix=True)
STITCHING = Scenery(film="published", run="running", remix=True, stitch=True)

USES = {
    "request": Use(request, Scenery(), ("request",), "permits", anew=True),
    "claim": Use(claim, QUEUED, anew=True),
    "start": Use(start, CLAIMED, ("start",), anew=True),
    "step": Use(steps, RUNNING, anew=True),
    "seal": Use(seal, RUNNING, ("seal",), "videos", anew=True),
    "accept": Use(accept, DRAFT, ("acceptance",), "acceptances"),
    "publish": Use(publish, SEALED, ("publish",), "posts", anew=True),
    "lists": Use(lists, PUBLISHED),
    "record": Use(records, PUBLISHED),
    "open": Use(opening, PUBLISHED, ("open",)),
    "chunk": Use(chunks, PUBLISHED),
    "stream": Use(stream, PUBLISHED),
    "opened stream": Use(stream, OPENED),
    "download": Use(download, PUBLISHED, ("open", "download")),
    "remix": Use(remix, PUBLISHED, ("request",), "permits", anew=True),
    "remix step": Use(steps, REMIXING, anew=True),
    "remix seal": Use(seal, REMIXING, ("seal",), "videos", anew=True),
    "stitch": Use(stitch, PUBLISHED, ("request",), "permits", anew=True),
    "stitch seal": Use(seal, STITCHING, ("seal",), "videos", anew=True),
}
