"""The ticket: read as it was signed, refused when anything of it is not ours, and telling its bearer nothing."""

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core import signing
from pytest_django import Settings

from feed.tickets import MOST_KEYS, Basis, Ticket
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id

BASIS = Basis("videos/f.mp4", "videos/f.jpg", "ab12", ("grant:1", "session:2"), 1e9 + 0.25, 1e9 + 0.125)
TICKET = Ticket(new_id(), new_id(), new_id(), basis=BASIS)


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        act()
    return refused.value.status_code, refused.value.code


def test_a_ticket_is_read_as_it_was_signed() -> None:
    given = Ticket.read(TICKET.signed(), TICKET.video_id)
    assert (given, given.basis) == (TICKET, BASIS)


def test_a_ticket_altered_anywhere_is_refused() -> None:
    text = TICKET.signed()
    for place in range(len(text)):
        altered = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert refusal(lambda altered=altered: Ticket.read(altered, TICKET.video_id)) == (  # type: ignore[misc]
            403,
            "ticket_invalid",
        )


@pytest.mark.parametrize("text", ["", "x", "a:b:c", "é:ü", signing.dumps(["x"] * 3, salt="another")])
def test_what_is_no_ticket_is_refused(text: str) -> None:
    assert refusal(lambda: Ticket.read(text, TICKET.video_id)) == (403, "ticket_invalid")


def test_a_ticket_for_another_video_is_refused() -> None:
    assert refusal(lambda: Ticket.read(TICKET.signed(), new_id())) == (403, "ticket_invalid")


def test_a_ticket_past_its_time_is_refused(settings: Settings) -> None:
    text = TICKET.signed()
    settings.PLAYBACK_SECONDS = -1
    assert refusal(lambda: Ticket.read(text, TICKET.video_id)) == (403, "ticket_invalid")


def test_a_ticket_signed_with_another_key_is_refused(settings: Settings) -> None:
    text = TICKET.signed()
    settings.SECRET_KEY = "another"
    assert refusal(lambda: Ticket.read(text, TICKET.video_id)) == (403, "ticket_invalid")


def test_its_bearer_does_not_learn_whose_grants_it_names() -> None:
    raw = base64.urlsafe_b64decode(TICKET.signed())
    assert b"grant" not in raw
    assert BASIS.file.encode() not in raw


def test_what_rests_on_too_much_for_an_address_goes_without_it() -> None:
    for count, carried in ((MOST_KEYS, True), (MOST_KEYS + 1, False)):
        long = replace(TICKET, basis=replace(BASIS, keys=tuple(f"grant:{new_id()}" for _ in range(count))))
        assert (Ticket.read(long.signed(), TICKET.video_id).basis is not None) is carried
        assert len(long.signed()) < 1900
