"""Permits: one spec, one job, one video; and uses that are counted and given back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from consent import fences, gate, likenesses, permits, withdrawal
from consent.models import Decision, Grant, Likeness, Permit
from consent.permits import Redeemed, Unusable
from consent.rules import Audience, Claim, Point, Purpose, Wish
from consent.withdrawal import Scope
from socialvideo.lib.clock import database_now
from socialvideo.lib.ids import new_id
from tests import factories
from tests.consent.conftest import Elsewhere
from worker.models import Video

DIGEST = bytes(range(32))
WISH = Wish(Audience.PUBLIC, Purpose.ENTERTAINMENT)
JOB = new_id()


def issue(grant: Grant, *others: Person, wish: Wish = WISH) -> Permit:
    """Issue a permit for the grant's subject and these others."""
    return permits.issue(
        requester=grant.grantee,
        subjects=[grant.subject_id, *(other.id for other in others)],
        digest=DIGEST,
        wish=wish,
        job_id=JOB,
        effect=lambda permit: permit,
    )


def redeem(permit: Permit, digest: bytes = DIGEST) -> Redeemed:
    """Redeem a permit for the job."""
    return permits.redeem(permit_id=permit.id, digest=digest, job_id=JOB)


def spend(redeemed: Redeemed, ran: list[Any] | None = None) -> UUID:
    """Spend a permit on a video; ``ran`` hears what the effect was given."""
    video_id = new_id()
    permits.spend(redeemed, video_id=video_id, effect=lambda claims, _: ran is not None and ran.append(claims))
    return video_id


def withdraw(grant: Grant) -> None:
    """Withdraw the grant."""
    withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id))


def state(permit: Permit) -> str:
    """What became of the permit."""
    return Permit.objects.get(id=permit.id).state


def uses() -> list[int]:
    """The uses of all grants, oldest first."""
    return list(Grant.objects.order_by("id").values_list("uses", flat=True))


def points(verdict: str = "allowed") -> list[str]:
    """The points of the journal's rows of this verdict, in order."""
    return list(Decision.objects.filter(verdict=verdict).order_by("leaf_id").values_list("point", flat=True))


def test_a_permit_remembers_each_grant_and_its_epoch_in_the_order_of_the_wish(grant: Grant) -> None:
    other = factories.enrolled()
    second = factories.grant(other, grant.grantee)
    permit = issue(grant, other)
    rows = [(row.subject_id, row.grant_id, row.epoch, row.place) for row in permit.subjects.all()]
    assert rows == [(grant.subject_id, grant.id, 1, 0), (other.id, second.id, 1, 1)]
    assert (state(permit), bytes(permit.digest), uses()) == ("issued", DIGEST, [1, 1])


def test_a_permit_lives_a_day(grant: Grant) -> None:
    permit = Permit.objects.get(id=issue(grant).id)
    assert abs(permit.expires_at - permit.created_at - timedelta(hours=24)) < timedelta(seconds=1)


@pytest.mark.parametrize("wish", [Wish(purpose=Purpose.ADVERTISING), Wish(audience=Audience.PUBLIC)])
def test_nothing_is_issued_for_a_wish_that_the_grant_does_not_cover(grant: Grant, wish: Wish) -> None:
    Grant.objects.update(audience="followers")
    with pytest.raises(gate.Denied):
        issue(grant, wish=wish)
    assert (Permit.objects.count(), uses(), points("denied")) == (0, [0], ["request"])


def test_nothing_is_issued_when_one_subject_has_no_grant(grant: Grant) -> None:
    with pytest.raises(gate.Denied):
        issue(grant, factories.enrolled())
    assert (Permit.objects.count(), uses()) == (0, [0])


def test_a_fault_of_the_effect_leaves_no_permit_and_no_use(grant: Grant) -> None:
    def fault(_: Permit) -> None:
        raise RuntimeError("no job")

    with pytest.raises(RuntimeError, match="no job"):
        permits.issue(
            requester=grant.grantee,
            subjects=[grant.subject_id],
            digest=DIGEST,
            wish=WISH,
            job_id=JOB,
            effect=fault,
        )
    assert (Permit.objects.count(), uses(), Decision.objects.count()) == (0, [0], 0)


