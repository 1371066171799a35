"""Contacts: a hit is an edge, a miss is nothing; a match needs both; what is taken back is gone."""

import itertools
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from accounts.discovery import contacts, enrolments, epochs, intake, matching, prefixes
from accounts.models import ContactEdge, ContactMatch, Person
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from tests import factories
from tests.accounts import discovering
from tests.contract import stored
from tests.journeys.kolmogorov import p_value
from tests.settings import CLUSTER

A, B, C = "+447400111111", "+447400222222", "+447400333333"
NOBODYS = "+447400999999"


@pytest.fixture
def people(db: None, signer: Any) -> tuple[Person, Person, Person]:
    """Three members, by the numbers A, B and C."""
    return tuple(  # type: ignore[return-value]
        discovering.enrolled(number, handle) for number, handle in ((A, "ada"), (B, "bob"), (C, "cyd"))
    )


People = tuple[Person, Person, Person]


def edges() -> set[tuple[str, str]]:
    """Who has whom."""
    return set(ContactEdge.objects.values_list("owner__person__handle", "target__person__handle"))


def test_a_hit_is_an_edge_and_a_miss_leaves_nothing_at_all(people: People) -> None:
    ada, _, _ = people
    discovering.has(ada, B, NOBODYS)
    assert edges() == {("ada", "bob")}
    before = stored.everything()
    discovering.has(ada, B)
    assert stored.everything() == before


def test_one_side_alone_is_no_match(people: People) -> None:
    ada, bob, cyd = people
    discovering.has(ada, B, C)
    discovering.has(bob, C)
    matching.tick_all()
    assert ContactMatch.objects.count() == 0
    assert [discovering.matched(person) for person in (ada, bob, cyd)] == [set()] * 3


def test_both_sides_are_a_match_for_both_and_for_nobody_else(people: People) -> None:
    ada, bob, cyd = people
    discovering.has(ada, B, C)
    matching.tick_all()
    discovering.has(bob, A)
    matching.tick_all()
    matching.tick_all()
    assert (discovering.matched(ada), discovering.matched(bob), discovering.matched(cyd)) == ({"bob"}, {"ada"}, set())


def test_nobody_is_their_own_contact(people: People) -> None:
    discovering.has(people[0], A, B)
    assert edges() == {("ada", "bob")}


def test_who_may_not_be_found_has_no_contacts(people: People, stranger: Person) -> None:
    with stored.unchanged():
        discovering.has(stranger, A, B)


def test_what_is_sent_takes_the_place_of_what_was_sent_before(people: People) -> None:
    ada, bob, _ = people
    discovering.has(ada, B, C)
    discovering.has(bob, A)
    matching.tick_all()
    discovering.has(ada, C)
    assert edges() == {("ada", "cyd"), ("bob", "ada")}
    assert discovering.matched(bob) == set()


def test_contacts_of_another_epoch_stay(people: People) -> None:
    ada, bob, _ = people
    discovering.has(ada, B)
    discovering.has(bob, A)
    matching.tick_all()
    newer = epochs._begin(epochs.usable()[-1], epochs.database_now())
    contacts.replace(person_id=ada.id, epoch=newer.number, wanted=[], sent_at=database_now())
    assert discovering.matched(ada) == {"bob"}


def test_forgetting_removes_my_contacts_and_matches_but_lets_me_be_found(people: People) -> None:
    ada, bob, _ = people
    discovering.has(ada, B)
    discovering.has(bob, A)
    matching.tick_all()
    contacts.forget(person=ada)
    matching.tick_all()
    assert edges() == {("bob", "ada")}
    assert ContactMatch.objects.count() == 0
    discovering.has(ada, B)
    matching.tick_all()
    assert discovering.matched(bob) == {"ada"}


@pytest.mark.parametrize("gone", [0, 1])
def test_whose_account_is_closed_is_neither_matched_nor_shown(people: People, gone: int) -> None:
    ada, bob, _ = people
    discovering.has(ada, B)
    discovering.has(bob, A)
    Person.objects.filter(id=people[gone].id).update(is_active=False)
    matching.tick_all()
    assert ContactMatch.objects.count() == 0
    Person.objects.update(is_active=True)
    discovering.has(ada, B)
    matching.tick_all()
    Person.objects.filter(id=people[gone].id).update(is_active=False)
    assert discovering.matched(people[1 - gone]) == set()


def test_who_is_suspended_is_hidden_for_so_long(people: People) -> None:
    ada, bob, _ = people
    discovering.has(ada, B)
    discovering.has(bob, A)
    matching.tick_all()
    Person.objects.filter(id=bob.id).update(suspended_until=database_now() + timedelta(days=1))
    assert discovering.matched(ada) == set()
    Person.objects.filter(id=bob.id).update(suspended_until=database_now())
    assert discovering.matched(ada) == {"bob"}


