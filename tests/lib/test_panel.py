"""The panel as a whole: every page answers, costs the same for one row as for five, and writes nothing."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts import graph
from accounts.models import Person, Session, Suspension
from accounts.rights import leaving
from consent import asks, reviews, withdrawal
from consent.models import Grant, Likeness
from consent.rules import Audience, Purpose
from consent.withdrawal import Scope
from feed.models import RankingModel
from moderation import actions, reports
from socialvideo.lib import panel, ratelimit
from socialvideo.lib.clock import database_now
from socialvideo.lib.ratelimit import Policy
from tests import factories
from worker.uploads import sessions

TABLES = sorted(admin.site._registry, key=lambda table: table._meta.label)
DAY = timedelta(days=1)
every_table = pytest.mark.parametrize("table", TABLES, ids=[table._meta.label_lower for table in TABLES])


def populate(times: int) -> None:
    """Add that many rows, or more, to every table of the panel; the ledger's head stays one row."""
    for _ in range(times):
        subject, requester = factories.enrolled(), factories.person()
        asks.ask(
            requester=requester,
            subject=subject,
            purposes=frozenset({Purpose.ENTERTAINMENT}),
            audience=Audience.PUBLIC,
            message="",
        )
        factories.client(requester)
        graph.follow(follower=subject, followee=requester)
        factories.grant(subject, requester)
        video = factories.video(requester, subject)
        factories.trend(factories.post(requester, video))
        sessions.begin(owner=requester, size_bytes=9, media_type="video/mp4", sha256="ab" * 32)
        reports.report(reporter=subject, video_id=video.id, category="other", detail="")
        actions.dismiss(moderator=subject, video_id=video.id, category="other", reasons="no")
        reviews.accept(subject=subject, video_id=video.id, digest=bytes(video.content_digest))
        withdrawal.withdraw(subject=subject, scope=Scope(video_id=video.id))
        withdrawal.withdraw(subject=subject, scope=Scope())
        Suspension.objects.create(person=requester, moderator=subject, until=database_now() + DAY, reason="Threats.")
        leaving.leave(person=factories.person())
        RankingModel.objects.create(hash=secrets.token_hex(32), kind="trained", size_bytes=9)


def page(table: type[Model], name: str, *args: Any) -> str:
    """Return the address of one of a table's pages."""
    return reverse(f"admin:{table._meta.app_label}_{table._meta.model_name}_{name}", args=args)


def some_row(table: type[Model]) -> Model:
    """Return a row of the table."""
    row = table._default_manager.order_by("-pk").first()
    assert row
    return row


def values(row: Model) -> dict[str, Any]:
    """Return what the database now holds of a row."""
    return dict(type(row)._default_manager.filter(pk=row.pk).values().get())


def queries(browser: Client, address: str) -> int:
    """Return how many queries a page costs."""
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def staff(client: Client, moderator: Person) -> Client:
    """A browser in which a superuser is logged in."""
    client.force_login(moderator)
    return client


@pytest.fixture
def look(staff: Client) -> Callable[[str], str]:
    """Get a page that must answer 200, as text."""

    def get(address: str) -> str:
        response = staff.get(address)
        assert response.status_code == 200, address
        return response.content.decode()

    return get


def test_the_panel_shows_these_tables_and_no_other() -> None:
    assert {table._meta.label for table in TABLES} == {
        *("accounts.Person", "accounts.Session", "accounts.Suspension", "accounts.Departure"),
        *("consent.Ask", "consent.Decision", "consent.Grant", "consent.LedgerHead", "consent.LedgerLeaf"),
        *("consent.Likeness", "consent.Permit", "consent.Withdrawal", "consent.Acceptance", "consent.Veto"),
        *("worker.Job", "worker.Upload", "worker.Video", "moderation.Report", "moderation.Action"),
        *("feed.Post", "feed.Trend", "feed.RankingModel"),
    }


@every_table
def test_every_page_names_the_columns_that_it_shows(table: type[Model]) -> None:
    page = admin.site._registry[table]
    assert isinstance(page, panel.ReadOnlyAdmin)
    assert page.fields or page.fieldsets


def test_an_empty_list_answers(look: Callable[[str], str]) -> None:
    for table in TABLES:
        look(page(table, "changelist"))


def test_every_list_leads_to_pages_on_which_nothing_can_be_saved(look: Callable[[str], str]) -> None:
    populate(1)
    for table in TABLES:
        row_page = page(table, "change", some_row(table).pk)
        assert row_page in look(page(table, "changelist"))
        assert 'name="_save"' not in look(row_page)


def test_every_filter_answers(staff: Client) -> None:
    populate(1)
    tried = 0
    for table in TABLES:
        rows = staff.get(page(table, "changelist")).context["cl"]
        for choice in [choice for spec in rows.filter_specs for choice in spec.choices(rows)]:
            assert staff.get(page(table, "changelist") + choice["query_string"]).status_code == 200, choice
            tried += 1
    assert tried > 50


