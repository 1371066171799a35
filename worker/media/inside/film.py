"""What the child writes: H.264 and AAC, one fragmented MP4 a size, and a plain MP4 of the very same packets."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.codec.codec import UnknownCodecError
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from worker.media import boxes
from worker.media.inside import sound
from worker.media.inside.picture import plain
from worker.media.rules import KEYFRAME_SECONDS, SOFTWARE_ENCODER, Rung

SOUND_RATE = 128_000
CRF = 23
SOUND_CODEC = "mp4a.40.2"
# A fragment begins at every keyframe and nowhere else, and keyframes stand at every second second: closed groups.
FRAGMENTED = {"movflags": "frag_keyframe+delay_moov+default_base_moof+skip_trailer", "fflags": "+bitexact"}
FASTSTART = {"movflags": "+faststart", "fflags": "+bitexact"}
# a53cc: subtitles hidden in the source's frames would be carried over, unseen and unmoderated.
# cpu-independent: see worker/encoding.py.
SOFTWARE = {
    "preset": "veryfast",
    "sc_threshold": "0",
    "a53cc": "0",
    "x264-params": "cpu-independent=1:open-gop=0",
}
HARDWARE = {
    "preset": "p4",
    "rc": "vbr",
    "cq": "26",
    "no-scenecut": "1",
    "strict_gop": "1",
    "forced-idr": "1",
    "bf": "0",
}


class NoEncoder(Exception):
    """The encoder that was asked for cannot be opened on this machine, or not now."""


@dataclass(frozen=True)
class Made:
    """What became of one size; offsets and lengths in bytes, the rest as in ``rendering.Rendered``."""

    name: str
    hls: str
    mp4: str | None
    width: int
    height: int
    fps: int
    frames: int
    size_bytes: int
    sha256: str
    mp4_size_bytes: int | None
    mp4_sha256: str | None
    bandwidth: int
    codecs: str
    init: tuple[int, int]
    segments: list[tuple[int, int, float]]


def encode_sound(samples: Iterable[sound.Samples], target: Path) -> Path:
    """Write ``samples`` to ``target`` as AAC in MP4, once for all sizes."""
    with av.open(str(target), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("aac", rate=sound.RATE)
        stream.bit_rate, stream.layout, stream.format = SOUND_RATE, sound.LAYOUT, sound.FORMAT
        stream.codec_context.flags |= Flags.bitexact
        for frame in sound.framed(sound.blocks(samples)):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target


class Writer:
    """Writes one size: pictures as they come, and the sound beside them from its file."""

    def __init__(self, rung: Rung, folder: Path, fps: int, track: Path | None, encoder: str, crf: int = CRF) -> None:
        self.rung, self.fps, self.frames = rung, fps, 0
        self.path = folder / f"{rung.name}.m4s"
        self.container = av.open(str(self.path), "w", format="mp4", options=FRAGMENTED)
        self.stream = pictures_of(self.container, rung, fps, encoder, crf)
        self.track = Track(self.container, track) if track else None

    def write(self, frame: VideoFrame) -> None:
        """Encode the next picture."""
        for packet in self.stream.encode(plain(frame, self.frames, self.fps)):
            self._mux(packet)
        self.frames += 1

    def close(self) -> None:
        """Finish the file."""
        for packet in self.stream.encode():
            self._mux(packet)
        if self.track:
            self.track.write_until(float("inf"))
            self.track.close()
        self.container.close()

    def _mux(self, packet: "Packet[VideoStream]") -> None:
        if self.track and packet.dts is not None:
            self.track.write_until(float(packet.dts * packet.time_base))
        self.container.mux(packet)

    def made(self, folder: Path) -> Made:
        """Return the facts about the finished file, and write the plain MP4 where the size has one."""
        mp4 = plain_mp4(self.path, folder / f"{self.rung.name}.mp4") if self.rung.mp4 else None
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            init, parts = boxes.fragments(file, size)
            codecs = [boxes.avc_codec(file, init), *([SOUND_CODEC] if self.track else [])]
        lengths = list(self._lengths(len(parts)))
        segments = [(offset, length, seconds) for (offset, length), seconds in zip(parts, lengths, strict=True)]
        bandwidth = max(round(8 * length / max(seconds, 1)) for _, length, seconds in segments)
        return Made(
            name=self.rung.name,
            hls=self.path.name,
            mp4=mp4.name if mp4 else None,
            width=self.rung.width,
            height=self.rung.height,
            fps=self.fps,
            frames=self.frames,
            size_bytes=size,
            sha256=digest(self.path),
            mp4_size_bytes=mp4.stat().st_size if mp4 else None,
            mp4_sha256=digest(mp4) if mp4 else None,
            bandwidth=bandwidth,
            codecs=",".join(codecs),
            init=init,
            segments=segments,
        )

    def _lengths(self, count: int) -> Iterator[float]:
        for number in range(count):
            frames = min(KEYFRAME_SECONDS * self.fps, self.frames - number * KEYFRAME_SECONDS * self.fps)
            yield frames / self.fps


class Track:
    """The sound that is already encoded, handed to a container piece by piece."""

    def __init__(self, target: OutputContainer, source: Path) -> None:
        self.target = target
        self.container: InputContainer = av.open(str(source), format="mov")
        stream = self.container.streams.audio[0]
        self.stream: AudioStream = target.add_stream_from_template(stream)
        self.packets = self.container.demux(stream)
        self.waiting: Packet[AudioStream] | None = next(self.packets, None)

    def write_until(self, seconds: float) -> None:
        """Write every packet that begins before ``seconds``."""
        while self.waiting is not None and self.waiting.dts is not None:
            if float(self.waiting.dts * self.waiting.time_base) >= seconds:
                return
            self.waiting.stream = self.stream
            self.target.mux(self.waiting)
            self.waiting = next(self.packets, None)

    def close(self) -> None:
        """Close the file it came from."""
        self.container.close()


def pictures_of(container: OutputContainer, rung: Rung, fps: int, encoder: str, crf: int) -> VideoStream:
    """Add to ``container`` the pictures of ``rung``, to be encoded by ``encoder``. Raises NoEncoder."""
    rates = {"maxrate": str(rung.max_rate), "bufsize": str(2 * rung.max_rate)}
    is_software = encoder == SOFTWARE_ENCODER
    options = {**SOFTWARE, "crf": str(crf), **rates} if is_software else {**HARDWARE, **rates}
    try:
        stream = container.add_stream(encoder, rate=fps, options=options)
    except UnknownCodecError as error:
        raise NoEncoder from error
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = rung.width, rung.height, "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, fps)
    context.gop_size = fps * KEYFRAME_SECONDS
    context.thread_count = 1
    context.flags |= Flags.bitexact | Flags.closed_gop
    context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    if not is_software:
        # Now, and not with the first picture: a driver that is missing is no fault of the film.
        try:
            context.open()
        except av.error.FFmpegError as error:
            raise NoEncoder from error
    return stream


def plain_mp4(source: Path, target: Path) -> Path:
    """Write the packets of our own fragmented MP4 to ``target`` as a plain one, index first."""
    with (
        av.open(str(source), format="mov") as given,
        av.open(str(target), "w", format="mp4", options=FASTSTART) as made,
    ):
        streams = {stream.index: made.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                made.mux(packet)
    return target


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
