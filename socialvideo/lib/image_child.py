"""The child process that decodes one uploaded picture: run by path with ``python -I``, never imported by the server.

Arguments: most pixels, longest side, shortest side. The picture comes on stdin. The answer on stdout is one line of
JSON, ``{"width": w, "height": h}`` followed by w*h*3 bytes of RGB, or ``{"code": c, "detail": d}`` when it is refused.
"""

import io
import json
import resource
import struct
import sys
import warnings

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 10
OPEN_FILES = 32
DAMAGED = "The picture is damaged or incomplete."
PLUGINS = (JpegImagePlugin.JpegImageFile, PngImagePlugin.PngImageFile, WebPImagePlugin.WebPImageFile)
FORMATS = tuple(plugin.format for plugin in PLUGINS)
# What Pillow's decoders raise on bad input, as its own fuzzers list it; UnidentifiedImageError is an OSError.
BROKEN = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, AttributeError, struct.error)
ARITHMETIC = (ArithmeticError, RuntimeError, Warning)


class Refused(Exception):
    """The picture is refused, for a reason with a stable code."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def bound() -> None:
    """Limit this process: memory, CPU time, no files written, few opened."""
    limits: dict[int, int] = {
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform == "linux":
        limits[resource.RLIMIT_AS] = MEMORY_BYTES
    for kind, limit in limits.items():
        hard = resource.getrlimit(kind)[1]
        lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (lowest, lowest))


def check_size(width: int, height: int, most: int, longest: int) -> None:
    """Raise Refused when the declared size is too large to be worth decoding."""
    if width * height > most or max(width, height) > longest:
        raise Refused(
            "picture_too_large_pixels", f"At most {most} pixels and {longest} on a side; it has {width} x {height}."
        )


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Return the size a WEBP declares, else None: Pillow reserves the whole canvas before it would tell.

    Layout: RFC 9649, section 2.5 to 2.7, and RFC 6386, section 9.1, for the lossy kind.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    kind, low14 = data[12:16], 0x3FFF
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        packed = int.from_bytes(data[21:25], "little")
        return (packed & low14) + 1, (packed >> 14 & low14) + 1
    return int.from_bytes(data[26:28], "little") & low14, int.from_bytes(data[28:30], "little") & low14


def decode(data: bytes, most: int, longest: int, shortest: int) -> Image.Image:
    """Return the picture as upright RGB, transparent parts on white; raise Refused or one of Pillow's errors."""
    declared = webp_size(data)
    if declared:
        check_size(*declared, most, longest)
        if int.from_bytes(data[4:8], "little") > len(data) - 8:
            raise Refused("picture_truncated", DAMAGED)
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        check_size(*picture.size, most, longest)
        if min(picture.size) < shortest:
            raise Refused(
                "picture_too_small",
                f"Each side must have at least {shortest} pixels.",
            )
        # A phone's JPEG may hold a second picture (a depth map, a preview) and is still one photo.
        if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
            raise Refused("picture_animated", "Send a still picture, not an animation.")
        load(picture)
        return flat(upright(picture))


def load(picture: Image.Image) -> None:
    """Decode the pixels; raise Refused with ``picture_truncated`` when they end early or make no sense."""
    try:
        picture.load()
    except (*BROKEN, *ARITHMETIC) as error:
        raise Refused("picture_truncated", DAMAGED) from error


def upright(picture: Image.Image) -> Image.Image:
    """Return ``picture`` turned as its EXIF says; as it lies when the EXIF is broken, for the pixels are sound."""
    try:
        return ImageOps.exif_transpose(picture)
    except BROKEN:
        return picture


def flat(picture: Image.Image) -> Image.Image:
    """Return ``picture`` as RGB without metadata: transparency on white, 16-bit greys scaled to 8."""
    if picture.mode.startswith("I"):
        return picture.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if picture.has_transparency_data:
        whole = picture.convert("RGBA")
        ground = Image.new("RGBA", whole.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, whole).convert("RGB")
    return picture.convert("RGB")


def answer(data: bytes, most: int, longest: int, shortest: int) -> tuple[dict[str, int | str], bytes]:
    """Return what to write: the size and the pixels, or the refusal and nothing."""
    try:
        picture = decode(data, most, longest, shortest)
        return {"width": picture.width, "height": picture.height}, picture.tobytes()
    except Refused as refusal:
        return {"code": refusal.code, "detail": refusal.detail}, b""
    except (Image.DecompressionBombError, MemoryError):
        return {"code": "picture_too_large_pixels", "detail": "The picture needs too much memory to decode."}, b""
    except (*BROKEN, *ARITHMETIC):
        return {"code": "not_an_image", "detail": "Send a JPEG, PNG or WEBP picture."}, b""


def main() -> None:
    """Read the picture, decode it, write the answer, all under limits set before its first byte is read."""
    bound()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # check_size decides, by the caller's rules
    most, longest, shortest = (int(value) for value in sys.argv[1:4])
    head, pixels = answer(sys.stdin.buffer.read(), most, longest, shortest)
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + pixels)


if __name__ == "__main__":
    main()
