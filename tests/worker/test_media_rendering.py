"""Renditions: sizes, steady time, aligned keyframes, equal loudness, nothing of the source's metadata, all or none."""

import os
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from tests.worker import clips
from worker.media import boxes
from worker.media.inspecting import inspect
from worker.media.rendering import Edit, Rendered, render
from worker.media.rules import ENCODERS, Facts, Rejected, rungs

CANARY = "canary-8b1f"
# The film of the fixture has a third of the usual pictures, or all of them.
FPS = 30 if os.environ.get("PROOFS") == "full" else 10


@cache
def facts_of(source: Path) -> Facts:
    """What a film is, found out once."""
    return inspect(source)


def ladder(source: Path, folder: Path, **wishes: object) -> list[Rendered]:
    """Render all sizes of a film."""
    folder.mkdir(exist_ok=True)
    facts = facts_of(source)
    return render(source, folder, rungs(facts), facts=facts, **wishes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Laddered:
    """A film, what it is, its renditions, and the progress that was told."""

    source: Path
    facts: Facts
    sizes: list[Rendered]
    told: list[float]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Laddered:
    """A film of five seconds with sound, metadata and a place."""
    folder = tmp_path_factory.mktemp("media")
    told = {"title": CANARY, "comment": CANARY, "location": "+52.5200+013.4050/", "artist": CANARY}
    source = clips.film(folder / "film.mp4", size=(854, 480), fps=FPS, seconds=5, tone=0.05, metadata=told)
    facts, shares = inspect(source), list[float]()
    sizes = render(source, folder, rungs(facts), facts=facts, on_progress=shares.append)
    return Laddered(source, facts, sizes, shares)


def test_the_first_is_480_and_the_rest_follow(made: Laddered) -> None:
    assert [(one.rung.name, one.width, one.height, one.mp4 is not None) for one in made.sizes] == [
        ("480", 854, 480, True),
        ("270", 480, 270, False),
    ]


def test_every_size_is_what_it_says_by_decoding(made: Laddered) -> None:
    for one in made.sizes:
        pictures = clips.shown(one.hls)
        assert {(frame.width, frame.height, frame.format.name) for _, frame in pictures} == {
            (one.width, one.height, "yuv420p")
        }
        assert (len(pictures), one.frames, one.fps, one.duration_ms) == (5 * FPS, 5 * FPS, FPS, 5000)
        assert one.size_bytes == one.hls.stat().st_size


def test_keyframes_stand_at_every_second_second_in_all_sizes_and_files(made: Laddered) -> None:
    for file in [path for one in made.sizes for path in (one.hls, one.mp4) if path]:
        assert [at for at, frame in clips.shown(file) if frame.key_frame] == [0, 2, 4]


def test_a_segment_decodes_with_the_initialisation_alone(made: Laddered, tmp_path: Path) -> None:
    for one in made.sizes:
        data = one.hls.read_bytes()
        assert [seconds for _, _, seconds in one.segments] == [2, 2, 1]
        assert one.init[1] + sum(length for _, length, _ in one.segments) == one.size_bytes
        for number, (offset, length, seconds) in enumerate(one.segments):
            (tmp_path / "part.mp4").write_bytes(data[: one.init[1]] + data[offset : offset + length])
            pictures = clips.shown(tmp_path / "part.mp4")
            assert len(pictures) == seconds * FPS
            assert pictures[0][1].key_frame
            assert pictures[0][0] == pytest.approx(2 * number, abs=0.001)


def test_the_file_is_an_initialisation_and_fragments(made: Laddered) -> None:
    for one in made.sizes:
        with one.hls.open("rb") as file:
            kinds = [box.kind for box in boxes.boxes(file, 0, one.size_bytes)]
        assert kinds[:2] == [b"ftyp", b"moov"]
        assert kinds[2:8] == [b"moof", b"mdat"] * 3
        assert one.codecs.startswith("avc1.64") and one.codecs.endswith(",mp4a.40.2")


def test_the_plain_mp4_has_the_same_packets_and_its_index_first(made: Laddered) -> None:
    one = made.sizes[0]
    assert one.mp4
    with one.mp4.open("rb") as file:
        kinds = [box.kind for box in boxes.boxes(file, 0, one.mp4.stat().st_size)]
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert packets(one.mp4) == packets(one.hls)


def packets(path: Path, kind: str = "video") -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(**{kind: 0}) if packet.size]


