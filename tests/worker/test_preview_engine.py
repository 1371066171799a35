"""The preview engine: honest, repeatable, interruptible, and the enrolled person is really in the picture."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from worker.encoding import encode, probe
from worker.engines.base import Engine, EngineFailed, Frame, Scene
from worker.engines.preview import PreviewEngine
from worker.engines.preview_cards import places
from worker.engines.preview_lettering import AMBER, caption, lettering, readable
from worker.engines.preview_scenes import MOTIFS, PALETTES, WORDS, Backdrop, choose

COLLINS = Path(__file__).resolve().parents[2] / "demo" / "portraits" / "collins.png"
GREEN, MAGENTA, CYAN = (20, 200, 40), (210, 30, 190), (20, 190, 210)


class Withdrawn(Exception):
    """Stands for what the pipeline raises when a permission is gone."""


def silent(done: int, total: int) -> None:
    """Let everything pass."""


def scene(prompt: str = "surfing at sunset", *colours: tuple[int, int, int], **wish: object) -> Scene:
    """A small scene with one plain portrait a colour."""
    portraits = tuple(Image.new("RGB", (90, 110), colour) for colour in colours or (GREEN,))
    small = Scene(prompt, 7, portraits, width=180, height=320, fps=8, seconds=0.5)
    return replace(small, **wish)  # type: ignore[arg-type]


def frames_of(wish: Scene, on_step: Callable[[int, int], None] = silent) -> list[Frame]:
    return list(PreviewEngine().render(wish, on_step).frames)


def share_of(frame: Frame, colour: tuple[int, int, int], reach: int = 30) -> float:
    """Return the share of the frame's pixels within ``reach`` of a colour."""
    return float((np.abs(frame.astype(int) - colour).max(axis=-1) <= reach).mean())


def test_it_is_an_engine_that_calls_itself_a_preview() -> None:
    engine: Engine = PreviewEngine()
    assert (engine.name, engine.is_preview) == ("preview", True)


def test_a_clip_has_the_wished_size_length_and_kind_of_frames() -> None:
    clip = PreviewEngine().render(scene(), silent)
    frames = list(clip.frames)
    assert (clip.width, clip.height, clip.fps, len(frames)) == (180, 320, 8, 4)
    assert {(frame.shape, frame.dtype.name) for frame in frames} == {((320, 180, 3), "uint8")}


def test_equal_scenes_give_equal_frames() -> None:
    assert all(np.array_equal(a, b) for a, b in zip(frames_of(scene()), frames_of(scene()), strict=True))


@pytest.mark.parametrize("other", [scene("a walk in the forest"), scene(seed=8), scene("surfing at sunset", MAGENTA)])
def test_another_prompt_seed_or_portrait_gives_other_frames(other: Scene) -> None:
    assert not np.array_equal(frames_of(scene())[0], frames_of(other)[0])


def test_the_picture_moves() -> None:
    first, second, *_ = frames_of(scene())
    assert (np.abs(first.astype(int) - second).max(axis=-1) > 8).mean() > 0.02


def test_the_last_frame_leads_back_to_the_first() -> None:
    frames = [frame.astype(int) for frame in frames_of(scene(fps=24, seconds=1.0))]
    steps = [np.abs(a - b).mean() for a, b in zip(frames, [*frames[1:], frames[0]], strict=True)]
    assert steps[-1] <= 1.5 * max(steps[:-1])


def test_each_step_is_announced_before_its_frame() -> None:
    heard: list[tuple[int, int]] = []
    frames = PreviewEngine().render(scene(), lambda done, total: heard.append((done, total))).frames
    assert heard == []
    for made, _ in enumerate(frames, start=1):
        assert heard == [(done, 4) for done in range(made)]


def test_a_withdrawal_stops_the_work_within_one_frame_and_leaves_no_file(tmp_path: Path) -> None:
    steps: list[int] = []

    def withdrawn_at_two(done: int, total: int) -> None:
        steps.append(done)
        if done == 2:
            raise Withdrawn

    with pytest.raises(Withdrawn):
        encode(PreviewEngine().render(scene(), withdrawn_at_two), tmp_path / "video.mp4")
    assert steps == [0, 1, 2]
    assert list(tmp_path.iterdir()) == []


def test_a_withdrawal_before_the_first_frame_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def withdrawn(done: int, total: int) -> None:
        raise Withdrawn

    monkeypatch.setattr("worker.engines.preview.Backdrop", None)
    with pytest.raises(Withdrawn):
        frames_of(scene(), withdrawn)


@pytest.mark.parametrize("motif", sorted(MOTIFS))
def test_the_preview_label_stands_in_every_frame(motif: str) -> None:
    said = min(WORDS[motif])
    sign = lettering(said, 180, 320)[0]
    solid = np.asarray(sign.mask) >= 250
    for frame in frames_of(scene(said)):
        corner = frame[: sign.mask.height]
        assert share_of(corner, AMBER) > 0.0005, "the amber dot"
        assert np.abs(corner[solid].astype(int) - np.asarray(sign.colour)[solid]).max() <= 6


def test_the_line_that_says_it_is_not_generated_stands_below() -> None:
    line = frames_of(scene())[0][287:296]
    assert share_of(line, (255, 255, 255), 90) > 0.05