def test_a_grant_is_used_as_often_as_it_says_and_no_more(grant: Grant) -> None:
    Grant.objects.update(max_uses=2)
    issue(grant)
    issue(grant)
    with pytest.raises(gate.Denied):
        issue(grant)
    assert (Permit.objects.count(), uses(), Decision.objects.get(verdict="denied").reason) == (2, [2], "exhausted")


@pytest.mark.django_db(transaction=True)
def test_the_last_use_is_issued_once_when_several_ask_at_once(grant: Grant, elsewhere: Elsewhere) -> None:
    Grant.objects.update(max_uses=1)
    faults = [trial.exception(10) for trial in [elsewhere(lambda: issue(grant)) for _ in range(4)]]
    assert faults.count(None) == 1
    assert all(isinstance(fault, gate.Denied) for fault in faults if fault)
    assert (Permit.objects.count(), uses()) == (1, [1])


def test_redeeming_returns_the_claims_and_likenesses_in_order(grant: Grant) -> None:
    other = factories.enrolled()
    second = factories.grant(other, grant.grantee)
    permit = issue(grant, other)
    redeemed = redeem(permit)
    assert redeemed.claims == (Claim(grant.subject_id, grant.id, 1), Claim(other.id, second.id, 1))
    assert [row.subject_id for row in redeemed.likenesses] == [grant.subject_id, other.id]
    assert (redeemed.permit_id, redeemed.requester_id, redeemed.job_id) == (permit.id, grant.grantee_id, JOB)
    assert (state(permit), points()) == ("redeemed", ["request"] * 2 + ["start"] * 2)


def test_a_job_that_crashed_redeems_its_permit_again(grant: Grant) -> None:
    permit = issue(grant)
    first, second = redeem(permit), redeem(permit)
    assert first.claims == second.claims
    assert (state(permit), uses()) == ("redeemed", [1])


def test_a_permit_is_for_its_own_spec(grant: Grant) -> None:
    permit = issue(grant)
    with pytest.raises(Unusable, match="another spec"):
        redeem(permit, DIGEST[::-1])
    assert (state(permit), points()) == ("issued", ["request"])


def test_a_permit_is_for_its_own_job(grant: Grant) -> None:
    permit = issue(grant)
    for before in ("issued", "redeemed"):
        with pytest.raises(Unusable, match="another job"):
            permits.redeem(permit_id=permit.id, digest=DIGEST, job_id=new_id())
        assert state(permit) == before
        redeem(permit)
    assert points() == ["request", "start", "start"]


def test_a_permit_that_never_was_is_unusable(db: None) -> None:
    with pytest.raises(Unusable, match="no such permit"):
        permits.redeem(permit_id=new_id(), digest=DIGEST, job_id=JOB)


@pytest.mark.parametrize("ended", ["spent", "void"])
def test_a_permit_that_ended_is_not_redeemed(grant: Grant, ended: str) -> None:
    permit = issue(grant)
    Permit.objects.update(state=ended)
    with pytest.raises(Unusable, match="void, spent or past its life"):
        redeem(permit)
    assert (state(permit), points()) == (ended, ["request"])


def test_a_permit_past_its_life_is_not_redeemed(grant: Grant) -> None:
    permit = issue(grant)
    now = database_now()
    Permit.objects.update(created_at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1))
    with pytest.raises(Unusable, match="past its life"):
        redeem(permit)
    assert state(permit) == "issued"


def test_a_permit_is_not_redeemed_once_the_grant_is_withdrawn(grant: Grant) -> None:
    permit = issue(grant)
    withdraw(grant)
    with pytest.raises(gate.Denied):
        redeem(permit)
    assert (state(permit), points("denied")) == ("issued", ["start"])


