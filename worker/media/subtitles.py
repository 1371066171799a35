"""Subtitles: WebVTT (and SRT) read strictly, and written anew with nothing in it but cues. Pure.

W3C WebVTT, https://www.w3.org/TR/webvtt1/. What is kept of a cue: its times, its settings, and text with the tags
that the standard knows. Styles, regions, notes and identifiers are left out: a player would take a stranger's rules.
"""

import re
from dataclasses import dataclass

from worker.media.rules import Rejected

MAX_BYTES = 256 * 1024
MAX_CUES = 5000
MAX_MS = 24 * 3600 * 1000
TIME = r"(?:(\d{1,3}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
TIMING = re.compile(rf"^{TIME}[ \t]+-->[ \t]+{TIME}(?:[ \t]+(.*))?$")
SETTINGS = re.compile(
    r"^(?:vertical:(?:rl|lr)|(?:line|position|size):[\d.]{1,6}%?(?:,[a-z-]{1,12})?|align:[a-z]{1,8})$"
)
# The tags of the standard: class, italic, bold, underline, ruby and its text, voice, language, and a time.
TAG = re.compile(
    r"</?(?:c|i|b|u|ruby|rt|v|lang)(?:\.[\w-]{1,40}){0,4}(?:[ \t][^<>&]{0,100})?>"
    r"|<(?:\d{2,3}:)?[0-5]\d:[0-5]\d\.\d{3}>"
)
ESCAPES = re.compile(r"&(?!(?:amp|lt|gt|nbsp|lrm|rlm|#\d{1,6});)")
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
SKIPPED = ("NOTE", "STYLE", "REGION")


@dataclass(frozen=True)
class Cue:
    """One subtitle: from when to when in milliseconds, its settings as the standard writes them, and its lines."""

    start_ms: int
    end_ms: int
    settings: str
    text: str


def normalised(data: bytes, *, duration_ms: int | None = None) -> str:
    """Return uploaded WebVTT or SRT as WebVTT: UTF-8, line feeds, cues in order, nothing but cues.

    Cues that begin after ``duration_ms`` are refused. Raises Rejected: ``subtitles_too_large``, ``subtitles_encoding``,
    ``subtitles_malformed``, ``subtitles_markup``, ``subtitles_times``, ``subtitles_empty``.
    """
    cues = parse(data)
    if duration_ms is not None and cues[-1].start_ms > duration_ms:
        raise Rejected("subtitles_times", "The last subtitle comes after the end of the film. Correct its time.")
    return "WEBVTT\n" + "".join(f"\n{_line(cue)}\n{cue.text}\n" for cue in cues)


def parse(data: bytes) -> list[Cue]:
    """Return the cues in order of their beginning; raises Rejected as ``normalised`` does."""
    if len(data) > MAX_BYTES:
        raise Rejected("subtitles_too_large", f"Subtitles may have {MAX_BYTES >> 10} KiB. Send a smaller file.")
    blocks = _blocks(_text(data))
    if blocks and blocks[0][0].split(" ")[0].split("\t")[0] == "WEBVTT":
        blocks = blocks[1:]
    elif not (blocks and "," in next((line for line in blocks[0][:2] if "-->" in line), "")):
        raise Rejected("subtitles_malformed", "Send subtitles as WebVTT, which begins with WEBVTT, or as SRT.")
    cues = [_cue(block) for block in blocks if not _is_skipped(block)]
    if not cues:
        raise Rejected("subtitles_empty", "There is no subtitle in this file.")
    if len(cues) > MAX_CUES:
        raise Rejected("subtitles_too_large", f"There may be {MAX_CUES} subtitles. Send fewer.")
    return sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Rejected("subtitles_encoding", "Save the subtitles as UTF-8, and send them again.") from None
    if FORBIDDEN.search(text):
        raise Rejected("subtitles_encoding", "There are control characters in the subtitles. Remove them.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _blocks(text: str) -> list[list[str]]:
    """Return the lines between empty lines."""
    found: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [block for block in found if block]


def _is_skipped(block: list[str]) -> bool:
    return "-->" not in block[0] and block[0].split(" ")[0].split("\t")[0] in SKIPPED


def _cue(block: list[str]) -> Cue:
    """Return the cue of a block: a line that names it, perhaps; its times; its text."""
    lines = block if "-->" in block[0] else block[1:]
    timing = TIMING.match(lines[0].strip()) if lines else None
    if timing is None:
        raise Rejected("subtitles_malformed", f"This is no subtitle with its times: {block[0][:60]!r}.")
    start, end = _ms(*timing.group(1, 2, 3, 4)), _ms(*timing.group(5, 6, 7, 8))
    if not 0 <= start < end <= MAX_MS:
        raise Rejected("subtitles_times", f"A subtitle must end after it begins: {lines[0][:60]!r}.")
    settings = " ".join(one for one in (timing.group(9) or "").split() if SETTINGS.match(one))
    return Cue(start, end, settings, "\n".join(_clean(line) for line in lines[1:]))


def _ms(hours: str | None, minutes: str, seconds: str, thousandths: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(thousandths)


def _clean(line: str) -> str:
    """Return a line of text; raises Rejected for markup that is not the standard's, and for an arrow."""
    bare = TAG.sub("", line)
    if "<" in bare or "-->" in line:
        raise Rejected("subtitles_markup", f"Only the tags of WebVTT may be used: {line[:60]!r}.")
    return ESCAPES.sub("&amp;", line.rstrip())


def _line(cue: Cue) -> str:
    return f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}" + (f" {cue.settings}" if cue.settings else "")


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
