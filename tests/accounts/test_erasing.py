"""Erasing in steps: told before it is forgotten, never too early, and never said to be done when it is not."""

from io import StringIO

import pytest
from django.core import mail as letters
from django.core.management import CommandError, call_command

from accounts import graph, handles, people, pictures
from accounts.models import Departure, Follow, Person, RetiredHandle, Session
from accounts.rights import erasers, erasing, leaving
from accounts.rights.erasers import Eraser
from consent.models import Likeness
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


def test_an_operator_erases_for_who_cannot_log_in(requester: Person, stranger: Person, moderator: Person) -> None:
    for handle, yes in (("sam", "san"), ("nobody", "nobody"), ("mona", "mona")):
        with pytest.raises(CommandError):
            call_command("erase", handle, yes=yes)
    assert Departure.objects.count() == 0
    leaving.leave(person=stranger)
    for handle in ("sam", "kim"):
        call_command("erase", handle, yes=handle, stdout=StringIO())
    assert not Person.objects.filter(handle__in=["sam", "kim"]).exists()
    assert Departure.objects.filter(finished_at__isnull=False).count() == 2


def test_what_is_granted_and_enrolled_in_the_moment_of_leaving_is_ended_when_the_rest_is_erased(
    subject: Person, requester: Person
) -> None:
    _, departure = leaving.leave(person=subject, at_once=True)
    factories.likeness(subject)
    late = factories.grant(subject, requester)
    assert erasing.run(departure.id)
    late.refresh_from_db()
    assert (late.state, Likeness.objects.filter(erased_at=None).count()) == ("withdrawn", 0)


def test_a_picture_that_was_being_decoded_when_its_person_left_is_not_kept(requester: Person) -> None:
    leaving.leave(person=requester)
    with pytest.raises(Problem, match="closed"):
        pictures.set_picture(person=requester, upload=factories.PORTRAIT.read_bytes())
    assert Person.objects.get(id=requester.id).picture == ""
    assert pictures.erase(requester.id) == 0


def test_what_a_request_that_was_under_way_wrote_after_all_was_erased_is_erased_too(
    requester: Person, stranger: Person
) -> None:
    erased(requester)
    people.edit_profile(person=requester, bio="Too late.")
    graph.follow(follower=requester, followee=stranger)
    factories.client(requester)
    erasing.sweep()
    assert Person.objects.get(id=requester.id).bio == ""
    assert (Follow.objects.count(), Session.objects.filter(person=requester).count()) == (0, 0)
