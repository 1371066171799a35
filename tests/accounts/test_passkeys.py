"""Passkeys: signed up with, logged in with, looked after; and every way in which an answer can be wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from fido2 import cbor

from accounts import passkeys, people
from accounts.models import Ceremony, Mail, Passkey, Person, Session
from socialvideo.lib.errors import Problem
from tests import factories
from tests.authenticator import UP, Authenticator

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(requester: Person) -> Authenticator:
    """A telephone with a passkey of the requester's."""
    return registered(requester, Authenticator())


def registered(person: Person, device: Authenticator) -> Authenticator:
    """Register the device's passkey."""
    row, options = passkeys.begin_registration(person)
    passkeys.register(person=person, ceremony_id=row.id, credential=device.create(options), name="telephone")
    return device


def log_in(device: Authenticator) -> tuple[str, Session]:
    """Log in with the device's passkey."""
    row, options = passkeys.begin_log_in()
    return passkeys.log_in(ceremony_id=row.id, credential=device.get(options), device="telephone")


def refused(act: Callable[[], object]) -> tuple[int, str]:
    """Status and code of a refusal after which there is no session, and no other passkey."""
    before = set(Passkey.objects.values_list("id", "name"))
    with pytest.raises(Problem) as problem:
        act()
    assert not Session.objects.exists()
    assert set(Passkey.objects.values_list("id", "name")) == before
    return problem.value.status_code, problem.value.code


def sign_up(device: Authenticator, handle: str = "ada") -> Person:
    """Sign up with nothing but a passkey."""
    row, options = passkeys.begin_sign_up(handle)
    answer = {"ceremony": row.id, "credential": device.create(options)}
    return people.sign_up(
        handle=handle, email=f"{handle}@example.org", birth_date=date(1990, 1, 1), display_name="", passkey=answer
    )


def test_who_signs_up_with_a_passkey_alone_logs_in_with_it_and_has_no_password() -> None:
    device = Authenticator()
    ada = sign_up(device)
    assert device.user_handle == ada.id.bytes
    assert log_in(device)[1].person == ada
    assert not ada.has_usable_password()


def test_options_ask_for_a_passkey_that_is_found_without_a_name_and_verifies_its_person(requester: Person) -> None:
    _, options = passkeys.begin_registration(requester)
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert (options["rp"]["id"], options["attestation"]) == ("localhost", "none")
    assert "allowCredentials" not in passkeys.begin_log_in()[1]


def test_a_passkey_logs_in_and_notes_when(requester: Person, phone: Authenticator) -> None:
    assert log_in(phone)[1].person == requester
    row = Passkey.objects.get()
    assert (row.last_used_at is not None, row.is_synced) == (True, True)


def test_a_second_factor_is_not_asked_of_a_passkey(requester: Person, phone: Authenticator) -> None:
    factories.second_factor(requester)
    assert log_in(phone)[1].person == requester


