"""People and sessions in the panel."""

import re

import pytest
from django.test import Client

from accounts.models import Person, ProtectedName, Session, Suspension
from accounts.rights import erasing, leaving
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
    assert [badges(shown) for shown in pages] == [["moderator", "good"], ["member", "good"]]


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


def decide(staff: Client, person: Person, what: str, **sent: str) -> str:
    """Press a button and send its form; return the page that follows."""
    address = f"{PEOPLE}{person.id}/{what}/"
    assert staff.get(address).status_code == 200
    return staff.post(address, sent, follow=True).content.decode()


def test_a_moderator_suspends_with_reasons_and_lifts(staff: Client, subject: Person) -> None:
    factories.client(subject)
    assert badges(decide(staff, subject, "suspend", days="7", reason="Threats."))[-1] == "suspended"
    assert Suspension.objects.get().reason == "Threats."
    assert Session.objects.get(person=subject).ended_at is not None
    assert badges(decide(staff, subject, "lift"))[-1] == "good"
    assert Suspension.objects.get().lifted_at is not None


def test_looking_at_a_button_decides_nothing(staff: Client, subject: Person) -> None:
    for what in ("suspend", "lift", "protect", "unprotect"):
        staff.get(f"{PEOPLE}{subject.id}/{what}/")
    assert not Suspension.objects.exists()
    assert not ProtectedName.objects.exists()


def test_without_reasons_nobody_is_suspended(staff: Client, subject: Person) -> None:
    assert "a right to your reasons" in decide(staff, subject, "suspend", days="7", reason="")
    assert not Suspension.objects.exists()


def test_a_moderator_is_not_suspended(staff: Client, moderator: Person) -> None:
    assert "Neither oneself nor staff" in decide(staff, moderator, "suspend", days="", reason="Because.")
    assert not Suspension.objects.exists()


def test_names_are_protected_and_freed(staff: Client, subject: Person) -> None:
    decide(staff, subject, "protect")
    assert ProtectedName.objects.get().person == subject
    decide(staff, subject, "unprotect")
    assert not ProtectedName.objects.exists()


def test_nobody_but_staff_decides(client: Client, subject: Person, stranger: Person) -> None:
    client.force_login(stranger)
    sent = {"days": "7", "reason": "Because."}
    assert client.post(f"{PEOPLE}{subject.id}/suspend/", sent).status_code == 302
    assert not Suspension.objects.exists()


def panel_log_in(client: Client, person: Person, password: str = factories.PASSWORD, code: str = "") -> str:
    """Try to log in at the panel; return where that leads, or the page that says why not."""
    sent = {"username": person.handle, "password": password, "code": code, "next": "/admin/"}
    response = client.post("/admin/login/", sent)
    return response.get("Location") or response.content.decode()


def test_the_panel_asks_a_moderator_for_their_second_factor(client: Client, moderator: Person) -> None:
    secret = factories.second_factor(moderator)
    assert 'form="login-form"' in client.get("/admin/login/").content.decode()
    for code in ("", "000000"):
        assert "wrong or used" in panel_log_in(client, moderator, code=code)
        assert client.get("/admin/").status_code == 302
    assert panel_log_in(client, moderator, code=factories.digits(secret)) == "/admin/"


def test_the_panel_locks_out_who_guesses(client: Client, moderator: Person) -> None:
    for _ in range(5):
        panel_log_in(client, moderator, password="wrong")
    assert "Too many attempts" in panel_log_in(client, moderator)
    assert client.get("/admin/").status_code == 302


def test_a_departure_is_shown_with_what_was_erased_and_without_a_word_of_the_person(
    staff: Client, requester: Person
) -> None:
    _, departure = leaving.leave(person=requester, at_once=True)
    erasing.run(departure.id)
    shown = staff.get(f"/admin/accounts/departure/{departure.id}/change/").content.decode()
    assert badges(shown) == ["erased"]
    assert "this report itself" in shown
    assert not [word for word in ("@sam", "sam@example.org", str(requester.id)) if word in shown]
    assert staff.get("/admin/accounts/departure/").status_code == 200
