"""The description of the API: as committed, valid OpenAPI 3.1, and true of every route."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from rest_framework.permissions import AllowAny
from rest_framework.test import APIClient

from socialvideo.lib import openapi
from socialvideo.lib.management.commands.openapi import written
from socialvideo.lib.schema import operation_id
from tests.contract import refusals
from tests.contract.routes import Route, described_routes, description, operation, routes
from tests.contract.table import ASKING, PUBLIC

ROUTES = described_routes()
COMMITTED = description()
OPERATIONS = [operation(route) for route in ROUTES]


def test_the_committed_description_is_that_of_the_views() -> None:
    call_command("openapi", "--check")


def test_a_drift_is_told_with_exit_status_1(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(openapi.FILE.read_text().replace("sign_up", "sign_off"))
    with pytest.raises(CommandError, match=r"Run: manage\.py openapi") as drift:
        call_command("openapi", "--check", "--file", file)
    assert drift.value.returncode == 1
    assert "sign_off" in file.read_text()


def test_the_command_writes_what_is_committed(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    call_command("openapi", "--file", file)
    assert file.read_bytes() == openapi.FILE.read_bytes()


def test_the_views_describe_themselves_without_a_warning() -> None:
    assert written()
    assert not GENERATOR_STATS


def test_it_is_valid_openapi_3_1() -> None:
    assert re.fullmatch(r"3\.1\.\d", COMMITTED["openapi"])
    validate_schema(COMMITTED)


def test_every_reference_leads_to_a_component() -> None:
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(COMMITTED)))
    assert references == set(COMMITTED["components"]["schemas"])


def test_every_route_is_described_and_nothing_else() -> None:
    described = {f"{method.upper()} {path}" for path, methods in COMMITTED["paths"].items() for method in methods}
    assert described == {f"{route.method} /api/v1{route.address}" for route in ROUTES}


def test_the_two_addresses_that_describe_are_the_only_ones_left_out() -> None:
    assert {str(route) for route in routes()} - {str(route) for route in ROUTES} == {"GET /schema", "GET /docs"}


def test_every_operation_has_a_name_of_its_own_made_of_its_summary() -> None:
    names = [told["operationId"] for told in OPERATIONS]
    assert len(set(names)) == len(names)
    assert names == [operation_id(told["summary"]) for told in OPERATIONS]
    assert {"sign_up", "log_in", "give_grant", "withdraw", "request_video", "open_video"} <= set(names)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_operation_says_what_it_is_for_and_whom_it_is_for(route: Route) -> None:
    told, view = operation(route), route.view()
    view.request = type("Request", (), {"method": route.method})()
    public = any(isinstance(permission, AllowAny) for permission in view.get_permissions())
    reads = [{"session": []}] if view.get_authenticators() else []
    assert told["summary"]
    assert told["description"]
    assert told["security"] == reads + ([{}] if public else [])
    assert public == (str(route) in PUBLIC)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_operation_names_its_refusals_as_problem_documents(route: Route) -> None:
    answers = operation(route)["responses"]
    refusals = {status: answer for status, answer in answers.items() if status >= "400"}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert all(answer["content"] == problem for answer in refusals.values())
    wanted = {"406", "429"} | ({"401"} if route.view().authentication_classes else set())
    wanted |= {"404"} if set(route.parameters) else set()
    wanted |= {"400", "411", "413", "415", "422"} if "requestBody" in operation(route) else set()
    wanted |= {"403"} if "/moderation/" in route.address else set()
    assert wanted - {"401"} <= set(refusals)
    assert ("401" in refusals) == ("401" in wanted) or route.address.startswith("/sessions")


# Leaving is not over when it is answered; after a part there is nothing to show.
OTHERWISE = {"DELETE /me": "202", "PATCH /uploads/{upload_id}": "204"}


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_operation_gives_one_success(route: Route) -> None:
    answers = operation(route)["responses"]
    (success,) = (status for status in answers if status < "300")
    assert ("content" in answers[success]) == (success != "204")
    made, put = "200" if str(route) in ASKING else "201 202", "200 201 202 204"
    usual = {"GET": "200", "POST": made, "PUT": put, "PATCH": "200", "DELETE": "204"}[route.method]
    assert success in OTHERWISE.get(str(route), usual)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_name_in_an_address_is_a_parameter(route: Route) -> None:
    parameters = operation(route).get("parameters", [])
    assert [p["name"] for p in parameters if p["in"] == "path"] == sorted(route.parameters)
    assert all(p["required"] for p in parameters if p["in"] == "path")


def test_the_addresses_of_the_stream_server_are_described_in_words() -> None:
    told = COMMITTED["paths"]["/api/v1/videos/{video_id}/playback"]["get"]["description"]
    assert all(word in told for word in ("ticket", "expires_in", "Range", "410", "private, no-store"))
    assert "open_video" in COMMITTED["info"]["description"]


# What is sent to us and never back.
TAKEN_ALONE = {"SignUp", "LogIn", "PasswordChange", "PasswordReset", "Confirmation", "MailToken", "EmailChange"}
TAKEN_ALONE |= {"DepartureToken"}


def test_no_secret_is_part_of_a_reply() -> None:
    replies = {
        name: schema["properties"]
        for name, schema in COMMITTED["components"]["schemas"].items()
        if "properties" in schema and name not in TAKEN_ALONE
    }
    shown = {(name, member) for name, members in replies.items() for member in members}
    assert {
        pair for pair in shown if pair[1] in ("password", "key", "token", "token_digest", "file", "photo_digest")
    } == {("NewSession", "token"), ("Left", "token")}
    assert {name for name, member in shown if member == "email"} == {"Me"}


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["*/*", "application/json", openapi.MEDIA_TYPE])
def test_the_description_is_served_to_anybody_as_it_is_committed(accept: str) -> None:
    response = APIClient().get("/api/v1/schema", headers={"Accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, openapi.MEDIA_TYPE)
    assert response.content == openapi.FILE.read_bytes()


@pytest.mark.django_db
def test_a_description_that_was_not_shipped_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    openapi.committed.cache_clear()
    monkeypatch.setattr(openapi, "FILE", tmp_path / "openapi.json")
    assert refusals.said(APIClient().get("/api/v1/schema")) == (404, "not_found")


@pytest.mark.django_db
def test_the_page_that_shows_it_loads_nothing_from_another_host() -> None:
    response = APIClient().get("/api/v1/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", page) == []
    loaded = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
    assert len(loaded) >= 3
    assert [name for name in loaded if finders.find(name) is None] == []
