"""How views describe themselves."""

from typing import Any

import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers
from rest_framework.views import APIView

from socialvideo.lib.schema import described, operation_id, page_of


class ThingShape(serializers.Serializer):  # type: ignore[type-arg]
    """A thing."""

    id = serializers.UUIDField()


class View(APIView):
    """Things."""

    @described(takes=ThingShape, gives=ThingShape, status=201, creates=True, problems=(404,), summary="Make a thing")
    def post(self) -> None:
        pass

    @described(gives=page_of(ThingShape), listed=True, summary="List things")
    def get(self) -> None:
        pass


def described_as(method: str) -> dict[str, Any]:
    """What the description of the API says of an operation."""
    generator = SchemaGenerator(patterns=[path("things", View.as_view())])
    told: dict[str, Any] = generator.get_schema(request=None, public=True)["paths"]["/things"][method]
    return told


@pytest.mark.parametrize(
    ("summary", "name"),
    [
        ("Sign up", "sign_up"),
        ("Read a profile", "read_profile"),
        ("List the following feed", "list_following_feed"),
        ("Ask for an answer", "ask_for_answer"),
    ],
)
def test_an_operation_is_named_by_its_summary_without_articles(summary: str, name: str) -> None:
    assert operation_id(summary) == name


def test_what_follows_from_taking_creating_and_listing_is_added() -> None:
    making, listing = described_as("post"), described_as("get")
    assert " ".join(sorted(making["responses"])) == "201 400 401 404 406 409 411 413 415 422 429"
    assert " ".join(sorted(listing["responses"])) == "200 400 401 406 429"
    assert [parameter["name"] for parameter in making["parameters"]] == ["Idempotency-Key"]
    assert [parameter["name"] for parameter in listing["parameters"]] == ["cursor", "limit"]
    assert (making["operationId"], listing["operationId"]) == ("make_thing", "list_things")
    assert "Link" in listing["responses"]["200"]["headers"]


def test_a_page_of_a_shape_is_one_component() -> None:
    assert page_of(ThingShape) is page_of(ThingShape)
    assert type(page_of(ThingShape)).__name__ == "ThingPage"
