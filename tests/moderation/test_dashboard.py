"""The panel's front page: the house at a glance."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Person
from consent import withdrawal
from consent.models import Grant, LedgerHead
from consent.withdrawal import Scope
from moderation import dashboard, reports
from tests import factories
from worker import videos
from worker.models import Video


def figures() -> dict[str, tuple[int, tuple[str, ...]]]:
    """Return each card's figure and notes."""
    return {card.title: (card.figure, card.notes) for card in dashboard.cards()}


def test_an_empty_house_has_zeros(db: None) -> None:
    assert figures() == {
        "Open reports": (0, ()),
        "Jobs": (0, ()),
        "Videos": (0, ("0 preview", "0 taken down")),
        "Standing grants": (0, ()),
        "Withdrawals": (0, ("in the last 7 days",)),
        "Items shown": (0, ("to 0 people in a day", "0 without a ranking")),
        "Ledger": (0, ("leaves",)),
    }


def test_the_cards_count_what_there_is(video: Video, subject: Person, requester: Person, stranger: Person) -> None:
    factories.job(requester, subject)
    reports.report(reporter=stranger, video_id=video.id, category="other", detail="")
    videos.take_down(video.id)
    shown = figures()
    assert shown["Open reports"] == (1, ())
    assert shown["Jobs"] == (2, ("1 queued", "1 completed"))
    assert shown["Videos"] == (1, ("1 preview", "1 taken down"))
    assert shown["Standing grants"] == (1, ())
    assert shown["Ledger"] == (LedgerHead.objects.get().size, ("leaves",))


def test_a_withdrawn_grant_stands_no_more(grant: Grant, subject: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=Scope())
    assert (figures()["Standing grants"][0], figures()["Withdrawals"][0]) == (0, 1)


def test_a_grant_past_its_time_does_not_stand(grant: Grant) -> None:
    now = timezone.now()
    Grant.objects.update(not_before=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    assert figures()["Standing grants"][0] == 0


@pytest.mark.parametrize("waiting", [0, 1])
def test_the_menu_tells_how_many_reports_wait(waiting: int, client: Client, moderator: Person, video: Video) -> None:
    if waiting:
        reports.report(reporter=moderator, video_id=video.id, category="other", detail="")
    client.force_login(moderator)
    items = client.get("/admin/").context["sidebar_navigation"][1]["items"]
    assert (items[0]["title"], items[0]["badge"]) == ("Reports", "1" if waiting else "")


def test_the_menu_leads_to_pages_that_answer(client: Client, moderator: Person) -> None:
    client.force_login(moderator)
    links = [item["link"] for group in client.get("/admin/").context["sidebar_navigation"] for item in group["items"]]
    assert [client.get(link).status_code for link in links] == [200] * 22


def test_the_front_page_names_the_oldest_open_reports(client: Client, moderator: Person, video: Video) -> None:
    made = [
        reports.report(reporter=factories.person(), video_id=video.id, category="other", detail="") for _ in range(6)
    ]
    client.force_login(moderator)
    assert [row.id for row in client.get("/admin/").context["oldest"]] == [row.id for row in made[:5]]


def test_the_cards_lead_to_lists_that_answer(client: Client, moderator: Person, video: Video) -> None:
    client.force_login(moderator)
    assert [client.get(card.address).status_code for card in dashboard.cards()] == [200] * 7
