"""What a film may be, which sizes are made of it, and how much louder or softer it becomes. Pure decisions."""

from dataclasses import dataclass
from itertools import pairwise

SHORT_SIDES = (1080, 720, 480, 270)
# A film that is a little smaller than a size of the ladder counts as that size, rather than fall to the next.
NEARLY = 0.95
# The one made first: small enough to be ready soon, large enough to be watched on a telephone.
FIRST_SIDE = 480
# For players without HLS, and for downloads.
MP4_SIDES = (720, 480)
KEYFRAME_SECONDS = 2
# Which share of the work on all sizes may be done when the first of them is ready.
FIRST_SHARE = 0.45
# FFmpeg's names of what MEDIA_ENCODER may be; on a machine without the hardware, software makes the film after all.
SOFTWARE_ENCODER = "libx264"
ENCODERS = {"software": SOFTWARE_ENCODER, "nvenc": "h264_nvenc"}
MOST_FPS = 30
# What is taken for the usual short film's loudness; ITU-R BS.1770 and EBU R 128 say how it is measured.
WANTED_LUFS, PEAK_DBTP = -14.0, -1.0
# AAC may raise a peak a little: this much below the ceiling is aimed at.
AAC_MARGIN_DB = 0.5
SILENCE_LUFS = -60.0
MOST_RATE = {1080: 5_000_000, 720: 2_800_000, 480: 1_400_000, 270: 600_000}


class Rejected(Exception):
    """The file is not one we take: a stable ``code``, and a ``detail`` that tells the person what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class MediaRules:
    """What an upload may be: bytes; pixels of a picture and of its sides; time; frames a second; tracks.

    ``max_pixels`` is what a child decodes and encodes in 512 MiB, in the greediest form; ``max_fps`` is above 120 for
    films that say 120 and have a few more.
    """

    max_bytes: int = 512 * 1024 * 1024
    max_pixels: int = 3840 * 2160
    max_side: int = 4096
    min_side: int = 64
    min_ms: int = 300
    max_ms: int = 180_000
    max_fps: float = 125.0
    max_streams: int = 16


RULES = MediaRules()


@dataclass(frozen=True)
class Facts:
    """What a film is: its upright size in square pixels, its usual frames a second, its milliseconds, its sound.

    ``loudness`` is in LUFS and ``peak`` in dBTP over the whole film; None without sound, or when it is silent.
    """

    container: str
    codec: str
    width: int
    height: int
    fps: float
    duration_ms: int
    has_audio: bool
    loudness: float | None = None
    peak: float | None = None


@dataclass(frozen=True)
class Rung:
    """One size of the ladder, in even pixels; ``name`` is the short side of its kind, ``max_rate`` in bits a second."""

    name: str
    width: int
    height: int
    max_rate: int
    mp4: bool


def rungs(facts: Facts) -> tuple[Rung, ...]:
    """Return the sizes to be made of a film, the one to be made first at the front, none larger than the film."""
    short = min(facts.width, facts.height)
    sides = [side for side in SHORT_SIDES if side * NEARLY <= short] or [short]
    first = max((side for side in sides if side <= FIRST_SIDE), default=sides[0])
    ordered = [first, *(side for side in sides if side != first)]
    return tuple(_rung(facts, side, mp4=side == first or side in MP4_SIDES) for side in ordered)


def steady_fps(rate: float) -> int:
    """Return the constant frames a second for a film of ``rate``: a whole number up to MOST_FPS.

    Whole, because only then does every second second begin with a frame, and with it every segment of every size.
    At most 30, because 60 cost twice the work and bytes and show little more on a telephone; 60 become 30 and 50 become
    25, every other frame, which is even; what would fall below 20 that way becomes 30.
    """
    if rate <= MOST_FPS + 0.5:
        return max(1, min(MOST_FPS, round(rate)))
    halves = next(parts for parts in range(2, 1000) if rate / parts <= MOST_FPS + 0.5)
    even = min(MOST_FPS, round(rate / halves))
    return even if even >= 20 else MOST_FPS


def usual_fps(times: list[float]) -> float:
    """Return the frames a second of sorted ``times`` (seconds): by the middle distance, so that pauses do not count."""
    steps = sorted(later - earlier for earlier, later in pairwise(times) if later > earlier)
    if not steps:
        return 1.0
    middle, mean = steps[len(steps) // 2], sum(steps) / len(steps)
    # Times rounded to milliseconds make the middle of even films wrong by up to a thirtieth: the mean is exact then.
    return 1 / (mean if abs(mean - middle) <= 0.001 else middle)


def gain_db(facts: Facts) -> float:
    """Return by how many decibels the sound is changed: to WANTED_LUFS, as far as PEAK_DBTP allows; silence stays."""
    if facts.loudness is None or facts.loudness < SILENCE_LUFS:
        return 0.0
    wished = WANTED_LUFS - facts.loudness
    return wished if facts.peak is None else min(wished, PEAK_DBTP - AAC_MARGIN_DB - facts.peak)


def _rung(facts: Facts, side: int, *, mp4: bool) -> Rung:
    scale = min(1.0, side / min(facts.width, facts.height))
    width, height = (max(2, int(length * scale / 2 + 0.5) * 2) for length in (facts.width, facts.height))
    even_width, even_height = min(width, facts.width // 2 * 2), min(height, facts.height // 2 * 2)
    rate = next((MOST_RATE[known] for known in SHORT_SIDES if known <= side), MOST_RATE[270])
    return Rung(str(side), even_width, even_height, rate, mp4)
