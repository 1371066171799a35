"""The summary: once a period, never empty, without a name, and stopped by one click."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail as outbox
from django.core import signing
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts import mail, notices, rules, unsubscribing
from accounts.models import Mail, Notice, NoticeChoice, Person, Summary
from accounts.notices import choices, deliveries, inbox, summaries
from accounts.notices.choices import Wish
from accounts.notices.kinds import Channel
from tests import factories
from tests.accounts.noticing import shown, together, told

pytestmark = pytest.mark.django_db
Kind = notices.Kind
MONDAY = datetime(2024, 7, 8, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday(monkeypatch: Any) -> None:
    """It is a Monday morning."""
    at(monkeypatch, MONDAY)


def at(monkeypatch: Any, now: datetime) -> None:
    """Let it be now for summaries."""
    monkeypatch.setattr(summaries, "database_now", lambda: now)


def last_week(recipient: Person, actor: Person | None, kind: notices.Kind = Kind.FOLLOWED, days: int = 3) -> None:
    """Tell somebody something so many days before this Monday."""
    told(recipient, actor, kind)
    when = MONDAY - timedelta(days=days)
    Notice.objects.filter(kind=kind, newest_at__gt=MONDAY).update(created_at=when, newest_at=when, day=when.date())


def test_a_summary_says_how_many_and_not_who(requester: Person) -> None:
    names = [factories.person(name) for name in ("ana", "ben")]
    for one in names:
        told(requester, one)
    last_week(requester, factories.person("cleo"))
    last_week(requester, factories.person("dan"), Kind.ASKED)
    assert summaries.send_due() == 1
    assert mail.deliver_due() == 1
    (letter,) = outbox.outbox
    assert "- You have a new follower. (3)\n- Something in your account waits for you.\n" in letter.body
    assert not re.search("ana|ben|cleo|dan", letter.body.split("To stop")[0])


def test_a_summary_comes_once_a_period_however_often_the_task_runs(requester: Person, stranger: Person) -> None:
    last_week(requester, stranger)
    assert [summaries.send_due() for _ in range(3)] == [1, 0, 0]
    assert Mail.objects.filter(kind="summary").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_summary(requester: Person, stranger: Person) -> None:
    last_week(requester, stranger)
    together(summaries.send_due, summaries.send_due)
    assert (Mail.objects.filter(kind="summary").count(), Summary.objects.count()) == (1, 1)


def spoil(what: str, requester: Person, stranger: Person, monkeypatch: Any) -> None:
    """What leaves nothing to say, or nobody to say it to."""
    reader, actor = Person.objects.filter(id=requester.id), Person.objects.filter(id=stranger.id)
    ahead, old = Now() + timedelta(days=1), MONDAY - timedelta(days=9)
    silence = [Wish(Kind.FOLLOWED, Channel.IN_APP, False)]
    spoilers: dict[str, Callable[[], Any]] = {
        "read": lambda: inbox.read_up_to(person=requester, position=shown(requester)[0]["position"]),
        "suspended actor": lambda: actor.update(suspended_until=ahead),
        "suspended reader": lambda: reader.update(suspended_until=ahead),
        "unverified": lambda: reader.update(verified_at=None),
        "off": lambda: choices.edit(person=requester, summary="off"),
        "teenager": lambda: reader.update(birth_date=MONDAY.date() - timedelta(days=15 * 365)),
        "silenced": lambda: choices.edit(person=requester, choices=silence),
        "too new": lambda: Notice.objects.update(newest_at=MONDAY),
        "too old": lambda: Notice.objects.update(created_at=old, newest_at=old),
        "too late": lambda: at(monkeypatch, MONDAY + timedelta(days=1)),
    }
    spoilers[what]()


@pytest.mark.parametrize(
    "what",
    [
        *("read", "suspended actor", "suspended reader", "unverified", "off", "teenager", "silenced", "too new"),
        *("too old", "too late"),
    ],
)
def test_no_summary_is_sent_without_news_or_without_a_reader(
    what: str, requester: Person, stranger: Person, monkeypatch: Any
) -> None:
    last_week(requester, stranger)
    spoil(what, requester, stranger, monkeypatch)
    assert (summaries.send_due(), Mail.objects.count(), Summary.objects.count()) == (0, 0, 0)


def test_a_daily_summary_sums_up_yesterday(requester: Person, stranger: Person, monkeypatch: Any) -> None:
    choices.edit(person=requester, summary="daily")
    last_week(requester, stranger, days=2)
    assert summaries.send_due() == 0
    at(monkeypatch, MONDAY - timedelta(days=1))
    assert summaries.send_due() == 1


def test_a_teenager_who_wishes_one_gets_one(stranger: Person) -> None:
    teen = factories.teen()
    choices.edit(person=teen, summary="weekly")
    last_week(teen, stranger)
    assert summaries.send_due() == 1


def test_so_many_at_a_time(settings: Any, stranger: Person) -> None:
    settings.SUMMARY_BATCH = 2
    for _ in range(5):
        last_week(factories.person(), stranger)
    assert [summaries.send_due() for _ in range(4)] == [2, 2, 1, 0]


def test_who_is_of_age_for_summaries_is_of_age_by_the_rule() -> None:
    for today in (datetime(2026, 2, 28), datetime(2024, 2, 29), datetime(2026, 3, 1), datetime(2026, 7, 6)):
        born_by = rules.youngest_adult_born(today.date())
        assert not rules.is_teen(born_by, today.date())
        assert rules.is_teen(born_by + timedelta(days=1), today.date())


def letter(requester: Person, stranger: Person) -> Any:
    """The summary as it arrives."""
    last_week(requester, stranger)
    summaries.send_due()
    mail.deliver_due()
    return outbox.outbox[-1]


def stop_address(sent: Any) -> str:
    """Where a mail program posts to."""
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    parts = urlsplit(sent.extra_headers["List-Unsubscribe"].strip("<>"))
    return f"{parts.path}?{parts.query}"


ONE_CLICK = {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"}


def test_one_click_stops_the_summary_without_a_log_in(requester: Person, stranger: Person) -> None:
    where = stop_address(letter(requester, stranger))
    page = APIClient().get(where)
    assert (page.status_code, "Stop them" in page.content.decode()) == (200, True)
    assert choices.plan(requester).summary == "weekly"
    for _ in range(2):
        assert APIClient().post(where, **ONE_CLICK).status_code == 202
        assert choices.plan(requester).summary == "off"


def test_one_click_stops_the_mails_of_one_kind_and_no_other(requester: Person, stranger: Person) -> None:
    told(requester, stranger, Kind.PUBLISHED_WITH_YOU)
    where = unsubscribing.address(requester.id, Kind.PUBLISHED_WITH_YOU).partition("8000")[2]
    assert APIClient().post(where, **ONE_CLICK).status_code == 202
    (row,) = NoticeChoice.objects.all()
    assert (row.kind, row.channel, row.is_on) == ("published_with_you", "mail", False)


def test_what_always_comes_cannot_be_stopped_by_its_mail(requester: Person) -> None:
    told(requester, kind=Kind.SIGNED_IN)
    deliveries.spread()
    mail.deliver_due()
    (sent,) = outbox.outbox
    assert (sent.extra_headers, "To stop" in sent.body) == ({}, False)


@pytest.mark.parametrize("token", ["", "x", "a:b:c", signing.dumps(["0" * 32, "summary"], salt="other")])
def test_a_forged_address_stops_nothing(token: str, requester: Person) -> None:
    for answer in (APIClient().post, APIClient().get):
        assert answer(f"/api/v1/unsubscriptions?token={token}").status_code == 404
    assert choices.plan(requester).summary == "weekly"
