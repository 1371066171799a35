"""Files that strangers might send to open another file, to exhaust us, or to be taken for what they are not."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tests.worker import clips

Trap = Callable[[Path, Path], Path]


def corpus() -> dict[str, tuple[str, Trap]]:
    """Every trap by name: the code in which it must end, and what writes it into a folder beside a stored film."""
    return {
        "hls": ("playlist_refused", playlist("a.m3u8", HLS)),
        "hls named mp4": ("playlist_refused", playlist("a.mp4", HLS)),
        "hls master": ("playlist_refused", playlist("b.mp4", MASTER)),
        "hls with a mark": ("playlist_refused", playlist("c.mp4", "\ufeff" + HLS)),
        "dash": ("playlist_refused", playlist("a.mpd", DASH)),
        "dash named mp4": ("playlist_refused", playlist("d.mp4", DASH)),
        "concat": ("playlist_refused", playlist("a.ffconcat", CONCAT)),
        "concat named mp4": ("playlist_refused", playlist("e.mp4", CONCAT)),
        "concat without head": ("playlist_refused", playlist("f.mp4", CONCAT.split("\n", 1)[1])),
        "hls behind a box": ("truncated", written("g.mp4", b"\0\0\0\x10ftypisom\0\0\0\0" + HLS.encode())),
        "external data": ("external_data", external),
        "encrypted": ("encrypted", encrypted),
        "gif": ("not_a_video", picture("GIF", "a.mp4")),
        "jpeg": ("not_a_video", picture("JPEG", "b.mp4")),
        "zip": ("not_a_video", zipped),
        "text": ("not_a_video", written("t.mp4", b"just words, no film at all\n" * 50)),
        "empty": ("not_a_video", written("n.mp4", b"")),
        "mp3": ("not_a_video", audio("a.mp3", "mp3", "mp3")),
        "avi": ("container_unknown", other("a.avi", "avi", "mpeg4")),
        "transport stream": ("container_unknown", other("a.ts", "mpegts", "libx264")),
        "flv": ("container_unknown", other("a.flv", "flv", "libx264")),
        "only sound": ("no_video", audio("s.mp4", "mp4", "aac")),
        "only sound, matroska": ("no_video", audio("s.mkv", "matroska", "libopus")),
        "no pictures": ("no_frames", no_frames),
        "cut in half": ("truncated", truncated),
        "cut in half, index first": ("truncated", truncated_late),
        "huge pictures": ("too_large_pixels", other("big.mp4", "mp4", "libx264", size=(4100, 128))),
        "tiny pictures": ("too_small_pixels", other("tiny.mp4", "mp4", "libx264", size=(32, 32))),
        "huge duration declared": ("too_long", declared_long),
        "one picture a day": ("too_long", one_a_day),
        "one picture": ("too_short", other("one.mp4", "mp4", "libx264", seconds=0.1)),
        "many tracks": ("too_many_streams", many_tracks),
        "a thousand tracks": ("too_many_streams", thousand_tracks),
        "many pictures a second": ("frame_rate", other("fast.mp4", "mp4", "libx264", fps=1000, seconds=1)),
        "strange pictures": ("codec_unknown", other("odd.mkv", "matroska", "ffv1")),
        "old pictures": ("codec_unknown", other("old.mkv", "matroska", "mpeg2video")),
        "no head": ("damaged", written("h.mkv", b"\x1a\x45\xdf\xa3" + bytes(5000))),
    }


HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nstored.mp4\n#EXT-X-ENDLIST\n"
MASTER = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://127.0.0.1:9/a.m3u8\n"
CONCAT = "ffconcat version 1.0\nfile 'stored.mp4'\n"
DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>stored.mp4</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>"
)


def written(name: str, data: bytes) -> Trap:
    """A file of these bytes."""

    def write(folder: Path, stored: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return write


def playlist(name: str, text: str) -> Trap:
    """A list that names the stored film beside it."""
    return written(name, text.encode())


def picture(kind: str, name: str) -> Trap:
    """A still or moving picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, kind)
    return written(name, buffer.getvalue())


def zipped(folder: Path, stored: Path) -> Path:
    """An archive that holds a film."""
    with zipfile.ZipFile(folder / "z.mp4", "w") as archive:
        archive.write(stored, "film.mp4")
    return folder / "z.mp4"


