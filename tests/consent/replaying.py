"""A scene with permits, drafts, films and keys in every state, and the ways to use one of them once more, or wrongly.

Each way draws what it needs, tries, and returns whether it was refused.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from rest_framework.test import APIClient

from accounts import auth
from accounts.models import Person, Session
from consent import gate, grants, permits, withdrawal
from consent.models import Grant
from consent.permits import Redeemed
from consent.rules import Audience, Claim, Point, Right
from consent.withdrawal import Scope
from feed import playback, publishing, remixes
from feed.tickets import Ticket, Viewing
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories
from tests.consent.acting import Stage
from worker import jobs, pipeline, reviews
from worker.jobs import Claimed, LeaseLost
from worker.models import Job, Video

Dice = random.Random
NAMES = ["ann", "ben", "cyd", "rex", "sue", "tom"]
REFUSALS = (Problem, permits.Unusable, LeaseLost)


@dataclass
class Run:
    """A run of a job, with what it redeemed."""

    claimed: Claimed
    redeemed: Redeemed | None = None


@dataclass
class Scene:
    """What there is to be used once more. Drafts and films are named by what became of them."""

    people: dict[str, Person]
    session: Session
    api: APIClient
    waiting: list[Job] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    films: dict[str, Video] = field(default_factory=dict)
    tickets: list[Viewing] = field(default_factory=list)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)

    def run(self, job: Job) -> Run:
        """Begin a run of a job and redeem its permit."""
        claimed = jobs.claim(job.id)
        assert claimed
        spec = claimed.spec
        redeemed = permits.redeem(permit_id=claimed.permit_id, digest=spec.digest, job_id=job.id, wish=spec.wish())
        return Run(claimed, redeemed)

    def film(self, *subjects: str, owner: str = "rex") -> Video:
        """Make a film of these people."""
        content = random.Random(str(subjects)).randbytes(64)
        return factories.video(self.people[owner], *(self.people[name] for name in subjects), content=content)


def scene() -> Scene:
    """Arrange everything."""
    people = {name: factories.person(name) for name in NAMES}
    _, session = auth.log_in(handle="tom", password=factories.PASSWORD, device="test")
    here = Scene(people, session, factories.client(people["rex"]))
    for name in ("ann", "ben", "cyd"):
        factories.likeness(people[name])
        given = {"max_uses": 100, "may_remix": True, "review": name == "ben"}
        factories.grant(people[name], people["rex"], **given)
    factories.grant(people["ann"], people["sue"], max_uses=100)
    _arrange_jobs(here)
    _arrange_films(here)
    here.keys = {str(number): _posted(here, number) for number in range(3)}
    withdrawal.withdraw(subject=people["cyd"], scope=Scope())
    factories.grant(people["cyd"], people["rex"], may_remix=True)
    return here


def _arrange_jobs(here: Scene) -> None:
    """Jobs that wait (two of them for one spec), that run, run twice, ended, and will have lost their ground."""
    rex, (ann, ben, cyd) = here.people["rex"], (here.people[name] for name in ("ann", "ben", "cyd"))
    here.waiting = [factories.job(rex, ann), factories.job(rex, ann), factories.job(rex, ann, ben)]
    here.waiting += [factories.job(here.people["sue"], ann)]
    for name, subjects in (("running", [ann]), ("paused", [ann, ben]), ("failed", [ann]), ("withdrawn", [ann, cyd])):
        here.runs[name] = here.run(factories.job(rex, *subjects))
    paused = here.runs["paused"].claimed.job_id
    Job.objects.filter(id=paused).update(lease_until=Job.objects.get(id=paused).created_at - timedelta(hours=1))
    here.runs["took over"] = here.run(Job.objects.get(id=paused))
    jobs.fail(here.runs["failed"].claimed, "engine_broke", "")
    here.runs["sealed"] = here.run(factories.job(rex, ann))
    seal(here.runs["sealed"])


def _arrange_films(here: Scene) -> None:
    """Films that wait for a review, were accepted, published, vetoed, refused by another, and lost their ground."""
    for name, subjects in (
        ("waits", ["ann", "ben"]),
        ("accepted", ["ben"]),
        ("published", ["ann"]),
        ("vetoed", ["ann", "ben"]),
        ("vetoed by another", ["ben", "ann"]),
        ("withdrawn", ["ben", "cyd"]),
    ):
        here.films[name] = here.film(*subjects)
    accept(here, "ben", "accepted")
    for name in ("accepted", "published"):
        publishing.publish(
            author=here.people["rex"], video_id=here.films[name].id, caption="", audience=Audience.PUBLIC
        )
    viewer = {"viewer": here.people["tom"], "session": here.session}
    here.tickets = [playback.open_video(**viewer, video_id=here.films["published"].id)]
    owner = {"viewer": here.people["rex"], "session": here.session}
    here.tickets += [playback.open_video(**owner, video_id=here.films[name].id) for name in ("vetoed", "withdrawn")]
    for subject, name in (("ben", "vetoed"), ("ann", "vetoed by another")):
        reviews.veto(subject=here.people[subject], video_id=here.films[name].id)


def _posted(here: Scene, number: int) -> dict[str, Any]:
    """Request a film over HTTP with a key; return the body."""
    body = {"subjects": ["ann"], "prompt": f"surfing {number}", "purpose": "entertainment", "audience": "public"}
    reply = here.api.post("/api/v1/jobs", body, format="json", headers={"Idempotency-Key": str(number)})
    assert reply.status_code == 202
    return body


def seal(run: Run) -> None:
    """Seal as the pipeline does."""
    assert run.redeemed
    pipeline._seal(run.claimed, run.redeemed, pipeline.engine("preview"), Stage.FILM, [f"{new_id()}", "poster"])


def accept(here: Scene, name: str, film: str) -> None:
    """Accept a film as it is."""
    video = here.films[film]
    sha256 = bytes(video.content_digest).hex()
    reviews.accept(subject=here.people[name], video_id=video.id, sha256=sha256)


def refused(call: Callable[[], object]) -> bool:
    """Whether the call is refused."""
    try:
        call()
    except REFUSALS:
        return True
    return False


# Permits.


def a_permit_for_another_spec(here: Scene, dice: Dice) -> bool:
    """Redeem an open permit with the digest of something else."""
    job = dice.choice(here.waiting)
    digest = dice.choice([dice.randbytes(32), factories.spec(here.people["ann"], seed=8).digest])
    return refused(lambda: permits.redeem(permit_id=job.permit_id, digest=digest, job_id=job.id))


def a_permit_for_another_job(here: Scene, dice: Dice) -> bool:
    """Redeem an open permit, or one that was redeemed, for another job with the very same spec."""
    job = dice.choice(here.waiting)
    other = dice.choice([one.id for one in here.waiting if one.id != job.id] + [new_id()])
    digest = factories.spec(here.people["ann"]).digest
    return refused(lambda: permits.redeem(permit_id=job.permit_id, digest=digest, job_id=other))


def a_permit_once_more(here: Scene, dice: Dice) -> bool:
    """Redeem a permit that is spent, void or lost its ground."""
    run = here.runs[dice.choice(["sealed", "failed", "withdrawn"])].claimed
    return refused(lambda: permits.redeem(permit_id=run.permit_id, digest=run.spec.digest, job_id=run.job_id))


def a_second_seal(here: Scene, dice: Dice) -> bool:
    """Seal what is sealed, failed, taken over by another run, or lost its ground."""
    return refused(partial(seal, here.runs[dice.choice(["sealed", "failed", "paused", "withdrawn"])]))


def a_seal_of_somebody_else(here: Scene, dice: Dice) -> bool:
    """Seal a run with other claims, another requester, job, lineage or permit than it redeemed."""
    run = here.runs[dice.choice(["running", "took over"])]
    assert run.redeemed
    forged: dict[str, Any] = dice.choice(
        [
            {"claims": swapped(here, dice, run.redeemed.claims)},
            {"claims": (*run.redeemed.claims, held(here, dice))},
            {"claims": run.redeemed.claims[1:] or (Claim(here.people["tom"].id),)},
            {"requester_id": here.people[dice.choice(["sue", "tom"])].id},
            {"job_id": dice.choice([new_id(), here.waiting[0].id])},
            {"lineage": (dice.choice(list(here.films.values())).id,)},
            {"permit_id": here.waiting[0].permit_id},
        ]
    )
    return refused(partial(seal, Run(run.claimed, replace(run.redeemed, **forged))))


def a_seal_for_another_job(here: Scene, dice: Dice) -> bool:
    """Seal a run's film into the job of another."""
    names = ["running", "took over"]
    dice.shuffle(names)
    mine, other = (here.runs[name] for name in names)
    claimed = replace(mine.claimed, fence=other.claimed.fence, job_id=dice.choice([other.claimed.job_id, new_id()]))
    return refused(partial(seal, Run(claimed, mine.redeemed))) if claimed.job_id != mine.claimed.job_id else True


