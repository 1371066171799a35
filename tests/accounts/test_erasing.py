"""Erasing in steps: told before it is forgotten, never too early, and never said to be done when it is not."""

import pytest
from django.core import mail as letters

from accounts import handles, pictures
from accounts.models import Departure, Person, RetiredHandle
from accounts.rights import erasers, erasing, leaving
from accounts.rights.erasers import Eraser
from socialvideo.lib.errors import Problem
from tests import factories
from tests.contract import leftovers

pytestmark = pytest.mark.django_db


def erased(person: Person) -> Departure:
    """Leave and be erased."""
    _, departure = leaving.leave(person=person, at_once=True)
    assert erasing.run(departure.id)
    return Departure.objects.get()


def test_the_last_letter_goes_to_their_address_before_it_is_forgotten(requester: Person) -> None:
    factories.client(requester)
    erased(requester)
    last = letters.outbox[-1]
    assert last.to == ["sam@example.org"]
    assert "1 sessions" in last.body
    assert "This stays, without your name:" in last.body


def test_a_mailbox_that_is_away_keeps_nobodys_name_for_ever(requester: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(erasing, "send_mail", away)
    _, departure = leaving.leave(person=requester, at_once=True)
    for _ in range(erasing.ATTEMPTS):
        assert not erasing.run(departure.id)
        Departure.objects.update(due_at=departure.left_at)
    assert erasing.run(departure.id)
    assert Person.objects.get(id=requester.id).email == ""


def test_a_handle_is_nobodys_for_a_while_and_not_written_down(requester: Person) -> None:
    erased(requester)
    with pytest.raises(Problem, match="somebody else's until lately"):
        handles.require_handle("sam")
    assert RetiredHandle.objects.count() == 1


def test_a_step_that_leaves_something_is_not_done(requester: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "erase", lambda person_id: 0)
    idle = Eraser(lambda _: {"crumbs": 1}, lambda _: None)
    monkeypatch.setattr(erasers, "all_of_them", lambda: {"idle": idle})
    _, departure = leaving.leave(person=requester, at_once=True)
    with pytest.raises(erasing.NotErased, match="crumbs"):
        erasing.run(departure.id)
    assert Person.objects.get(id=requester.id).handle == "sam"
    assert Departure.objects.get().finished_at is None


def test_nothing_is_erased_before_its_time(requester: Person) -> None:
    _, departure = leaving.leave(person=requester)
    before = leftovers.dump()
    assert not erasing.run(departure.id)
    assert erasing.sweep() == 0
    assert leftovers.dump() == before
