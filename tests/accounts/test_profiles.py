"""One rule says who sees how much of a profile: all of it, or its card."""

from typing import Any

import pytest

from accounts import graph, people
from accounts.models import Person
from tests import factories

pytestmark = pytest.mark.django_db
LINK = {"label": "Films", "url": "https://example.org/films"}


@pytest.fixture
def private(requester: Person) -> Person:
    """Sam, private, with all that a profile may have."""
    return people.edit_profile(person=requester, bio="At home.", pronouns="they/them", links=[LINK], is_private=True)


def seen(viewer: Person, address: str = "") -> Any:
    """What somebody is answered of Sam."""
    return factories.client(viewer).get(f"/api/v1/people/sam{address}")


def test_a_public_profile_is_seen_whole_by_everybody(requester: Person, stranger: Person) -> None:
    people.edit_profile(person=requester, bio="At home.", pronouns="they/them", links=[LINK])
    shown = seen(stranger).json()
    assert (shown["bio"], shown["pronouns"], shown["links"]) == ("At home.", "they/them", [LINK])


def test_a_stranger_sees_the_card_of_a_private_account_and_nothing_else(private: Person, stranger: Person) -> None:
    shown = seen(stranger).json()
    assert (shown["handle"], shown["display_name"], shown["pronouns"], shown["is_private"]) == (
        *("sam", "Sam", "they/them", True),
    )
    assert (shown["bio"], shown["links"]) == (None, None)
    for address in ("/followers", "/following"):
        refused = seen(stranger, address)
        assert (refused.status_code, refused.json()["code"]) == (404, "account_private")
    assert seen(stranger, "/posts").json()["data"] == []


def test_whom_a_private_account_follows_is_no_follower_of_it(private: Person, stranger: Person) -> None:
    graph.follow(follower=private, followee=stranger)
    assert seen(stranger).json()["bio"] is None


def test_a_follower_sees_a_private_profile_whole(private: Person, stranger: Person) -> None:
    graph.follow(follower=private, followee=stranger)
    graph.follow(follower=stranger, followee=private)
    assert (seen(stranger).json()["bio"], seen(stranger).json()["links"]) == ("At home.", [LINK])
    assert [seen(stranger, address).status_code for address in ("/followers", "/following")] == [200, 200]


def test_one_sees_ones_own_private_profile_whole(private: Person) -> None:
    assert seen(private).json()["links"] == [LINK]
    assert factories.client(private).get("/api/v1/me").json()["links"] == [LINK]
    assert seen(private, "/followers").status_code == 200


def test_who_is_suspended_is_nobody(private: Person, stranger: Person) -> None:
    Person.objects.filter(id=private.id).update(is_active=False)
    for address in ("", "/followers", "/following", "/picture"):
        assert seen(stranger, address).json()["code"] == "person_unknown"


def edited(person: Person, **change: Any) -> Any:
    """The answer to a change of one's profile."""
    return factories.client(person).patch("/api/v1/me", change, format="json")


def test_a_profile_is_stored_in_its_one_spelling(requester: Person) -> None:
    sent = {"url": "HTTPS://Example.org/ü"}
    shown = edited(requester, bio="Ame\u0301lie\r\n", pronouns=" she /  her ", links=[sent]).json()
    assert (shown["bio"], shown["pronouns"]) == ("Amélie", "she / her")
    assert shown["links"] == [{"label": "example.org", "url": "https://example.org/%C3%BC"}]
    assert edited(requester, links=[], pronouns="").json()["links"] == []


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"bio": "a\u202eb"}, "/bio", "character_refused"),
        ({"bio": "a\u0007"}, "/bio", "character_refused"),
        ({"pronouns": "she\u200b"}, "/pronouns", "character_refused"),
        ({"links": [LINK, {"label": "x", "url": "http://example.org"}]}, "/links/1", "url_unusable"),
        ({"links": [LINK] * 6}, "/links", "too_many_links"),
        ({"links": [{"label": "x"}]}, "/links/0/url", "required"),
        ({"links": [{**LINK, "rel": "me"}]}, "/links/0/rel", "unknown_field"),
        ({"links": "https://example.org"}, "/links", "not_a_list"),
    ],
)
def test_what_cannot_be_shown_safely_is_refused_and_nothing_changes(
    requester: Person, change: dict[str, Any], pointer: str, code: str
) -> None:
    response = edited(requester, display_name="New", **change)
    fault = response.json()["errors"][0]
    assert (response.status_code, fault["pointer"], fault["code"]) == (422, pointer, code)
    row = Person.objects.get()
    assert (row.bio, row.pronouns, row.links, row.display_name) == ("", "", [], "Sam")
