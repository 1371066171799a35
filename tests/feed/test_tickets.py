"""The ticket: read as it was signed, refused when anything of it is not ours, and telling its bearer nothing."""

import base64
import time
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from django.core import signing
from pytest_django import Settings

from feed.renditions import FILM, MASTER, POSTER, Stored
from feed.tickets import MOST_KEYS, Basis, Ticket, Viewing
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id

BASIS = Basis(("grant:1", "session:2"), 1e9 + 0.25, 1e9 + 0.125)
STORED = Stored("videos/f.mp4", 12, "ab12-mp4")
# Opened an hour from now, for the whole run may begin minutes before these tests do.
LATER = int(time.time()) + 3600
VIEWING = Viewing(new_id(), new_id(), new_id(), opened_at=LATER, seconds=15, basis=BASIS)
TEXT = VIEWING.ticket(FILM, STORED)


def read(text: str, video_id: UUID = VIEWING.video_id, part: str = FILM) -> Ticket:
    return Ticket.read(text, video_id, part)


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        act()
    return refused.value.status_code, refused.value.code


def test_a_ticket_is_read_as_it_was_signed() -> None:
    given = read(TEXT)
    assert given == Ticket(VIEWING, FILM, STORED)
    assert (given.viewing.basis, given.viewing.seconds, given.viewing.ends_at) == (BASIS, 15, VIEWING.ends_at)


def test_a_ticket_altered_anywhere_is_refused() -> None:
    for place in range(len(TEXT)):
        altered = TEXT[:place] + ("A" if TEXT[place] != "A" else "B") + TEXT[place + 1 :]
        assert refusal(lambda altered=altered: read(altered)) == (403, "ticket_invalid")  # type: ignore[misc]


@pytest.mark.parametrize("text", ["", "x", "a:b:c", "é:ü", signing.dumps(["x"] * 3, salt="another")])
def test_what_is_no_ticket_is_refused(text: str) -> None:
    assert refusal(lambda: read(text)) == (403, "ticket_invalid")


def test_a_ticket_for_another_video_is_refused() -> None:
    assert refusal(lambda: read(TEXT, new_id())) == (403, "ticket_invalid")


@pytest.mark.parametrize("part", [POSTER, MASTER, "/720.mp4", "/hls/720.mp4", "/hls/270.m3u8"])
def test_a_ticket_for_one_part_opens_no_other(part: str) -> None:
    assert refusal(lambda: read(TEXT, part=part)) == (403, "ticket_invalid")
    other = VIEWING.ticket(part, STORED)
    assert read(other, part=part).part == part
    assert refusal(lambda: read(other)) == (403, "ticket_invalid")


def test_all_tickets_of_a_viewing_end_at_once_when_the_film_could_have_been_played(settings: Settings) -> None:
    long_ago = replace(VIEWING, opened_at=int(time.time()) - settings.PLAYBACK_SECONDS - 14)
    later = read(long_ago.ticket(FILM)).viewing
    assert later.opened_at == long_ago.opened_at
    ended = replace(VIEWING, opened_at=long_ago.opened_at - 3)
    assert refusal(lambda: read(ended.ticket(FILM))) == (403, "ticket_invalid")


def test_a_ticket_signed_with_another_key_is_refused(settings: Settings) -> None:
    settings.SECRET_KEY = "another"
    assert refusal(lambda: read(TEXT)) == (403, "ticket_invalid")


def test_its_bearer_does_not_learn_whose_grants_it_names() -> None:
    raw = base64.urlsafe_b64decode(TEXT)
    assert b"grant" not in raw
    assert STORED.name.encode() not in raw


def test_what_rests_on_too_much_for_an_address_goes_without_it() -> None:
    for count, carried in ((MOST_KEYS, True), (MOST_KEYS + 1, False)):
        long = replace(VIEWING, basis=replace(BASIS, keys=tuple(f"grant:{new_id()}" for _ in range(count))))
        text = long.ticket(FILM, STORED)
        assert (read(text).viewing.basis is not None) is carried
        assert len(text) < 1300
