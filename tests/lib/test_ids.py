"""Identifiers and times."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from socialvideo.lib import clock
from socialvideo.lib.ids import new_id


def test_an_id_is_of_version_7_and_none_comes_twice() -> None:
    made = [new_id() for _ in range(2000)]
    assert {one.version for one in made} == {7}
    assert len(set(made)) == 2000


def test_an_id_made_later_sorts_later() -> None:
    first = new_id()
    time.sleep(0.002)
    assert first < new_id()


def test_an_id_says_the_millisecond_it_was_made() -> None:
    assert abs((new_id().int >> 80) / 1000 - time.time()) < 1


def test_a_time_is_written_in_utc_to_the_microsecond() -> None:
    berlin = datetime(2026, 3, 1, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    assert clock.rfc3339(berlin) == "2026-03-01T12:00:00.000000Z"
    assert clock.rfc3339(datetime(2026, 3, 1, 12, 0, 0, 7, tzinfo=UTC)) == "2026-03-01T12:00:00.000007Z"


@pytest.mark.django_db
def test_the_clock_of_the_database_goes_on_inside_a_transaction() -> None:
    first = clock.database_now()
    assert first.utcoffset() == timedelta(0)
    assert first < clock.database_now()


def test_our_own_clock_is_in_utc() -> None:
    assert clock.wall_now().utcoffset() == timedelta(0)
