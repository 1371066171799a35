"""Limits of time: budgets, breaks, quiet hours, and those of teenagers, which can only be tightened."""

from datetime import UTC, datetime, time, timedelta

import pytest

from feed.control.rules import PAUSE, Ended, Limits, Sat, ended, goes_on, limits

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def adult(**fields: object) -> Limits:
    """A grown-up's limits."""
    return limits(**{"budget": None, "without_break": None, "quiet": None, "is_teen": False, **fields})  # type: ignore[arg-type]


def sat(minutes: int, start: datetime = NOON) -> Sat:
    """Somebody who was given a page each minute."""
    held = goes_on(None, start, "UTC")
    for passed in range(1, minutes + 1):
        held = goes_on(held, start + passed * MINUTE, "UTC")
    return held


def kind(found: Ended | None) -> str | None:
    """How it ended, if it did."""
    return found and found.kind


def test_a_grown_up_has_no_limits_but_their_own() -> None:
    assert ended(adult(), sat(600), NOON + 600 * MINUTE, "UTC") is None


def test_a_budget_ends_the_day_and_no_other() -> None:
    held = adult(budget=30)
    found = ended(held, sat(30), NOON + 30 * MINUTE, "UTC")
    assert found and (found.kind, found.until) == ("budget", datetime(2026, 3, 4, tzinfo=UTC))
    assert ended(held, sat(29), NOON + 29 * MINUTE, "UTC") is None
    assert ended(held, sat(30), NOON + timedelta(days=1), "UTC") is None


def test_a_day_is_that_of_the_persons_own_zone() -> None:
    late = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    found = ended(adult(budget=30), sat(30, late - 30 * MINUTE), late, "America/New_York")
    assert found and found.until == datetime(2026, 3, 4, 5, tzinfo=UTC)


def test_a_break_comes_after_its_time_and_ends_by_itself() -> None:
    held, now = adult(without_break=20), NOON + 20 * MINUTE
    assert kind(ended(held, sat(20), now, "UTC")) == "break"
    assert ended(held, sat(20), now + PAUSE, "UTC") is None
    assert goes_on(sat(20), now + PAUSE, "UTC").began_at == now + PAUSE


def test_a_long_pause_is_not_counted_as_time_spent() -> None:
    assert goes_on(sat(10), NOON + timedelta(hours=3), "UTC").spent == 10 * MINUTE


def test_quiet_hours_go_over_midnight() -> None:
    held = adult(quiet=(time(22), time(7)))
    found = ended(held, None, datetime(2026, 3, 3, 23, tzinfo=UTC), "UTC")
    assert found and (found.kind, found.until) == ("quiet_hours", datetime(2026, 3, 4, 7, tzinfo=UTC))
    assert ended(held, None, NOON, "UTC") is None


@pytest.mark.parametrize(("asked", "held"), [(None, 60), (600, 60), (30, 30)])
def test_a_teenager_may_only_tighten_the_budget(asked: int | None, held: int) -> None:
    assert limits(budget=asked, without_break=None, quiet=None, is_teen=True).minutes[0] == held


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        (None, (time(22), time(7))),
        ((time(23), time(6)), (time(22), time(7))),
        ((time(21), time(8)), (time(21), time(8))),
        ((time(8), time(15)), (time(22), time(7))),
    ],
)
def test_a_teenagers_nights_are_quiet(asked: tuple[time, time] | None, held: tuple[time, time]) -> None:
    found = limits(budget=None, without_break=None, quiet=asked, is_teen=True)
    assert (found.quiet, found.autoplay) == (held, False)