WRONG: dict[str, dict[str, Any]] = {
    "another site": {"origin": "https://evil.example"},
    "another port": {"origin": "http://localhost:9000"},
    "person not verified": {"flags": UP},
    "person not there": {"flags": 0x04},
    "another key": {"key": Authenticator().key},
    "another's id": {"user_handle": b"x" * 16},
    "unknown": {"credential_id": b"x" * 32},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_wrong_answer_logs_nobody_in(phone: Authenticator, change: dict[str, Any]) -> None:
    assert refused(lambda: log_in(replace(phone, **change))) == (401, "passkey_refused")


@pytest.mark.parametrize("change", [{"origin": "https://evil.example"}, {"flags": UP}, {"flags": 0x04}])
def test_a_wrong_answer_registers_nothing(requester: Person, change: dict[str, Any]) -> None:
    device = Authenticator(**change)
    assert refused(lambda: registered(requester, device)) == (422, "credential_unusable")


def test_an_answer_to_another_challenge_logs_nobody_in(phone: Authenticator) -> None:
    row, _ = passkeys.begin_log_in()
    _, other = passkeys.begin_log_in()
    answer = phone.get(other)
    act = lambda: passkeys.log_in(ceremony_id=row.id, credential=answer, device="")  # noqa: E731
    assert refused(act) == (401, "passkey_refused")
    assert refused(act) == (422, "ceremony_over")


def test_a_challenge_is_answered_once(requester: Person, phone: Authenticator) -> None:
    row, options = passkeys.begin_log_in()
    answer = phone.get(options)
    passkeys.log_in(ceremony_id=row.id, credential=answer, device="")
    Session.objects.all().delete()
    assert refused(lambda: passkeys.log_in(ceremony_id=row.id, credential=answer, device="")) == (422, "ceremony_over")


def test_a_challenge_that_is_too_old_is_answered_in_vain(phone: Authenticator) -> None:
    row, options = passkeys.begin_log_in()
    Ceremony.objects.filter(id=row.id).update(created_at=Now() - timedelta(hours=1), expires_at=Now())
    answer = phone.get(options)
    assert refused(lambda: passkeys.log_in(ceremony_id=row.id, credential=answer, device="")) == (422, "ceremony_over")


def test_a_ceremony_is_good_for_its_own_kind_and_person_alone(requester: Person, stranger: Person) -> None:
    device = Authenticator()
    row, options = passkeys.begin_registration(requester)
    answer: dict[str, Any] = {"ceremony_id": row.id, "credential": device.create(options)}
    assert refused(lambda: passkeys.register(person=stranger, name="", **answer)) == (422, "ceremony_over")
    assert refused(lambda: passkeys.answer_sign_up(**answer)) == (422, "ceremony_over")
    assert passkeys.register(person=requester, name="", **answer).name == "passkey"


def test_a_copy_of_a_key_is_noticed_by_its_count_and_its_person_is_told(phone: Authenticator) -> None:
    phone.count = 7
    log_in(phone)
    Session.objects.all().delete()
    for count in (7, 6, 0):
        assert refused(lambda: log_in(replace(phone, count=count))) == (401, "passkey_refused")  # noqa: B023
    assert Mail.objects.filter(event="passkey_cloned").count() == 1
    assert log_in(replace(phone, count=8))[1]


def test_a_suspended_person_does_not_come_in_by_a_passkey(
    requester: Person, phone: Authenticator, moderator: Person
) -> None:
    Person.objects.filter(id=requester.id).update(suspended_until=Now() + timedelta(days=1))
    assert refused(lambda: log_in(phone)) == (403, "suspended")
    Person.objects.filter(id=requester.id).update(is_active=False)
    assert refused(lambda: log_in(phone)) == (401, "passkey_refused")


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 5},
        {"id": "x", "rawId": "y", "response": {}},
        {"rawId": "AAAA", "response": {"clientDataJSON": "e30", "attestationObject": "gYGB", "signature": "AA"}},
        {"rawId": "AAAA", "response": {"clientDataJSON": "!", "attestationObject": "oA"}},
        {"rawId": "AAAA", "response": {"clientDataJSON": "e30", "attestationObject": "gYGB" * 3000}},
        {"rawId": "AAAA", "response": [[]], "type": "nonsense"},
        {"rawId": "x" * 20_000},
    ],
    ids=["empty", "number", "two ids", "cut", "no base64", "nested", "list", "long"],
)
def test_what_is_no_answer_uses_no_challenge_up(requester: Person, credential: dict[str, Any]) -> None:
    row, _ = passkeys.begin_registration(requester)
    act = lambda: passkeys.register(person=requester, ceremony_id=row.id, credential=credential, name="")  # noqa: E731
    assert refused(act) == (422, "credential_unusable")
    assert refused(lambda: passkeys.log_in(ceremony_id=row.id, credential=credential, device=""))[0] == 422
    row.refresh_from_db()
    assert row.used_at is None


