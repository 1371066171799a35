"""Pure rules of wellbeing: how long somebody may sit before their feed today, when it pauses, when it is quiet.

What is counted here is never seen by the ranking. Grown-ups set their own limits and may lift them; teenagers begin
with limits and may only tighten them, and so may their guardians: of two limits the stricter holds.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.notices.rules import QUIET_FROM, QUIET_UNTIL, Quiet

TEEN_BUDGET, TEEN_BREAK = 60, 20
"""Minutes a day, and minutes without a break."""
# Between two pages at most so long is counted as spent; after so long a pause a new sitting begins.
COUNTED = PAUSE = timedelta(minutes=5)
LEAST_BUDGET, MOST_BUDGET = 5, 1440
Quiets = tuple[time, time] | None


@dataclass(frozen=True)
class Limits:
    """What holds for somebody; None means no limit."""

    budget: timedelta | None
    without_break: timedelta | None
    quiet: tuple[time, time] | None
    autoplay: bool

    @property
    def minutes(self) -> tuple[int | None, int | None]:
        """Budget and break, in minutes."""
        both = (self.budget, self.without_break)
        return tuple(each and int(each.total_seconds() // 60) for each in both)  # type: ignore[return-value]


@dataclass(frozen=True)
class Sat:
    """How long somebody sat before their feed on ``day`` (theirs), and since when without a break."""

    day: date
    spent: timedelta
    began_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Ended:
    """Why nothing more comes, until when (None: for good), and what a person is told."""

    kind: str
    until: datetime | None
    words: str


def limits(*, budget: int | None, without_break: int | None, quiet: tuple[time, time] | None, is_teen: bool) -> Limits:
    """Return what holds. Of a teenager's own limits the tighter ones count; their nights are quiet."""
    if is_teen:
        budget = min(budget or TEEN_BUDGET, TEEN_BUDGET)
        without_break = min(without_break or TEEN_BREAK, TEEN_BREAK)
        quiet = _wider(quiet)
    return Limits(_minutes(budget), _minutes(without_break), quiet, autoplay=not is_teen)


def stricter(one: Limits, other: Limits) -> Limits:
    """Return what holds where both do."""
    return Limits(
        _shorter(one.budget, other.budget),
        _shorter(one.without_break, other.without_break),
        _both(one.quiet, other.quiet),
        autoplay=one.autoplay and other.autoplay,
    )


def is_night(begins: time, ends: time) -> bool:
    """Tell whether these hours go over midnight and have the usual night within them."""
    return begins > ends and begins <= QUIET_FROM and ends >= QUIET_UNTIL


def goes_on(sat: Sat | None, now: datetime, zone: str) -> Sat:
    """Return how somebody sits who is given a page at ``now``."""
    today = now.astimezone(ZoneInfo(zone)).date()
    if sat is None:
        return Sat(today, timedelta(), now, now)
    gap = max(now - sat.last_at, timedelta())
    paused = gap >= PAUSE
    spent = sat.spent if sat.day == today else timedelta()
    spent += timedelta() if paused else min(gap, COUNTED)
    return replace(sat, day=today, spent=spent, began_at=now if paused else sat.began_at, last_at=now)


def ended(held: Limits, sat: Sat | None, now: datetime, zone: str) -> Ended | None:
    """Return why no page comes at ``now``; None if one does."""
    if held.quiet and (until := Quiet(zone, *held.quiet).until(now)):
        return Ended("quiet_hours", until, f"These are quiet hours. Your feed goes on at {held.quiet[1]:%H:%M}.")
    if sat is None:
        return None
    ahead = goes_on(sat, now, zone)
    if held.budget is not None and ahead.spent >= held.budget:
        minutes = held.minutes[0]
        return Ended("budget", _midnight(now, zone), f"Your {minutes} minutes of today are over. See you tomorrow.")
    since = sat.last_at - sat.began_at
    if held.without_break is not None and since >= held.without_break and now - sat.last_at < PAUSE:
        words = f"You have been here for {int(since.total_seconds() // 60)} minutes. Take a break."
        return Ended("break", sat.last_at + PAUSE, words)
    return None


def exhausted() -> Ended:
    """Return the honest end: there is nothing more."""
    return Ended("all_seen", None, "You have seen everything that is for you now. Make something, or come back later.")


def _wider(quiet: tuple[time, time] | None) -> tuple[time, time]:
    """Return a teenager's quiet hours: their own, if the usual night lies within them."""
    if quiet is None:
        return QUIET_FROM, QUIET_UNTIL
    return quiet if is_night(*quiet) else (QUIET_FROM, QUIET_UNTIL)


def _both(one: Quiets, other: Quiets) -> Quiets:
    """Return the hours of both, where both are nights; where these would have no end, the longer ones."""
    if one is None or other is None:
        return one or other
    begins, ends = min(one[0], other[0]), max(one[1], other[1])
    return (begins, ends) if begins > ends else max(one, other, key=_length)


def _length(quiet: tuple[time, time]) -> int:
    begins, ends = (each.hour * 60 + each.minute for each in quiet)
    return (ends - begins) % (24 * 60)


def _shorter(one: timedelta | None, other: timedelta | None) -> timedelta | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _minutes(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(minutes=count)


def _midnight(now: datetime, zone: str) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(), tzinfo=local.tzinfo)
    return tomorrow.astimezone(now.tzinfo)
