"""For You over HTTP: pages, walks, reasons, ends."""

from typing import Any

import pytest

from accounts.models import Person
from feed.foryou.stock import KEEPER
from tests import factories

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/feeds/for-you"


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Nothing in memory of another test."""
    KEEPER.forget()


def published(author: Person, count: int, **fields: Any) -> list[str]:
    """Posts of films that show nobody, oldest first."""
    return [
        str(factories.post(author, factories.footage(author, content=b"%d" % n), **fields).id) for n in range(count)
    ]


def test_without_a_ranking_the_newest_come_first_and_it_ends(requester: Person, stranger: Person) -> None:
    posts = published(stranger, 5)
    api = factories.client(requester)
    first = api.get(ADDRESS, {"limit": 3}).json()
    assert [each["id"] for each in first["data"]] == posts[:1:-1]
    assert all(each["why"]["words"] and each["impression"] for each in first["data"])
    second = api.get(ADDRESS, {"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in second["data"]] == posts[1::-1]
    assert (second["next_cursor"], second["ended"]["kind"]) == (None, "all_seen")