def test_a_list_costs_as_many_queries_for_five_rows_as_for_one(staff: Client) -> None:
    populate(1)
    one = {table: queries(staff, page(table, "changelist")) for table in TABLES}
    populate(4)
    five = {table: queries(staff, page(table, "changelist")) for table in TABLES}
    assert five == one
    # Above the rankings stands what came of what they showed.
    assert max(number - (table is RankingModel) for table, number in one.items()) == 5


@every_table
def test_a_superuser_cannot_add_change_or_delete(table: type[Model], staff: Client) -> None:
    populate(1)
    row = some_row(table)
    before, number = values(row), table._default_manager.count()
    sent = {**{name: str(value) for name, value in before.items()}, "state": "given", "post": "yes"}
    for address in (page(table, "add"), page(table, "change", row.pk), page(table, "delete", row.pk)):
        assert staff.post(address, sent).status_code == 403, address
    assert (values(row), table._default_manager.count()) == (before, number)


@every_table
def test_no_action_on_a_list_deletes(table: type[Model], staff: Client) -> None:
    populate(1)
    row = some_row(table)
    before = values(row)
    staff.post(page(table, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert values(row) == before


@pytest.mark.parametrize("name", ["changelist", "add"])
def test_whoever_is_no_staff_is_sent_to_log_in(name: str, client: Client, stranger: Person) -> None:
    addresses = ["/admin/", *(page(table, name) for table in TABLES)]
    to_log_in = [f"/admin/login/?next={address}" for address in addresses]
    assert [client.get(address)["Location"] for address in addresses] == to_log_in
    client.force_login(stranger)
    assert [client.get(address)["Location"] for address in addresses] == to_log_in


def test_staff_without_any_right_of_its_own_reads_everything(client: Client, db: None) -> None:
    client.force_login(factories.person(is_staff=True))
    assert [client.get(page(table, "changelist")).status_code for table in TABLES] == [200] * len(TABLES)


def test_staff_that_was_shut_out_reads_nothing_any_more(staff: Client, moderator: Person) -> None:
    Person.objects.filter(id=moderator.id).update(is_active=False)
    assert staff.get("/admin/").status_code == 302


def test_no_page_shows_a_secret(look: Callable[[str], str]) -> None:
    populate(1)
    person, likeness, session = some_row(Person), some_row(Likeness), some_row(Session)
    assert isinstance(person, Person) and isinstance(likeness, Likeness) and isinstance(session, Session)
    shown = [look(page(table, "changelist")) + look(page(table, "change", some_row(table).pk)) for table in TABLES]
    text = "".join(shown)
    assert likeness.key
    for secret in (person.password, bytes(session.token_digest).hex(), bytes(likeness.key).hex(), likeness.file):
        assert secret not in text


@pytest.mark.parametrize(
    ("table", "lookup"),
    [
        (Person, "password__startswith"),
        (Session, "token_digest__gt"),
        (Session, "person__password__startswith"),
        (Likeness, "key__gt"),
        (Likeness, "file__startswith"),
        (Grant, "subject__password__startswith"),
    ],
)
def test_no_address_can_guess_at_a_hidden_column(table: type[Model], lookup: str, staff: Client) -> None:
    assert staff.get(page(table, "changelist"), {lookup: "a"}).status_code == 400


def test_a_search_finds_a_row_by_its_whole_id(look: Callable[[str], str]) -> None:
    populate(2)
    old, new = Grant.objects.order_by("id")
    shown = look(f"{page(Grant, 'changelist')}?q={old.id}")
    assert str(old.id) in shown
    assert str(new.id) not in shown


def test_a_long_table_is_counted_up_to_a_bound(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(panel.BoundedPaginator, "LIMIT", 2)
    for _ in range(3):
        factories.person()
    assert panel.BoundedPaginator(Person.objects.order_by("id"), 1).num_pages == 2


def log_in(client: Client, handle: str, password: str) -> str:
    """Try to log in at the panel; return where that leads, or the page that says why not."""
    response = client.post("/admin/login/", {"username": handle, "password": password, "next": "/admin/"})
    return response.get("Location") or response.content.decode()


def test_a_moderator_logs_in(client: Client, moderator: Person) -> None:
    assert log_in(client, moderator.handle, factories.PASSWORD) == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_whoever_is_no_staff_cannot_log_in(client: Client, stranger: Person) -> None:
    assert "for a staff account" in log_in(client, stranger.handle, factories.PASSWORD)
    assert client.get("/admin/").status_code == 302


def test_a_password_cannot_be_guessed_at(
    client: Client, moderator: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMIT_FACTOR = 1
    monkeypatch.setattr(ratelimit, "LOG_IN", Policy("log-in", 2, 300))
    for guess in ("one", "two"):
        assert "Please enter the correct" in log_in(client, moderator.handle, guess)
    assert "Too many attempts" in log_in(client, moderator.handle, factories.PASSWORD)
    assert client.get("/admin/").status_code == 302
