"""Encoding: what goes in comes out, the same bytes every time, and never half a file."""

import weakref
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from worker.encoding import encode, poster, probe
from worker.engines.base import Clip, EngineFailed, Frame

WIDTH, HEIGHT, FPS = 96, 160, 12
ORANGE = (240, 130, 40)


def moving(count: int) -> Iterator[Frame]:
    """An orange ground with a white bar that moves down."""
    for index in range(count):
        frame = np.full((HEIGHT, WIDTH, 3), ORANGE, dtype=np.uint8)
        frame[index * 4 : index * 4 + 8] = 255
        yield frame


def clip_of(frames: Iterator[Frame]) -> Clip:
    return Clip(frames, WIDTH, HEIGHT, FPS)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "video.mp4"


def test_the_facts_say_what_decoding_finds(target: Path) -> None:
    facts = encode(clip_of(moving(18)), target)
    assert (facts.width, facts.height, facts.fps, facts.frames, facts.duration_ms) == (WIDTH, HEIGHT, FPS, 18, 1500)
    assert facts.size_bytes == target.stat().st_size
    assert probe(target) == facts


def test_equal_frames_give_equal_bytes(tmp_path: Path) -> None:
    first, second = (encode(clip_of(moving(10)), tmp_path / name) for name in ("a.mp4", "b.mp4"))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert first == second


def test_equal_frames_give_equal_bytes_whatever_lay_in_memory_before(tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    frames = [dice.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8) // 8 + frame // 2 for frame in moving(8)]
    hashes = set()
    for size in dice.integers(10**5, 2 * 10**6, 16):
        litter = dice.integers(0, 255, size, dtype=np.uint8)
        hashes.add(encode(clip_of(iter(frames)), tmp_path / "video.mp4").sha256)
        del litter
    assert len(hashes) == 1


def test_other_frames_give_another_hash(tmp_path: Path) -> None:
    assert encode(clip_of(moving(9)), tmp_path / "a").sha256 != encode(clip_of(moving(10)), tmp_path / "b").sha256


def test_the_index_comes_before_the_pictures(target: Path) -> None:
    encode(clip_of(moving(6)), target)
    data = target.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_the_file_is_plain_h264_in_bt709_with_a_keyframe_every_two_seconds(target: Path) -> None:
    encode(clip_of(moving(30)), target)
    with av.open(str(target)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.color_range, context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1, 1)
        keys = [frame.pts * stream.time_base for frame in container.decode(stream) if frame.key_frame]
    assert keys == [0, 2]


def test_the_metadata_tells_neither_time_nor_tool(target: Path) -> None:
    encode(clip_of(moving(6)), target)
    with av.open(str(target)) as container:
        told = {**container.metadata, **container.streams.video[0].metadata}
    assert not {"creation_time", "encoder", "title", "comment"} & told.keys()


def test_colours_survive(target: Path) -> None:
    encode(clip_of(moving(3)), target)
    with av.open(str(target)) as container:
        last = list(container.decode(video=0))[-1].to_ndarray(format="rgb24")
    assert np.abs(last[HEIGHT - 20, WIDTH // 2].astype(int) - ORANGE).max() <= 6


def test_a_clip_without_frames_is_refused_and_writes_nothing(target: Path) -> None:
    with pytest.raises(EngineFailed) as refused:
        encode(clip_of(iter(())), target)
    assert refused.value.code == "no_frames"
    assert list(target.parent.iterdir()) == []


def test_a_frame_of_another_shape_is_refused_and_leaves_no_file(target: Path) -> None:
    frames = iter([np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.zeros((HEIGHT, WIDTH - 2, 3), np.uint8)])
    with pytest.raises(EngineFailed) as refused:
        encode(clip_of(frames), target)
    assert refused.value.code == "wrong_frame"
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("thrown", [ValueError("consent withdrawn"), KeyboardInterrupt(), SystemExit(3)])
def test_whatever_the_frames_raise_leaves_unchanged_and_leaves_no_file(target: Path, thrown: BaseException) -> None:
    def broken() -> Iterator[Frame]:
        yield from moving(3)
        raise thrown

    with pytest.raises(type(thrown)) as caught:
        encode(clip_of(broken()), target)
    assert caught.value is thrown
    assert list(target.parent.iterdir()) == []


def test_frames_are_pulled_one_at_a_time_and_let_go(target: Path) -> None:
    made: list[weakref.ref[Frame]] = []
    alive: list[int] = []

    def watched() -> Iterator[Frame]:
        for frame in moving(20):
            made.append(weakref.ref(frame))
            alive.append(sum(ref() is not None for ref in made))
            yield frame

    encode(clip_of(watched()), target)
    assert len(made) == 20
    assert max(alive) <= 3


def test_a_failed_second_try_leaves_the_first_file_whole(target: Path) -> None:
    facts = encode(clip_of(moving(6)), target)
    with pytest.raises(EngineFailed):
        encode(clip_of(iter([np.zeros((8, 8, 3), np.uint8)])), target)
    assert probe(target) == facts


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_the_poster_is_a_plain_jpeg_of_the_wished_moment(target: Path, at: float) -> None:
    encode(clip_of(moving(30)), target)
    picture = target.with_name("poster.jpg")
    poster(target, picture, at=at)
    with Image.open(picture) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (WIDTH, HEIGHT), {})
        brightness = np.asarray(image.convert("L"), dtype=int).mean(axis=1)
    bar = int(np.argmax(brightness))
    assert abs(bar - (min(at * 30, 29) * 4 + 4)) <= 8


def test_a_poster_of_something_else_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "not.mp4").write_bytes(b"#EXTM3U\nhttp://example.invalid/a.ts\n")
    with pytest.raises(av.error.FFmpegError):
        poster(tmp_path / "not.mp4", tmp_path / "poster.jpg")
    assert not (tmp_path / "poster.jpg").exists()
