"""What the database itself refuses, whoever writes to it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import Follow, Person, Session
from tests import factories

pytestmark = pytest.mark.django_db


def refused_by(constraint: str, write: Callable[[], object]) -> None:
    """The database names the constraint."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


@pytest.mark.parametrize("handle", ["Sam", "sa", "1am", "sam\n", "s m", "_sam", "sé_"])
def test_a_handle_has_one_spelling(requester: Person, handle: str) -> None:
    refused_by("handle_shape", lambda: Person.objects.filter(id=requester.id).update(handle=handle))


def test_an_address_is_in_lower_case(requester: Person) -> None:
    refused_by("email_lower", lambda: Person.objects.update(email="Sam@example.org"))


@pytest.mark.parametrize("field", ["handle", "email"])
def test_a_handle_and_an_address_belong_to_one_person(requester: Person, stranger: Person, field: str) -> None:
    theirs = {field: getattr(requester, field)}
    refused_by(f"accounts_person_{field}", lambda: Person.objects.filter(id=stranger.id).update(**theirs))


def test_a_session_ends_after_it_begins(requester: Person) -> None:
    factories.client(requester)
    refused_by("session_expires_later", lambda: Session.objects.update(expires_at=Now() - timedelta(days=1)))


def test_a_token_opens_one_session(requester: Person) -> None:
    factories.client(requester)
    factories.client(requester)
    refused_by("token_digest", lambda: Session.objects.update(token_digest=b"x" * 32))


def test_nobody_follows_themselves(requester: Person) -> None:
    refused_by("follow_not_oneself", lambda: Follow.objects.create(follower=requester, followee=requester))


def test_a_follow_stands_once(requester: Person, stranger: Person) -> None:
    Follow.objects.create(follower=requester, followee=stranger)
    refused_by("follow_once", lambda: Follow.objects.create(follower=requester, followee=stranger))


def test_an_administrator_made_by_djangos_command_can_sign_in_to_the_panel() -> None:
    made = Person.objects.create_superuser("root1", "root@example.org", factories.PASSWORD)
    assert (made.is_staff, made.is_superuser, made.check_password(factories.PASSWORD)) == (True, True, True)


def test_people_sessions_and_follows_name_themselves(requester: Person, stranger: Person) -> None:
    factories.client(requester)
    follow = Follow.objects.create(follower=requester, followee=stranger)
    assert str(requester) == "@sam"
    assert str(Session.objects.get()) == f"test of {requester.id}"
    assert str(follow) == f"{requester.id} follows {stranger.id}"
