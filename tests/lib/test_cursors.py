"""Cursors: what we made comes back as it was, and anything else is refused or harmless."""

import base64
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from socialvideo.lib import cursors
from socialvideo.lib.errors import Problem


def request(query: str) -> Request:
    """A request for a list."""
    return Request(APIRequestFactory().get(f"/api/v1/asks?{query}"))


@settings(max_examples=60)
@given(st.uuids())
def test_a_cursor_of_ours_comes_back_as_the_id_it_was(last: UUID) -> None:
    assert cursors.decode(cursors.encode(last)) == last


@settings(max_examples=150)
@given(
    st.one_of(
        st.text(), st.text("YzEABCabc012-_="), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())
    )
)
def test_any_text_is_an_id_or_the_problem_of_a_wrong_cursor(text: str) -> None:
    try:
        assert isinstance(cursors.decode(text), UUID)
    except Problem as problem:
        assert (problem.status_code, problem.code) == (400, "invalid_cursor")


def test_a_cursor_is_made_of_characters_that_an_address_takes() -> None:
    assert cursors.encode(UUID(int=2**128 - 1)).replace("_", "a").replace("-", "a").isalnum()


@pytest.mark.parametrize("query", ["", "cursor=", "limit=20"])
def test_without_a_cursor_the_window_begins_at_the_newest_with_twenty_rows(query: str) -> None:
    assert cursors.window(request(query)) == (None, 20)


@pytest.mark.parametrize("limit", [1, 100])
def test_the_least_and_the_most_rows_are_one_and_a_hundred(limit: int) -> None:
    assert cursors.window(request(f"limit={limit}")) == (None, limit)


@settings(max_examples=100)
@given(st.one_of(st.integers().map(str), st.text(max_size=8), st.from_regex(r"\A\d{1,5000}\Z")))
def test_any_limit_is_from_1_to_100_or_a_problem(limit: str) -> None:
    sent = Request(APIRequestFactory().get("/", {"limit": limit.encode("utf-8", "replace")}))
    try:
        assert 1 <= cursors.window(sent)[1] <= 100
    except Problem as problem:
        assert (problem.status_code, problem.code) == (400, "invalid_limit")


def test_the_link_keeps_the_rest_of_the_query() -> None:
    rows = [type("Row", (), {"id": UUID(int=n)})() for n in (3, 2, 1)]
    response = cursors.page(request("role=received&limit=2&cursor=old"), rows, 2, lambda row: row.id.int)
    following = cursors.encode(UUID(int=2))
    assert response.data == {"data": [3, 2], "next_cursor": following}
    address = f"http://testserver/api/v1/asks?role=received&limit=2&cursor={following}"
    assert response["Link"] == f'<{address}>; rel="next"'


def test_a_last_page_has_neither_cursor_nor_link() -> None:
    rows = [type("Row", (), {"id": UUID(int=n)})() for n in (2, 1)]
    response = cursors.page(request("limit=2"), rows, 2, lambda row: row.id.int)
    assert response.data == {"data": [2, 1], "next_cursor": None}
    assert "Link" not in response
