"""The panel's front page and its menu: what is waiting, and how the house stands, at a glance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse

from consent.models import Grant, LedgerHead, Withdrawal
from consent.rules import State
from feed.foryou import evaluating
from moderation import reports
from moderation.models import Report
from socialvideo.lib.clock import StatementTime
from worker.models import Job, Video
from worker.rules import Status

OLDEST = 5
MENU = {
    "Moderation": (
        ("Reports", "flag", "moderation_report"),
        ("Decisions", "gavel", "moderation_action"),
        ("Waits to trend", "trending_up", "feed_trend"),
    ),
    "Consent": (
        ("Likenesses", "face", "consent_likeness"),
        ("Asks", "contact_support", "consent_ask"),
        ("Grants", "handshake", "consent_grant"),
        ("Permits", "confirmation_number", "consent_permit"),
        ("Journal", "menu_book", "consent_decision"),
        ("Withdrawals", "undo", "consent_withdrawal"),
        ("Acceptances", "task_alt", "consent_acceptance"),
        ("Vetoes", "block", "consent_veto"),
        ("Ledger", "account_tree", "consent_ledgerleaf"),
        ("Ledger head", "tag", "consent_ledgerhead"),
    ),
    "Videos": (
        ("Jobs", "progress_activity", "worker_job"),
        ("Uploads", "upload", "worker_upload"),
        ("Videos", "movie", "worker_video"),
        ("Posts", "campaign", "feed_post"),
        ("Rankings", "sort", "feed_rankingmodel"),
    ),
    "Accounts": (
        ("People", "group", "accounts_person"),
        ("Sessions", "devices", "accounts_session"),
        ("Suspensions", "block", "accounts_suspension"),
    ),
}


@dataclass(frozen=True)
class Card:
    """One figure with what it is about, what it is made of, and the list behind it."""

    title: str
    figure: int
    notes: tuple[str, ...]
    address: str


def index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the cards and the oldest open reports to the front page (UNFOLD's DASHBOARD_CALLBACK)."""
    return context | {"cards": list(cards()), "oldest": list(reports.queue().order_by("id")[:OLDEST])}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu, with the number of open reports (UNFOLD's SIDEBAR navigation)."""
    menu: list[dict[str, Any]] = [
        {"title": group, "items": [{"title": t, "icon": i, "link": _list(name)} for t, i, name in items]}
        for group, items in MENU.items()
    ]
    waiting = Report.objects.filter(state=Report.State.OPEN).count()
    menu[0]["items"][0]["badge"] = str(waiting) if waiting else ""
    return [{"items": [{"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}]}, *menu]


def cards() -> Iterator[Card]:
    """Yield the figures; one query each."""
    waiting = reports.queue().count()
    yield Card("Open reports", waiting, (), f"{_list('moderation_report')}?state__exact=open")
    by_status = dict(Job.objects.values_list("status").annotate(number=Count("id")).order_by())
    notes = tuple(f"{by_status[status]} {status.value.replace('_', ' ')}" for status in Status if status in by_status)
    yield Card("Jobs", sum(by_status.values()), notes, _list("worker_job"))
    films = Video.objects.aggregate(
        total=Count("id"), preview=Count("id", Q(is_preview=True)), down=Count("id", Q(taken_down_at__isnull=False))
    )
    notes = (f"{films['preview']} preview", f"{films['down']} taken down")
    yield Card("Videos", films["total"], notes, _list("worker_video"))
    given = Grant.objects.filter(state=State.GIVEN)
    standing = given.filter(not_before__lte=StatementTime(), expires_at__gt=StatementTime()).count()
    yield Card("Standing grants", standing, (), f"{_list('consent_grant')}?standing=yes")
    recent = Withdrawal.objects.filter(at__gte=Now() - timedelta(days=7)).count()
    yield Card("Withdrawals", recent, ("in the last 7 days",), _list("consent_withdrawal"))
    items, viewers, unranked = evaluating.shown(timedelta(days=1))
    notes = (f"to {viewers} people in a day", f"{unranked} without a ranking")
    yield Card("Items shown", items, notes, _list("feed_rankingmodel"))
    leaves = LedgerHead.objects.get(id=1).size
    yield Card("Ledger", leaves, ("leaves",), _list("consent_ledgerleaf"))


def _list(name: str) -> str:
    return reverse(f"admin:{name}_changelist")