def test_a_new_grant_does_not_make_an_old_permit_good(grant: Grant) -> None:
    permit = issue(grant)
    withdraw(grant)
    factories.grant(grant.subject, grant.grantee)
    with pytest.raises(gate.Denied):
        redeem(permit)
    assert state(permit) == "issued"


def test_a_permit_is_not_redeemed_once_the_likeness_is_erased(grant: Grant) -> None:
    permit = issue(grant)
    likenesses.erase(subject=grant.subject)
    with pytest.raises(gate.Denied):
        redeem(permit)
    assert (state(permit), Decision.objects.get(verdict="denied").reason) == ("issued", "no_likeness")


def test_a_recheck_is_one_statement_and_writes_nothing_while_the_grant_stands(grant: Grant) -> None:
    redeemed = redeem(issue(grant))
    with CaptureQueriesContext(connection) as queries:
        permits.recheck(redeemed)
    assert len(queries) == 1
    assert points() == ["request", "start"]


def test_a_recheck_stops_the_job_of_a_withdrawn_grant_and_journals_it(grant: Grant) -> None:
    redeemed = redeem(issue(grant))
    withdraw(grant)
    with pytest.raises(gate.Denied):
        permits.recheck(redeemed)
    row = Decision.objects.get(verdict="denied")
    assert (row.point, row.reason, row.job_id) == ("step", "ended", JOB)


def test_a_recheck_stops_a_job_when_one_of_several_grants_expires(grant: Grant) -> None:
    other = factories.enrolled()
    second = factories.grant(other, grant.grantee)
    redeemed = redeem(issue(grant, other))
    permits.recheck(redeemed)
    now = database_now()
    Grant.objects.filter(id=second.id).update(not_before=now - timedelta(days=1), expires_at=now)
    with pytest.raises(gate.Denied):
        permits.recheck(redeemed)
    assert Decision.objects.get(verdict="denied").reason == "expired"


def test_spending_hands_the_claims_to_the_effect_and_journals_the_video(grant: Grant) -> None:
    redeemed = redeem(issue(grant))
    ran: list[Sequence[Claim]] = []
    video_id = spend(redeemed, ran)
    assert ran == [redeemed.claims]
    row = Decision.objects.get(point=Point.SEAL)
    assert (row.video_id, row.job_id, row.verdict) == (video_id, JOB, "allowed")
    assert state(Permit.objects.get()) == "spent"


def test_one_permit_never_makes_two_videos(grant: Grant) -> None:
    redeemed = redeem(issue(grant))
    spend(redeemed)
    ran: list[Any] = []
    with pytest.raises(Unusable, match="spent"):
        spend(redeemed, ran)
    assert (ran, points()) == ([], ["request", "start", "seal"])


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_that_seal_at_once_one_makes_its_video(grant: Grant, elsewhere: Elsewhere) -> None:
    redeemed = redeem(issue(grant))
    ran: list[Any] = []
    faults = [trial.exception(10) for trial in [elsewhere(lambda: spend(redeemed, ran)) for _ in range(2)]]
    assert sorted(type(fault).__name__ for fault in faults) == ["NoneType", "Unusable"]
    assert ran == [redeemed.claims]


@pytest.mark.parametrize("before", ["issued", "void"])
def test_a_permit_that_is_not_redeemed_is_not_spent(grant: Grant, before: str) -> None:
    redeemed = redeem(issue(grant))
    Permit.objects.update(state=before)
    ran: list[Any] = []
    with pytest.raises(Unusable):
        spend(redeemed, ran)
    assert (ran, state(Permit.objects.get())) == ([], before)


def test_nothing_is_sealed_once_the_grant_is_withdrawn(grant: Grant) -> None:
    redeemed = redeem(issue(grant))
    withdraw(grant)
    ran: list[Any] = []
    with pytest.raises(gate.Denied):
        spend(redeemed, ran)
    assert (ran, state(Permit.objects.get())) == ([], "redeemed")


