"""Subtitles: what is kept, what is left out, what is refused, and that what comes out is taken again unchanged."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.media.rules import Rejected
from worker.media.subtitles import MAX_BYTES, normalised

PLAIN = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello\n"


def of(text: str) -> str:
    return normalised(text.encode())


def code(data: bytes, **wishes: int) -> str:
    """The code in which these bytes are refused."""
    with pytest.raises(Rejected) as rejected:
        normalised(data, **wishes)
    return rejected.value.code


def test_plain_subtitles_stay_as_they_are() -> None:
    assert of(PLAIN) == PLAIN


def test_marks_and_line_ends_of_other_systems_are_taken() -> None:
    assert normalised(b"\xef\xbb\xbf" + PLAIN.replace("\n", "\r\n").encode()) == PLAIN
    assert of(PLAIN.replace("\n", "\r")) == PLAIN


def test_srt_becomes_webvtt() -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,500\nHello\n\n2\n00:01:00,000 --> 00:01:01,000\nagain & again\n"
    assert of(srt) == PLAIN + "\n00:01:00.000 --> 00:01:01.000\nagain &amp; again\n"


def test_cues_are_put_in_order() -> None:
    late, early = "00:05.000 --> 00:06.000\nlate", "00:01.000 --> 00:02.000\nearly"
    assert of(f"WEBVTT\n\n{late}\n\n{early}\n").index("early") < of(f"WEBVTT\n\n{late}\n\n{early}\n").index("late")


def test_styles_regions_notes_and_names_are_left_out() -> None:
    text = (
        "WEBVTT - a title\nKind: x\n\nNOTE secret\n\nSTYLE\n::cue { background: url(http://x) }\n\n"
        "REGION\nid:fred\n\nname\n00:01.000 --> 00:02.500 align:start region:fred onload:x\nHello\n"
    )
    assert of(text) == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500 align:start\nHello\n"


def test_the_tags_of_the_standard_stay() -> None:
    text = PLAIN.replace("Hello", "<v Ann><i.loud>Hi</i> <00:00:01.500><b>you</b> <ruby>a<rt>b</rt></ruby></v> &lt;3")
    assert of(text) == text


@pytest.mark.parametrize(
    "line",
    ["<script>alert(1)</script>", "<img src=x>", "<b onclick=<x>>", "a < b", "<i", "<!-- x -->", "<a href='x'>y</a>"],
)
def test_other_markup_is_refused(line: str) -> None:
    assert code(PLAIN.replace("Hello", line).encode()) == "subtitles_markup"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "subtitles_malformed"),
        (b"WEBVTT\n", "subtitles_empty"),
        (b"WEBVTTX\n\n00:01.000 --> 00:02.000\na\n", "subtitles_malformed"),
        (b"<html></html>", "subtitles_malformed"),
        (b"WEBVTT\n\n00:61.000 --> 00:62.000\na\n", "subtitles_malformed"),
        (b"WEBVTT\n\n1:2 --> 3:4\na\n", "subtitles_malformed"),
        (b"WEBVTT\n\nno times\nat all\n", "subtitles_malformed"),
        (b"WEBVTT\n\n00:02.000 --> 00:01.000\na\n", "subtitles_times"),
        (b"WEBVTT\n\n999:00:00.000 --> 999:00:01.000\na\n", "subtitles_times"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xff\xfe\n", "subtitles_encoding"),
        (PLAIN.encode("utf-16"), "subtitles_encoding"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\u202eb\n".encode(), "subtitles_encoding"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\na\0b\n", "subtitles_encoding"),
        (b"WEBVTT" + bytes(MAX_BYTES), "subtitles_too_large"),
        (b"WEBVTT\n\n" + b"00:01.000 --> 00:02.000\na\n\n" * 5001, "subtitles_too_large"),
    ],
)
def test_what_is_no_subtitles_is_refused_with_its_code(data: bytes, expected: str) -> None:
    assert code(data) == expected


def test_a_subtitle_after_the_end_of_the_film_is_refused() -> None:
    assert code(PLAIN.encode(), duration_ms=500) == "subtitles_times"
    assert normalised(PLAIN.encode(), duration_ms=1000) == PLAIN


@settings(max_examples=500 if os.environ.get("PROOFS") == "full" else 50)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: (PLAIN + "\n" + text).encode()))
def test_anything_is_refused_or_comes_out_fit_to_be_taken_again(data: bytes) -> None:
    try:
        once = normalised(data)
    except Rejected:
        return
    assert normalised(once.encode()) == once
