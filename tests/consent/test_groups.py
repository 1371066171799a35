"""Grants to a group: who belongs, what each takes up, and that nobody keeps what they lost the ground of."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts import edges, graph
from accounts.models import Follow, Person
from consent import ends, gate, grants, groups, receipts, rules, withdrawal
from consent.models import Choice, Decision, Grant, LedgerLeaf
from consent.rules import BREADTH, Audience, Group, Point, Purpose
from consent.withdrawal import Scope
from feed.lists import chronological
from socialvideo.lib.clock import database_now
from tests import factories
from tests.consent import promises_of_groups as promised
from tests.consent.conftest import Elsewhere, refused
from tests.consent.promises import held
from tests.consent.promises_of_groups import befriended, offered, taken_up, takes_up
from tests.consent.test_gate_mutants import around, nothing, patched
from worker.models import Job

API = "/api/v1"
Patch = pytest.MonkeyPatch


def answering(weaken: Callable[[Any, Any], Q]) -> Callable[[Patch], None]:
    """Plant another answer to who belongs, of the requester's id and the subjects' ids."""
    return patched(groups, "answering", weaken)


def given(subject_ids: list[Any]) -> Q:
    """Any offer of these subjects."""
    return Q(subject__in=subject_ids, state="given", rests_on=None)


MUTANTS: dict[str, tuple[Callable[[], bool], Callable[[Patch], None]]] = {
    "anybody is a mutual follow": (promised.only_mutual_follows_belong, patched(graph, "mutual", lambda _: Q())),
    "whom one follows is a mutual follow": (
        promised.only_mutual_follows_belong,
        patched(graph, "mutual", lambda one: Q(subject__in=Follow.objects.filter(followee=one).values("follower"))),
    ),
    "who follows one is a mutual follow": (
        promised.only_mutual_follows_belong,
        patched(graph, "mutual", lambda one: Q(subject__in=Follow.objects.filter(follower=one).values("followee"))),
    ),
    "anybody is chosen": (promised.only_chosen_people_belong, answering(lambda _, subjects: given(subjects))),
    "excepted people belong": (
        promised.an_excepted_person_belongs_to_no_group,
        answering(lambda _, subjects: given(subjects)),
    ),
    "oneself is everyone": (
        promised.ones_own_videos_take_ones_own_grant,
        answering(lambda _, subjects: given(subjects)),
    ),
    "the offer itself is used": (
        promised.an_offer_is_taken_up_as_a_grant_of_ones_own,
        patched(groups, "taken_up", lambda allowed, _: allowed),
    ),
    "videos rest on an offer": (
        promised.nothing_rests_on_the_offer_itself,
        around(Grant, "fact", lambda real, row: replace(real(row), group=None)),
    ),
    "the widest group answers": (
        promised.terms_for_a_person_overrule_those_for_a_group,
        patched(rules, "BREADTH", {group: -breadth for group, breadth in BREADTH.items()}),
    ),
    "parting ends nothing": (
        promised.who_ceases_to_be_mutual_loses_what_they_made,
        patched(graph, "_part", nothing),
    ),
    "parting ends everybodys": (
        promised.parting_from_one_ends_nothing_of_another,
        patched(groups, "part", lambda **_: ends.invalidate(Grant.objects.filter(rests_on__isnull=False))),
    ),
    "invalidation ends nothing": (promised.who_is_no_more_chosen_loses_what_they_made, patched(ends, "end", nothing)),
    "excepting ends nothing": (
        promised.who_is_excepted_loses_what_they_made,
        patched(groups, "_taken_up", lambda *_: Grant.objects.none()),
    ),
    "an offer ends alone": (
        promised.withdrawing_an_offer_ends_what_rests_on_it,
        around(withdrawal, "_covered", lambda real, subject, scope: real(subject, scope).filter(id=scope.grant_id)),
    ),
    "an offer closes alone": (
        promised.closing_an_offer_closes_what_rests_on_it,
        around(withdrawal, "_covered", lambda real, subject, scope: real(subject, scope).filter(id=scope.grant_id)),
    ),
    "who is withdrawn from comes back": (
        promised.a_person_withdrawn_from_does_not_come_back_through_a_group,
        patched(groups, "except_named", nothing),
    ),
    "whose grant is withdrawn comes back": (
        promised.a_grant_withdrawn_does_not_come_back_through_its_offer,
        patched(withdrawal, "_named", lambda scope, _: [scope.grantee] if scope.grantee else []),
    ),
    "each has a count of their own": (
        promised.everybodys_uses_are_counted_together,
        patched(grants, "COUNT", grants.COUNT.replace("(n.id), (n.rests_on_id)", "(n.id)")),
    ),
    "a remix reads its own count": (
        promised.a_remix_is_counted_on_the_offer_too,
        patched(gate, "_counted", lambda row, _: row.fact()),
    ),
    "only ones own use is given back": (
        promised.a_use_is_given_back_to_the_offer_too,
        patched(grants, "COUNT", grants.COUNT.replace("(n.id), (n.rests_on_id)", "(n.id)")),
    ),
    "what rests on an offer keeps its end": (
        promised.narrowing_an_offer_narrows_what_rests_on_it,
        patched(grants, "_change", lambda grant, _: grant.save()),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_removed_check_is_noticed(db: None, name: str, monkeypatch: Patch) -> None:
    probe, plant = MUTANTS[name]
    assert probe() is True
    plant(monkeypatch)
    assert probe() is False


def test_a_person_takes_an_offer_up_once(db: None) -> None:
    assert promised.a_person_takes_it_up_once()


def test_a_grant_to_everyone_takes_review(subject: Person) -> None:
    with refused(422, "review_needed"):
        factories.grant(subject, Group.EVERYONE, review=False)
    assert not Grant.objects.exists()


def test_one_offer_to_a_group_stands(subject: Person) -> None:
    first = factories.grant(subject, Group.MUTUALS)
    with refused(409, "grant_stands"):
        factories.grant(subject, Group.MUTUALS)
    factories.grant(subject, Group.CHOSEN)
    assert Grant.objects.filter(group=Group.MUTUALS).get() == first


def test_what_is_taken_up_has_the_terms_of_the_offer(db: None) -> None:
    own = taken_up(audience=Audience.FOLLOWERS, may_remix=True, text_rules=("beach",), review=True, max_uses=3)
    assert {name: getattr(own, name) for name in groups.TAKEN_OVER} == {
        name: getattr(own.rests_on, name) for name in groups.TAKEN_OVER
    }
    assert own.text_rules == ["beach"]


def test_every_term_of_a_grant_is_taken_over() -> None:
    fact = {field.name for field in fields(rules.GrantFact)} - {"id", "subject_id", "state", "epoch", "uses", "closed"}
    columns = {"denied": "denied_categories", "rights": "may_remix", "awaits_guardian": "cosigned_at"}
    assert {columns.get(name, name) for name in fact - {"group"}} <= set(groups.TAKEN_OVER)


def test_a_use_under_an_offer_is_journaled_under_the_persons_own_grant(db: None) -> None:
    own = taken_up()
    row = Decision.objects.get(requester=own.grantee)
    assert (row.grant_id, row.epoch, row.subject_id) == (own.id, 1, own.subject_id)
    terms = orjson.loads(bytes(LedgerLeaf.objects.get(grant_id=own.id).body))
    assert (terms["rests_on"], terms["grantee"]) == (str(own.rests_on_id), str(own.grantee_id))


def test_a_refused_stranger_takes_nothing_up(subject: Person, stranger: Person) -> None:
    offer = factories.grant(subject, Group.MUTUALS)
    assert takes_up(offer, stranger) is None
    assert list(Grant.objects.all()) == [offer]
    assert Decision.objects.get().reason == "no_grant"


def test_a_wish_that_the_offer_denies_takes_nothing_up(db: None) -> None:
    offer = offered(Group.MUTUALS)
    friend = befriended(offer.subject)
    with pytest.raises(gate.Denied):
        factories.job(friend, offer.subject, purpose=Purpose.ADVERTISING)
    assert not Grant.objects.filter(grantee=friend).exists()


def test_parting_ends_the_job_and_says_so_in_the_ledger(db: None) -> None:
    offer = offered(Group.MUTUALS)
    friend = befriended(offer.subject)
    job = factories.job(friend, offer.subject)
    graph.unfollow(follower=friend, followee=offer.subject)
    assert Job.objects.get(id=job.id).status == "cancelled_consent"
    own = Grant.objects.get(grantee=friend)
    assert (own.state, own.epoch) == ("invalidated", 2)
    said = orjson.loads(bytes(LedgerLeaf.objects.get(kind="invalidation").body))
    assert said["grants"] == [{"grant": str(own.id), "ended_epoch": 1}]
    assert said["subject"] == str(offer.subject_id)
    assert Grant.objects.get(id=offer.id).state == "given"


def test_parting_ends_both_peoples_grants_to_each_other(subject: Person) -> None:
    friend = befriended(subject)
    factories.likeness(friend)
    mine = takes_up(factories.grant(subject, Group.MUTUALS), friend)
    theirs = takes_up(factories.grant(friend, Group.MUTUALS), subject)
    assert mine and theirs
    graph.unfollow(follower=subject, followee=friend)
    assert set(Grant.objects.filter(state="invalidated")) == {mine, theirs}
    assert LedgerLeaf.objects.filter(kind="invalidation").count() == 2


def test_who_follows_again_begins_anew(db: None) -> None:
    own = taken_up()
    assert own.grantee and own.rests_on
    graph.unfollow(follower=own.grantee, followee=own.subject)
    graph.follow(follower=own.grantee, followee=own.subject)
    again = takes_up(own.rests_on, own.grantee)
    assert again and again.id != own.id
    assert not promised.stands(own)


def test_parting_from_a_stranger_takes_no_lock(stranger: Person, requester: Person) -> None:
    with CaptureQueriesContext(connection) as captured:
        graph.unfollow(follower=stranger, followee=requester)
    locks = [query["sql"] for query in captured if "advisory" in query["sql"]]
    assert len(locks) == 1
    assert str(edges.SPACE) in locks[0], "the pair's own"


def test_a_video_made_under_an_offer_leaves_the_feed_when_people_part(db: None) -> None:
    offer = offered(Group.MUTUALS)
    friend, viewer = befriended(offer.subject), factories.person()
    factories.post(friend, factories.video(friend, offer.subject))
    assert len(chronological.grid(viewer=viewer.id, author=friend.id, after=None, limit=5)) == 1
    graph.unfollow(follower=offer.subject, followee=friend)
    assert chronological.grid(viewer=viewer.id, author=friend.id, after=None, limit=5) == []


def test_what_rests_on_an_offer_is_not_changed_apart(db: None) -> None:
    own = taken_up()
    with refused(409, "rests_on_group"):
        grants.narrow(grant=own, expires_at=None, max_uses=1)
    with refused(409, "rests_on_group"):
        grants.renew(grant=own, expires_at=None, more_uses=1)
    assert Grant.objects.get(id=own.id).version == own.version


def test_renewing_an_offer_renews_what_rests_on_it(db: None) -> None:
    own = taken_up(max_uses=1)
    renewed = grants.renew(grant=own.rests_on, expires_at=None, more_uses=4)  # type: ignore[arg-type]
    row = Grant.objects.get(id=own.id)
    assert (row.expires_at, row.max_uses, row.affirmed_at) == (renewed.expires_at, 5, renewed.affirmed_at)


def test_who_was_stopped_gains_nothing_by_a_renewal_of_the_offer(db: None) -> None:
    own = taken_up()
    assert own.rests_on
    withdrawal.withdraw(subject=own.subject, scope=Scope(grantee=own.grantee), mode=withdrawal.Mode.STOP)
    later, latest = database_now() + timedelta(days=200), database_now() + timedelta(days=300)
    renewed = grants.renew(grant=own.rests_on, expires_at=latest, more_uses=4)
    grants.narrow(grant=renewed, expires_at=later, max_uses=None)
    row = Grant.objects.get(id=own.id)
    assert (row.expires_at, row.max_uses, row.affirmed_at) == (own.expires_at, own.max_uses, own.affirmed_at)
    sooner = database_now() + timedelta(days=1)
    grants.narrow(grant=Grant.objects.get(id=own.rests_on_id), expires_at=sooner, max_uses=None)
    assert Grant.objects.get(id=own.id).expires_at == sooner


def test_an_expired_grant_of_ones_own_gives_way_to_the_group(subject: Person) -> None:
    friend = befriended(subject)
    own = factories.grant(subject, friend)
    past = database_now() - timedelta(days=1)
    Grant.objects.filter(id=own.id).update(not_before=past - timedelta(days=1), expires_at=past)
    offer = factories.grant(subject, Group.MUTUALS)
    taken = takes_up(offer, friend)
    assert taken and taken.rests_on == offer


@pytest.mark.parametrize("mode", withdrawal.Mode)
def test_withdrawing_a_persons_grant_ends_also_what_they_took_up(db: None, mode: withdrawal.Mode) -> None:
    own = taken_up()
    assert own.grantee
    named, other = factories.grant(own.subject, own.grantee), takes_up(own.rests_on, befriended(own.subject))  # type: ignore[arg-type]
    withdrawal.withdraw(subject=own.subject, scope=Scope(grant_id=named.id), mode=mode)
    row = Grant.objects.get(id=own.id)
    assert (row.state, row.closed_at is None) == (("given", False) if mode == "stop" else ("withdrawn", True))
    assert not promised.stands(own) or mode == "stop"
    assert other and promised.stands(other)
    assert takes_up(own.rests_on, own.grantee) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("by_name", [False, True])
def test_withdrawing_from_oneself_beside_an_offer_excepts_nobody(subject: Person, by_name: bool) -> None:
    offer, own = factories.grant(subject, Group.MUTUALS), factories.grant(subject, subject)
    scope = Scope(grantee=subject) if by_name else Scope(grant_id=own.id)
    withdrawal.withdraw(subject=subject, scope=scope)
    assert (Grant.objects.get(id=own.id).state, Grant.objects.get(id=offer.id).state) == ("withdrawn", "given")
    assert not Choice.objects.exists()


def test_without_a_group_a_withdrawal_excepts_nobody(subject: Person, requester: Person) -> None:
    factories.grant(subject, requester)
    withdrawal.withdraw(subject=subject, scope=Scope(grantee=requester))
    assert not Choice.objects.exists()


def test_a_receipt_of_an_offer_names_the_group(subject: Person) -> None:
    receipt: dict[str, Any] = receipts.of_grant(factories.grant(subject, Group.MUTUALS))
    assert receipt["dpv:hasProcess"]["dpv:hasRecipient"] == ["sv:mutuals"]
    assert (receipt["terms"]["group"], receipt["terms"]["grantee"]) == ("mutuals", "")


# Over REST.


def test_an_offer_is_given_over_rest(as_subject: APIClient) -> None:
    terms = {"group": "mutuals", "purposes": ["entertainment"], "audience": "public"}
    reply = as_subject.post(f"{API}/grants", terms, format="json")
    assert reply.status_code == 201
    assert (reply.json()["group"], reply.json()["grantee"], reply.json()["rests_on"]) == ("mutuals", None, None)


def test_people_are_chosen_excepted_and_let_go_over_rest(as_subject: APIClient, stranger: Person) -> None:
    url = f"{API}/me/likeness/people"
    for choice in ("chosen", "excepted", "excepted"):
        assert as_subject.put(f"{url}/kim", {"choice": choice}, format="json").json()["choice"] == choice
    assert [(row["person"]["handle"], row["choice"]) for row in as_subject.get(url).json()["data"]] == [
        ("kim", "excepted")
    ]
    assert [as_subject.delete(f"{url}/kim").status_code for _ in range(2)] == [204, 204]
    assert as_subject.get(url).json()["data"] == []
    assert LedgerLeaf.objects.filter(kind="choice").count() == 3


def test_nobody_chooses_themselves(as_subject: APIClient) -> None:
    reply = as_subject.put(f"{API}/me/likeness/people/eileen", {"choice": "chosen"}, format="json")
    assert (reply.status_code, reply.json()["code"], Choice.objects.count()) == (422, "choose_oneself", 0)


def test_the_person_who_took_an_offer_up_sees_the_grant_and_not_what_is_denied(db: None) -> None:
    own = taken_up(text_rules=("beach",))
    assert own.grantee
    (row,) = factories.client(own.grantee).get(f"{API}/grants?role=received").json()["data"]
    assert (row["id"], row["rests_on"], row["text_rules"]) == (str(own.id), str(own.rests_on_id), None)


@pytest.mark.django_db(transaction=True)
def test_an_offer_is_taken_up_once_by_two_requests_at_once(elsewhere: Elsewhere) -> None:
    offer = offered(Group.MUTUALS)
    friend = befriended(offer.subject)
    made = [elsewhere(lambda: takes_up(offer, friend)) for _ in range(4)]
    assert len({row.result() for row in made}) == 1
    assert promised.uses(offer) == 4


@pytest.mark.django_db(transaction=True)
def test_parting_waits_for_a_use_that_is_open_and_then_ends_it(
    elsewhere: Elsewhere, until_waiting: Callable[[int], None]
) -> None:
    own = taken_up()
    friend, subject = own.grantee, own.subject
    assert friend
    parted: list[Future[None]] = []

    def part_meanwhile(_: rules.Allowed) -> None:
        parted.append(elsewhere(lambda: graph.unfollow(follower=friend, followee=subject)))
        until_waiting(1)
        assert Follow.objects.filter(follower=friend, followee=subject).exists()

    gate.use(point=Point.PUBLISH, requester_id=friend.id, claims=[held(own)], effect=part_meanwhile)
    parted[0].result()
    assert not promised.stands(own)
