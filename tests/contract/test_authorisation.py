"""Who may do what: every route for everybody. A route that the table does not name fails here until it is decided."""

import pytest
from rest_framework.test import APIClient

from tests.contract import stored
from tests.contract import world as worlds
from tests.contract.callers import callers
from tests.contract.routes import UNDESCRIBED, Route, routes
from tests.contract.table import PUBLIC, TABLE
from tests.contract.world import ANONYMOUS, World

# Lists of one's own things: 200 for everybody, and a stranger finds nothing of others in them.
OWN = (
    *("GET /me/likeness/uses", "GET /me/likeness/videos", "GET /me/statements", "GET /asks", "GET /grants"),
    *("GET /withdrawals", "GET /jobs", "GET /videos", "GET /feeds/following", "GET /people/{handle}/posts"),
    *("GET /reports", "GET /contacts/matches", "GET /me/mutuals", "GET /me/blocks", "GET /me/mutes"),
    *("GET /me/likes", "GET /me/bookmarks", "GET /me/comments", "GET /me/held-comments", "GET /me/hidden"),
    *("GET /me/history", "GET /me/mentions"),
    *("GET /me/close-friends", "GET /me/suggestions", "GET /me/exports", "GET /me/push-subscriptions"),
    *("GET /feeds/friends", "GET /feeds/trending", "GET /hashtags/{tag}/posts"),
    *("GET /search/posts", "GET /search/hashtags"),
    "GET /uploads",
    "GET /drafts",
    "GET /me/wishes",
)
PUBLISHED = (("GET", "lineage"), ("GET", "playback"), ("GET", "download"), ("POST", "remixes"))
ENGAGED = ("posts/{post_id}/like", "posts/{post_id}/bookmark", "comments/{comment_id}/like")
SAID = (
    *("GET /posts/{post_id}/comments", "POST /posts/{post_id}/comments"),
    *("GET /comments/{comment_id}", "GET /comments/{comment_id}/replies"),
)
ROUTES = {str(route): route for route in routes()}


def test_every_route_is_decided_for_everybody_and_none_is_left_over() -> None:
    assert set(ROUTES) ^ set(TABLE) == set()


def groups() -> dict[str, list[str]]:
    """The routes by the first word of their address, so that those of one word share a world."""
    found: dict[str, list[str]] = {}
    for name in TABLE:
        if name not in UNDESCRIBED:
            found.setdefault(name.split("/")[1], []).append(name)
    return found


def answer(world: World, name: str, who: str, api: APIClient, before: dict[str, str]) -> int:
    """The status that a caller gets. Whatever it is, the world is afterwards as it was; refused, it never changed."""
    files = stored.files()
    with worlds.undone():
        response = worlds.send(world, ROUTES[name], api)
        assert response.status_code < 400 or stored.rows(but=stored.JOURNAL) == before, (name, who)
        assert response.status_code < 400 or stored.files() == files, (name, who)
        assert response.status_code < 400 or response["Content-Type"] == "application/problem+json", (name, who)
    return response.status_code


@pytest.mark.parametrize("names", groups().values(), ids=groups())
def test_a_route_answers_each_caller_as_decided_and_a_refusal_changes_nothing(names: list[str], world: World) -> None:
    clients = callers(world)
    before = stored.rows(but=stored.JOURNAL)
    answers = {name: {who: answer(world, name, who, api, before) for who, api in clients.items()} for name in names}
    assert answers == {name: TABLE[name] for name in names}


def test_whoever_is_not_signed_in_gets_401_everywhere_but_on_the_public_routes() -> None:
    assert {name for name, row in TABLE.items() if row[ANONYMOUS] != 401} == PUBLIC


def test_a_suspended_person_gets_no_further_than_somebody_without_an_account() -> None:
    assert [name for name, row in TABLE.items() if row["suspended"] not in (401, row[ANONYMOUS])] == []


def test_on_moderation_routes_everybody_but_moderators_gets_403() -> None:
    rows = [row for name, row in TABLE.items() if "/moderation/" in name]
    assert len(rows) == 2
    others = set(rows[0]) - {ANONYMOUS, "suspended", "moderator", "admin"}
    assert all(row[who] == 403 for row in rows for who in others)
    assert all(row[who] < 300 for row in rows for who in ("moderator", "admin"))


def test_neither_a_stranger_nor_a_blocked_one_nor_staff_reaches_a_private_thing_by_its_id() -> None:
    rows = [row for name, row in TABLE.items() if "_id}" in name]
    assert len(rows) == 73
    assert all(row[who] == 404 for row in rows for who in ("stranger", "blocked", "moderator", "admin"))


def test_who_follows_reaches_by_its_id_what_was_published_to_followers_and_nothing_else() -> None:
    reached = {name for name, row in TABLE.items() if "_id}" in name and row["follower"] != 404}
    published = {f"{verb} /videos/{{video_id}}/{what}" for verb, what in PUBLISHED}
    done = {f"{verb} /{of}" for of in ENGAGED for verb in ("PUT", "DELETE")}
    read = {"GET /posts/{post_id}", "GET /posts/{post_id}/remixes", *SAID}
    read |= {"GET /sounds/{video_id}/posts"}
    assert reached == published | read | done | {"PUT /posts/{post_id}/share", "PUT /posts/{post_id}/follow"}
    assert all(TABLE[name]["mutual"] == TABLE[name]["follower"] for name in reached)


def test_who_is_blocked_gets_no_further_than_a_stranger_and_finds_nobody_by_the_handle() -> None:
    further = [name for name, row in TABLE.items() if row["blocked"] not in (404, row["stranger"])]
    assert further == []
    named = {name for name, row in TABLE.items() if "{handle}" in name}
    assert {name for name in named if TABLE[name]["blocked"] != 404} == set()


def test_an_administrator_may_do_no_more_over_rest_than_a_moderator() -> None:
    assert [name for name, row in TABLE.items() if row["admin"] != row["moderator"]] == []


def test_a_stranger_finds_nothing_of_others_in_any_list(world: World) -> None:
    api = worlds.client(world, "stranger")
    found = {name: worlds.send(world, ROUTES[name], api).json() for name in OWN}
    assert found == {name: {"data": [], "next_cursor": None} for name in OWN}


@pytest.mark.parametrize("role", ["role=received", "side=made"])
def test_a_stranger_finds_nothing_of_others_on_the_other_side(role: str, world: World) -> None:
    address = "/api/v1/grants" if "role" in role else "/api/v1/asks"
    assert worlds.client(world, "stranger").get(f"{address}?{role}").json()["data"] == []


@pytest.mark.parametrize("name", ["GET /grants/{grant_id}", "GET /jobs/{job_id}", "GET /videos/{video_id}"])
def test_a_foreign_id_and_an_unknown_id_are_refused_in_the_same_words(name: str, world: World) -> None:
    api, route = worlds.client(world, "stranger"), ROUTES[name]
    unknown = Route(route.method, route.address.replace(f"{{{route.parameters[0]}}}", str(world.ask.id)), route.view)
    assert worlds.send(world, route, api).json() == worlds.send(world, unknown, api).json()
