"""What an uploaded film is, decided in the child: its size, rate, length and loudness, or why it is not taken."""

from dataclasses import asdict
from pathlib import Path

from worker.media import child, sniff
from worker.media.rules import RULES, Facts, MediaRules, Rejected

SECONDS = 25.0


def inspect(source: Path, *, rules: MediaRules = RULES) -> Facts:
    """Return the facts about the film in ``source``, whatever its name.

    Raises Rejected within SECONDS, with one of these codes: too_large_bytes, not_a_video, container_unknown,
    playlist_refused, truncated, external_data, encrypted, damaged, too_many_streams, no_video, no_frames,
    codec_unknown, too_long, too_short, too_large_pixels, too_small_pixels, frame_rate, too_heavy. Raises
    child.MediaFailed when the child itself cannot run.
    """
    size = source.stat().st_size
    if size > rules.max_bytes:
        raise Rejected("too_large_bytes", f"A film may have {rules.max_bytes >> 20} MiB; this one has {size >> 20}.")
    with source.open("rb") as file:
        sniff.container(file.read(sniff.HEAD_BYTES))
    return Facts(**child.run(child.Work("inspect", {"rules": asdict(rules)}, [source], seconds=SECONDS)))
