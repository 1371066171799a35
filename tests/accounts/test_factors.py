"""The second factor: two steps, each code once, recovery codes once, and no endless guessing."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection

from accounts import auth, factors, seals
from accounts.models import Attempt, Mail, Person, RecoveryCode, Session, Totp
from socialvideo.lib.errors import Problem
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(requester: Person) -> bytes:
    """The secret of the requester's second factor, which is on."""
    return factories.second_factor(requester)


def half() -> str:
    """The half-session that a right password gives."""
    with pytest.raises(Problem) as problem:
        auth.log_in(handle="sam", password=factories.PASSWORD, device="")
    assert (problem.value.status_code, problem.value.code) == (401, "second_factor_needed")
    return str(problem.value.members["half_session"])


def refused(act: Callable[[], object]) -> tuple[int, str]:
    """Status and code of a refusal after which nobody is logged in."""
    with pytest.raises(Problem) as problem:
        act()
    assert not Session.objects.exists()
    return problem.value.status_code, problem.value.code


def log_in(code: str, half_session: str = "") -> Session:
    """The second step."""
    return auth.log_in_with_code(half_session=half_session or half(), code=code, device="telephone")[1]


def test_a_password_alone_begins_no_session_and_its_code_does(requester: Person, secret: bytes) -> None:
    waiting = half()
    assert not Session.objects.exists()
    assert log_in(factories.digits(secret), waiting).person == requester


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_clock_may_be_half_a_minute_off(secret: bytes, steps: int) -> None:
    assert log_in(factories.digits(secret, steps))


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_time_is_wrong(secret: bytes, steps: int) -> None:
    assert refused(lambda: log_in(factories.digits(secret, steps))) == (401, "code_wrong")


def test_a_code_is_taken_once(secret: bytes) -> None:
    code = factories.digits(secret)
    log_in(code)
    Session.objects.all().delete()
    assert refused(lambda: log_in(code)) == (401, "code_wrong")


def test_a_recovery_code_stands_in_once_however_it_is_written(requester: Person) -> None:
    given, _ = factors.begin(requester)
    first, second, *rest = factors.confirm(requester, factories.digits(base64.b32decode(given)))
    assert len({first, second, *rest}) == 10
    assert log_in(first)
    assert log_in(second.upper().replace("-", " "))
    Session.objects.all().delete()
    assert refused(lambda: log_in(first)) == (401, "code_wrong")
    assert factors.codes_left(requester) == 8


def test_of_secret_and_recovery_codes_nothing_is_stored_in_the_clear(requester: Person) -> None:
    given, _ = factors.begin(requester)
    codes = factors.confirm(requester, factories.digits(base64.b32decode(given)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_totp t UNION ALL SELECT r::text FROM accounts_recoverycode r")
        stored = " ".join(row for (row,) in cursor.fetchall())
    assert base64.b32decode(given).hex() not in stored
    assert [code for code in codes if code.replace("-", "").encode().hex() in stored] == []


def test_new_recovery_codes_void_the_old_ones(requester: Person, secret: bytes) -> None:
    fresh = factors.new_codes(requester)
    assert RecoveryCode.objects.count() == 10
    old = factors.new_codes(requester) and fresh
    assert refused(lambda: log_in(old[0])) == (401, "code_wrong")


def test_codes_are_not_guessed_for_long(requester: Person, secret: bytes) -> None:
    waiting = half()
    codes = [refused(lambda: log_in("000000", waiting))[1] for _ in range(6)]
    assert codes == ["code_wrong"] * 5 + ["locked_out"]
    assert refused(lambda: log_in(factories.digits(secret), waiting)) == (429, "locked_out")
    Attempt.objects.all().delete()
    assert log_in(factories.digits(secret), waiting)


@pytest.mark.parametrize("text", ["", "x", "a:b:c"])
def test_a_half_session_that_we_did_not_make_opens_nothing(secret: bytes, text: str) -> None:
    act = lambda: auth.log_in_with_code(half_session=text, code=factories.digits(secret), device="")  # noqa: E731
    assert refused(act) == (401, "half_session_over")


def test_a_half_session_ends_with_its_time_and_with_the_password(
    requester: Person, secret: bytes, monkeypatch: Any
) -> None:
    waiting = half()
    monkeypatch.setattr(factors, "HALF_SECONDS", -1)
    assert refused(lambda: log_in(factories.digits(secret), waiting)) == (401, "half_session_over")
    monkeypatch.undo()
    requester.set_password("quite another one")
    requester.save()
    assert refused(lambda: log_in(factories.digits(secret), waiting)) == (401, "half_session_over")


def test_a_half_session_of_another_kind_of_signature_opens_nothing(requester: Person, secret: bytes) -> None:
    forged = signing.dumps([str(requester.id), "x" * 16], salt="known-device")
    assert refused(lambda: log_in(factories.digits(secret), forged)) == (401, "half_session_over")


def test_a_secret_that_was_not_confirmed_asks_nobody_for_a_code(requester: Person) -> None:
    factors.begin(requester)
    assert auth.log_in(handle="sam", password=factories.PASSWORD, device="")[1].person == requester


def test_a_second_factor_is_confirmed_by_its_own_code_alone(requester: Person) -> None:
    given, uri = factors.begin(requester)
    assert uri.startswith("otpauth://totp/socialvideo:sam?") and given in uri
    assert refused(lambda: factors.confirm(requester, "000000")) == (422, "code_wrong")
    assert not factors.are_needed(requester)
    factors.begin(requester)
    old = factories.digits(base64.b32decode(given))
    assert refused(lambda: factors.confirm(requester, old)) == (422, "code_wrong")


def test_a_second_factor_that_is_on_is_not_set_up_anew(requester: Person, secret: bytes) -> None:
    before = Totp.objects.values().get()
    assert refused(lambda: factors.begin(requester)) == (409, "second_factor_stands")
    assert refused(lambda: factors.confirm(requester, factories.digits(secret))) == (404, "not_found")
    assert Totp.objects.values().get() == before


def test_turned_off_it_asks_no_more_and_its_person_is_told(requester: Person, secret: bytes) -> None:
    for _ in range(2):
        factors.turn_off(requester)
    assert auth.log_in(handle="sam", password=factories.PASSWORD, device="")
    assert not RecoveryCode.objects.exists()
    assert Mail.objects.filter(event="second_factor_off").count() == 1


def test_recovery_codes_stand_in_for_something(requester: Person) -> None:
    assert refused(lambda: factors.new_codes(requester)) == (409, "second_factor_off")


def test_what_is_sealed_is_opened_for_its_owner_under_its_key_alone(settings: Any) -> None:
    sealed = seals.seal(b"secret", owner=b"sam")
    assert seals.unseal(sealed, owner=b"sam") == b"secret"
    assert seals.unseal(sealed, owner=b"kim") is None
    settings.SEAL_KEY = "another"
    assert seals.unseal(sealed, owner=b"sam") is None


def test_a_session_is_confirmed_by_password_and_code(requester: Person, secret: bytes) -> None:
    session = log_in(factories.digits(secret))
    old = session.authenticated_at - timedelta(hours=1)
    Session.objects.update(authenticated_at=old)
    session.refresh_from_db()
    for password, code in ((factories.PASSWORD, "000000"), ("wrong", factories.digits(secret, 1))):
        with pytest.raises(Problem):
            auth.confirm(session=session, password=password, code=code)
        assert Session.objects.get().authenticated_at == old
    auth.confirm(session=session, password=factories.PASSWORD, code=factories.digits(secret, 1))
    assert factories.is_fresh(Session.objects.get())
