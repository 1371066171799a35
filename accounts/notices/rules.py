"""Pure rules of notices: quiet hours, waiting between tries, the periods of summaries. Times are passed in."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

FOLLOW_PAUSE = timedelta(days=30)
KEPT = timedelta(days=90)
# How teenagers begin.
QUIET_FROM, QUIET_UNTIL = time(22), time(7)
# Push: tries of one notice, and failures in a row after which a browser is given up (a day); the wait before the next
# (doubled each time), and the longest that a push service may make us wait.
TRIES, GIVEN_UP = 6, 30
PAUSE, LONGEST = timedelta(seconds=30), timedelta(hours=1)
PERIODS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}


@dataclass(frozen=True)
class Quiet:
    """Hours of each day in which nothing is pushed; they may go over midnight."""

    zone: str
    begins: time
    ends: time

    def until(self, now: datetime) -> datetime | None:
        """Return when the quiet that holds at ``now`` ends; None when none holds."""
        local = now.astimezone(ZoneInfo(self.zone))
        clock = local.timetz().replace(tzinfo=None)
        if self.begins < self.ends:
            holds, tomorrow = self.begins <= clock < self.ends, False
        else:
            holds, tomorrow = clock >= self.begins or clock < self.ends, clock >= self.begins
        if not holds:
            return None
        day = local.date() + timedelta(days=tomorrow)
        return datetime.combine(day, self.ends, tzinfo=local.tzinfo).astimezone(now.tzinfo)


def next_try(*, failures: int, retry_after: timedelta | None) -> timedelta:
    """Return how long to wait after so many failures in a row: as the service says, else twice as long each time."""
    own: timedelta = PAUSE * 2 ** (failures - 1)
    return min(max(own, retry_after or timedelta()), LONGEST)


def period_end(cadence: str, now: datetime) -> datetime:
    """Return the end of the last whole period, UTC: midnight, for weeks that of Monday."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday()) if cadence == "weekly" else midnight