@pytest.mark.parametrize("broken", [{-2: 5}, {-2: b"x" * 32}, {-3: b""}, {3: -8}, {-1: 7}], ids=str)
def test_a_key_that_is_none_logs_nobody_in(phone: Authenticator, broken: dict[int, Any]) -> None:
    stored = bytes(Passkey.objects.get().credential)
    place = stored.index(phone.credential_id) + len(phone.credential_id)
    key = cbor.encode({**cbor.decode(stored[place:]), **broken})
    Passkey.objects.update(credential=stored[:place] + key)
    assert refused(lambda: log_in(phone)) == (401, "passkey_refused")


def test_a_key_of_an_algorithm_that_was_not_offered_is_not_taken(requester: Person, monkeypatch: Any) -> None:
    real = Authenticator()
    monkeypatch.setattr("fido2.cose.CoseKey.supported_algorithms", lambda: [-257])
    assert refused(lambda: registered(requester, real)) == (422, "credential_unusable")


def test_a_passkey_belongs_to_one_account(requester: Person, stranger: Person, phone: Authenticator) -> None:
    assert refused(lambda: registered(stranger, phone)) == (409, "passkey_known")


def test_a_sign_up_that_fails_leaves_neither_person_nor_passkey(requester: Person) -> None:
    assert refused(lambda: sign_up(Authenticator(), "sam")) == (409, "handle_taken")
    assert Person.objects.count() == 1


def test_a_passkey_is_renamed_and_removed_by_its_person_alone(
    requester: Person, stranger: Person, phone: Authenticator
) -> None:
    row = Passkey.objects.get()
    assert refused(lambda: passkeys.rename(person=stranger, passkey_id=row.id, name="mine")) == (404, "not_found")
    assert refused(lambda: passkeys.remove(person=stranger, passkey_id=row.id)) == (404, "not_found")
    assert refused(lambda: passkeys.rename(person=requester, passkey_id=row.id, name="\u200b")) == (422, "name_empty")
    assert passkeys.rename(person=requester, passkey_id=row.id, name=" blue\u202e one ").name == "blue one"
    passkeys.remove(person=requester, passkey_id=row.id)
    assert refused(lambda: log_in(phone)) == (401, "passkey_refused")


def test_the_only_way_in_is_not_removed() -> None:
    device = Authenticator()
    ada = sign_up(device)
    only = Passkey.objects.get()
    assert refused(lambda: passkeys.remove(person=ada, passkey_id=only.id)) == (409, "last_way_in")
    registered(ada, Authenticator())
    passkeys.remove(person=ada, passkey_id=only.id)
    assert Passkey.objects.count() == 1


def test_nobody_has_more_passkeys_than_can_be_looked_through(requester: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr(passkeys, "MOST", 1)
    registered(requester, Authenticator())
    assert refused(lambda: registered(requester, Authenticator())) == (409, "too_many_passkeys")


def test_a_session_is_confirmed_by_ones_own_passkey_alone(
    requester: Person, stranger: Person, phone: Authenticator
) -> None:
    _, session = log_in(phone)
    Session.objects.update(authenticated_at=Now() - timedelta(hours=1))
    foreign = registered(stranger, Authenticator())
    for device, works in ((foreign, False), (phone, True)):
        row, options = passkeys.begin_confirmation(requester)
        answer: dict[str, Any] = {"ceremony_id": row.id, "credential": device.get(options)}
        if works:
            passkeys.confirm(session=session, **answer)
        else:
            with pytest.raises(Problem):
                passkeys.confirm(session=session, **answer)
        session.refresh_from_db()
        assert (factories.is_fresh(session)) is works


def test_challenges_that_are_over_are_forgotten(requester: Person) -> None:
    passkeys.begin_log_in()
    Ceremony.objects.update(created_at=Now() - timedelta(hours=2), expires_at=Now() - timedelta(hours=1))
    kept, _ = passkeys.begin_log_in()
    passkeys.forget_ceremonies()
    assert Ceremony.objects.get() == kept
