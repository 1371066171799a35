"""Lockout: guesses wait longer and longer, many at once are not many chances, nobody locks a person out for long."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from accounts import auth, devices, lockout, recovery
from accounts.lockout import Bucket
from accounts.mail import token
from accounts.models import Attempt, Mail, Person, Session
from socialvideo.lib.errors import Problem
from tests import factories

pytestmark = pytest.mark.django_db
ATTACKER, HOME = "10.0.0.66", "10.0.0.7"


def attempt(password: str = "wrong", handle: str = "sam", address: str = ATTACKER, device_token: str = "") -> str:
    """Try to log in; return what came of it."""
    try:
        auth.log_in(handle=handle, password=password, device="", address=address, device_token=device_token)
    except Problem as problem:
        return problem.code
    return "begun"


def waited() -> None:
    """Let every wait pass."""
    Attempt.objects.update(last_at=F("last_at") - timedelta(hours=2), locked_until=F("last_at") - timedelta(hours=2))


def delays(bucket: Bucket, times: int) -> list[int]:
    """Seconds that one waits after each of so many failures."""
    found = []
    for _ in range(times):
        lockout.count([bucket])
        row = Attempt.objects.get(bucket=bucket.name)
        found.append(round((row.locked_until - row.last_at).total_seconds()))
        Attempt.objects.update(locked_until=F("last_at"))
    return found


def test_after_some_failures_each_next_try_waits_twice_as_long_up_to_a_limit() -> None:
    assert delays(Bucket("b", free=3, first_s=10, longest_s=60), 7) == [0, 0, 10, 20, 40, 60, 60]


def test_the_right_password_does_not_help_while_one_waits(requester: Person) -> None:
    assert [attempt() for _ in range(6)] == ["wrong_credentials"] * 5 + ["locked_out"]
    assert attempt(factories.PASSWORD) == "locked_out"
    assert not Session.objects.exists()
    waited()
    assert attempt(factories.PASSWORD) == "begun"


def test_who_waits_is_told_how_long(requester: Person) -> None:
    for _ in range(5):
        attempt()
    with pytest.raises(Problem) as problem:
        auth.log_in(handle="sam", password="", device="", address=ATTACKER)
    assert (problem.value.status_code, problem.value.code) == (429, "locked_out")
    assert 10 <= int(problem.value.headers["Retry-After"]) <= 15


def test_who_guesses_locks_out_themselves_and_nobody_else(requester: Person) -> None:
    for _ in range(8):
        attempt()
    assert attempt(factories.PASSWORD, address=HOME) == "begun"


def test_guesses_from_everywhere_lock_a_handle_for_five_minutes_at_most(requester: Person) -> None:
    assert max(delays(lockout.of_handle("sam"), 60)) == 300


def test_guesses_from_everywhere_do_not_lock_out_a_device_that_is_known(requester: Person) -> None:
    known = devices.remember(requester)
    for n in range(31):
        attempt(address=f"10.1.0.{n}")
    assert attempt(factories.PASSWORD, address=HOME) == "locked_out"
    assert attempt(factories.PASSWORD, address=HOME, device_token=known) == "begun"


def test_a_try_that_one_lock_stops_does_not_count_on_another(requester: Person) -> None:
    for n in range(31):
        attempt(address=f"10.1.0.{n}")
    for _ in range(9):
        assert attempt(address=HOME) == "locked_out"
    pair = lockout.for_log_in(handle="sam", address=HOME, device=None)[0]
    assert Attempt.objects.get(bucket=pair.name).failures == 0


def test_a_known_device_guesses_no_better_than_another(requester: Person) -> None:
    known = devices.remember(requester)
    assert [attempt(device_token=known) for _ in range(11)].count("locked_out") == 1


def test_one_address_does_not_guess_at_many_handles(requester: Person) -> None:
    for n in range(50):
        attempt(handle=f"nobody{n}")
    assert attempt(factories.PASSWORD) == "locked_out"
    assert attempt(factories.PASSWORD, address=HOME) == "begun"


def test_a_success_of_ones_own_does_not_wash_an_address_clean(requester: Person, stranger: Person) -> None:
    for n in range(40):
        attempt(handle=f"nobody{n}")
    assert attempt(factories.PASSWORD, handle="kim") == "begun"
    address = lockout.for_log_in(handle="kim", address=ATTACKER, device=None)[2]
    assert Attempt.objects.get(bucket=address.name).failures == 40


def test_a_success_forgets_what_failed_before(requester: Person) -> None:
    for _ in range(4):
        attempt()
    assert attempt(factories.PASSWORD) == "begun"
    assert [attempt() for _ in range(4)] == ["wrong_credentials"] * 4


def test_a_reset_by_mail_opens_a_handle_that_strangers_locked(requester: Person) -> None:
    for n in range(31):
        attempt(address=f"10.1.0.{n}")
    recovery.send(requester.email)
    known = recovery.reset(token(Mail.objects.get(kind="reset")), "another good password")
    assert attempt("another good password", address=HOME) == "begun"
    for n in range(31):
        attempt(address=f"10.2.0.{n}")
    assert attempt("another good password", address=HOME) == "locked_out"
    assert attempt("another good password", address=HOME, device_token=known) == "begun"


@pytest.mark.parametrize("how", ["another's", "after a new password", "made up", "too old"])
def test_a_device_is_known_by_a_token_of_its_persons_alone(
    requester: Person, stranger: Person, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"another's": devices.remember(stranger), "made up": "x:y:z"}.get(how, devices.remember(requester))
    if how == "after a new password":
        requester.set_password("another good password")
    if how == "too old":
        monkeypatch.setattr(devices, "KNOWN_SECONDS", -1)
    assert devices.known(requester, given) is None


def test_counts_are_dropped_after_a_day() -> None:
    lockout.count([Bucket("old", 1, 1, 1)])
    Attempt.objects.update(last_at=Now() - timedelta(days=2))
    lockout.count([Bucket("new", 1, 1, 1)])
    lockout.sweep()
    assert Attempt.objects.get().bucket == "new"


@pytest.mark.django_db(transaction=True)
def test_of_twenty_guesses_at_once_five_are_checked(requester: Person) -> None:
    def guess(_: int) -> str:
        try:
            return attempt()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(guess, range(20)))
    assert (said.count("wrong_credentials"), said.count("locked_out")) == (5, 15)
