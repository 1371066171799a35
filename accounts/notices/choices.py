"""What a person wishes to be told where, when not to be disturbed, and how often the summary comes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction

from accounts import people
from accounts.models import NoticeChoice, NoticePlan, Person
from accounts.notices.kinds import TABLE, Channel, Group, Kind
from accounts.notices.rules import QUIET_FROM, QUIET_UNTIL, Quiet
from socialvideo.lib.errors import invalid

CADENCE = NoticePlan.Summary


@dataclass(frozen=True)
class Wish:
    """One kind on one channel."""

    kind: Kind
    channel: Channel
    is_on: bool


@dataclass(frozen=True)
class Plan:
    """What holds for a person as a whole, defaults filled in."""

    time_zone: str
    quiet_hours: bool
    quiet_from: time
    quiet_until: time
    summary: str

    def quiet_until_at(self, now: datetime) -> datetime | None:
        """Return when the quiet that holds at ``now`` ends; None when none holds."""
        return Quiet(self.time_zone, self.quiet_from, self.quiet_until).until(now) if self.quiet_hours else None


def plan(person: Person) -> Plan:
    """Return the person's plan. Teenagers begin with quiet nights and without a summary."""
    row, young = NoticePlan.objects.filter(person=person).first() or _fresh(person), people.is_teen(person)
    return Plan(
        time_zone=row.time_zone or "UTC",
        quiet_hours=young if row.quiet_hours is None else row.quiet_hours,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        summary=row.summary or (CADENCE.OFF if young else CADENCE.WEEKLY),
    )


def wishes(person: Person) -> dict[tuple[Kind, Channel], bool]:
    """Return for every kind and channel whether the person is told there."""
    own = NoticeChoice.objects.filter(person=person).values_list("kind", "channel", "is_on")
    chosen = {(kind, channel): is_on for kind, channel, is_on in own}
    return {
        (kind, channel): entry.default(channel)
        if entry.is_fixed(channel)
        else chosen.get((kind.value, channel.value), entry.default(channel))
        for kind, entry in TABLE.items()
        for channel in Channel
    }


def waits_for_quiet(kind: Kind) -> bool:
    """Tell whether a kind is kept back in quiet hours: all but what concerns the account's safety."""
    return TABLE[kind].group is not Group.SECURITY


def edit(*, person: Person, choices: Iterable[Wish] = (), **changes: Any) -> None:
    """Store wishes, and ``changes`` of the plan (fields of NoticePlan). 422 for what cannot be chosen."""
    if (zone := changes.get("time_zone")) is not None and zone not in available_timezones():
        raise invalid("/time_zone", "time_zone_unknown", "Write the IANA name of a time zone, as Europe/Berlin.")
    with transaction.atomic():
        for place, wish in enumerate(choices):
            _choose(person, wish, f"/choices/{place}")
        if changes:
            _change_plan(person, changes)


def suggest_time_zone(person: Person, zone: str) -> None:
    """Take over a device's time zone while the person has named none; one that nobody knows changes nothing."""
    if zone in available_timezones() and not NoticePlan.objects.filter(person=person).exclude(time_zone="").exists():
        edit(person=person, time_zone=zone)


def _choose(person: Person, wish: Wish, pointer: str) -> None:
    entry = TABLE[wish.kind]
    if entry.is_fixed(wish.channel) and wish.is_on is not entry.default(wish.channel):
        raise invalid(pointer, "channel_fixed", "This is always told there: it is about your likeness or your account.")
    NoticeChoice.objects.update_or_create(
        person=person, kind=wish.kind, channel=wish.channel, defaults={"is_on": wish.is_on}
    )


def _change_plan(person: Person, changes: dict[str, Any]) -> None:
    row = NoticePlan.objects.filter(person=person).select_for_update().first() or _fresh(person)
    for name, value in changes.items():
        setattr(row, name, value)
    if row.quiet_from == row.quiet_until:
        raise invalid("/quiet_until", "quiet_hours_empty", "Quiet hours that end as they begin last no time.")
    NoticePlan.objects.update_or_create(person=person, defaults={name: getattr(row, name) for name in FIELDS})


FIELDS = ("time_zone", "quiet_hours", "quiet_from", "quiet_until", "summary")


def _fresh(person: Person) -> NoticePlan:
    return NoticePlan(person=person, quiet_from=QUIET_FROM, quiet_until=QUIET_UNTIL)
