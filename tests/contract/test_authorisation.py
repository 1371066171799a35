"""Who may do what: every route for everybody. A route that the table does not name fails here until it is decided."""

import pytest

from tests.contract import stored
from tests.contract import world as worlds
from tests.contract.routes import UNDESCRIBED, Route, routes
from tests.contract.world import ANONYMOUS, WHO, World

# The status for each of WHO: anonymous, stranger, subject, requester, moderator.
TABLE: dict[str, tuple[int, int, int, int, int]] = {
    "POST /people": (201, 201, 201, 201, 201),
    "GET /people/{handle}": (401, 200, 200, 200, 200),
    "GET /people/{handle}/picture": (200, 200, 200, 200, 200),
    "PUT /people/{handle}/follow": (401, 204, 204, 422, 204),
    "DELETE /people/{handle}/follow": (401, 204, 204, 204, 204),
    "GET /people/{handle}/followers": (401, 200, 200, 200, 200),
    "GET /people/{handle}/following": (401, 200, 200, 200, 200),
    "GET /people/{handle}/posts": (401, 200, 200, 200, 200),
    "GET /me": (401, 200, 200, 200, 200),
    "PATCH /me": (401, 200, 200, 200, 200),
    "PUT /me/picture": (401, 200, 200, 200, 200),
    "DELETE /me/picture": (401, 204, 204, 204, 204),
    "POST /sessions": (201, 201, 201, 201, 201),
    "GET /sessions": (401, 200, 200, 200, 200),
    "DELETE /sessions/{session_id}": (401, 404, 404, 204, 404),
    "PUT /me/likeness": (401, 201, 201, 201, 201),
    "GET /me/likeness": (401, 404, 200, 404, 404),
    "DELETE /me/likeness": (401, 204, 204, 204, 204),
    "GET /me/likeness/uses": (401, 200, 200, 200, 200),
    "GET /me/likeness/videos": (401, 200, 200, 200, 200),
    "POST /asks": (401, 201, 422, 409, 201),
    "GET /asks": (401, 200, 200, 200, 200),
    "PUT /asks/{ask_id}/answer": (401, 404, 200, 404, 404),
    "POST /grants": (401, 409, 201, 409, 409),
    "GET /grants": (401, 200, 200, 200, 200),
    "GET /grants/{grant_id}": (401, 404, 200, 200, 404),
    "PATCH /grants/{grant_id}": (401, 404, 200, 404, 404),
    "POST /withdrawals": (401, 404, 201, 404, 404),
    "GET /withdrawals": (401, 200, 200, 200, 200),
    "GET /withdrawals/{withdrawal_id}": (401, 404, 200, 404, 404),
    "GET /ledger/checkpoint": (200, 200, 200, 200, 200),
    "GET /ledger/key": (200, 200, 200, 200, 200),
    "POST /jobs": (401, 403, 403, 202, 403),
    "GET /jobs": (401, 200, 200, 200, 200),
    "GET /jobs/{job_id}": (401, 404, 404, 200, 404),
    "GET /videos": (401, 200, 200, 200, 200),
    "GET /videos/{video_id}": (401, 404, 200, 200, 404),
    "GET /videos/{video_id}/playback": (401, 404, 200, 200, 404),
    "POST /posts": (401, 404, 404, 201, 404),
    "GET /posts/{post_id}": (401, 404, 200, 200, 404),
    "DELETE /posts/{post_id}": (401, 404, 404, 204, 404),
    "GET /feeds/following": (401, 200, 200, 200, 200),
    "POST /reports": (401, 201, 201, 409, 201),
    "GET /reports": (401, 200, 200, 200, 200),
    "GET /me/statements": (401, 200, 200, 200, 200),
    "GET /moderation/reports": (401, 403, 403, 403, 200),
    "POST /moderation/actions": (401, 403, 403, 403, 201),
    "GET /schema": (200, 200, 200, 200, 200),
    "GET /docs": (200, 200, 200, 200, 200),
}
PUBLIC = {
    *("POST /people", "POST /sessions", "GET /people/{handle}/picture"),
    *("GET /ledger/checkpoint", "GET /ledger/key", *UNDESCRIBED),
}
# Lists of one's own things: 200 for everybody, and a stranger finds nothing of others in them.
OWN = (
    *("GET /me/likeness/uses", "GET /me/likeness/videos", "GET /me/statements", "GET /asks", "GET /grants"),
    *("GET /withdrawals", "GET /jobs", "GET /videos", "GET /feeds/following", "GET /people/{handle}/posts"),
    "GET /reports",
)
ROUTES = {str(route): route for route in routes()}


def test_every_route_is_decided_for_everybody_and_none_is_left_over() -> None:
    assert set(ROUTES) ^ set(TABLE) == set()


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", [name for name in TABLE if name not in UNDESCRIBED])
def test_a_route_answers_each_caller_as_decided_and_a_refusal_changes_nothing(
    name: str, who: str, world: World
) -> None:
    api = worlds.client(world, who)
    before = stored.everything(but=stored.JOURNAL)
    response = worlds.send(world, ROUTES[name], api)
    assert response.status_code == TABLE[name][WHO.index(who)], response.content
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
        assert stored.everything(but=stored.JOURNAL) == before


def test_whoever_is_not_signed_in_gets_401_everywhere_but_on_the_public_routes() -> None:
    assert {name for name, row in TABLE.items() if row[WHO.index(ANONYMOUS)] != 401} == PUBLIC


def test_on_moderation_routes_everybody_but_moderators_gets_403() -> None:
    rows = [row for name, row in TABLE.items() if "/moderation/" in name]
    assert len(rows) == 2
    assert all(row[1:4] == (403, 403, 403) and row[4] < 300 for row in rows)


def test_neither_a_stranger_nor_a_moderator_reaches_a_private_thing_by_its_id() -> None:
    rows = [row for name, row in TABLE.items() if "_id}" in name]
    assert len(rows) == 10
    assert all(row[WHO.index(who)] == 404 for row in rows for who in ("stranger", "moderator"))


@pytest.mark.parametrize("name", OWN)
def test_a_stranger_finds_nothing_of_others_in_a_list(name: str, world: World) -> None:
    assert worlds.send(world, ROUTES[name], worlds.client(world, "stranger")).json() == {
        "data": [],
        "next_cursor": None,
    }


@pytest.mark.parametrize("role", ["role=received", "side=made"])
def test_a_stranger_finds_nothing_of_others_on_the_other_side(role: str, world: World) -> None:
    address = "/api/v1/grants" if "role" in role else "/api/v1/asks"
    assert worlds.client(world, "stranger").get(f"{address}?{role}").json()["data"] == []


@pytest.mark.parametrize("name", ["GET /grants/{grant_id}", "GET /jobs/{job_id}", "GET /videos/{video_id}"])
def test_a_foreign_id_and_an_unknown_id_are_refused_in_the_same_words(name: str, world: World) -> None:
    api, route = worlds.client(world, "stranger"), ROUTES[name]
    unknown = Route(route.method, route.address.replace(f"{{{route.parameters[0]}}}", str(world.ask.id)), route.view)
    assert worlds.send(world, route, api).json() == worlds.send(world, unknown, api).json()
