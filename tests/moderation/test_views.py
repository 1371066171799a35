"""Moderation over HTTP: statuses, shapes, problem codes, and who may."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Person
from moderation.models import Action, Report
from socialvideo.lib.ids import new_id
from tests import factories
from worker.models import Video

REPORTS, QUEUE = "/api/v1/reports", "/api/v1/moderation/reports"
ACTIONS, STATEMENTS = "/api/v1/moderation/actions", "/api/v1/me/statements"


@pytest.fixture
def api(stranger: Person) -> APIClient:
    """The stranger's client."""
    return factories.client(stranger)


@pytest.fixture
def desk(moderator: Person) -> APIClient:
    """The moderator's client."""
    return factories.client(moderator)


def send(client: APIClient, address: str, **body: Any) -> Any:
    """Post a JSON body."""
    return client.post(address, {name: str(value) for name, value in body.items()}, format="json")


def decide(client: APIClient, video: Video, kind: str = "takedown", **fields: str) -> Any:
    """Post a decision."""
    return send(client, ACTIONS, video=video.id, kind=kind, **{"category": "likeness", "reasons": "no", **fields})


def test_a_report_is_created_and_listed_to_its_reporter(api: APIClient, video: Video) -> None:
    response = send(api, REPORTS, video=video.id, category="likeness", detail="my aunt")
    body = response.json()
    assert response.status_code == 201
    assert set(body) == {"id", "video", "comment", "category", "detail", "state", "created_at"}
    assert (body["video"], body["category"], body["detail"], body["state"]) == (
        *(str(video.id), "likeness"),
        *("my aunt", "open"),
    )
    assert api.get(REPORTS).json() == {"data": [body], "next_cursor": None}


def test_a_report_needs_no_detail(api: APIClient, video: Video) -> None:
    assert send(api, REPORTS, video=video.id, category="other").json()["detail"] == ""


def test_a_repeated_report_is_409(api: APIClient, video: Video) -> None:
    send(api, REPORTS, video=video.id, category="likeness")
    response = send(api, REPORTS, video=video.id, category="likeness")
    assert (response.status_code, response.json()["code"]) == (409, "report_stands_open")
    assert Report.objects.count() == 1


def test_a_repeated_idempotency_key_replays_the_first_report(api: APIClient, video: Video) -> None:
    body = {"video": str(video.id), "category": "other"}
    sent = [api.post(REPORTS, body, format="json", headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [response.status_code for response in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert Report.objects.count() == 1


def test_an_unknown_video_is_404(api: APIClient) -> None:
    response = send(api, REPORTS, video=new_id(), category="likeness")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert Report.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"category": "taste"}, "/category"),
        ({"video": "7"}, "/video"),
        ({"detail": "x" * 1001}, "/detail"),
        ({"state": "upheld"}, "/state"),
    ],
)
def test_a_wrong_report_names_the_field(wrong: dict[str, str], pointer: str, api: APIClient, video: Video) -> None:
    response = send(api, REPORTS, **{"video": video.id, "category": "other", **wrong})
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert Report.objects.count() == 0


def test_the_queue_shows_moderators_who_and_what(api: APIClient, desk: APIClient, video: Video) -> None:
    send(api, REPORTS, video=video.id, category="likeness")
    (row,) = desk.get(QUEUE).json()["data"]
    assert (row["reporter"]["handle"], row["owner"]["handle"], row["prompt"]) == ("kim", "sam", "surfing at sunset")


@pytest.mark.parametrize("who", ["subject", "requester", "stranger"])
def test_the_queue_is_for_moderators_only(who: str, video: Video, request: pytest.FixtureRequest) -> None:
    client = factories.client(request.getfixturevalue(who))
    assert (client.get(QUEUE).status_code, client.get(QUEUE).json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("kind", ["takedown", "dismissal"])
def test_nobody_else_decides(kind: str, api: APIClient, video: Video) -> None:
    send(api, REPORTS, video=video.id, category="likeness")
    assert decide(api, video, kind).status_code == 403
    video.refresh_from_db()
    assert (Action.objects.count(), video.taken_down_at, Report.objects.get().state) == (0, None, "open")


def test_a_moderator_who_is_no_more_decides_nothing(desk: APIClient, moderator: Person, video: Video) -> None:
    Person.objects.filter(id=moderator.id).update(is_staff=False)
    assert decide(desk, video).status_code == 403
    assert Action.objects.count() == 0


@pytest.mark.parametrize("address", [REPORTS, QUEUE, STATEMENTS])
def test_without_a_session_it_is_401(address: str, db: None) -> None:
    assert APIClient().get(address).status_code == 401


@pytest.mark.parametrize(("kind", "state"), [("takedown", "upheld"), ("dismissal", "dismissed")])
def test_a_decision_answers_with_its_statement(
    kind: str, state: str, api: APIClient, desk: APIClient, video: Video
) -> None:
    send(api, REPORTS, video=video.id, category="likeness")
    response = decide(desk, video, kind, reasons="because")
    assert response.status_code == 201
    assert set(response.json()) == {"id", "video", "comment", "kind", "category", "reasons", "created_at"}
    assert (response.json()["kind"], response.json()["reasons"]) == (kind, "because")
    assert api.get(STATEMENTS).json()["data"] == [response.json()]
    assert api.get(REPORTS).json()["data"][0]["state"] == state


def test_a_second_take_down_is_409(desk: APIClient, video: Video) -> None:
    decide(desk, video)
    response = decide(desk, video)
    assert (response.status_code, response.json()["code"]) == (409, "taken_down_already")
    assert Action.objects.count() == 1


def test_a_dismissal_of_nothing_is_409(desk: APIClient, video: Video) -> None:
    response = decide(desk, video, "dismissal")
    assert (response.status_code, response.json()["code"]) == (409, "no_open_report")
    assert Action.objects.count() == 0


def test_a_decision_about_an_unknown_video_is_404(desk: APIClient) -> None:
    assert send(desk, ACTIONS, video=new_id(), kind="takedown", category="other", reasons="no").status_code == 404


@pytest.mark.parametrize("wrong", [{"reasons": ""}, {"reasons": " "}, {"category": "taste"}, {"kind": "reinstatement"}])
def test_a_wrong_decision_is_422_and_does_nothing(wrong: dict[str, str], desk: APIClient, video: Video) -> None:
    body = {"video": video.id, "kind": "takedown", "category": "likeness", "reasons": "no", **wrong}
    response = send(desk, ACTIONS, **body)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, f"/{next(iter(wrong))}")
    video.refresh_from_db()
    assert (Action.objects.count(), video.taken_down_at) == (0, None)


def test_statements_are_paged(desk: APIClient, requester: Person, subject: Person, video: Video) -> None:
    decide(desk, video)
    decide(desk, factories.video(requester, subject))
    owner = factories.client(requester)
    first = owner.get(STATEMENTS, {"limit": 1}).json()
    rest = owner.get(STATEMENTS, {"limit": 1, "cursor": first["next_cursor"]}).json()
    assert (len(first["data"]), len(rest["data"]), rest["next_cursor"]) == (1, 1, None)
    assert first["data"] != rest["data"]
