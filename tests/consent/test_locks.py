"""The lock of the protocol: shared by uses, exclusive for whoever changes a grant, in one order for everybody."""

from collections.abc import Callable
from functools import partial
from threading import Event
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from consent import gate, locks, withdrawal
from consent.models import Decision, Grant
from consent.rules import Allowed, Claim, Point
from consent.withdrawal import Scope
from socialvideo.lib.ids import new_id
from tests.consent.conftest import Elsewhere

WAIT = 10


def held() -> list[tuple[int, str]]:
    """The advisory locks of this connection: key and mode."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ((classid::bigint << 32) | objid::bigint), mode FROM pg_locks"
            " WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted ORDER BY 1"
        )
        return cursor.fetchall()


def hold_place(subject: Person, place: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [locks.key(subject.id) >> 32, place])


def test_a_key_is_the_random_half_of_the_id() -> None:
    one = new_id()
    assert locks.key(one).to_bytes(8, "big", signed=True) == one.bytes[8:]
    assert locks.key(UUID(int=2**64 - 1)) == -1
    assert locks.key(UUID(int=0)) == 0


def test_keys_of_different_people_differ() -> None:
    assert len({locks.key(new_id()) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(("take", "mode"), [(locks.share, "ShareLock"), (locks.exclude, "ExclusiveLock")])
def test_a_lock_is_taken_once_for_each_subject_in_its_mode(
    db: None, take: Callable[[list[UUID]], None], mode: str
) -> None:
    first, second = new_id(), new_id()
    take([first, second, first])
    assert held() == sorted([(locks.key(first), mode), (locks.key(second), mode)])


def test_locks_are_asked_for_in_ascending_order_in_one_statement(db: None) -> None:
    ids = [new_id() for _ in range(6)]
    for order in (ids, ids[::-1]):
        with CaptureQueriesContext(connection) as queries:
            locks.share(order)
        (query,) = queries.captured_queries
        listed = ", ".join(str(key) for key in sorted(locks.key(one) for one in ids))
        assert "{" + listed.replace(" ", "") + "}" in query["sql"].replace(" ", "")


def test_sharing_nobodys_lock_takes_none(db: None) -> None:
    locks.share([])
    assert held() == []


@pytest.mark.django_db(transaction=True)
def test_a_lock_ends_with_its_transaction(subject: Person) -> None:
    with transaction.atomic():
        locks.exclude([subject.id])
        assert len(held()) == 1
    assert held() == []


@pytest.mark.django_db(transaction=True)
def test_uses_share_the_lock(subject: Person, elsewhere: Elsewhere) -> None:
    def sharing() -> str:
        with transaction.atomic():
            locks.share([subject.id])
            return "shared"

    with transaction.atomic():
        locks.share([subject.id])
        assert elsewhere(sharing).result(WAIT) == "shared"


@pytest.mark.django_db(transaction=True)
def test_a_use_waits_while_every_place_is_taken(subject: Person, stranger: Person, elsewhere: Elsewhere) -> None:
    def entering(who: Person) -> str:
        with transaction.atomic():
            locks.take_place([who.id])
            return "inside"

    with transaction.atomic():
        for place in range(locks.PLACES):
            hold_place(subject, place)
        waiting = elsewhere(partial(entering, subject))
        assert elsewhere(partial(entering, stranger)).result(WAIT) == "inside"
        assert not waiting.done()
    assert waiting.result(WAIT) == "inside"


@pytest.mark.django_db(transaction=True)
def test_one_free_place_is_enough(subject: Person, elsewhere: Elsewhere) -> None:
    def entering() -> str:
        with transaction.atomic():
            locks.take_place([subject.id])
            return "inside"

    with transaction.atomic():
        for place in range(locks.PLACES - 1):
            hold_place(subject, place)
        assert elsewhere(entering).result(WAIT) == "inside"


@pytest.mark.django_db(transaction=True)
def test_people_do_not_wait_for_the_locks_of_others(subject: Person, stranger: Person, elsewhere: Elsewhere) -> None:
    def excluding() -> str:
        with transaction.atomic():
            locks.exclude([stranger.id])
            return "excluded"

    with transaction.atomic():
        locks.exclude([subject.id])
        assert elsewhere(excluding).result(WAIT) == "excluded"


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_waits_for_a_use_that_is_open_and_comes_after_it(
    grant: Grant, elsewhere: Elsewhere, until_waiting: Callable[[int], None]
) -> None:
    began, go_on = Event(), Event()

    def slow(_: Allowed) -> str:
        began.set()
        go_on.wait(WAIT)
        return Grant.objects.get(id=grant.id).state

    claim = Claim(grant.subject_id, grant.id, 1)
    using = elsewhere(lambda: gate.use(point=Point.OPEN, requester_id=grant.grantee_id, claims=[claim], effect=slow))
    assert began.wait(WAIT)
    withdrawing = elsewhere(lambda: withdrawal.withdraw(subject=grant.subject, scope=Scope()))
    until_waiting(1)
    assert not withdrawing.done()
    go_on.set()
    assert using.result(WAIT) == "given"
    assert withdrawing.result(WAIT).leaf_id == Decision.objects.get().leaf_id + 1


@pytest.mark.django_db(transaction=True)
def test_a_use_waits_for_a_withdrawal_that_is_open_and_then_sees_it(
    grant: Grant, elsewhere: Elsewhere, until_waiting: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = Event(), Event()

    def slow(**_: object) -> None:
        began.set()
        go_on.wait(WAIT)

    monkeypatch.setattr("worker.jobs.cancel_for", slow)
    withdrawing = elsewhere(lambda: withdrawal.withdraw(subject=grant.subject, scope=Scope()))
    assert began.wait(WAIT)
    ran: list[Allowed] = []
    claim = Claim(grant.subject_id, grant.id, 1)
    using = elsewhere(
        lambda: gate.use(point=Point.OPEN, requester_id=grant.grantee_id, claims=[claim], effect=ran.append)
    )
    until_waiting(1)
    go_on.set()
    withdrawing.result(WAIT)
    assert isinstance(using.exception(WAIT), gate.Denied)
    assert (ran, Decision.objects.get().reason) == ([], "ended")


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_is_not_starved_by_uses_that_come_after_it(
    grant: Grant, elsewhere: Elsewhere, until_waiting: Callable[[int], None]
) -> None:
    """A use that asks while a withdrawal waits queues behind it, though the lock is only shared."""
    claim = Claim(grant.subject_id, grant.id, 1)
    began, go_on = Event(), Event()

    def slow(_: Allowed) -> None:
        began.set()
        go_on.wait(WAIT)

    def use(effect: Callable[[Allowed], None]) -> None:
        gate.use(point=Point.OPEN, requester_id=grant.grantee_id, claims=[claim], effect=effect)

    first = elsewhere(lambda: use(slow))
    assert began.wait(WAIT)
    withdrawing = elsewhere(lambda: withdrawal.withdraw(subject=grant.subject, scope=Scope()))
    until_waiting(1)
    later = elsewhere(lambda: use(lambda _: None))
    until_waiting(2)
    go_on.set()
    first.result(WAIT)
    withdrawing.result(WAIT)
    assert isinstance(later.exception(WAIT), gate.Denied)