def test_nothing_is_sealed_under_a_raised_epoch(grant: Grant) -> None:
    redeemed = redeem(issue(grant))
    Grant.objects.update(epoch=F("epoch") + 1)
    ran: list[Any] = []
    with pytest.raises(gate.Denied):
        spend(redeemed, ran)
    assert (ran, Decision.objects.get(verdict="denied").reason) == ([], "stale_epoch")


def test_a_seal_that_breaks_leaves_the_permit_to_be_spent_again(grant: Grant) -> None:
    redeemed = redeem(issue(grant))

    def fault(*_: object) -> None:
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        permits.spend(redeemed, video_id=new_id(), effect=fault)
    assert state(Permit.objects.get()) == "redeemed"
    spend(redeemed)
    assert state(Permit.objects.get()) == "spent"


@pytest.mark.parametrize("forged", ["claims", "requester_id", "job_id", "lineage"])
def test_a_proof_that_says_anything_else_than_its_permit_seals_nothing(grant: Grant, forged: str) -> None:
    other = factories.grant(factories.enrolled(), grant.grantee)
    redeemed = redeem(issue(grant))
    forgeries: dict[str, Any] = {"claims": (Claim(other.subject_id, other.id, 1),), "lineage": (new_id(),)}
    ran: list[Any] = []
    with pytest.raises(Unusable, match="other people"):
        spend(replace(redeemed, **{forged: forgeries.get(forged, new_id())}), ran)
    assert (ran, state(Permit.objects.get()), points()) == ([], "redeemed", ["request", "start"])


@pytest.mark.parametrize("redeemed", [False, True])
def test_voiding_gives_the_uses_back_once(grant: Grant, redeemed: bool) -> None:
    other = factories.enrolled()
    factories.grant(other, grant.grantee)
    permit = issue(grant, other)
    if redeemed:
        redeem(permit)
    issue(grant)
    for _ in range(2):
        permits.void([permit.id])
    assert (state(permit), uses()) == ("void", [1, 0])


def test_voiding_several_permits_gives_each_use_back(grant: Grant) -> None:
    made = [issue(grant) for _ in range(3)]
    permits.void([permit.id for permit in made[:2]])
    assert uses() == [1]


def test_a_spent_permit_is_not_voided(grant: Grant) -> None:
    redeemed = redeem(issue(grant))
    spend(redeemed)
    permits.void([redeemed.permit_id])
    assert (state(Permit.objects.get()), uses()) == ("spent", [1])


def test_no_use_is_given_back_under_another_epoch(grant: Grant) -> None:
    permit = issue(grant)
    Grant.objects.update(epoch=2)
    permits.void([permit.id])
    assert (state(permit), uses()) == ("void", [1])


def test_a_job_ends_under_the_shared_locks_of_its_subjects(grant: Grant) -> None:
    permit = issue(grant)
    with CaptureQueriesContext(connection) as queries, permits.ending(permit.id):
        permits.void([permit.id])
    statements = [query["sql"] for query in queries.captured_queries]
    lock = next(place for place, sql in enumerate(statements) if "pg_advisory_xact_lock_shared" in sql)
    change = next(place for place, sql in enumerate(statements) if sql.startswith("UPDATE"))
    assert lock < change
    assert state(permit) == "void"


# Remixes.


def remix(original: Video, requester: Person) -> Permit:
    """Issue a permit for a remix."""
    return permits.issue(
        requester=requester,
        subjects=[],
        digest=DIGEST,
        wish=WISH,
        job_id=JOB,
        effect=lambda permit: permit,
        origin=permits.Origin(original.claims(), tuple(original.lineage)),
    )


def test_a_remix_inherits_every_depiction_and_counts_its_uses_on_those_grants(
    subject: Person, requester: Person, stranger: Person
) -> None:
    other = factories.enrolled()
    first = factories.grant(subject, requester, may_remix=True)
    second = factories.grant(other, requester, may_remix=True)
    original = factories.video(requester, subject, other)
    permit = remix(original, stranger)
    assert {row.grant_id for row in permit.subjects.all()} == {first.id, second.id}
    assert (permit.lineage, uses()) == ([original.id], [2, 2])


