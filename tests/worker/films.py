"""Small real films of one colour, with a tone or without, and what is seen and heard in a film."""

from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.models import Person
from tests import factories
from worker.models import Video

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 30), (30, 30, 220)
RATE, FPS, WIDTH, HEIGHT = 48_000, 12, 96, 160
Colour = tuple[int, int, int]


def mp4(colours: list[Colour], *, tone: int = 0) -> bytes:
    """A film that shows each colour for a second, with a tone of so many hertz."""
    buffer = BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        picture = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        voice = container.add_stream("aac", rate=RATE) if tone else None
        for colour in colours:
            for _ in range(FPS):
                frame = VideoFrame.from_ndarray(np.full((HEIGHT, WIDTH, 3), colour, np.uint8), format="rgb24")
                container.mux(picture.encode(frame))
        container.mux(picture.encode())
        if voice:
            times = np.arange(RATE * len(colours)) / RATE
            wave = (0.3 * np.sin(2 * np.pi * tone * times)).astype(np.float32)
            sound = AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
            sound.sample_rate = RATE
            container.mux(voice.encode(sound))
            container.mux(voice.encode())
    return buffer.getvalue()


def put(film: Video, content: bytes, seconds: int) -> Video:
    """Let a stored video have these bytes."""
    default_storage.delete(film.file)
    default_storage.save(film.file, ContentFile(content))
    facts: dict[str, Any] = {"duration_ms": 1000 * seconds, "width": WIDTH, "height": HEIGHT, "fps": FPS}
    Video.objects.filter(id=film.id).update(size_bytes=len(content), **facts)
    film.refresh_from_db()
    return film


def footage(owner: Person, *colours: Colour, tone: int = 0) -> Video:
    """An upload that shows nobody."""
    return put(factories.footage(owner), mp4(list(colours), tone=tone), len(colours))


def seen(film: Path, second: float) -> Any:
    """The picture at that second, as an array of RGB."""
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= second:
                return frame.to_ndarray(format="rgb24")
    raise ValueError("the film is over by then")


def shown(pixels: Any) -> Colour:
    """Which of the three colours a picture, or a part of it, has in its middle."""
    middle = pixels[pixels.shape[0] // 2, pixels.shape[1] // 2].astype(int)
    return min((RED, GREEN, BLUE), key=lambda colour: int(np.abs(middle - np.array(colour)).sum()))


def heard(film: Path, start: float = 0.2, end: float = 0.8) -> dict[int, float]:
    """How loud each of the tones of 440 and 880 hertz is between two seconds."""
    with av.open(str(film)) as container:
        if not container.streams.audio:
            return {440: 0.0, 880: 0.0}
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    wave = np.concatenate(parts)[int(start * RATE) : int(end * RATE)]
    spectrum = np.abs(np.fft.rfft(wave)) * 2 / len(wave)
    return {tone: float(spectrum[round(tone * len(wave) / RATE)]) for tone in (440, 880)}