def test_nothing_that_the_source_told_is_in_any_file(made: Laddered) -> None:
    assert CANARY.encode() in made.source.read_bytes()
    for file in [path for one in made.sizes for path in (one.hls, one.mp4) if path]:
        data = file.read_bytes()
        assert not [word for word in (CANARY.encode(), b"+52.52", b"Lavf", b"Lavc") if word in data]


def test_the_sound_is_as_loud_as_all_others_in_every_size(made: Laddered) -> None:
    first, second = made.sizes
    assert made.facts.loudness == pytest.approx(-26, abs=1)
    assert inspect(first.hls).loudness == pytest.approx(-14, abs=1)
    assert packets(first.hls, "audio") == packets(second.hls, "audio") != []


def test_the_peak_stays_below_the_ceiling(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(128, 96), seconds=2, tone=0.99)
    peak = inspect(ladder(source, tmp_path / "out")[0].hls).peak
    assert peak is not None
    assert peak <= -1


def test_silence_stays_silence(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(128, 96), tone=0.0)
    one = ladder(source, tmp_path / "out")[0]
    assert facts_of(source).loudness is None
    assert np.abs(clips.heard(one.hls)).max() < 1e-4


def test_a_film_without_sound_stays_without(tmp_path: Path) -> None:
    one = ladder(clips.film(tmp_path / "a.mp4", size=(128, 96)), tmp_path / "out")[0]
    assert not inspect(one.hls).has_audio
    assert "mp4a" not in one.codecs


def test_picture_and_sound_stay_together(tmp_path: Path) -> None:
    def flash(number: int, width: int, height: int) -> clips.Pixels:
        return np.full((height, width, 3), 255 if number == 45 else 0, np.uint8)

    source = clips.film(tmp_path / "a.mp4", size=(128, 96), seconds=2, picture=flash)
    clicked = with_click(source, tmp_path / "b.mp4", at=1.5)
    for file in [path for one in ladder(clicked, tmp_path / "out") for path in (one.hls, one.mp4) if path]:
        seen = next(at for at, frame in clips.shown(file) if frame.to_ndarray(format="gray").mean() > 120)
        sound = np.abs(clips.heard(file)[0])
        assert abs(seen - int(np.argmax(sound > sound.max() / 2)) / clips.RATE) < 0.04


