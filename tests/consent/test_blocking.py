"""Blocks in consent: each promise is kept, and a removed check is noticed. What else they do is in the machine."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from django.db.models import Q

from accounts import blocks, edges, graph
from accounts.models import Block, Follow, Person
from consent import asks, blocking, ends, gate, groups, permits, rules
from consent.models import Ask, Grant
from consent.rules import Point
from tests import factories
from tests.consent import promises_of_blocks as promised
from tests.consent.conftest import Elsewhere
from tests.consent.promises import held
from tests.consent.test_gate_mutants import around, nothing, patched

Patch = pytest.MonkeyPatch
MUTANTS: dict[str, tuple[Callable[[], bool], Callable[[Patch], None]]] = {
    "a block ends nothing": (promised.a_block_ends_the_grant_whoever_blocks, patched(ends, "invalidate", nothing)),
    "an offer answers anybody": (
        promised.no_offer_answers_somebody_with_whom_a_block_stands,
        patched(groups, "apart", lambda _: Q()),
    ),
    "only the blocker is apart": (
        promised.no_offer_answers_somebody_with_whom_a_block_stands,
        patched(
            blocks,
            "none_between",
            lambda one, other: ~Q(pk__in=[]) & ~Q(subject__in=Block.objects.filter(blocked=one).values("blocker")),
        ),
    ),
    "a remix asks nobody": (
        promised.nobody_remixes_whom_they_are_blocked_with,
        patched(groups, "apart", lambda _: Q()),
    ),
    "remixes stay": (
        promised.a_remix_by_somebody_blocked_is_gone_and_the_original_stands,
        patched(blocking.reviews, "veto_made_by", nothing),
    ),
    "who was chosen stays chosen": (
        promised.who_was_chosen_is_chosen_no_more_after_a_block,
        patched(groups, "forget", nothing),
    ),
    "a remix runs on": (
        promised.a_running_remix_stops_at_its_next_step_and_is_never_sealed,
        around(permits.fences, "standing", lambda real, *given, **asked: real(*given, **{**asked, "maker": None})),
    ),
    "who looks is asked, too": (
        promised.who_only_looks_is_not_asked_about_blocks_by_the_gate,
        patched(rules, "NEW_USES", frozenset(Point)),
    ),
    "anybody asks and grants": (
        promised.nobody_grants_or_asks_across_a_block,
        patched(blocks, "require_none", nothing),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_removed_check_is_noticed(db: None, name: str, monkeypatch: Patch) -> None:
    probe, plant = MUTANTS[name]
    assert probe() is True
    plant(monkeypatch)
    assert probe() is False


def test_the_handler_that_the_settings_name_is_there(settings: Any) -> None:
    assert settings.BLOCK_HANDLERS == ["consent.blocking.sever"]
    assert blocking.sever


@pytest.mark.django_db(transaction=True)
def test_a_block_waits_for_a_use_that_is_open_and_then_ends_it(
    elsewhere: Elsewhere, until_waiting: Callable[[int], None]
) -> None:
    grant = factories.grant(factories.enrolled(), factories.person())
    subject, person = grant.subject, grant.grantee
    assert person
    done: list[Future[None]] = []

    def block_meanwhile(_: rules.Allowed) -> None:
        done.append(elsewhere(lambda: blocks.block(blocker=subject, blocked=person)))
        until_waiting(1)
        assert not Block.objects.exists()

    gate.use(point=Point.PUBLISH, requester_id=person.id, claims=[held(grant)], effect=block_meanwhile)
    done[0].result()
    assert Grant.objects.get(id=grant.id).state == "invalidated"


MEANWHILE: dict[str, Callable[[Person, Person], object]] = {
    "grant": factories.grant,
    "follow": lambda subject, person: graph.follow(follower=subject, followee=person),
    "follow back": lambda subject, person: graph.follow(follower=person, followee=subject),
    "ask": lambda subject, person: asks.ask(
        requester=person, subject=subject, purposes=["personal"], audience="private", message=""
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", MEANWHILE)
def test_what_is_begun_while_a_block_is_being_written_waits_and_is_refused(
    elsewhere: Elsewhere, until_waiting: Callable[[int], None], monkeypatch: Patch, name: str
) -> None:
    subject, person = factories.enrolled(), factories.person()
    refused: list[Future[Any]] = []

    def begin_meanwhile(*pair: Any) -> None:
        refused.append(elsewhere(lambda: MEANWHILE[name](subject, person)))
        until_waiting(1)

    monkeypatch.setattr(edges, "tell", begin_meanwhile)
    blocks.block(blocker=person, blocked=subject)
    assert getattr(refused[0].exception(), "code", "") == "person_unknown"
    assert [model.objects.count() for model in (Grant, Follow, Ask)] == [0, 0, 0]
