"""Bodies on the wire: what is parsed, what is refused before it is read, and what is written."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.test import APIRequestFactory

from socialvideo.lib import wire
from socialvideo.lib.errors import Problem
from socialvideo.lib.wire import JSONParser, JSONRenderer, StrictSerializer


class Everything(StrictSerializer):
    """One field of each kind that our bodies have."""

    text = serializers.CharField(required=False)
    choice = serializers.ChoiceField(choices=["a", "b"], required=False)
    some = serializers.MultipleChoiceField(choices=["a", "b"], required=False)
    many = serializers.ListField(child=serializers.CharField(), required=False)
    number = serializers.IntegerField(required=False)
    yes = serializers.BooleanField(required=False)
    id = serializers.UUIDField(required=False)
    at = serializers.DateTimeField(required=False)


RIGHT: dict[str, Any] = {
    "text": "x",
    "choice": "a",
    "some": ["a", "b"],
    "many": ["x", "y"],
    "number": 5,
    "yes": True,
    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "at": "2026-03-01T12:00:00Z",
}


def parsed(content: bytes, **meta: str) -> Any:
    """What the parser makes of a body."""
    request = APIRequestFactory().post("/", content, content_type="application/json")
    request.META.update(meta)
    return JSONParser().parse(BytesIO(content), parser_context={"request": request})


def faults(sent: Any) -> dict[str, str]:
    """The code of each field that is wrong."""
    with pytest.raises(ValidationError) as wrong:
        Everything(data=sent).is_valid(raise_exception=True)
    assert isinstance(wrong.value.detail, dict)
    return {name: _code(inner) for name, inner in wrong.value.detail.items()}


def _code(inner: Any) -> str:
    return str(getattr(inner, "code", None) or _code(next(iter(inner.values() if isinstance(inner, dict) else inner))))


def test_a_body_of_every_kind_of_value_is_taken_as_it_is() -> None:
    form = Everything(data=RIGHT)
    assert form.is_valid()
    assert sorted(form.validated_data["some"]) == ["a", "b"]
    assert form.validated_data["id"] == UUID(RIGHT["id"])
    assert form.validated_data["at"] == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("value", [5, "x", True, 1.5, ["x"], {"a": 1}], ids=str)
def test_nothing_is_turned_into_another_type_in_silence(name: str, value: Any) -> None:
    if type(value) is not type(RIGHT[name]):
        assert faults({name: value}) == {name: "wrong_type"}


@pytest.mark.parametrize("name", RIGHT)
def test_null_is_no_value(name: str) -> None:
    assert faults({name: None}) == {name: "null"}


@pytest.mark.parametrize("name", ["some", "many"])
def test_a_wrong_item_of_a_list_is_named_by_its_place(name: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        Everything(data={name: ["a", 5, ["a"]]}).is_valid(raise_exception=True)
    assert isinstance(wrong.value.detail, dict)
    assert set(wrong.value.detail[name]) == {1, 2}


def test_unknown_fields_and_wrong_types_are_told_at_once() -> None:
    assert faults({"text": 5, "colour": "red", "number": 5}) == {"text": "wrong_type", "colour": "unknown_field"}


@pytest.mark.parametrize("sent", [[], "x", 5, None, True])
def test_what_is_no_mapping_is_refused(sent: Any) -> None:
    assert set(faults(sent)) == {"non_field_errors"}


def test_a_body_up_to_the_limit_is_read_and_one_byte_more_is_not(settings: Any) -> None:
    settings.MAX_JSON_BYTES = 20
    assert parsed(b'"' + b"x" * 18 + b'"') == "x" * 18
    for meta in ({}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "1"}, {"CONTENT_LENGTH": "x"}):
        with pytest.raises(Problem) as refused:
            parsed(b'"' + b"x" * 19 + b'"', **meta)
        assert (refused.value.status_code, refused.value.code) == (413, "body_too_large")


def test_of_a_body_that_lies_about_its_length_no_more_than_the_limit_is_read(settings: Any) -> None:
    settings.MAX_JSON_BYTES = 20
    stream, request = BytesIO(b"x" * 1000), APIRequestFactory().post("/")
    with pytest.raises(Problem):
        JSONParser().parse(stream, parser_context={"request": request})
    assert stream.tell() == 21


@pytest.mark.parametrize("content", [b"", b"{", b"NaN", b'"\\ud800"', b"\xff", b"1 2", b"[" * 2000])
def test_what_is_no_json_is_a_parse_error(content: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(content)


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("x", 0), ("-5", 0), ("٣", 0), ("17", 17), ("9" * 30, 10**18 - 1)]
)
def test_a_declared_length_is_a_number_or_none(text: str, length: int) -> None:
    request = APIRequestFactory().get("/")
    request.META["CONTENT_LENGTH"] = text
    assert wire.declared_length(request) == length


def test_a_body_of_undeclared_length_never_reaches_a_view() -> None:
    respond = wire.length_required(lambda _: HttpResponse("view"))
    chunked = respond(APIRequestFactory().generic("POST", "/", b"", headers={"Transfer-Encoding": "chunked"}))
    assert (chunked.status_code, orjson.loads(chunked.content)["code"]) == (411, "length_required")
    assert respond(APIRequestFactory().get("/")).content == b"view"
    assert respond(APIRequestFactory().post("/", b"x", content_type="text/plain")).content == b"view"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, b""),
        ({"a": datetime(2026, 3, 1, 12, tzinfo=UTC)}, b'{"a":"2026-03-01T12:00:00Z"}'),
        ({"a": UUID(int=1)}, b'{"a":"00000000-0000-0000-0000-000000000001"}'),
        (["ü", "\u2028"], '["ü","\u2028"]'.encode()),
        ({"a": serializers.ErrorDetail("x", "y")}, b'{"a":"x"}'),
        ({"a": {"b"}}, b'{"a":"{\'b\'}"}'),
    ],
    ids=str,
)
def test_json_is_written_in_utf_8_with_the_forms_of_the_rfcs(value: Any, written: bytes) -> None:
    assert JSONRenderer().render(value) == written
