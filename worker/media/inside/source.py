"""A stranger's film: opened by one demuxer from an open descriptor, decoded to upright order in time, faults borne."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from worker.media import sniff
from worker.media.child import DAMAGED
from worker.media.rules import Rejected

# The decoders that may run at all: what telephones, browsers and editors write. Each more is more to be attacked.
PICTURES = {"h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "prores"}
SOUNDS = {"aac", "mp3", "mp3float", "opus", "vorbis", "flac", "alac", "ac3", "eac3", "amrnb", "amrwb"}
SOUNDS |= {
    f"pcm_{kind}" for kind in ("s16le", "s16be", "s24le", "s24be", "s32le", "f32le", "f32be", "u8", "mulaw", "alaw")
}
OPTIONS = {
    "format_whitelist": "mov,matroska",
    # There is no protocol to be had: the bytes come from a Python object. This is the second lock on that door.
    "protocol_whitelist": "none",
    "codec_whitelist": ",".join(sorted(PICTURES | SOUNDS)),
    "probesize": str(8 << 20),
    "analyzeduration": "3000000",
}
BUFFER_BYTES = 1 << 18
# What decoding a broken film raises; a lack of memory is told apart before.
UNREADABLE = (av.error.FFmpegError, ValueError, OverflowError, ZeroDivisionError)
BORNE, BORNE_SHARE = 3, 0.01


class Descriptor(io.RawIOBase):
    """An open file with a place of its own, so that one descriptor can be read in several places at once."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, self.place, self.length = number, 0, os.fstat(number).st_size

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read anywhere."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes and move behind them."""
        wanted = self.length - self.place if size < 0 else size
        found = os.pread(self.number, max(0, wanted), self.place)
        self.place += len(found)
        return found

    def readinto(self, target: Any) -> int:
        """Fill ``target`` as far as the file reaches, and move behind that."""
        view = memoryview(target)
        found = self.read(len(view))
        view[: len(found)] = found
        return len(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to ``offset`` from the beginning, the place or the end; return the place."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self.place, os.SEEK_END: self.length}[whence]
        self.place = max(0, origin + offset)
        return self.place

    def tell(self) -> int:
        """Return the place."""
        return self.place


class Source:
    """One film by its descriptor; it may be opened several times at once."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    @property
    def container(self) -> str:
        """The demuxer that its first bytes call for; raises Rejected."""
        return sniff.container(os.pread(self.descriptor, sniff.HEAD_BYTES, 0))

    def file(self) -> "Descriptor":
        """Return its bytes to read."""
        return Descriptor(self.descriptor)

    @contextmanager
    def opened(self) -> Iterator[InputContainer]:
        """Give the film to read; raises Rejected or one of UNREADABLE."""
        with av.open(self.file(), format=self.container, options=OPTIONS, buffer_size=BUFFER_BYTES) as container:
            assert isinstance(container, InputContainer)
            yield container


def picture_stream(container: InputContainer) -> VideoStream:
    """Return the film's pictures: the first track of them that is no cover. Raises Rejected: ``no_video``."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if _known(stream, PICTURES):
                # Each thread would hold frames of its own, and the bound on memory is one for all.
                stream.codec_context.thread_count = 1
            return stream
    raise Rejected("no_video", "There is only sound in this file. Send a film with pictures.")


def sound_stream(container: InputContainer) -> AudioStream | None:
    """Return the film's first sound that we can decode, if there is one."""
    return next((stream for stream in container.streams.audio if _known(stream, SOUNDS)), None)


def check_codec(stream: VideoStream) -> None:
    """Raise Rejected with ``codec_unknown`` when the pictures are in a form that we do not decode."""
    if not _known(stream, PICTURES):
        raise Rejected(
            "codec_unknown", "Send the film with H.264, HEVC, VP9 or AV1 pictures; this form we do not know."
        )


def wind(container: InputContainer, stream: VideoStream | AudioStream, seconds: float) -> None:
    """Go to the last place before ``seconds`` of the film at which ``stream`` can be entered."""
    container.seek(max(0, int(seconds / (stream.time_base or 1))), stream=stream, backward=True)


def pictures(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Yield every picture in the order of showing; a few broken ones are left out, more raise ``damaged``."""
    check_codec(stream)
    for packet in _packets(container, stream):
        for frame in packet:
            if isinstance(frame, VideoFrame):
                yield frame


def sounds(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Yield every block of sound in order; a few broken ones are left out, more raise ``damaged``."""
    for packet in _packets(container, stream):
        for frame in packet:
            if isinstance(frame, AudioFrame):
                yield frame


def _packets(container: InputContainer, stream: VideoStream | AudioStream) -> Iterator[list[object]]:
    """Yield what each packet decodes to."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    broken = 0
    for count, packet in enumerate(container.demux(stream)):
        try:
            yield list(packet.decode())
        except av.error.InvalidDataError:
            broken += 1
            if broken > BORNE + BORNE_SHARE * count:
                raise Rejected("damaged", DAMAGED) from None


def _known(stream: VideoStream | AudioStream, names: set[str]) -> bool:
    context = stream.codec_context
    return context is not None and context.name in names