def test_every_pair_is_asked_whether_it_may_match(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob, _ = people
    discovering.has(ada, B)
    discovering.has(bob, A)

    def never(one: str, other: str) -> Any:
        return matching.Q(**{f"{one}__handle": "nobody", f"{other}__handle": "nobody"})

    with monkeypatch.context() as blocked:
        blocked.setattr(matching, "may_match", never)
        matching.tick_all()
        assert ContactMatch.objects.count() == 0
    discovering.has(ada, B)
    matching.tick_all()
    monkeypatch.setattr(matching, "may_match", never)
    assert discovering.matched(ada) == set()


def test_many_edges_are_looked_at_batch_by_batch(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob, cyd = people
    monkeypatch.setattr(matching, "BATCH", 1)
    discovering.has(ada, B, C)
    discovering.has(bob, A, C)
    discovering.has(cyd, A, B)
    matching.tick_all()
    assert ContactMatch.objects.count() == 3
    assert ContactEdge.objects.filter(fresh=True).count() == 0


def test_contacts_wait_for_the_tick_and_the_newest_set_counts(people: People) -> None:
    ada, number = people[0], epochs.usable()[-1].number
    for wanted in ((B, C), (C,)):
        intake.put(person_id=ada.id, epoch=number, content=discovering.encoded(number, wanted))
    assert edges() == set()
    intake.drain()
    assert edges() == {("ada", "cyd")}


@pytest.mark.parametrize("leave", [contacts.forget, enrolments.opt_out])
def test_what_waits_in_whatever_process_is_forgotten_with_the_rest(people: People, leave: Any) -> None:
    ada, number = people[0], epochs.usable()[-1].number
    intake.put(person_id=ada.id, epoch=number, content=discovering.encoded(number, [B]))
    leave(person=ada)
    discovering.enrolled(A, person=ada)
    intake.drain()
    assert edges() == set()
    discovering.has(ada, B)
    assert edges() == {("ada", "bob")}


def test_contacts_of_an_epoch_that_ended_meanwhile_are_dropped(people: People) -> None:
    ada, number = people[0], epochs.usable()[-1].number
    intake.put(person_id=ada.id, epoch=number, content=discovering.encoded(number, [B]))
    epochs.rotate_now()
    enrolments.renew()
    intake.drain()
    assert edges() == set()


def test_what_could_not_be_stored_waits_again(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, number = people[0], epochs.usable()[-1].number
    intake.put(person_id=ada.id, epoch=number, content=discovering.encoded(number, [B]))

    def fail(**_: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(contacts, "replace", fail)
        with pytest.raises(OperationalError):
            intake.drain()
    intake.drain()
    assert edges() == {("ada", "bob")}


def test_a_full_memory_refuses_more(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_BYTES", 10)
    with pytest.raises(Problem) as refusal:
        intake.put(person_id=people[0].id, epoch=1, content=bytes(11))
    assert refusal.value.status_code == 503


@pytest.mark.django_db(transaction=True)
def test_a_look_up_that_fails_writes_no_prefix_into_the_log_of_postgresql() -> None:
    log, wanted = CLUSTER.folder.with_name("pg.log"), 0x123456789ABCD

    def fails(look_up: Any) -> str:
        """Let a look-up wait for a lock until it is cancelled; what the log says of it."""
        with psycopg.connect(CLUSTER.url(connection.settings_dict["NAME"])) as other:
            other.execute("LOCK accounts_discoverytag")
            with pytest.raises((psycopg.Error, DatabaseError)), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL statement_timeout = 50")
                look_up()
        return log.read_text(errors="replace")[-3000:]

    def plainly() -> None:
        with connection.cursor() as cursor:
            cursor.execute(enrolments.FOUND, [1, [wanted + 1]])

    assert "canceling statement" in fails(lambda: enrolments.with_prefix(1, [wanted]))
    assert str(wanted) not in log.read_text(errors="replace")
    assert str(wanted + 1) in fails(plainly)


def test_a_look_up_within_the_request_would_tell_who_is_a_member(db: None, signer: Any) -> None:
    """The control of the timing proof: what it would find if the look-up did not wait for the tick."""
    ada, epoch = discovering.enrolled(A), epochs.usable()[-1].number
    members = [discovering.known(factories.person()).tags.get(epoch=epoch).prefix for _ in range(40)]
    sets = {"hits": members, "misses": list(range(40))}

    def p_of_one_attempt() -> float:
        times: dict[str, list[float]] = {"hits": [], "misses": []}
        for name in random.sample(["hits", "misses"] * 20, 40):
            began = time.perf_counter()
            contacts.replace(person_id=ada.id, epoch=epoch, wanted=sets[name], sent_at=database_now())
            times[name].append(time.perf_counter() - began)
        return p_value(times["hits"], times["misses"])

    assert any(p_of_one_attempt() < 0.01 for _ in range(4))


def at_once(*deeds: Callable[[], object]) -> list[BaseException]:
    """Run each in a thread of its own; return what failed."""
    failures: list[BaseException] = []

    def run(deed: Callable[[], object]) -> None:
        try:
            deed()
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


@pytest.mark.django_db(transaction=True)
def test_members_who_all_have_each_other_opt_out_at_once_without_a_deadlock(signer: Any) -> None:
    people = [discovering.known(factories.person()).person for _ in range(8)]
    for one, other in itertools.combinations(people, 2):
        discovering.befriend(one, other)
    assert at_once(*(partial(enrolments.opt_out, person=person) for person in people)) == []
    assert ContactEdge.objects.count() == ContactMatch.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_opting_out_while_contacts_are_stored_leaves_nothing(signer: Any) -> None:
    ada, bob = discovering.enrolled(A, "ada"), discovering.enrolled(B, "bob")
    epoch = epochs.usable()[-1].number
    wanted = prefixes.decode(discovering.encoded(epoch, [B]), limit=5)

    def send() -> None:
        for _ in range(20):
            contacts.replace(person_id=ada.id, epoch=epoch, wanted=wanted, sent_at=database_now())
            matching.tick_all()

    assert at_once(send, send, send, partial(enrolments.opt_out, person=bob)) == []
    assert ContactEdge.objects.count() == 0
