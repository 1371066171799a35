"""Asking, and being told later or no."""

import json

import pytest

from accounts.models import Person
from consent import asks
from consent.models import Ask, LedgerLeaf
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests.consent.conftest import Elsewhere, refused

DEFERRED, REFUSED = Ask.State.DEFERRED, Ask.State.REFUSED


def asked(requester: Person, subject: Person) -> Ask:
    """Put an ask before the subject."""
    return asks.ask(
        requester=requester, subject=subject, purposes={"personal", "education"}, audience="followers", message="Please"
    )


def said() -> list[str]:
    """The states of asks that the ledger holds, in order."""
    bodies = LedgerLeaf.objects.filter(kind="ask").order_by("index").values_list("body", flat=True)
    return [json.loads(bytes(body))["state"] for body in bodies]


def test_an_ask_is_stored_as_it_was_put(subject: Person, requester: Person) -> None:
    asked(requester, subject)
    row = Ask.objects.get()
    assert (row.requester, row.subject, row.state, row.answered_at) == (requester, subject, "requested", None)
    assert (row.purposes, row.audience, row.message) == (["education", "personal"], "followers", "Please")
    assert said() == ["requested"]


def test_an_ask_can_be_put_before_somebody_without_a_likeness(requester: Person, stranger: Person) -> None:
    assert asked(requester, stranger).state == "requested"


def test_nobody_asks_themselves(subject: Person) -> None:
    with refused(422, "ask_oneself"):
        asked(subject, subject)
    assert (Ask.objects.count(), LedgerLeaf.objects.count()) == (0, 0)


@pytest.mark.parametrize("state", [None, DEFERRED])
def test_nobody_is_asked_again_while_an_ask_is_open(
    subject: Person, requester: Person, state: Ask.State | None
) -> None:
    first = asked(requester, subject)
    if state:
        asks.answer(subject=subject, ask_id=first.id, state=state)
    with refused(409, "ask_stands_open"):
        asked(requester, subject)
    assert Ask.objects.get() == first


def test_after_a_no_one_may_ask_again(subject: Person, requester: Person) -> None:
    asks.answer(subject=subject, ask_id=asked(requester, subject).id, state=REFUSED)
    asked(requester, subject)
    assert sorted(Ask.objects.values_list("state", flat=True)) == ["refused", "requested"]


def test_several_may_ask_one_subject(subject: Person, requester: Person, stranger: Person) -> None:
    asked(requester, subject)
    asked(stranger, subject)
    assert Ask.objects.count() == 2


@pytest.mark.parametrize("state", [DEFERRED, REFUSED])
def test_an_answer_is_stored_with_its_time_and_a_leaf(subject: Person, requester: Person, state: Ask.State) -> None:
    ask = asked(requester, subject)
    assert asks.answer(subject=subject, ask_id=ask.id, state=state).state == state
    row = Ask.objects.get()
    assert row.state == state
    assert row.answered_at is not None
    assert said() == ["requested", state]


def test_a_deferred_ask_can_be_refused(subject: Person, requester: Person) -> None:
    ask = asked(requester, subject)
    for state in (DEFERRED, REFUSED):
        asks.answer(subject=subject, ask_id=ask.id, state=state)
    assert said() == ["requested", "deferred", "refused"]


def test_a_no_stays_no(subject: Person, requester: Person) -> None:
    ask = asked(requester, subject)
    asks.answer(subject=subject, ask_id=ask.id, state=REFUSED)
    with refused(409, "ask_answered"):
        asks.answer(subject=subject, ask_id=ask.id, state=DEFERRED)
    assert Ask.objects.get().state == "refused"


def test_only_who_is_asked_answers(subject: Person, requester: Person, stranger: Person) -> None:
    ask = asked(requester, subject)
    for person, ask_id in ((requester, ask.id), (stranger, ask.id), (subject, new_id())):
        with refused(404, "not_found"):
            asks.answer(subject=person, ask_id=ask_id, state=REFUSED)
    assert Ask.objects.get().state == "requested"


def test_asks_are_listed_by_side(subject: Person, requester: Person) -> None:
    ask = asked(requester, subject)
    assert list(asks.received(subject)) == list(asks.made(requester)) == [ask]
    assert not asks.received(requester).exists()
    assert not asks.made(subject).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_asks_made_at_once_one_is_kept(subject: Person, requester: Person, elsewhere: Elsewhere) -> None:
    faults = [trial.exception(10) for trial in [elsewhere(lambda: asked(requester, subject)) for _ in range(2)]]
    assert [fault.code for fault in faults if isinstance(fault, Problem)] == ["ask_stands_open"]
    assert (Ask.objects.count(), said()) == (1, ["requested"])
