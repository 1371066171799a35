"""People one may know: found by public follows and by numbers that two have of each other, each with its reason."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import blocks, graph, mutes, rules, suggestions
from accounts.discovery.signer import Signer
from accounts.models import ContactEdge, DiscoveryEnrolment, Person
from accounts.standing import FOR_GOOD
from tests import factories
from tests.accounts import discovering

API = "/api/v1"


@pytest.fixture
def ada(requester: Person) -> Person:
    """Somebody whom the requester follows."""
    made = factories.person("ada")
    graph.follow(follower=requester, followee=made)
    return made


@pytest.fixture
def kim(ada: Person, stranger: Person) -> Person:
    """Somebody whom Ada follows, and the requester does not."""
    graph.follow(follower=ada, followee=stranger)
    return stranger


def suggested(viewer: Person) -> list[str]:
    """The handles of who is suggested, in their order."""
    return [row.person["handle"] for row in suggestions.suggest(viewer=viewer, limit=20)]


def test_who_is_followed_by_those_one_follows_is_suggested_with_the_reason(requester: Person, kim: Person) -> None:
    (row,) = suggestions.suggest(viewer=requester, limit=20)
    assert (row.person, row.kind, row.ways) == (
        {"id": kim.id, "handle": "kim", "display_name": "Kim"},
        "followed_by",
        1,
    )
    assert (row.text, row.named[0]["handle"]) == ("Followed by @ada, whom you follow.", "ada")
    assert suggested(kim) == []


def test_more_ways_come_first_and_three_are_named(requester: Person, kim: Person) -> None:
    other = factories.person("liz")
    for handle in ("bob", "cat", "dan"):
        friend = factories.person(handle)
        for followee in (kim, other):
            graph.follow(follower=friend, followee=followee)
        graph.follow(follower=requester, followee=friend)
    first, second = suggestions.suggest(viewer=requester, limit=20)
    assert (first.person["handle"], first.ways, len(first.named)) == ("kim", 4, 3)
    assert first.text.endswith("and 1 other, whom you follow.")
    assert (second.person["handle"], second.text) == ("liz", "Followed by @bob, @cat and @dan, whom you follow.")


def test_a_private_accounts_follows_suggest_nobody_and_a_private_account_is_not_suggested(
    requester: Person, ada: Person, kim: Person
) -> None:
    Person.objects.filter(id=ada.id).update(is_private=True)
    assert suggested(requester) == []
    Person.objects.filter(id=ada.id).update(is_private=False)
    Person.objects.filter(id=kim.id).update(is_private=True)
    assert suggested(requester) == []


LEFT_OUT = {
    "followed": lambda me, other: graph.follow(follower=me, followee=other),
    "muted": lambda me, other: mutes.mute(muter=me, muted=other),
    "dismissed": lambda me, other: suggestions.dismiss(person=me, dismissed=other),
    "blocked": lambda me, other: blocks.block(blocker=me, blocked=other),
    "blocking": lambda me, other: blocks.block(blocker=other, blocked=me),
    "suspended": lambda _, other: Person.objects.filter(id=other.id).update(suspended_until=FOR_GOOD),
    "closed": lambda _, other: Person.objects.filter(id=other.id).update(is_active=False),
    "a teenager": lambda _, other: Person.objects.filter(id=other.id).update(birth_date=factories.teen().birth_date),
}


@pytest.mark.parametrize("why", LEFT_OUT)
def test_somebody_is_left_out(requester: Person, kim: Person, why: str) -> None:
    assert suggested(requester) == ["kim"]
    LEFT_OUT[why](requester, kim)
    assert suggested(requester) == []


def test_a_contact_is_suggested_only_once_each_has_the_other(signer: Signer, requester: Person, kim: Person) -> None:
    peer = factories.person("pia", is_private=True)
    for one in (requester, peer):
        discovering.enrolled(person=one)
    ends = [DiscoveryEnrolment.objects.get(person=one) for one in (requester, peer)]
    epoch = discovering.epochs.usable()[-1]
    ContactEdge.objects.create(owner=ends[0], target=ends[1], epoch=epoch)
    discovering.matching.tick_all()
    assert (suggested(requester), suggested(peer)) == (["kim"], [])
    ContactEdge.objects.create(owner=ends[1], target=ends[0], epoch=epoch)
    discovering.matching.tick_all()
    assert (suggested(requester), suggested(peer)) == (["pia", "kim"], ["sam"])
    first = suggestions.suggest(viewer=requester, limit=1)[0]
    assert (first.kind, first.text, first.ways) == ("contact", "You have each other's number.", 0)
    graph.follow(follower=requester, followee=peer)
    assert suggested(requester) == ["kim"], "a request was made"
    Person.objects.filter(id=requester.id).update(birth_date=factories.teen().birth_date)
    assert suggested(peer) == [], "a teenager is suggested to no adult"


def test_it_is_one_statement_however_many_there_are(requester: Person, ada: Person) -> None:
    for _ in range(8):
        graph.follow(follower=ada, followee=factories.person())
    with CaptureQueriesContext(connection) as asked:
        assert len(suggestions.suggest(viewer=requester, limit=5)) == 5
    assert len(asked) == 2, "the clock, and the statement"


def test_suggestions_over_rest_are_dismissed_for_good(requester: Person, kim: Person) -> None:
    api = factories.client(requester)
    (row,) = api.get(f"{API}/me/suggestions").json()["data"]
    assert row["person"]["handle"] == "kim"
    assert row["reason"] | {"followers": []} == {
        "kind": "followed_by",
        "text": "Followed by @ada, whom you follow.",
        "follower_count": 1,
        "followers": [],
    }
    assert [api.delete(f"{API}/me/suggestions/kim").status_code for _ in range(2)] == [204, 204]
    assert api.get(f"{API}/me/suggestions").json() == {"data": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("today", "born"),
    [
        (date(2026, 3, 1), date(2008, 3, 1)),
        (date(2028, 2, 29), date(2010, 2, 28)),
        (date(2026, 2, 28), date(2008, 2, 28)),
    ],
)
def test_the_youngest_adult_is_one_and_who_was_born_a_day_later_is_none(today: date, born: date) -> None:
    assert rules.youngest_adult_born(today) == born
    assert rules.is_teen(born, today) is False
    assert rules.is_teen(date.fromordinal(born.toordinal() + 1), today) is True
