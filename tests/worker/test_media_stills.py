"""Stills: poster, preview, sprite and BlurHash of real small films whose every second has a colour of its own."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from socialvideo.lib.blurhash import ALPHABET
from tests.worker import clips
from worker.media.inspecting import inspect
from worker.media.rules import Facts, Rejected
from worker.media.stills import Stills, stills

RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 180, 30), (30, 30, 200), (200, 190, 30)
SECONDS = (RED, GREEN, BLUE, YELLOW)
CANARY = "canary-51ac"
Colour = tuple[int, int, int]


def coloured(number: int, width: int, height: int) -> clips.Pixels:
    """A picture in the colour of its second, at ten pictures a second."""
    return np.full((height, width, 3), SECONDS[number // 10], np.uint8)


def of(source: Path, folder: Path, **wishes: int) -> Stills:
    """The stills of a film, in a new folder."""
    folder.mkdir()
    return stills(source, folder, facts=inspect(source), **wishes)


def is_like(image: Image.Image, colour: Colour) -> bool:
    """Tell whether the middle of a picture is of a colour, as far as two codecs leave it."""
    found = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return max(abs(one - other) for one, other in zip(found, colour, strict=True)) <= 16


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds in four colours, in the smallest size, with metadata."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return clips.film(path, size=(192, 144), fps=10, seconds=4, picture=coloured, metadata={"title": CANARY})


@pytest.fixture(scope="module")
def made(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Stills:
    """Its stills, the cover being in its third second."""
    return of(film, tmp_path_factory.mktemp("stills") / "out", cover_ms=2500)


@pytest.mark.parametrize(("cover_ms", "colour"), [(1950, GREEN), (999_999, YELLOW)])
def test_the_poster_is_the_picture_of_the_chosen_moment(
    film: Path, tmp_path: Path, cover_ms: int, colour: Colour
) -> None:
    with Image.open(of(film, tmp_path / "out", cover_ms=cover_ms).poster) as poster:
        assert (poster.format, poster.size) == ("JPEG", (192, 144))
        assert is_like(poster, colour)


def test_without_a_choice_the_poster_is_the_liveliest_moment_and_not_a_black_one(tmp_path: Path) -> None:
    def black_then_lively(number: int, width: int, height: int) -> clips.Pixels:
        return clips.numbered(0, width, height) if number >= 6 else np.zeros((height, width, 3), np.uint8)

    source = clips.film(tmp_path / "a.mp4", size=(128, 96), fps=10, seconds=1, picture=black_then_lively)
    with Image.open(of(source, tmp_path / "out").poster) as poster:
        assert np.asarray(poster.convert("L")).mean() > 60


def test_a_large_film_has_a_poster_with_a_short_side_of_720(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(1080, 1920), fps=5, seconds=0.4, picture=coloured)
    stills_made = of(source, tmp_path / "out", cover_ms=0)
    with Image.open(stills_made.poster) as poster, Image.open(stills_made.preview) as preview:
        assert (poster.size, preview.size) == ((720, 1280), (240, 427))
    assert (stills_made.sprite_grid.width, stills_made.sprite_grid.height) == (120, 213)


def test_the_preview_moves_and_lasts_three_seconds_at_most(made: Stills) -> None:
    with Image.open(made.preview) as preview:
        assert (preview.format, preview.is_animated) == ("WEBP", True)
        frames = played(preview)
    # An encoder joins pictures that are alike into one that stays longer.
    assert sum(lasts for _, lasts in frames) == 3000
    assert is_like(frames[0][0], GREEN) and is_like(frames[-1][0], YELLOW)


def played(preview: Image.Image) -> list[tuple[Image.Image, int]]:
    """Every picture of a preview with the milliseconds for which it stays."""
    return [(frame.convert("RGB"), frame.info["duration"]) for frame in ImageSequence.Iterator(preview)]


def test_each_cell_of_the_sprite_shows_its_second(made: Stills) -> None:
    grid = made.sprite_grid
    assert (grid.columns, grid.rows, grid.width, grid.height, grid.step_ms) == (2, 2, 160, 120, 1000)
    with Image.open(made.sprite) as sheet:
        assert (sheet.format, sheet.size) == ("JPEG", (320, 240))
        for number, colour in enumerate(SECONDS):
            left, top = number % grid.columns * grid.width, number // grid.columns * grid.height
            assert is_like(sheet.crop((left, top, left + grid.width, top + grid.height)), colour)


def test_a_film_shorter_than_a_cell_has_one_cell_and_a_preview_as_short(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(128, 96), fps=10, seconds=0.5)
    short = of(source, tmp_path / "out")
    assert (short.sprite_grid.columns, short.sprite_grid.rows) == (1, 1)
    with Image.open(short.sprite) as sheet, Image.open(short.preview) as preview:
        assert sheet.size == (128, 96)
        assert [lasts for _, lasts in played(preview)] == [125] * 4


def test_the_blurhash_has_the_mean_colour_of_the_poster(made: Stills) -> None:
    number = 0
    for letter in made.blurhash[2:6]:
        number = number * 83 + ALPHABET.index(letter)
    mean = Image.new("RGB", (1, 1), (number >> 16, number >> 8 & 255, number & 255))
    assert is_like(mean, BLUE)
    with Image.open(made.poster) as poster:
        assert is_like(poster, BLUE)


def test_a_turned_film_has_upright_stills(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(160, 96), fps=10, seconds=0.5, turned=-90)
    upright = of(source, tmp_path / "out")
    with Image.open(upright.poster) as poster, Image.open(upright.preview) as preview:
        assert (poster.size, preview.size) == ((96, 160), (96, 160))
    assert (upright.sprite_grid.width, upright.sprite_grid.height) == (96, 160)


def test_nothing_that_the_film_told_is_in_any_still(film: Path, made: Stills) -> None:
    assert CANARY.encode() in film.read_bytes()
    for path in (made.poster, made.preview, made.sprite):
        assert CANARY.encode() not in path.read_bytes()
        with Image.open(path) as image:
            assert not image.getexif()
            assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)


def test_what_is_no_film_or_is_damaged_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(128, 96), fps=10, seconds=1, picture=noise)
    facts, data = inspect(source), source.read_bytes()
    assert refusal(source, tmp_path / "words", facts, b"just words\n" * 50) == "not_a_video"
    holes = data[:2000] + bytes(len(data) - 4000) + data[-2000:]
    assert refusal(source, tmp_path / "holes", facts, holes) == "damaged"


def noise(number: int, width: int, height: int) -> clips.Pixels:
    return np.random.default_rng(number).integers(0, 255, (height, width, 3), dtype=np.uint8)


def refusal(source: Path, folder: Path, facts: Facts, data: bytes) -> str:
    """The code in which the stills of these bytes are refused; nothing is left in the folder."""
    folder.mkdir()
    source.write_bytes(data)
    with pytest.raises(Rejected) as rejected:
        stills(source, folder, facts=facts)
    assert list(folder.iterdir()) == []
    return rejected.value.code
