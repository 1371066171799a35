"""Sessions: a token that is stored only as a digest, ends at once, and costs the same whether or not it is right."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.db.models.functions import Now

from accounts import auth
from accounts.models import Person, Session
from socialvideo.lib import bus
from socialvideo.lib.clock import wall_now
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories

pytestmark = pytest.mark.django_db
PASSWORD = factories.PASSWORD


def log_in(handle: str = "sam", password: str = PASSWORD) -> tuple[str, Session]:
    """Begin a session on a telephone."""
    return auth.log_in(handle=handle, password=password, device="telephone")


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the bus is told, written down."""
    told: list[str] = []
    monkeypatch.setattr(bus, "announce", lambda kind, ids: told.extend(f"{kind}:{one}" for one in ids))
    return told


def test_a_token_opens_its_session_and_its_person(requester: Person) -> None:
    token, session = log_in()
    found = auth.find_session(token)
    assert found == session
    assert (found.person, found.device) == (requester, "telephone")


def test_a_session_is_found_in_one_query(requester: Person, django_assert_num_queries: Any) -> None:
    token, _ = log_in()
    with django_assert_num_queries(1):
        assert auth.find_session(token).person.handle == "sam"  # type: ignore[union-attr]


def test_of_a_token_only_its_sha_256_is_stored(requester: Person) -> None:
    token, session = log_in()
    assert len(token) >= 43
    assert bytes(session.token_digest) == hashlib.sha256(token.encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT s::text || p::text FROM accounts_session s JOIN accounts_person p ON p.id = s.person_id")
        (row,) = cursor.fetchone()
    assert token not in row
    assert token.encode().hex() not in row


def test_no_two_tokens_are_alike(requester: Person) -> None:
    assert len({log_in()[0] for _ in range(20)}) == 20


def test_a_session_lasts_as_many_days_as_is_set(requester: Person, settings: Any) -> None:
    settings.SESSION_DAYS = 3
    left = log_in()[1].expires_at - wall_now()
    assert timedelta(days=3) - timedelta(minutes=1) < left <= timedelta(days=3)


@pytest.mark.parametrize("handle", ["sam", "SAM"])
def test_a_handle_may_be_written_in_capitals(requester: Person, handle: str) -> None:
    assert log_in(handle)[1].person == requester


@pytest.mark.parametrize(("handle", "password"), [("sam", "wrong"), ("nobody", PASSWORD), ("sam", ""), ("", "")])
def test_a_wrong_handle_and_a_wrong_password_are_refused_in_the_same_words(
    requester: Person, handle: str, password: str
) -> None:
    with pytest.raises(Problem, match=r"^Handle or password is wrong\.$") as problem:
        log_in(handle, password)
    assert (problem.value.status_code, problem.value.code) == (401, "wrong_credentials")
    assert problem.value.headers == {"WWW-Authenticate": "Bearer"}
    assert Session.objects.count() == 0


@pytest.mark.parametrize("handle", ["sam", "nobody", "left"])
def test_a_refusal_costs_one_hash_whether_or_not_the_account_exists(
    requester: Person, handle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.person("left", is_active=False)
    checked: list[str] = []
    real = hashers.check_password

    def counted(password: str, encoded: str) -> bool:
        checked.append(encoded)
        return real(password, encoded)

    monkeypatch.setattr(auth, "check_password", counted)
    with pytest.raises(Problem):
        log_in(handle, "wrong")
    assert len(checked) == 1
    assert hashers.identify_hasher(checked[0]).algorithm == hashers.get_hasher().algorithm


def test_a_suspended_person_cannot_log_in(requester: Person) -> None:
    Person.objects.update(is_active=False)
    with pytest.raises(Problem) as problem:
        log_in()
    assert (problem.value.code, Session.objects.count()) == ("wrong_credentials", 0)


def test_somebody_without_a_usable_password_cannot_log_in(requester: Person) -> None:
    requester.set_unusable_password()
    requester.save()
    for password in ("", "!", requester.password):
        with pytest.raises(Problem):
            log_in(password=password)


def test_logging_out_ends_the_session_at_once_and_tells_the_streams(requester: Person, ended: list[str]) -> None:
    token, session = log_in()
    assert auth.log_out(person=requester, session_id=session.id) is True
    assert auth.find_session(token) is None
    assert auth.session_is_live(session.id) is False
    assert ended == [f"session:{session.id}"]


def test_logging_out_twice_ends_nothing_twice(requester: Person, ended: list[str]) -> None:
    session = log_in()[1]
    auth.log_out(person=requester, session_id=session.id)
    first = Session.objects.get().ended_at
    assert auth.log_out(person=requester, session_id=session.id) is False
    assert (Session.objects.get().ended_at, len(ended)) == (first, 1)


def test_nobody_ends_the_session_of_another_person(requester: Person, stranger: Person, ended: list[str]) -> None:
    token, session = log_in()
    assert auth.log_out(person=stranger, session_id=session.id) is False
    assert auth.log_out(person=requester, session_id=new_id()) is False
    assert (auth.find_session(token), ended) == (session, [])


def test_logging_out_on_one_device_leaves_the_others(requester: Person) -> None:
    (token, kept), (_, other) = log_in(), log_in()
    auth.log_out(person=requester, session_id=other.id)
    assert auth.find_session(token) == kept
    assert list(auth.sessions_of(requester)) == [kept]


@pytest.mark.parametrize("how", ["expired", "suspended", "ended"])
def test_a_session_that_is_over_opens_nothing_and_is_listed_nowhere(requester: Person, how: str) -> None:
    token, session = log_in()
    over = {"expired": {"created_at": Now() - timedelta(days=1), "expires_at": Now()}, "ended": {"ended_at": Now()}}
    if how == "suspended":
        Person.objects.update(is_active=False)
    else:
        Session.objects.update(**over[how])
    assert auth.find_session(token) is None
    assert auth.session_is_live(session.id) is False
    assert list(auth.sessions_of(requester)) == []


@pytest.mark.parametrize("token", ["", "x", "\0", "\xff", "A" * 100_000])
def test_another_token_opens_nothing(requester: Person, token: str) -> None:
    log_in()
    assert auth.find_session(token) is None


def test_an_id_that_no_session_has_is_not_live() -> None:
    assert auth.session_is_live(UUID(int=0)) is False
