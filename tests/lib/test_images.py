"""Uploaded pictures: what comes in is decoded in a bounded child, what is refused is refused by a stable code."""

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from socialvideo.lib import images
from socialvideo.lib.images import (
    PictureRejected,
    PictureRules,
    Square,
    cut,
    fit,
    middle,
    open_picture,
    to_jpeg,
    to_webp,
)

ORIENTATION, MAKER = 0x0112, 0x010F
RED, BLUE = (250, 10, 10), (10, 10, 250)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def two_coloured(width: int = 120, height: int = 80) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def noisy(width: int = 200, height: int = 200) -> Image.Image:
    return Image.effect_noise((width, height), 80).convert("RGB")


def png_with(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    framed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def near(seen: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(seen, tuple)
    return all(abs(a - b) <= 12 for a, b in zip(seen, wanted, strict=True))


def code_of(data: bytes, rules: PictureRules = images.DEFAULT_RULES) -> str:
    with pytest.raises(PictureRejected) as refused:
        open_picture(data, rules=rules)
    assert refused.value.detail
    return refused.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_of_each_kind_comes_out_as_plain_rgb(kind: str) -> None:
    image = open_picture(saved(two_coloured(), kind))
    assert (image.mode, image.size, image.info) == ("RGB", (120, 80), {})
    assert near(image.getpixel((20, 40)), RED)
    assert near(image.getpixel((100, 40)), BLUE)


@pytest.mark.parametrize(
    "data", [b"", b"hello" * 100, b"\x89PNG\r\n\x1a\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert code_of(data) == "not_an_image"


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "ICO", "PPM"])
def test_other_kinds_of_picture_are_refused(kind: str) -> None:
    assert code_of(saved(two_coloured(), kind)) == "not_an_image"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_ends_early_is_refused(kind: str) -> None:
    data = saved(noisy(), kind)
    assert code_of(data[: len(data) * 2 // 3]) == "picture_truncated"


def test_a_png_that_declares_900_million_pixels_is_refused_from_its_header() -> None:
    assert code_of(png_with(30_000, 30_000)) == "picture_too_large_pixels"


@pytest.mark.parametrize("kind", [b"VP8L", b"VP8X", b"VP8 "])
def test_a_webp_that_declares_the_largest_canvas_is_refused_from_its_header(kind: bytes) -> None:
    side = 16_383
    bodies = {
        b"VP8L": b"\x2f" + struct.pack("<I", (side - 1) | (side - 1) << 14),
        b"VP8X": bytes(4) + (side - 1).to_bytes(3, "little") * 2,
        b"VP8 ": bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", side, side),
    }
    body = kind + struct.pack("<I", 30) + bodies[kind].ljust(30, b"\0")
    assert code_of(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body) == "picture_too_large_pixels"


def test_a_side_one_pixel_too_long_is_refused() -> None:
    assert code_of(saved(Image.new("RGB", (8193, 64)), "PNG")) == "picture_too_large_pixels"


def test_a_side_one_pixel_too_short_is_refused() -> None:
    assert code_of(saved(Image.new("RGB", (99, 200)), "PNG"), PictureRules(min_side=100)) == "picture_too_small"


def test_one_byte_too_many_is_refused_before_any_child_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "CHILD", Path("/nowhere"))
    assert code_of(b"x" * 101, PictureRules(max_bytes=100)) == "picture_too_large_bytes"


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_an_animation_is_refused(kind: str) -> None:
    frames = [two_coloured().rotate(turn) for turn in (90, 180)]
    assert code_of(saved(two_coloured(), kind, save_all=True, append_images=frames)) == "picture_animated"


def test_a_phone_photo_with_a_second_picture_inside_is_one_photo() -> None:
    data = saved(two_coloured(), "MPO", save_all=True, append_images=[two_coloured().rotate(180)])
    assert near(open_picture(data).getpixel((20, 40)), RED)


def test_a_photo_taken_upright_is_turned_upright_and_loses_its_metadata() -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "ACME"
    data = saved(two_coloured(), "JPEG", exif=exif, comment=b"at home")
    assert b"ACME" in data
    image = open_picture(data)
    assert image.size == (80, 120)
    assert near(image.getpixel((40, 20)), RED)
    assert (dict(image.getexif()), image.info) == ({}, {})


def test_a_photo_with_broken_exif_is_taken_as_it_lies() -> None:
    assert open_picture(saved(two_coloured(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")).size == (120, 80)


def test_transparent_parts_become_white() -> None:
    clear = Image.new("RGBA", (80, 80), (255, 0, 0, 0))
    assert open_picture(saved(clear, "PNG")).getpixel((40, 40)) == (255, 255, 255)


def test_a_grey_of_sixteen_bits_keeps_its_brightness() -> None:
    half = Image.new("I;16", (80, 80), 32_768)
    assert open_picture(saved(half, "PNG")).getpixel((40, 40)) == (128, 128, 128)


def test_a_picture_that_needs_more_memory_than_the_child_may_have_is_refused() -> None:
    lax = PictureRules(max_pixels=10**9, max_side=40_000)
    assert code_of(png_with(30_000, 30_000), lax) == "picture_too_large_pixels"


def test_a_text_chunk_that_unpacks_to_far_more_than_it_weighs_is_refused() -> None:
    packed = zlib.compress(bytes(20_000_000), 1)
    assert code_of(png_with(100, 100, (b"zTXt", b"k\0\0" + packed))) in {"not_an_image", "picture_truncated"}


def test_a_picture_that_takes_too_long_is_refused_and_its_child_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "WALL_SECONDS", 0.001)
    assert code_of(saved(two_coloured(), "PNG")) == "not_an_image"


def test_a_child_that_cannot_start_is_our_fault_and_not_the_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "CHILD", Path("/nowhere/child.py"))
    with pytest.raises(RuntimeError, match="decoder failed"):
        open_picture(saved(two_coloured(), "PNG"))


def test_a_child_that_says_too_much_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    talker = tmp_path / "talker.py"
    talker.write_text("import sys\nwhile True: sys.stdout.buffer.write(bytes(65536))\n")
    monkeypatch.setattr(images, "CHILD", talker)
    assert code_of(b"x", PictureRules(max_pixels=1000)) == "not_an_image"


def test_the_child_may_neither_hog_memory_nor_write_files_nor_open_many(tmp_path: Path) -> None:
    probe = tmp_path / "probe.py"
    probe.write_text(
        f"import json, resource, runpy, signal\n"
        f"runpy.run_path({str(images.CHILD)!r})['bound']()\n"
        f"signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"held, failed = [], []\n"
        f"def attempt(act):\n"
        f"    try: act()\n"
        f"    except (OSError, MemoryError) as error: failed.append(type(error).__name__)\n"
        f"def spill():\n"
        f"    with open({str(tmp_path / 'spill')!r}, 'wb', buffering=0) as f: f.write(b'x')\n"
        f"attempt(lambda: bytearray(2 << 30))\n"
        f"attempt(spill)\n"
        f"attempt(lambda: held.extend([open('/dev/null') for _ in range(40)]))\n"
        f"print(json.dumps([failed, resource.getrlimit(resource.RLIMIT_CPU)]))\n"
    )
    ran = subprocess.run([sys.executable, "-I", str(probe)], capture_output=True, check=True, env={})
    assert json.loads(ran.stdout) == [["MemoryError", "OSError", "OSError"], [10, 10]]
    assert (tmp_path / "spill").read_bytes() == b""


def test_a_square_is_cut_from_the_middle() -> None:
    image = two_coloured(200, 100)
    assert middle(image) == Square(50, 0, 100)
    square = cut(image, middle(image), 64)
    assert square.size == (64, 64)
    assert near(square.getpixel((4, 32)), RED)
    assert near(square.getpixel((60, 32)), BLUE)


def test_a_part_is_cut_where_it_lies_and_never_enlarged() -> None:
    square = cut(two_coloured(200, 100), Square(110, 20, 70), 256)
    assert square.size == (70, 70)
    assert near(square.getpixel((1, 1)), BLUE)


@pytest.mark.parametrize("part", [(0, 0, 101), (101, 0, 100), (0, 1, 100), (-1, 0, 50), (0, -1, 50), (0, 0, 0)])
def test_a_part_beside_the_picture_does_not_lie_in_it(part: tuple[int, int, int]) -> None:
    image = two_coloured(200, 100)
    assert Square(100, 0, 100).lies_in(image)
    assert not Square(*part).lies_in(image)


@pytest.mark.parametrize(("size", "wanted"), [((400, 100), (200, 50)), ((100, 400), (50, 200)), ((90, 60), (90, 60))])
def test_fitting_shrinks_and_never_enlarges(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert fit(Image.new("RGB", size), 200).size == wanted


@pytest.mark.parametrize("save", [to_webp, to_jpeg])
def test_a_saved_picture_carries_no_metadata(save: object) -> None:
    exif = Image.Exif()
    exif[MAKER] = "ACME"
    image = Image.open(io.BytesIO(saved(two_coloured(), "JPEG", exif=exif, icc_profile=b"P" * 200, comment=b"home")))
    assert callable(save)
    data = save(image, 80)
    assert not [tell for tell in (b"ACME", b"PPPP", b"home") if tell in data]
    assert near(Image.open(io.BytesIO(data)).convert("RGB").getpixel((20, 40)), RED)
