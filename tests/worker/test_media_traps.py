"""Every file that is not an honest film ends in its own refusal, and no other file is opened for it."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.worker import clips, traps
from worker.media.inspecting import inspect
from worker.media.rendering import render
from worker.media.rules import MediaRules, Rejected, rungs

TRAPS = traps.corpus()


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody else's film, beside which the traps lie."""
    return clips.film(tmp_path_factory.mktemp("traps") / "stored.mp4", seconds=1, tone=0.1)


@pytest.mark.parametrize("name", TRAPS)
def test_each_trap_ends_in_its_own_code(stored: Path, name: str) -> None:
    code, trap = TRAPS[name]
    with pytest.raises(Rejected) as rejected:
        inspect(trap(stored.parent, stored))
    assert rejected.value.code == code
    assert rejected.value.detail.endswith(".")


@pytest.mark.parametrize(
    ("codec", "form", "sound"),
    [("libx264", "mov", "aac"), ("libx265", "mp4", "aac"), ("libvpx-vp9", "webm", "libopus"), ("mpeg4", "mp4", "mp3")],
)
def test_an_honest_film_of_another_form_is_taken(tmp_path: Path, codec: str, form: str, sound: str) -> None:
    source = clips.film(tmp_path / "film", codec=codec, form=form, sound=sound, tone=0.1, size=(128, 96), seconds=0.5)
    facts = inspect(source)
    made = render(source, tmp_path, rungs(facts), facts=facts)
    assert (facts.width, facts.height, facts.has_audio, made[0].frames) == (128, 96, True, 15)


def test_a_film_over_the_bytes_is_refused_unread(stored: Path) -> None:
    with pytest.raises(Rejected) as rejected:
        inspect(stored, rules=MediaRules(max_bytes=1000))
    assert rejected.value.code == "too_large_bytes"


def test_attachments_and_links_to_other_films_are_left_behind(tmp_path: Path, stored: Path) -> None:
    data = clips.film(tmp_path / "a.mkv", form="matroska", size=(128, 96), seconds=0.5).read_bytes()
    # NextFilename (3E83BB) in place of the end of the padding that the muxer leaves: Matroska's "goes on in that file".
    (tmp_path / "b.mkv").write_bytes(linked(data))
    facts = inspect(tmp_path / "b.mkv")
    made = render(tmp_path / "b.mkv", tmp_path, rungs(facts), facts=facts)
    assert made[0].frames == 15
    assert b"stored.mp4" not in made[0].hls.read_bytes()


def linked(data: bytes) -> bytes:
    """Write the name of another film into the first padding (EBML Void, EC) of a Matroska file."""
    name = b"stored.mp4"
    at = data.index(b"\xec")
    link = b"\x3e\x83\xbb" + bytes([0x80 | len(name)]) + name
    return data[:at] + link + data[at + len(link) :]


def test_flipped_bytes_are_refused_or_borne_and_nothing_else(tmp_path: Path) -> None:
    data = clips.film(tmp_path / "a.mp4", size=(128, 96), seconds=0.5, tone=0.1).read_bytes()
    dice = np.random.default_rng(7)
    ends = set()
    for _ in range(20 if os.environ.get("PROOFS") == "full" else 2):
        flipped = bytearray(data)
        for at in dice.integers(8, len(data), 12):
            flipped[at] ^= 1 << int(dice.integers(8))
        (tmp_path / "b.mp4").write_bytes(flipped)
        try:
            facts = inspect(tmp_path / "b.mp4")
            ends.add(render(tmp_path / "b.mp4", tmp_path, rungs(facts), facts=facts)[0].width)
        except Rejected as rejected:
            ends.add(rejected.code)
    assert ends