@pytest.mark.parametrize("colours", [(GREEN,), (GREEN, MAGENTA), (GREEN, MAGENTA, CYAN)])
def test_every_portrait_is_clearly_visible(colours: tuple[tuple[int, int, int], ...]) -> None:
    for frame in frames_of(scene("snow", *colours)):
        for colour in colours:
            assert share_of(frame, colour, 45) > 0.045


def test_the_middle_of_the_card_shows_the_middle_of_the_portrait() -> None:
    portrait = Image.open(COLLINS).convert("RGB")
    frame = frames_of(scene(portraits=(portrait,)))[0]
    place = places(1, 180, 320)[0]
    x, y = round(place.x), round(place.y)
    suit = frame[y + 17 : y + 27, x - 47 : x - 42].mean(axis=(0, 1))
    assert np.abs(suit - (225, 85, 45)).max() < 40, "her orange suit"


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
def test_no_card_leaves_the_frame_or_reaches_the_caption(count: int) -> None:
    for place in places(count, 720, 1280):
        assert 20 < place.x - place.width / 2 < place.x + place.width / 2 < 700
        assert 100 < place.y - place.width * 0.61 < place.y + place.width * 0.61 < 930


@pytest.mark.parametrize("size", [(32, 32), (320, 180), (200, 200)])
def test_other_shapes_of_frame_are_filled_too(size: tuple[int, int]) -> None:
    frame = frames_of(scene(width=size[0], height=size[1]))[0]
    assert frame.shape == (size[1], size[0], 3)
    assert share_of(frame, GREEN, 45) > 0.02


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (scene(portraits=()), "no_portraits"),
        (scene(width=181), "bad_size"),
        (scene(height=30), "bad_size"),
        (scene(seconds=0.0), "no_frames"),
    ],
)
def test_a_wish_that_cannot_be_met_fails_at_once_with_a_stable_code(wish: Scene, code: str) -> None:
    with pytest.raises(EngineFailed) as failed:
        PreviewEngine().render(wish, silent)
    assert failed.value.code == code


@pytest.mark.parametrize(
    ("prompt", "motif"),
    [
        ("Surfing a huge wave", "sea"),
        ("Tokyo at midnight", "city"),
        ("under the aurora", "night"),
        ("dune by dune across the SAHARA", "desert"),
        ("an astronaut in orbit", "space"),
    ],
)
def test_plain_words_choose_the_motif(prompt: str, motif: str) -> None:
    assert choose(prompt, 1).motif == motif


def test_a_prompt_without_known_words_gets_a_motif_from_its_hash() -> None:
    assert {choose("quarterly report", seed).motif for seed in range(60)} == set(MOTIFS)


def test_words_for_the_time_of_day_choose_the_colours() -> None:
    assert choose("city at sunset", 1).palette is PALETTES["city"][0]
    assert choose("city in cold rain", 1).palette is PALETTES["city"][1]


@pytest.mark.parametrize("motif", sorted(MOTIFS))
def test_every_backdrop_is_rich_and_moves(motif: str) -> None:
    backdrop = Backdrop(min(WORDS[motif]), 3, 180, 320)
    first, later = (np.array(backdrop.small_at(phase), dtype=int) for phase in (0.1, 0.4))
    assert backdrop.motif == motif
    assert len(np.unique(first.reshape(-1, 3), axis=0)) > 500
    assert np.abs(first - later).max() > 20


def test_a_long_prompt_is_cut_to_four_lines_with_an_ellipsis() -> None:
    lines, font = caption("a very long wish " * 60, 1.0, 620)
    assert (len(lines), lines[-1][-1]) == (4, "…")
    assert max(font.getlength(line) for line in lines) <= 620


def test_a_word_wider_than_the_frame_is_broken() -> None:
    lines, font = caption("Donaudampfschifffahrtsgesellschaftskapitaensmuetze", 1.0, 620)
    assert "".join(lines) == "Donaudampfschifffahrtsgesellschaftskapitaensmuetze"
    assert max(font.getlength(line) for line in lines) <= 620


def test_no_last_word_stands_alone() -> None:
    lines, _ = caption("Three friends on a winter hike", 1.0, 624)
    assert [len(line.split()) for line in lines] == [2, 4]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("café — “très” joli 🌲", "cafe “tres” joli"), ("  two\n\nlines ", "two lines"), ("海辺を走る", ""), ("", "")],
)
def test_what_the_face_cannot_draw_is_replaced_or_left_out(text: str, shown: str) -> None:
    font = caption("x", 1.0, 600)[1]
    assert readable(text, font) == shown


def test_a_prompt_that_cannot_be_drawn_still_makes_a_clip() -> None:
    assert len(frames_of(scene("海辺を走る"))) == 4


@pytest.mark.proof
def test_a_full_size_preview_costs_at_most_twelve_cpu_seconds(tmp_path: Path) -> None:
    portrait = Image.open(COLLINS).convert("RGB")
    began = time.process_time()
    facts = encode(PreviewEngine().render(Scene("winter hike", 1, (portrait,) * 3), silent), tmp_path / "video.mp4")
    spent = time.process_time() - began
    assert (facts.width, facts.height, facts.frames) == (720, 1280, 96)
    assert probe(tmp_path / "video.mp4") == facts
    assert spent <= 12, f"{spent:.1f} CPU seconds; about 6 on the machine it was written on"
