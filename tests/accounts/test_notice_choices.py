"""What a person wishes to be told where, and when not; how teenagers begin."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from accounts import notices
from accounts.models import Mail, NoticeChoice, NoticePlan, Person
from accounts.notices import choices, deliveries, inbox
from accounts.notices.choices import Wish
from accounts.notices.kinds import Channel
from accounts.notices.rules import Quiet, period_end
from socialvideo.lib.errors import Problem
from tests import factories
from tests.accounts.noticing import shown, told

Kind = notices.Kind


@pytest.mark.parametrize(
    ("begins", "ends", "at", "until"),
    [
        ("22:00", "07:00", "2026-07-01T20:00", "2026-07-02T05:00"),
        ("22:00", "07:00", "2026-07-02T04:59", "2026-07-02T05:00"),
        ("22:00", "07:00", "2026-07-02T05:00", None),
        ("22:00", "07:00", "2026-07-01T19:59", None),
        ("13:00", "15:00", "2026-07-01T11:00", "2026-07-01T13:00"),
        ("13:00", "15:00", "2026-07-01T13:00", None),
        # Clocks are put back in this night: it has one hour more.
        ("22:00", "07:00", "2026-10-24T20:30", "2026-10-25T06:00"),
    ],
)
def test_quiet_hours_go_by_the_clock_on_the_wall_there(begins: str, ends: str, at: str, until: str | None) -> None:
    quiet = Quiet("Europe/Berlin", time.fromisoformat(begins), time.fromisoformat(ends))
    expected = datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None
    assert quiet.until(datetime.fromisoformat(at).replace(tzinfo=UTC)) == expected


def test_periods_end_at_midnight_and_weeks_on_monday() -> None:
    thursday = datetime(2026, 7, 2, 15, 30, 5, 7, UTC)
    assert period_end("daily", thursday) == datetime(2026, 7, 2, tzinfo=UTC)
    assert period_end("weekly", thursday) == datetime(2026, 6, 29, tzinfo=UTC)


@pytest.mark.django_db
def test_adults_begin_with_a_weekly_summary_and_teenagers_with_quiet_nights_and_none(requester: Person) -> None:
    adult, teen = choices.plan(requester), choices.plan(factories.teen())
    assert (adult.summary, adult.quiet_hours, adult.time_zone) == ("weekly", False, "UTC")
    assert (teen.summary, teen.quiet_hours, teen.quiet_from, teen.quiet_until) == ("off", True, time(22), time(7))


@pytest.mark.django_db
def test_whoever_decides_keeps_what_they_decided_and_the_rest_by_default() -> None:
    teen = factories.teen()
    choices.edit(person=teen, summary="daily", time_zone="Europe/Berlin")
    plan = choices.plan(teen)
    assert (plan.summary, plan.time_zone, plan.quiet_hours) == ("daily", "Europe/Berlin", True)
    choices.edit(person=teen, quiet_hours=False, quiet_from=time(21))
    plan = choices.plan(teen)
    assert (plan.summary, plan.quiet_hours, plan.quiet_from) == ("daily", False, time(21))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone_unknown"),
        ({"time_zone": "../../etc/passwd"}, "time_zone_unknown"),
        ({"time_zone": ""}, "time_zone_unknown"),
        ({"quiet_from": time(7)}, "quiet_hours_empty"),
        ({"choices": [Wish(Kind.ASKED, Channel.IN_APP, False)]}, "channel_fixed"),
        ({"choices": [Wish(Kind.SIGNED_IN, Channel.MAIL, False)]}, "channel_fixed"),
        ({"choices": [Wish(Kind.GUARDIAN_NEEDED, Channel.MAIL, False)]}, "channel_fixed"),
    ],
)
def test_what_cannot_be_chosen_is_refused_and_nothing_is_stored(
    changes: dict[str, Any], code: str, requester: Person
) -> None:
    with pytest.raises(Problem) as problem:
        choices.edit(person=requester, **changes)
    assert problem.value.code == code
    assert (NoticeChoice.objects.count(), NoticePlan.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_silenced_kind_is_neither_listed_nor_counted_until_it_is_wished_again(
    requester: Person, stranger: Person
) -> None:
    told(requester, stranger)
    told(requester, kind=Kind.JOB_FAILED)
    for is_on, left in ((False, ["job_failed"]), (True, ["job_failed", "followed"])):
        choices.edit(person=requester, choices=[Wish(Kind.FOLLOWED, Channel.IN_APP, is_on)])
        assert [row["kind"] for row in shown(requester)] == left
        assert inbox.unread(requester) == len(left)


@pytest.mark.django_db
def test_a_fixed_kind_stays_though_a_row_says_otherwise(requester: Person, stranger: Person) -> None:
    for channel in Channel:
        NoticeChoice.objects.create(person=requester, kind=Kind.SIGNED_IN, channel=channel, is_on=False)
    told(requester, kind=Kind.SIGNED_IN)
    wishes = choices.wishes(requester)
    assert [wishes[Kind.SIGNED_IN, channel] for channel in Channel] == [True, False, True]
    assert len(shown(requester)) == 1


@pytest.mark.django_db
def test_a_device_suggests_a_time_zone_only_to_who_named_none(requester: Person) -> None:
    for zone in ("nonsense", "Asia/Tokyo", "Europe/Berlin"):
        choices.suggest_time_zone(requester, zone)
    assert choices.plan(requester).time_zone == "Asia/Tokyo"


@pytest.mark.django_db
def test_mail_goes_to_whom_it_is_wished_at_most_hourly_of_a_kind(requester: Person) -> None:
    for is_on in (False, True, True):
        choices.edit(person=requester, choices=[Wish(Kind.FOLLOWED, Channel.MAIL, is_on)])
        told(requester, factories.person())
        inbox.read_up_to(person=requester, position=shown(requester)[0]["position"])
        told(requester, factories.person())
        deliveries.spread()
    assert [row.event for row in Mail.objects.all()] == ["followed"]


@pytest.mark.django_db
def test_who_has_not_proved_their_address_gets_no_mail() -> None:
    newcomer = factories.person(verified_at=None)
    told(newcomer, kind=Kind.TAKEN_DOWN)
    deliveries.spread()
    assert Mail.objects.count() == 0