def with_click(source: Path, target: Path, at: float) -> Path:
    """The same pictures with one click in the sound."""
    with av.open(str(source)) as given, av.open(str(target), "w", format="mp4") as made:
        pictures = made.add_stream_from_template(given.streams.video[0])
        sound = made.add_stream("aac", rate=clips.RATE, layout="stereo")
        line = np.zeros((2, 2 * clips.RATE), np.float32)
        line[:, round(at * clips.RATE) : round(at * clips.RATE) + 200] = 0.9
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                made.mux(packet)
        for start in range(0, line.shape[1], 1024):
            part = np.ascontiguousarray(line[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = clips.RATE, start, Fraction(1, clips.RATE)
            made.mux(sound.encode(frame))  # type: ignore[arg-type]
        made.mux(sound.encode())
    return target


def test_a_turned_film_stands_upright(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(320, 240), turned=-90)
    facts = facts_of(source)
    assert (facts.width, facts.height) == (240, 320)
    one = ladder(source, tmp_path / "out")[0]
    frame = clips.shown(one.hls)[0][1]
    assert (frame.width, frame.height) == (240, 320)
    grey = frame.to_ndarray(format="gray").astype(int)
    assert grey[:20].mean() + 40 < grey[-20:].mean() or grey[-20:].mean() + 40 < grey[:20].mean()


def test_stretched_pixels_become_square(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(240, 240), ratio=Fraction(4, 3))
    assert (facts_of(source).width, facts_of(source).height) == (320, 240)
    one = ladder(source, tmp_path / "out")[0]
    assert (one.width, one.height) == (320, 240)


def test_odd_sizes_become_even(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(203, 131), pixels="yuv444p")
    one = ladder(source, tmp_path / "out")[0]
    assert (one.width, one.height) == (202, 130)
    assert clips.shown(one.hls)[0][1].format.name == "yuv420p"


@pytest.mark.parametrize(("fps", "made_fps", "frames"), [(60, 30, 30), (50, 25, 25), (24, 24, 24), (12, 12, 12)])
def test_the_rate_is_constant_and_at_most_30(tmp_path: Path, fps: int, made_fps: int, frames: int) -> None:
    one = ladder(clips.film(tmp_path / "a.mp4", size=(128, 96), fps=fps), tmp_path / "out")[0]
    assert (one.fps, one.frames) == (made_fps, frames)
    times = [at for at, _ in clips.shown(one.hls)]
    assert times == pytest.approx([number / made_fps for number in range(frames)], abs=0.001)


def test_a_film_with_a_pause_shows_each_picture_at_its_time(tmp_path: Path) -> None:
    def paused(number: int) -> Fraction:
        return Fraction(number, 30) + (1 if number >= 15 else 0)

    one = ladder(clips.film(tmp_path / "a.mkv", form="matroska", times=paused), tmp_path / "out")[0]
    bars = [clips.bar(frame) for _, frame in clips.shown(one.hls)]
    assert one.frames == 60
    assert bars[16:44] == pytest.approx([bars[15]] * 28, abs=0.02)
    assert bars[46] != pytest.approx(bars[15], abs=0.01)


def test_only_the_wished_part_is_made(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", seconds=2, tone=0.1)
    part = ladder(source, tmp_path / "out", edit=Edit(start_ms=500, end_ms=1500))[0]
    assert (part.frames, part.duration_ms) == (30, 1000)
    assert clips.bar(clips.shown(part.hls)[0][1]) == pytest.approx(clips.bar(clips.shown(source)[15][1]), abs=0.01)
    assert clips.heard(part.hls).shape[1] == pytest.approx(48_000, abs=2048)


def test_equal_films_give_equal_bytes(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(128, 96), tone=0.1)
    first, second = (ladder(source, tmp_path / name)[0] for name in ("a", "b"))
    assert (first.sha256, first.mp4_sha256) == (second.sha256, second.mp4_sha256)


@pytest.mark.parametrize("ask", ["on_progress", "on_ready"])
def test_whatever_the_caller_raises_ends_it_and_leaves_nothing_unfinished(tmp_path: Path, ask: str) -> None:
    class Withdrawn(Exception):
        pass

    def refuse(_: object) -> None:
        raise Withdrawn

    source = clips.film(tmp_path / "a.mp4", seconds=2)
    with pytest.raises(Withdrawn):
        ladder(source, tmp_path / "out", **{ask: refuse})
    left = [path.name for path in (tmp_path / "out").rglob("*")]
    assert left == ([] if ask == "on_progress" else ["270.m4s", "270.mp4"] if "270.m4s" in left else left)


def test_progress_is_told_and_grows(made: Laddered) -> None:
    assert len(made.told) >= 5
    assert made.told == sorted(made.told)
    assert made.told[-1] == 1


def test_a_film_that_is_damaged_behind_its_beginning_is_rejected_and_leaves_nothing(tmp_path: Path) -> None:
    source = clips.film(tmp_path / "a.mp4", seconds=2, picture=noise)
    facts = inspect(source)
    data = bytearray(source.read_bytes())
    half = len(data) // 2
    data[half:-4000] = bytes(len(data) - 4000 - half)
    source.write_bytes(data)
    (tmp_path / "out").mkdir()
    with pytest.raises(Rejected) as rejected:
        render(source, tmp_path / "out", rungs(facts), facts=facts)
    assert rejected.value.code == "damaged"
    assert list((tmp_path / "out").iterdir()) == []


def noise(number: int, width: int, height: int) -> clips.Pixels:
    return np.random.default_rng(number).integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="there is a GPU, which may be able to encode")
def test_without_the_hardware_that_is_asked_for_software_makes_the_film_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = clips.film(tmp_path / "a.mp4", size=(64, 64), fps=10, seconds=0.5)
    facts = inspect(source)
    for _ in range(2):
        (one,) = render(source, tmp_path, rungs(facts), facts=facts, encoder=ENCODERS["nvenc"])
        assert len(clips.shown(one.hls)) == 5
    assert caplog.text.count("the encoder h264_nvenc cannot be opened") == 1
