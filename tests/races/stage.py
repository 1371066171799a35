"""What races are about: people who are used again and again, and each time fresh grants and what was made under them.

A batch of stages is written straight into the tables, as the product would leave them: one race then costs little
more than the race itself.
"""

import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import Block, Follow, Person, Session
from consent import journal
from consent.models import Acceptance, Choice, Grant, Likeness, Permit, PermitSubject
from consent.permits import Redeemed
from consent.rules import Allowed, Claim, Facts, Point, State, Wish
from feed import playback
from feed.models import Post
from feed.reuse import Use
from feed.tickets import Basis, Viewing
from socialvideo.lib.clock import database_now
from socialvideo.lib.ids import new_id
from tests import factories
from worker.compositions import Composition, Kind, Part
from worker.jobs import Claimed
from worker.models import Depiction, Job, Video
from worker.rules import Status
from worker.specs import Spec

if TYPE_CHECKING:
    from tests.races.theatre import Theatre

FILM = "videos/raced.mp4"
CHUNKS = 12
LET = {use.value: True for use in Use}
DIGEST = b"raced" + bytes(27)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cast:
    """Four people of one race at a time: who is shown, who makes it, and who watches it."""

    subject: Person
    companion: Person
    requester: Person
    viewer: Person
    session: Session


@dataclass(frozen=True)
class Scenery:
    """What a use needs before it: a ``film`` (draft, sealed, published), a ``run`` (queued, claimed, running) of a job.

    ``remix``: the run makes a remix of the film, for the viewer; with ``stitch`` it puts the film before itself.
    ``spent`` uses of the grant were counted before, and then one is left. ``two``: the companion is shown too, or in
    the run alone. ``group``: the grant rests on an offer to one, unless it is yet to be taken up. ``opened``: the
    viewer's ticket says on what its opening rests.
    """

    film: str = ""
    run: str = ""
    remix: bool = False
    stitch: bool = False
    two: bool = False
    two_in_run: bool = False
    spent: int = 0
    group: str = ""
    taken_up: bool = True
    opened: bool = False


@dataclass
class Stage:
    """One race: its people and rows, and what came of it."""

    cast: Cast
    scenery: Scenery
    grants: list[Grant]
    """Of the subject, and of the companion where there is one; without an offer's grant while it is not taken up."""
    spec: Spec
    offer: Grant | None = None
    photos: tuple[Likeness, ...] = ()
    """What the run has open."""
    video: Video | None = None
    post: Post | None = None
    job: Job | None = None
    basis: Basis | None = None
    """What the viewer's ticket rests on, if it says so."""
    theatre: "Theatre | None" = None
    dice: random.Random = field(default_factory=random.Random)
    over: threading.Event = field(default_factory=threading.Event)
    """Set when an end has returned."""
    looks: list[tuple[bool, bool]] = field(default_factory=list)
    """Of each look: whether it began after the end had returned, and whether it was let."""
    reads: list[tuple[Facts, datetime]] = field(default_factory=list)
    """What the gate read for the use, and its clock."""
    narrowed: datetime | None = None
    """The end of the grant, once it was narrowed."""
    let: bool = False
    """Whether the use was let."""
    rival_let: bool = False
    faults: list[str] = field(default_factory=list)

    @property
    def maker(self) -> Person:
        """Who asks for what is being made."""
        return self.cast.viewer if self.scenery.remix else self.cast.requester

    @property
    def root(self) -> Grant:
        """The subject's grant whose uses are counted: an offer to a group, where there is one."""
        return self.offer or self.grants[0]

    @property
    def shown(self) -> list[Grant]:
        """The grants that the film rests on."""
        return self.grants[:1] if self.scenery.two_in_run else self.grants

    @property
    def film(self) -> Video:
        """The video, which the scenery must have."""
        assert self.video
        return self.video

    @property
    def viewing(self) -> Viewing:
        """The viewer's opening of the video."""
        return Viewing(self.film.id, self.cast.viewer.id, self.cast.session.id, basis=self.basis)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of the run."""
        return tuple(Claim(grant.subject_id, grant.id, 1) for grant in self.grants)

    @property
    def claimed(self) -> Claimed:
        """The run, as a worker that has claimed the job holds it."""
        assert self.job
        return Claimed(self.job.id, 1, self.job.permit_id, self.spec)

    @property
    def redeemed(self) -> Redeemed:
        """The run's permit, as a worker that has redeemed it holds it."""
        assert self.job
        lineage = tuple(self.job.permit.lineage)
        return Redeemed(self.job.permit_id, self.maker.id, self.job.id, self.claims, self.photos, lineage)


