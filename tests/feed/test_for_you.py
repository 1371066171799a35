"""For You over HTTP: walks without repeats, reasons that reproduce, no profile, faults that cost no filter."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts import blocks, graph, mutes
from accounts.models import Person
from feed import damping, publishing
from feed.foryou import chronological, explaining, filtering, packing, page, query, replay, sources, stages
from feed.models import Choice, Hidden, Impression, View
from feed.ranking import candidates, features, scoring, selection
from feed.ranking.types import Viewer
from tests import factories
from tests.feed import audience
from tests.feed.audience import Audience

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/feeds/for-you"


@pytest.fixture
def house(db: None) -> Audience:
    """Films, people who watched them, a ranking."""
    return audience.made()


@pytest.fixture
def sam(requester: Person) -> APIClient:
    """Somebody new."""
    return factories.client(requester)


def walk(api: APIClient, limit: int = 5) -> list[list[dict[str, Any]]]:
    """The pages of one walk to its end."""
    pages, cursor = [], None
    while True:
        said = api.get(ADDRESS, {"limit": limit, **({"cursor": cursor} if cursor else {})}).json()
        pages.append(said["data"])
        cursor = said["next_cursor"]
        if cursor is None:
            assert said["ended"]["kind"] == "all_seen"
            return pages


def ids(items: list[dict[str, Any]]) -> list[str]:
    """The posts of a page."""
    return [item["id"] for item in items]


def test_without_a_ranking_the_newest_come_first_and_it_ends(sam: APIClient, stranger: Person) -> None:
    posts = [str(audience.posted(stranger, "chess", n).id) for n in range(5)]
    pages = walk(sam, limit=3)
    assert [ids(each) for each in pages] == [posts[:1:-1], posts[1::-1]]
    assert all(item["why"]["words"] for each in pages for item in each)


def test_a_walk_shows_everything_once_each_with_its_reason_and_ends(house: Audience, sam: APIClient) -> None:
    first = sam.get(ADDRESS).json()
    assert (first["ranking"], first["degraded"], first["profiled"]) == ("heads", [], True)
    shown = [item for each in walk(sam) for item in each]
    assert sorted(ids(shown)) == sorted(str(post.id) for post in house.posts)
    for item in shown:
        assert item["why"]["sources"]
        assert len(item["why"]["terms"]) == 2
        assert UUID(item["impression"]).version == 7


@pytest.mark.parametrize("limit", [2, 5])
def test_another_walk_shows_everything_again(limit: int, house: Audience, sam: APIClient) -> None:
    walks = [[item["id"] for each in walk(sam, limit) for item in each] for _ in range(3)]
    assert [len(each) for each in walks] == [len(house.posts)] * 3


def test_nothing_repeats_while_the_ranking_moves_and_new_posts_come(house: Audience, sam: APIClient) -> None:
    first = sam.get(ADDRESS, {"limit": 6}).json()
    audience.watched([factories.person() for _ in range(4)], house.posts[::-1])
    audience.posted(house.authors[0], "jazz", 99)
    audience.training.refresh()
    audience.forget()
    shown, cursor = ids(first["data"]), first["next_cursor"]
    while cursor:
        said = sam.get(ADDRESS, {"limit": 6, "cursor": cursor}).json()
        shown, cursor = shown + ids(said["data"]), said["next_cursor"]
    assert len(shown) == len(set(shown)) == len(house.posts) + 1


def test_a_cursor_used_again_gives_the_same_page_without_what_fell_since(house: Audience, sam: APIClient) -> None:
    first = sam.get(ADDRESS, {"limit": 5}).json()
    second = sam.get(ADDRESS, {"limit": 5, "cursor": first["next_cursor"]}).json()
    again = sam.get(ADDRESS, {"limit": 5, "cursor": first["next_cursor"]}).json()
    assert again["data"] == second["data"]
    fallen = next(post for post in house.posts if str(post.id) == second["data"][2]["id"])
    publishing.remove(author=fallen.author, post_id=fallen.id)
    again = sam.get(ADDRESS, {"limit": 5, "cursor": first["next_cursor"]}).json()
    assert again["data"] == [item for item in second["data"] if item["id"] != str(fallen.id)]


def test_a_page_is_refilled_for_what_fell_since_it_was_ranked(house: Audience, sam: APIClient) -> None:
    before = ids(sam.get(ADDRESS, {"limit": 5}).json()["data"])
    for post in house.posts:
        if str(post.id) in before[:3]:
            publishing.remove(author=post.author, post_id=post.id)
    after = ids(sam.get(ADDRESS, {"limit": 5}).json()["data"])
    assert len(after) == 5
    assert not set(before[:3]).intersection(after)


def test_a_page_is_filled_though_all_that_was_to_come_first_fell(house: Audience, sam: APIClient) -> None:
    for post in house.posts[4:]:
        publishing.remove(author=post.author, post_id=post.id)
    assert sorted(ids([item for each in walk(sam, limit=2) for item in each])) == sorted(
        str(post.id) for post in house.posts[:4]
    )


def test_a_walk_goes_on_by_the_newest_where_the_sources_name_no_more(
    house: Audience, sam: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "QUOTAS", dict.fromkeys(candidates.QUOTAS, 2))
    monkeypatch.setattr(sources, "NEWEST", 7)
    monkeypatch.setattr(sources, "BLOCK", 5)
    shown = [item for each in walk(sam) for item in each]
    assert sorted(ids(shown)) == sorted(str(post.id) for post in house.posts)
    assert ["newest"] in [item["why"]["sources"] for item in shown]


def test_without_a_ranking_a_walk_looks_back_as_far_as_it_must(
    sam: APIClient, stranger: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chronological, "LOOKED_AT", 2)
    posts = [str(audience.posted(stranger, "chess", n).id) for n in range(7)]
    assert [post for each in walk(sam, limit=3) for post in ids(each)] == posts[::-1]


def test_a_ranking_is_counted_anew_though_some_of_its_posts_fell(house: Audience, sam: APIClient) -> None:
    fallen, hidden, loved = house.posts[0], house.posts[9], house.posts[11]
    publishing.remove(author=fallen.author, post_id=fallen.id)
    type(hidden).objects.filter(id=hidden.id).update(audience="private")
    audience.watched([factories.person() for _ in range(4)], [loved])
    audience.forget()
    assert audience.training.refresh().kind == "refreshed"
    stock = ordering_stock()
    shelf = stock.model.shelf
    gone, closed, first = stock.posts.find(packing.of_uuids([fallen.id, hidden.id, loved.id]))
    assert not stock.open[[gone, closed]].any()
    assert (shelf.met[gone], shelf.met[closed]) == (0, 0)
    assert shelf.met[first] == View.objects.filter(post=loved).count()
    shown = ids([item for each in walk(sam) for item in each])
    assert sorted(shown) == sorted(str(post.id) for post in house.posts if post not in (fallen, hidden))


def test_what_was_watched_hidden_muted_or_blocked_comes_no_more(
    house: Audience, sam: APIClient, requester: Person
) -> None:
    seen, hidden = house.posts[0], house.posts[1]
    muted, blocked = house.authors[2], house.authors[3]
    View.objects.create(person=requester, post=seen)
    Hidden.objects.create(person=requester, kind="post", thing=str(hidden.id), strength="hide")
    Hidden.objects.create(person=requester, kind="tag", thing="jazz", strength="hide")
    mutes.mute(muter=requester, muted=muted)
    blocks.block(blocker=blocked, blocked=requester)
    shown = [item for each in walk(sam) for item in each]
    assert shown
    assert not {str(seen.id), str(hidden.id)}.intersection(ids(shown))
    assert not {str(muted.id), str(blocked.id)}.intersection(item["author"]["id"] for item in shown)
    assert not [item for item in shown if "#jazz" in item["caption"]]


def test_no_more_comes_of_what_is_forbidden_in_words(house: Audience, sam: APIClient) -> None:
    said = sam.post("/api/v1/me/wishes", {"said": "more chess, no politics"}, format="json")
    assert said.status_code == 201
    pages = walk(sam)
    assert not [item for each in pages for item in each if "#politics" in item["caption"]]
    assert all("#chess" in item["caption"] for item in pages[0][:3])
    assert pages[0][0]["why"]["words"].startswith("You asked for more of this.")
    for wish in sam.get("/api/v1/me/wishes").json()["data"]:
        assert sam.delete(f"/api/v1/me/wishes/{wish['id']}").status_code == 204
    assert [item for each in walk(sam) for item in each if "#politics" in item["caption"]]


def test_without_a_profile_no_history_reaches_the_ranker(
    house: Audience, sam: APIClient, requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    audience.watched([requester], house.posts[:8])
    graph.follow(follower=requester, followee=house.authors[0])
    asked: list[query.Query] = []
    given: list[Viewer] = []
    real, rows = query.asked, features.rows
    monkeypatch.setattr(query, "asked", lambda *a, **k: asked.append(real(*a, **k)) or asked[-1])
    monkeypatch.setattr(features, "rows", lambda m, v, *a: given.append(v) or rows(m, v, *a))
    assert sam.get(ADDRESS).json()["profiled"]
    assert asked[0].history is not None and len(asked[0].viewer.post) == 6
    sam.patch("/api/v1/me/feed-settings", {"profiling": False}, format="json")
    said = sam.get(ADDRESS).json()
    assert (said["profiled"], said["ranking"]) == (False, "impersonal")
    assert asked[1].history is None
    for viewer in (asked[1].viewer, given[1]):
        assert not any(len(getattr(viewer, name)) for name in viewer.__dataclass_fields__)
    with CaptureQueriesContext(connection) as statements:
        sam.get(ADDRESS)
    # The part about what they did is in the statement, behind a condition that does not hold.
    assert Impression.objects.filter(rung="impersonal").count() == 2 * len(said["data"])
    assert len(statements) <= 8


def test_a_reset_forgets_what_was_done_before(house: Audience, sam: APIClient, requester: Person) -> None:
    audience.watched([requester], house.posts[:8])
    assert sam.put("/api/v1/me/feed-reset").status_code == 204
    known = page.facts.read(viewer=requester.id, walk=UUID(int=1), profiling_by_age=True)
    assert known.history is not None
    assert len(known.history.acts) == 0
    assert View.objects.filter(person=requester).count() > 0


def test_a_teenager_begins_without_a_profile(house: Audience) -> None:
    said = factories.client(factories.teen()).get("/api/v1/me/feed-settings").json()
    assert (said["profiling"], said["autoplay"], said["limits_are_fixed"], said["budget_minutes"]) == (
        *(False, False, True),
        60,
    )


@pytest.mark.parametrize(("share", "most"), [(0, 0), (50, 5), (100, 10)])
def test_of_generated_films_come_as_many_as_are_wanted(
    share: int, most: int, house: Audience, sam: APIClient, subject: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = ordering_stock()
    stock.model.shelf.catalogue.ai[::2] = True
    sam.patch("/api/v1/me/feed-settings", {"ai_share": share}, format="json")
    shown = ids(sam.get(ADDRESS, {"limit": 10}).json()["data"])
    generated = {str(each) for each in stock.uuids(np.flatnonzero(stock.model.shelf.catalogue.ai).astype(np.int32))}
    assert len(shown) == 10
    assert len(generated.intersection(shown)) <= most


def ordering_stock() -> Any:
    """What this process ranks with."""
    stock = page.KEEPER.current()
    assert stock is not None
    return stock


def test_every_score_replays_and_every_reason_reproduces_from_its_row(house: Audience) -> None:
    for person in house.people[:4]:
        factories.client(person).get(ADDRESS, {"limit": 100})
    sam = factories.client(factories.person())
    shown = sam.get(ADDRESS, {"limit": 100}).json()["data"]
    rows = np.stack([features.unpacked(bytes(row.features)) for row in Impression.objects.all()[:50]])
    model = page.files.load_weights(house.model.hash)
    for rung in ("heads", "blend"):
        both = [contributed(model, rows, rung) for contributed in (explaining.contributions, scoring.contributions)]
        assert np.allclose(*both, atol=1e-9)
    found = replay.replay(Impression.objects.all())
    assert (found.rows, found.right, found.lost) == (Impression.objects.count(), found.rows, 0)
    assert found.largest <= replay.EXACT
    for item in shown:
        told = sam.get(f"/api/v1/me/impressions/{item['impression']}").json()
        assert told["why"] == item["why"]
    call_command("feed", "replay")
    Impression.objects.filter(id=shown[0]["impression"]).update(score=9.0)
    assert replay.replay(Impression.objects.all()).right == found.rows - 1


def raising(*_: Any, **__: Any) -> Any:
    """A stage that fails."""
    raise ArithmeticError


def hanging(*_: Any, **__: Any) -> Any:
    """A stage that takes too long."""
    time.sleep(0.3)


@pytest.mark.parametrize(
    ("fault", "module", "name", "stage"),
    [
        (raising, features, "rows", "scorers"),
        (hanging, features, "rows", "scorers"),
        (raising, scoring, "score", "scorers"),
        (hanging, scoring, "score", "scorers"),
        (raising, selection, "select", "selection"),
    ],
)
def test_a_stage_that_fails_degrades_the_page_and_breaks_nothing(
    fault: Callable[..., Any], module: Any, name: str, stage: str,
    house: Audience, sam: APIClient, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(module, name, fault)
    monkeypatch.setattr(stages, "PATIENCE", 0.1)
    sam.post("/api/v1/me/wishes", {"said": "no politics"}, format="json")
    said = sam.get(ADDRESS).json()
    assert stage in said["degraded"]
    assert len(said["data"]) == 18
    assert all(item["why"]["words"] for item in said["data"])
    assert not [item for item in said["data"] if "#politics" in item["caption"]]


@pytest.mark.parametrize("fault", [raising, hanging])
def test_a_source_that_fails_is_done_without(
    fault: Callable[..., Any], house: Audience, sam: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(candidates.SOURCES, "ease", fault)
    monkeypatch.setattr(stages, "PATIENCE", 0.1)
    said = sam.get(ADDRESS).json()
    assert said["degraded"]
    assert len(said["data"]) > 0


def test_where_a_filter_fails_there_is_no_ranked_page_and_nothing_unfiltered(
    house: Audience, sam: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam.post("/api/v1/me/wishes", {"said": "no politics"}, format="json")
    monkeypatch.setattr(filtering, "_unbarred", raising)
    said = sam.get(ADDRESS).json()
    assert (said["ranking"], said["degraded"]) == ("chronological", ["filters"])
    assert said["data"]
    assert not [item for item in said["data"] if "#politics" in item["caption"]]


def test_where_reasons_fail_the_source_is_still_told(
    house: Audience, sam: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "contributions", raising)
    said = sam.get(ADDRESS).json()
    assert said["degraded"] == ["reasons"]
    assert all(item["why"]["words"] for item in said["data"])


def test_a_page_costs_few_statements_and_as_many_for_eight_rows_as_for_two(house: Audience, sam: APIClient) -> None:
    sam.get(ADDRESS)
    counts = []
    for limit in (2, 8):
        with CaptureQueriesContext(connection) as asked:
            assert len(sam.get(ADDRESS, {"limit": limit}).json()["data"]) == limit
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 8


@pytest.mark.parametrize(("name", "value"), [("cursor", "x"), ("limit", "0"), ("limit", "101")])
def test_a_cursor_or_a_limit_that_is_none_is_refused(name: str, value: str, sam: APIClient) -> None:
    said = sam.get(ADDRESS, {name: value})
    assert (said.status_code, said.json()["code"]) == (400, f"invalid_{name}")
    assert not Impression.objects.exists()


def test_anothers_cursor_shows_and_spoils_nothing_of_theirs(house: Audience, sam: APIClient, stranger: Person) -> None:
    first = sam.get(ADDRESS, {"limit": 4}).json()
    theirs = factories.client(stranger).get(ADDRESS, {"limit": 4, "cursor": first["next_cursor"]}).json()
    assert {item["impression"] for item in theirs["data"]}.isdisjoint(item["impression"] for item in first["data"])
    second = sam.get(ADDRESS, {"limit": 4, "cursor": first["next_cursor"]}).json()
    assert len(second["data"]) == 4


def test_a_budget_that_is_spent_ends_the_feed_and_logs_nothing(
    house: Audience, sam: APIClient, requester: Person
) -> None:
    sam.patch("/api/v1/me/feed-settings", {"budget_minutes": 5}, format="json")
    sam.get(ADDRESS)
    page_sat = Choice.objects.get(person=requester)
    assert page_sat.budget_minutes == 5
    with connection.cursor() as cursor:
        cursor.execute("UPDATE feed_sitting SET spent_s = 301")
    count = Impression.objects.count()
    said = sam.get(ADDRESS).json()
    assert (said["data"], said["next_cursor"], said["ended"]["kind"]) == ([], None, "budget")
    assert said["ended"]["until"]
    assert Impression.objects.count() == count


def test_how_feeds_are_ranked_is_published_to_everybody(house: Audience) -> None:
    said = APIClient().get("/api/v1/feeds/ranking").json()
    weights = {each["name"]: each["weight"] for each in said["weights"]}
    assert weights["create"] > weights["like"] > 0 > weights["hide"]
    assert {each["name"] for each in said["features"]} == set(features.COLUMNS)
    assert all(each["words"] for each in (*said["weights"], *said["sources"], *said["options"], *said["features"]))
    assert said["counted"] == damping.published()
    assert said["model"] == house.model.hash