@pytest.mark.parametrize("willing", [(False,), (True, False), (False, True)])
def test_one_who_did_not_grant_remixes_is_enough_to_refuse(
    requester: Person, stranger: Person, willing: tuple[bool, ...]
) -> None:
    people = [factories.enrolled() for _ in willing]
    for person, may in zip(people, willing, strict=True):
        factories.grant(person, requester, may_remix=may)
    original = factories.video(requester, *people)
    with pytest.raises(gate.Denied):
        remix(original, stranger)
    assert (Permit.objects.count(), uses()) == (1, [1] * len(willing))
    assert Decision.objects.get(verdict="denied").reason == "right"


def test_the_right_to_remix_is_not_the_right_to_download(subject: Person, requester: Person) -> None:
    factories.grant(subject, requester, may_download=True, may_stitch=True)
    original = factories.video(requester, subject)
    with pytest.raises(gate.Denied):
        remix(original, requester)
    assert Permit.objects.count() == 1


def test_a_running_remix_is_stopped_by_a_veto_of_what_it_is_made_from(subject: Person, requester: Person) -> None:
    factories.grant(subject, requester, may_remix=True)
    original = factories.video(requester, subject)
    redeemed = redeem(remix(original, requester))
    permits.recheck(redeemed)
    withdrawal.withdraw(subject=subject, scope=Scope(video_id=original.id))
    ran: list[Any] = []
    for act in (lambda: permits.recheck(redeemed), lambda: spend(redeemed, ran)):
        with pytest.raises(gate.Denied):
            act()
    assert ran == []
    denied = Decision.objects.filter(verdict="denied").order_by("leaf")
    assert [(row.point, row.reason) for row in denied] == [("step", "vetoed"), ("seal", "vetoed")]


def test_stopping_stops_what_runs(grant: Grant) -> None:
    redeemed = redeem(issue(grant))
    withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=withdrawal.Mode.STOP)
    ran: list[Any] = []
    for act in (lambda: permits.recheck(redeemed), lambda: spend(redeemed, ran)):
        with pytest.raises(gate.Denied):
            act()
    assert (ran, state(Permit.objects.get())) == ([], "redeemed")


@pytest.mark.parametrize("again", [False, True], ids=["erased", "replaced"])
def test_an_erased_photo_ends_what_runs_though_the_grant_stands(grant: Grant, again: bool) -> None:
    redeemed, ran = redeem(issue(grant)), list[Any]()
    likenesses.erase(subject=grant.subject)
    if again:
        factories.likeness(grant.subject)
    for act in (lambda: permits.recheck(redeemed), lambda: spend(redeemed, ran)):
        with pytest.raises(gate.Denied):
            act()
    assert (ran, points("denied"), Permit.objects.get().state) == ([], ["step", "seal"], "redeemed")
    assert set(Decision.objects.filter(verdict="denied").values_list("reason", flat=True)) == {"no_likeness"}
    assert fences.standing(redeemed.claims)


def test_a_permit_is_for_the_photo_of_its_request(grant: Grant) -> None:
    permit = issue(grant)
    assert redeem(permit).photos == (Likeness.objects.get().id,)
    likenesses.erase(subject=grant.subject)
    factories.likeness(grant.subject)
    with pytest.raises(gate.Denied):
        redeem(permit)
    assert redeem(issue(grant)).photos == (Likeness.objects.get(erased_at=None).id,)


@pytest.mark.parametrize("review", [False, True])
def test_sealing_says_whether_somebody_wishes_to_review(subject: Person, requester: Person, review: bool) -> None:
    redeemed = redeem(issue(factories.grant(subject, requester, review=review)))
    told: list[bool] = []
    permits.spend(redeemed, video_id=new_id(), effect=lambda _, wished: told.append(wished))
    assert told == [review]