def cast(count: int) -> list[Cast]:
    """Write ``count`` sets of people; every viewer follows the requester."""
    people = Person.objects.bulk_create(_person() for _ in range(4 * count))
    sets = [people[4 * n : 4 * n + 4] for n in range(count)]
    sessions = Session.objects.bulk_create(
        Session(person=four[3], token_digest=new_id().bytes * 2, expires_at=database_now() + DAY) for four in sets
    )
    Follow.objects.bulk_create(Follow(follower=four[3], followee=four[2]) for four in sets)
    if not default_storage.exists(FILM):
        default_storage.save(FILM, ContentFile(bytes(CHUNKS * 64 * 1024)))
    return [Cast(*four, session) for four, session in zip(sets, sessions, strict=True)]


def stitched(film: Video) -> Spec:
    """Return the wish to put a film before itself."""
    part = Part(film.id, 0, film.duration_ms)
    return factories.spec(prompt="", composition=Composition(Kind.STITCH, (part, part)))


def set_up(casts: Sequence[Cast], wanted: Sequence[Scenery]) -> list[Stage]:
    """Write a stage for each set of people, whose older grants and blocks end."""
    with transaction.atomic():
        _enrol(casts)
        people = [someone.id for one in casts for someone in (one.subject, one.companion)]
        Grant.objects.filter(subject__in=people, state=State.GIVEN).update(state=State.EXPIRED, ended_at=Now())
        Block.objects.filter(blocked__in=[one.requester for one in casts]).delete()
        Block.objects.filter(blocker__in=[one.requester for one in casts]).delete()
        stages = [_stage(one, scenery) for one, scenery in zip(casts, wanted, strict=True)]
        _write_groups(stages)
        Grant.objects.bulk_create(grant for stage in stages for grant in stage.grants)
        _make_films([stage for stage in stages if stage.scenery.film])
        _begin_runs([stage for stage in stages if stage.scenery.run])
    for stage in stages:
        if stage.scenery.opened:
            stage.basis = playback._basis(stage.film.id, stage.cast.viewer.id, stage.cast.session.id)
    return stages


def _person() -> Person:
    handle = f"r{new_id().hex[-20:]}"
    return Person(handle=handle, email=f"{handle}@example.org", display_name="Racer")


def _enrol(casts: Iterable[Cast]) -> None:
    wanted = {one.id for four in casts for one in (four.subject, four.companion)}
    active = Likeness.objects.filter(subject__in=wanted, erased_at=None).values_list("subject", flat=True)
    portrait = {"file": "likenesses/none", "key": bytes(32), "photo_digest": bytes(32), "width": 64, "height": 64}
    Likeness.objects.bulk_create(Likeness(subject_id=one, **portrait) for one in wanted - set(active))


def _stage(one: Cast, scenery: Scenery) -> Stage:
    depicted = [one.subject, one.companion] if scenery.two or scenery.two_in_run else [one.subject]
    begun = bool(scenery.film) + bool(scenery.run) + scenery.spent
    terms: dict[str, Any] = {
        "purposes": ["entertainment"],
        "audience": "public",
        "may_remix": True,
        "may_stitch": True,
        "may_download": True,
        "review": bool(scenery.film or scenery.group),
        "expires_at": database_now() + DAY,
        "uses": begun,
        "max_uses": begun + (1 if scenery.spent else 2),
    }
    spec = factories.spec(*([] if scenery.remix else depicted))
    offer = Grant(id=new_id(), subject=one.subject, group=scenery.group, **terms) if scenery.group else None
    grants = [Grant(id=new_id(), subject=subject, grantee=one.requester, **terms) for subject in depicted]
    grants[0].rests_on = offer
    if scenery.two_in_run:
        grants[1].uses = 1
    return Stage(one, scenery, grants if scenery.taken_up else [], spec, offer)


def _write_groups(stages: Sequence[Stage]) -> None:
    """Make the requester a member of every group, and write the offers."""
    subjects = [stage.cast.subject for stage in stages]
    Choice.objects.filter(subject__in=subjects).delete()
    Choice.objects.bulk_create(
        Choice(subject=stage.cast.subject, person=stage.cast.requester, kind="chosen")
        for stage in stages
        if stage.scenery.group == "chosen"
    )
    pairs = [(stage.cast.subject, stage.cast.requester) for stage in stages if stage.scenery.group == "mutuals"]
    both_ways = [*pairs, *((requester, subject) for subject, requester in pairs)]
    Follow.objects.bulk_create((Follow(follower=a, followee=b) for a, b in both_ways), ignore_conflicts=True)
    Grant.objects.bulk_create(stage.offer for stage in stages if stage.offer)


