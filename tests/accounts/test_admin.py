"""People and sessions in the panel."""

import re

import pytest
from django.test import Client

from accounts.models import Person
from tests import factories

PEOPLE, SESSIONS = "/admin/accounts/person/", "/admin/accounts/session/"


@pytest.fixture
def staff(client: Client, moderator: Person) -> Client:
    """A browser in which the moderator is logged in."""
    client.force_login(moderator)
    return client


def badges(shown: str) -> list[str]:
    """Return the words on a coloured ground."""
    return re.findall(r'text-\[11px\] uppercase[^"]*"\s*>\s*([^<>]+?)\s*</span>', shown)


@pytest.mark.parametrize("words", ["eileen", "EILEEN", "@eileen", "eil", "eileen@example.org", "Eileen@Example"])
def test_a_person_is_found_by_handle_or_address(words: str, staff: Client, subject: Person, requester: Person) -> None:
    found = [person.handle for person in staff.get(PEOPLE, {"q": words}).context["cl"].result_list]
    assert found == ["eileen"]


def test_a_person_is_found_by_their_id(staff: Client, subject: Person, requester: Person) -> None:
    assert list(staff.get(PEOPLE, {"q": str(subject.id)}).context["cl"].result_list) == [subject]


def test_words_that_fit_nobody_find_nobody(staff: Client, subject: Person) -> None:
    assert list(staff.get(PEOPLE, {"q": "ileen"}).context["cl"].result_list) == []


def test_a_page_tells_who_moderates(staff: Client, moderator: Person, subject: Person) -> None:
    pages = [staff.get(f"{PEOPLE}{person.id}/change/").content.decode() for person in (moderator, subject)]
    assert [badges(shown) for shown in pages] == [["moderator"], ["member"]]


def test_a_page_shows_neither_password_nor_rights(staff: Client, subject: Person) -> None:
    shown = staff.get(f"{PEOPLE}{subject.id}/change/").content.decode()
    assert subject.email in shown
    for hidden in (subject.password, "field-password", "user_permissions", "is_superuser"):
        assert hidden not in shown


def test_nobody_becomes_staff_in_the_panel(staff: Client, subject: Person) -> None:
    sent = {"handle": subject.handle, "email": subject.email, "display_name": "x", "is_staff": "on"}
    assert staff.post(f"{PEOPLE}{subject.id}/change/", sent).status_code == 403
    subject.refresh_from_db()
    assert (subject.is_staff, subject.display_name) == (False, "Eileen")


def test_the_stock_page_for_another_persons_password_is_not_there(staff: Client, subject: Person) -> None:
    staff.post(f"{PEOPLE}{subject.id}/password/", {"password1": "x" * 12, "password2": "x" * 12})
    assert Person.objects.get(id=subject.id).password == subject.password


def test_there_are_no_groups(staff: Client) -> None:
    assert staff.get("/admin/auth/group/").status_code == 404


def test_sessions_of_one_person_are_listed(staff: Client, subject: Person, requester: Person) -> None:
    factories.client(subject)
    factories.client(requester)
    (row,) = staff.get(SESSIONS, {"person": subject.id}).context["cl"].result_list
    assert (row.person, row.device) == (subject, "test")
