"""The Range header, by the words of RFC 9110 §14.1.2 and §14.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.ranges import Span, Unsatisfiable, parse

SIZE = 10_000


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-499", 0, 500),
        ("bytes=500-999", 500, 1000),
        ("bytes=-500", 9500, 10_000),
        ("bytes=9500-", 9500, 10_000),
        ("bytes=0-0", 0, 1),
        ("bytes=-1", 9999, 10_000),
        ("bytes=0-", 0, 10_000),
        ("bytes=9999-9999", 9999, 10_000),
        # A last position beyond the file means the rest of it; a suffix longer than the file means all of it.
        ("bytes=9999-20000", 9999, 10_000),
        ("bytes=0-9999999999999999999", 0, 10_000),
        ("bytes=-20000", 0, 10_000),
        ("bytes= 5-9 ", 5, 10),
    ],
)
def test_one_range_gives_its_span(header: str, start: int, stop: int) -> None:
    assert parse(header, SIZE) == Span(start, stop, SIZE)


@pytest.mark.parametrize("header", ["bytes=10000-", "bytes=10000-10001", "bytes=20000-", "bytes=-0"])
def test_a_range_outside_the_file_is_unsatisfiable(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse(header, SIZE)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_no_range_of_an_empty_file_can_be_satisfied(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse(header, 0)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=9-5",
        "bytes=a-b",
        "bytes=0x0-0x9",
        "bytes=-5-9",
        "bytes=+1-5",
        "bytes=1.0-2",
        "bytes=0-0,5-9",
        "bytes=0-0,",
        "seconds=0-5",
        "0-5",
        "bytes=0-5; q=1",
        "bytes=99999999999999999999-",
    ],
)
def test_what_is_no_single_byte_range_means_the_whole_file(header: str | None) -> None:
    assert parse(header, SIZE) is None


def test_a_span_says_its_length_and_its_content_range() -> None:
    span = Span(500, 1000, SIZE)
    assert (span.length, span.content_range) == (500, "bytes 500-999/10000")


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 50))
def test_a_span_is_never_empty_and_lies_within_the_file(first: int, last: int, size: int) -> None:
    try:
        span = parse(f"bytes={first}-{last}", size)
    except Unsatisfiable:
        assert first >= size
    else:
        whole = range(size)[first : last + 1]
        assert (span is None) is (last < first)
        assert span is None or (span.start, span.stop) == (whole.start, whole.stop)


@given(st.text("bytes=0123456789-, \t+.x²", max_size=30), st.integers(0, 50))
def test_no_header_breaks_it(header: str, size: int) -> None:
    try:
        span = parse(header, size)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span.start < span.stop <= size
