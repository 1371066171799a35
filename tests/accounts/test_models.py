"""What the database itself refuses, whoever writes to it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import (
    Ceremony,
    Follow,
    Guardianship,
    Mail,
    Passkey,
    Person,
    ProtectedName,
    Session,
    Suspension,
)
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


@pytest.mark.parametrize(("field", "constraint"), [("handle", "accounts_person_handle"), ("email", "verified_once")])
def test_a_handle_and_an_address_belong_to_one_person(
    requester: Person, stranger: Person, field: str, constraint: str
) -> None:
    theirs = {field: getattr(requester, field)}
    refused_by(constraint, lambda: Person.objects.filter(id=stranger.id).update(**theirs))


def test_an_address_that_nobody_proved_is_nobodys(requester: Person) -> None:
    guest = factories.person("guest", email=requester.email, verified_at=None)
    refused_by("verified_once", lambda: Person.objects.filter(id=guest.id).update(verified_at=Now()))


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


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("mail_token_expires", {"kind": "reset"}),
        ("notice_unused", {"kind": "notice", "event": "x", "used_at": Now()}),
        ("notice_of_something", {"kind": "notice"}),
    ],
)
def test_a_mail_with_a_token_ends_and_one_without_says_what_of(
    requester: Person, constraint: str, fields: dict[str, Any]
) -> None:
    refused_by(constraint, lambda: Mail.objects.create(person=requester, to="a@example.org", **fields))


def test_a_passkey_has_a_name_and_stands_once(requester: Person, stranger: Person) -> None:
    row = {"credential_id": b"x", "credential": b"x"}
    refused_by("passkey_named", lambda: Passkey.objects.create(person=requester, name="", **row))
    Passkey.objects.create(person=requester, name="key", **row)
    refused_by("credential_id", lambda: Passkey.objects.create(person=stranger, name="key", **row))


@pytest.mark.parametrize(("kind", "person_id"), [("log_in", UUID(int=1)), ("confirm", None), ("sign_up", None)])
def test_only_a_log_in_does_not_know_whose_it_is(db: None, kind: str, person_id: UUID | None) -> None:
    row = {"challenge": b"x" * 32, "expires_at": Now() + timedelta(hours=1)}
    refused_by("ceremony_knows_whose", lambda: Ceremony.objects.create(kind=kind, person_id=person_id, **row))


def test_a_name_is_protected_once_and_is_seen(requester: Person, stranger: Person) -> None:
    refused_by("protected_name_seen", lambda: ProtectedName.objects.create(person=requester, skeleton=""))
    ProtectedName.objects.create(person=requester, skeleton="sam")
    refused_by("skeleton", lambda: ProtectedName.objects.create(person=stranger, skeleton="sam"))


def test_a_ward_has_one_guardian_who_is_somebody_else(requester: Person, stranger: Person) -> None:
    own = lambda: Guardianship.objects.create(ward=requester, guardian=requester)  # noqa: E731
    refused_by("guardianship_not_oneself", own)
    Guardianship.objects.create(ward=requester, guardian=stranger)
    refused_by("guardianship_one_open", lambda: Guardianship.objects.create(ward=requester, guardian=stranger))


def test_a_suspension_says_why_ends_later_and_is_of_somebody_else(requester: Person, moderator: Person) -> None:
    right = {"person": requester, "moderator": moderator, "reason": "x", "until": Now() + timedelta(days=1)}
    wrong = {
        "suspension_says_why": {"reason": ""},
        "suspension_ends_later": {"until": Now()},
        "suspension_not_oneself": {"moderator": requester},
    }
    for constraint, fields in wrong.items():
        refused_by(constraint, lambda: Suspension.objects.create(**{**right, **fields}))  # noqa: B023


def test_the_tables_of_log_ins_name_themselves(requester: Person, stranger: Person) -> None:
    link = Guardianship(ward=requester, guardian=stranger)
    assert str(link) == f"{stranger.id} for {requester.id}"
    assert str(Mail(person=requester, kind="reset")) == f"reset for {requester.id}"
    assert str(Passkey(person=requester, name="key")) == f"key of {requester.id}"