def audio(name: str, form: str, codec: str) -> Trap:
    """A file with sound alone."""

    def write(folder: Path, stored: Path) -> Path:
        with av.open(str(folder / name), "w", format=form) as container:
            stream = container.add_stream(codec, rate=48_000, layout="stereo")
            for frame in clips._tone(0.1, 0.5):
                container.mux(stream.encode(frame))  # type: ignore[arg-type]
            container.mux(stream.encode())
        return folder / name

    return write


def other(
    name: str, form: str, codec: str, size: tuple[int, int] = (128, 96), fps: int = 30, seconds: float = 0.5
) -> Trap:
    """A sound film in another container, form, size or rate."""

    def write(folder: Path, stored: Path) -> Path:
        return clips.film(folder / name, form=form, codec=codec, size=size, fps=fps, seconds=seconds)

    return write


def changed(name: str, old: bytes, new: bytes) -> Trap:
    """The stored film with the bytes at the first ``old`` replaced."""

    def write(folder: Path, stored: Path) -> Path:
        data = bytearray(stored.read_bytes())
        at = data.index(old)
        data[at : at + len(new)] = new
        (folder / name).write_bytes(data)
        return folder / name

    return write


encrypted = changed("enc.mp4", b"avc1\0\0\0\0\0\0\0\1", b"encv")


def declared_long(folder: Path, stored: Path) -> Path:
    """A film whose index says that each picture stays for a minute."""
    data = bytearray(stored.read_bytes())
    at = data.index(b"stts") + 8
    data[at + 8 : at + 12] = struct.pack(">I", 60 * 15_360)
    # Without the edit list, which would still say one second.
    (folder / "long.mp4").write_bytes(data.replace(b"edts", b"free"))
    return folder / "long.mp4"


def external(folder: Path, stored: Path) -> Path:
    """A film whose pictures lie in the stored one: a reference by name, and not "in this file"."""
    data = bytearray(stored.read_bytes())
    at = data.index(b"url \0\0\0\1")
    data[at + 4 : at + 8] = b"\0\0\0\0"
    (folder / "dref.mov").write_bytes(data)
    return folder / "dref.mov"


def truncated(folder: Path, stored: Path) -> Path:
    """The first half of a film."""
    data = stored.read_bytes()
    (folder / "half.mp4").write_bytes(data[: len(data) // 2])
    return folder / "half.mp4"


def truncated_late(folder: Path, stored: Path) -> Path:
    """A film with its index first that lacks its last quarter."""
    data = clips.film(folder / "fast.mp4", seconds=1, muxer={"movflags": "+faststart"}).read_bytes()
    (folder / "late.mp4").write_bytes(data[: len(data) * 3 // 4])
    return folder / "late.mp4"


def no_frames(folder: Path, stored: Path) -> Path:
    """A film with a track for pictures, and none in it."""
    with av.open(str(folder / "none.mkv"), "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        sound = container.add_stream("aac", rate=48_000, layout="stereo")
        for frame in clips._tone(0.1, 0.5):
            container.mux(sound.encode(frame))  # type: ignore[arg-type]
        container.mux(sound.encode())
    return folder / "none.mkv"


def one_a_day(folder: Path, stored: Path) -> Path:
    """Ten pictures, a day between two."""
    return clips.film(
        folder / "days.mkv", form="matroska", seconds=0.3, size=(128, 96), times=lambda number: 86_400 * number
    )


def many_tracks(folder: Path, stored: Path) -> Path:
    """A film with more tracks than any has."""
    with av.open(str(folder / "tracks.mkv"), "w", format="matroska") as container:
        sounds = [container.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(60)]
        pictures = container.add_stream("mpeg4", rate=30)
        pictures.width, pictures.height, pictures.pix_fmt = 128, 96, "yuv420p"
        for stream in sounds:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8000, 0
            container.mux(stream.encode(frame))
    return folder / "tracks.mkv"


def thousand_tracks(folder: Path, stored: Path) -> Path:
    """The stored film with its first track a thousand times in its index, which comes last."""
    data = stored.read_bytes()
    at, track = data.index(b"moov") - 4, data.index(b"trak") - 4
    copies = data[track : track + int.from_bytes(data[track : track + 4], "big")] * 1000
    index = data[at:]
    (folder / "thousand.mp4").write_bytes(data[:at] + struct.pack(">I", len(index) + len(copies)) + index[4:] + copies)
    return folder / "thousand.mp4"