def a_step_after_the_end(here: Scene, dice: Dice) -> bool:
    """Go on with a run that lost its ground."""
    run = here.runs["withdrawn"].redeemed
    assert run
    return refused(lambda: permits.recheck(run))


# Claims.


def held(here: Scene, dice: Dice) -> Claim:
    """A claim that holds, on somebody's standing grant."""
    grant = dice.choice(list(Grant.objects.filter(state="given").order_by("id")))
    return Claim(grant.subject_id, grant.id, grant.epoch)


def swapped(here: Scene, dice: Dice, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """The claims with one wrong: another subject, grant or epoch, or one that ended."""
    place = dice.randrange(len(claims))
    one = claims[place]
    others = [person.id for person in here.people.values() if person.id != one.subject_id]
    ended = dice.choice(list(Grant.objects.exclude(state="given").order_by("id")))
    wrong = dice.choice(
        [
            replace(one, subject_id=dice.choice(others)),
            replace(one, grant_id=dice.choice([new_id(), ended.id])),
            replace(one, epoch=(one.epoch or 0) + dice.choice((-1, 1, 2))),
            Claim(ended.subject_id, ended.id, dice.choice((1, ended.epoch))),
            replace(one, right=Right.STITCH),
        ]
    )
    return (*claims[:place], wrong, *claims[place + 1 :])


def a_wrong_claim_at_the_gate(here: Scene, dice: Dice) -> bool:
    """Ask the gate at any point with one claim wrong among those that hold."""
    right = tuple(dict.fromkeys(held(here, dice) for _ in range(dice.randint(1, 3))))
    claims = swapped(here, dice, right)
    ran: list[object] = []
    ask = partial(gate.use, point=dice.choice([*Point]), requester_id=here.people["rex"].id, claims=claims)
    return refused(lambda: ask(effect=ran.append)) and not ran


# Reviews and publications.


def an_acceptance_of_another_render(here: Scene, dice: Dice) -> bool:
    """Accept by the hash of something else."""
    video = here.films[dice.choice(["waits", "accepted"])]
    others = [bytes(one.content_digest) for one in here.films.values() if one.content_digest != video.content_digest]
    sha256 = dice.choice([*others, dice.randbytes(32), bytes(video.content_digest)[:-1]]).hex()
    return refused(lambda: reviews.accept(subject=here.people["ben"], video_id=video.id, sha256=sha256))


def a_late_acceptance(here: Scene, dice: Dice) -> bool:
    """Accept what was vetoed, by oneself or by another, or lost its ground."""
    subject, film = dice.choice(
        [("ben", "vetoed"), ("ann", "vetoed"), ("ben", "vetoed by another"), ("ben", "withdrawn"), ("cyd", "withdrawn")]
    )
    return refused(lambda: accept(here, subject, film))


def an_acceptance_by_somebody_else(here: Scene, dice: Dice) -> bool:
    """Accept what does not show one."""
    return refused(lambda: accept(here, dice.choice(["cyd", "sue", "tom", "rex"]), dice.choice(["waits", "accepted"])))


def a_second_acceptance(here: Scene, dice: Dice) -> bool:
    """Accept what one accepted: answered alike, and nothing is stored."""
    accept(here, "ben", "accepted")
    return True


def a_publication_that_may_not_be(here: Scene, dice: Dice) -> bool:
    """Publish what waits, was vetoed, lost its ground, stands published, or is another's."""
    author = "sue" if dice.random() < 0.2 else "rex"
    video, audience = dice.choice(list(here.films.values())), dice.choice([*Audience])
    return refused(
        lambda: publishing.publish(author=here.people[author], video_id=video.id, caption="", audience=audience)
    )


def a_remix_of_what_is_gone(here: Scene, dice: Dice) -> bool:
    """Remix what was vetoed or lost its ground."""
    video = here.films[dice.choice(["vetoed", "vetoed by another", "withdrawn"])]
    asked = {"prompt": "again", "purpose": "entertainment", "audience": "public", "seed": 1}
    return refused(lambda: remixes.remix(requester=here.people["rex"], video_id=video.id, **asked))


# Viewings, keys, grants.


def a_viewing_after_the_end(here: Scene, dice: Dice) -> bool:
    """Read on with a ticket for what is gone, or with one for another film or viewer."""
    live, *gone = here.tickets
    other = dice.choice([here.films["waits"].id, new_id()])
    ticket = dice.choice([*gone, replace(live, session_id=new_id()), replace(live, video_id=other)])
    return refused(lambda: playback.reopen(ticket)) and refused(lambda: Ticket.read(live.ticket(".mp4"), other, ".mp4"))


def a_key_with_another_body(here: Scene, dice: Dice) -> bool:
    """Post again under a used key, with one thing changed."""
    key = dice.choice(list(here.keys))
    change = dice.choice(
        [{"prompt": f"x{dice.random()}"}, {"audience": "followers"}, {"subjects": ["ann", "ben"]}, {"seed": 7}]
    )
    reply = _post(here, key, {**here.keys[key], **change})
    return bool((reply.status_code, reply.json()["code"]) == (422, "idempotency_key_reused"))


def a_key_once_more(here: Scene, dice: Dice) -> bool:
    """Post the same again under its key: the first reply comes back, and nothing is made."""
    key = dice.choice(list(here.keys))
    reply = _post(here, key, here.keys[key])
    return (reply.status_code, reply.headers["Idempotency-Replayed"]) == (202, "true")


def _post(here: Scene, key: str, body: dict[str, Any]) -> Any:
    return here.api.post("/api/v1/jobs", body, format="json", headers={"Idempotency-Key": key})


def a_grant_once_more(here: Scene, dice: Dice) -> bool:
    """Give what stands, or renew, narrow or withdraw what ended."""
    ended = dice.choice(list(Grant.objects.select_related("subject").exclude(state="given").order_by("id")))
    person = here.people[dice.choice(["ann", "ben", "cyd"])]
    ways: list[Callable[[], object]] = [
        lambda: factories.grant(person, here.people["rex"], review=True),
        lambda: grants.renew(grant=ended, expires_at=None, more_uses=1),
        lambda: grants.narrow(grant=ended, expires_at=None, max_uses=1),
        lambda: withdrawal.withdraw(subject=ended.subject, scope=Scope(grant_id=ended.id)),
        lambda: withdrawal.withdraw(subject=here.people["tom"], scope=Scope(video_id=here.films["waits"].id)),
    ]
    return refused(dice.choice(ways))


WAYS: list[Callable[[Scene, Dice], bool]] = [
    a_permit_for_another_spec,
    a_permit_for_another_job,
    a_permit_once_more,
    a_second_seal,
    a_seal_of_somebody_else,
    a_seal_for_another_job,
    a_step_after_the_end,
    a_wrong_claim_at_the_gate,
    an_acceptance_of_another_render,
    a_late_acceptance,
    an_acceptance_by_somebody_else,
    a_second_acceptance,
    a_publication_that_may_not_be,
    a_remix_of_what_is_gone,
    a_viewing_after_the_end,
    a_key_with_another_body,
    a_key_once_more,
    a_grant_once_more,
]
