"""Consent in the panel: all of it to be read, none of it to be written, no likeness to be seen."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Person
from consent import admin, gate, ledger, reviews, withdrawal
from consent.models import Decision, Grant, LedgerHead, LedgerLeaf, Likeness, Veto
from consent.rules import Claim, Point
from consent.withdrawal import Scope
from tests import factories
from worker.models import Video

CONSENT = "/admin/consent/"


@pytest.fixture
def staff(client: Client, moderator: Person) -> Client:
    """A browser in which the moderator is logged in."""
    client.force_login(moderator)
    return client


def text(browser: Client, address: str) -> str:
    """Return a page as text."""
    return browser.get(CONSENT + address).content.decode()


def listed(browser: Client, address: str, **query: str) -> list[Any]:
    """Return the rows of a list."""
    return list(browser.get(CONSENT + address, query).context["cl"].result_list)


@pytest.mark.parametrize("state", ["given", "withdrawn"])
def test_no_staff_path_writes_a_grant(state: str, staff: Client, grant: Grant, stranger: Person) -> None:
    sent = {"subject": grant.subject_id, "grantee": stranger.id, "state": state, "max_uses": 9, "epoch": 1}
    assert staff.post(f"{CONSENT}grant/add/", sent).status_code == 403
    assert staff.post(f"{CONSENT}grant/{grant.id}/change/", sent).status_code == 403
    stored = Grant.objects.get()
    assert (stored.state, stored.grantee_id, stored.max_uses) == ("given", grant.grantee_id, 5)


def test_a_grant_that_ended_is_not_revived(staff: Client, grant: Grant, subject: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=Scope())
    assert staff.post(f"{CONSENT}grant/{grant.id}/change/", {"state": "given", "ended_at": ""}).status_code == 403
    grant.refresh_from_db()
    assert (grant.state, grant.epoch) == ("withdrawn", 2)


def test_a_list_of_grants_says_who_what_and_how_often(staff: Client, grant: Grant) -> None:
    shown = text(staff, "grant/")
    for part in ("@eileen", "@sam", "given", "0 / 5", "public", grant.expires_at.strftime("%Y-%m-%d %H:%M:%S")):
        assert part in shown


@pytest.mark.parametrize(("past", "standing"), [(False, "yes"), (True, "no")])
def test_a_grant_past_its_time_stands_no_more(past: bool, standing: str, staff: Client, grant: Grant) -> None:
    if past:
        now = timezone.now()
        Grant.objects.update(not_before=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    found = {answer: len(listed(staff, "grant/", standing=answer)) for answer in ("yes", "no")}
    assert found == {"yes": 0, "no": 0} | {standing: 1}
    page = admin.GrantAdmin(Grant, admin.admin.site)
    assert page.stands(Grant.objects.get()) is not past


def test_a_likeness_shows_that_it_is_and_nothing_of_it(staff: Client, subject: Person) -> None:
    likeness = Likeness.objects.get()
    shown = text(staff, f"likeness/{likeness.id}/change/")
    assert "active" in shown
    assert "@eileen" in shown
    for name in ("key", "file", "photo_digest"):
        assert f"field-{name}" not in shown


def test_an_erased_likeness_says_so(staff: Client, subject: Person) -> None:
    Likeness.objects.update(key=None, photo_digest=None, erased_at=timezone.now())
    assert "erased" in text(staff, f"likeness/{Likeness.objects.get().id}/change/")


@pytest.mark.parametrize(
    ("column", "word", "number"),
    [("verdict", "denied", 2), ("verdict", "allowed", 0), ("point", "open", 1), ("reason", "no_grant", 2)],
)
def test_the_journal_is_filtered(
    column: str, word: str, number: int, staff: Client, subject: Person, requester: Person
) -> None:
    for point in (Point.OPEN, Point.REQUEST):
        with pytest.raises(gate.Denied):
            gate.use(point=point, requester_id=requester.id, claims=[Claim(subject.id)], effect=lambda allowed: allowed)
    assert len(listed(staff, "decision/", **{column: word})) == number


def test_a_decision_leads_to_its_grant_and_leaf(staff: Client, video: object) -> None:
    decision = Decision.objects.order_by("id").last()
    assert decision
    shown = text(staff, f"decision/{decision.id}/change/")
    assert f"{CONSENT}grant/{decision.grant_id}/change/" in shown
    assert f"{CONSENT}ledgerleaf/{decision.leaf_id}/change/" in shown


def test_the_head_shows_size_and_root(staff: Client, grant: Grant) -> None:
    head, checkpoint = LedgerHead.objects.get(), ledger.checkpoint()
    for address in ("ledgerhead/", f"ledgerhead/{head.id}/change/"):
        shown = text(staff, address)
        assert str(checkpoint["root_hash"]) in shown
        assert f">{head.size}<" in shown


def test_a_leaf_shows_what_it_says(staff: Client, grant: Grant) -> None:
    leaf = LedgerLeaf.objects.get(kind="grant")
    shown = text(staff, f"ledgerleaf/{leaf.index}/change/")
    assert bytes(leaf.leaf_hash).hex() in shown
    assert f"&quot;grantee&quot;: &quot;{grant.grantee_id}&quot;" in shown


@pytest.mark.parametrize("words", ["0", "grant", "Grant"])
def test_a_leaf_is_found_by_index_or_kind(words: str, staff: Client, grant: Grant) -> None:
    assert [leaf.index for leaf in listed(staff, "ledgerleaf/", q=words)] == [0]


def test_every_kind_of_leaf_can_be_filtered(staff: Client, video: object, subject: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=Scope())
    assert set(LedgerLeaf.objects.values_list("kind", flat=True)) <= set(admin.KINDS)
    assert {leaf.kind for leaf in listed(staff, "ledgerleaf/", kind="withdrawal")} == {"withdrawal"}


def test_a_withdrawal_shows_its_receipt(staff: Client, grant: Grant, subject: Person) -> None:
    row = withdrawal.withdraw(subject=subject, scope=Scope())
    shown = text(staff, f"withdrawal/{row.id}/change/")
    assert row.receipt["signature"]["value"] in shown
    assert "&quot;ended_epoch&quot;: 1" in shown


def test_an_acceptance_shows_which_render(staff: Client, video: Video, subject: Person) -> None:
    row = reviews.accept(subject=subject, video_id=video.id, digest=bytes(video.content_digest))
    for address in ("acceptance/", f"acceptance/{row.id}/change/"):
        shown = text(staff, address)
        for part in ("@eileen", str(video.id), bytes(video.content_digest).hex()):
            assert part in shown


def test_a_veto_shows_who_ended_which_video(staff: Client, video: Video, subject: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=Scope(video_id=video.id))
    row = Veto.objects.get()
    for address in ("veto/", f"veto/{row.id}/change/"):
        shown = text(staff, address)
        assert "@eileen" in shown
        assert str(video.id) in shown


def test_a_permit_names_its_subjects_and_their_grants(staff: Client, grant: Grant, subject: Person) -> None:
    job = factories.job(grant.grantee, subject)
    shown = text(staff, f"permit/{job.permit_id}/change/")
    assert "@eileen" in shown
    assert "a grant that is given, now at epoch 1" in shown
    assert bytes(job.permit.digest).hex() in shown


def test_an_ask_shows_what_was_asked(staff: Client, subject: Person, requester: Person) -> None:
    row = asked(subject, requester)
    shown = text(staff, f"ask/{row}/change/")
    for part in ("@eileen", "@sam", "For my &lt;b&gt;birthday&lt;/b&gt;", "requested"):
        assert part in shown


def asked(subject: Person, requester: Person) -> str:
    """Ask, with a message that looks like HTML; return the ask's id."""
    wanted = {"purposes": ["personal"], "audience": "private", "message": "For my <b>birthday</b>"}
    body = {"subject": subject.handle, **wanted}
    response = factories.client(requester).post("/api/v1/asks", body, format="json")
    return str(response.json()["id"])