def _permits(stages: Sequence[Stage], states: Sequence[Permit.State], run: bool = False) -> list[Permit]:
    """Write a permit for each stage's film, or for its run, under their grants."""
    permits = Permit.objects.bulk_create(
        Permit(
            id=new_id(),
            job_id=new_id(),
            requester=stage.maker if run else stage.cast.requester,
            digest=stage.spec.digest,
            expires_at=Now() + DAY,
            lineage=list(stage.film.lineage) if run and stage.scenery.remix else [],
            state=state,
            subject_count=len(stage.grants if run else stage.shown),
            uses_photos=not (run and stage.scenery.stitch),
        )
        for stage, state in zip(stages, states, strict=True)
    )
    shown = [stage.grants if run else stage.shown for stage in stages]
    wanted = {grant.subject_id for grants in shown for grant in grants}
    photos = {photo.subject_id: photo for photo in Likeness.objects.filter(subject__in=wanted, erased_at=None)}
    for stage, grants in zip(stages, shown, strict=True):
        used = [] if run and stage.scenery.stitch else grants
        stage.photos = tuple(photos[grant.subject_id] for grant in used)
    PermitSubject.objects.bulk_create(
        PermitSubject(
            permit=permit,
            subject_id=grant.subject_id,
            grant=grant,
            epoch=1,
            likeness=photos[grant.subject_id] if permit.uses_photos else None,
            place=place,
        )
        for permit, grants in zip(permits, shown, strict=True)
        for place, grant in enumerate(grants)
    )
    return permits


def _make_films(stages: Sequence[Stage]) -> None:
    permits, runs = _permits(stages, [Permit.State.SPENT] * len(stages)), []
    for stage, permit in zip(stages, permits, strict=True):
        stage.video = _video(stage, permit)
        draft = Status.AWAITING_REVIEW if stage.scenery.film == "draft" else Status.COMPLETED
        runs.append(_job(stage, permit, stage.cast.requester, draft, video=stage.video, progress=100))
        if stage.scenery.film == "published":
            stage.post = Post(
                author=stage.cast.requester, video=stage.video, sound=stage.video, audience="public", **LET
            )
    Video.objects.bulk_create(stage.film for stage in stages)
    Job.objects.bulk_create(runs)
    Depiction.objects.bulk_create(
        Depiction(video=stage.film, subject_id=grant.subject_id, grant=grant, epoch=1)
        for stage in stages
        for grant in stage.shown
    )
    Acceptance.objects.bulk_create(
        Acceptance(subject_id=grant.subject_id, video_id=stage.film.id, digest=DIGEST)
        for stage in stages
        for grant in stage.shown
        if stage.scenery.film != "draft"
    )
    Post.objects.bulk_create(stage.post for stage in stages if stage.post)
    for stage in stages:
        _journal_seal(stage)


def _begin_runs(stages: Sequence[Stage]) -> None:
    redeemed = [Permit.State.REDEEMED if stage.scenery.run == "running" else Permit.State.ISSUED for stage in stages]
    for stage in stages:
        if stage.scenery.remix:
            stage.spec = stitched(stage.film) if stage.scenery.stitch else factories.spec(remix_of=stage.film.id)
    permits = _permits(stages, redeemed, run=True)
    for stage, permit in zip(stages, permits, strict=True):
        queued = stage.scenery.run == "queued"
        begun = {} if queued else {"attempts": 1, "fence": 1, "lease_until": database_now() + DAY}
        status = Status.QUEUED if queued else Status.IN_PROGRESS
        stage.job = _job(stage, permit, stage.maker, status, **begun)
    Job.objects.bulk_create(stage.job for stage in stages if stage.job)


def _job(stage: Stage, permit: Permit, requester: Person, status: Status, **fields: Any) -> Job:
    return Job(id=permit.job_id, requester=requester, permit=permit, spec=stage.spec.stored(), status=status, **fields)


def _video(stage: Stage, permit: Permit) -> Video:
    video_id: UUID = new_id()
    return Video(
        id=video_id,
        lineage=[video_id],
        owner=stage.cast.requester,
        permit=permit,
        depiction_count=permit.subject_count,
        file=FILM,
        poster=FILM,
        content_digest=DIGEST,
        size_bytes=CHUNKS * 64 * 1024,
        width=90,
        height=160,
        fps=6,
        duration_ms=1000,
        engine="preview",
        is_preview=True,
        prompt="surfing at sunset",
    )


def _journal_seal(stage: Stage) -> None:
    journal.write(
        point=Point.SEAL,
        requester_id=stage.cast.requester.id,
        claims=[],
        wish=Wish(),
        about=journal.About(video_id=stage.film.id),
        verdict=Allowed(tuple(grant.fact() for grant in stage.shown)),
    )
