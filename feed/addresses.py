"""What a player is given: the address of every form of a video, for one viewing, or for everybody where that may be."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings

from feed import caching, renditions
from feed.engagement import tokens
from feed.renditions import FILM, MASTER, POSTER, PREVIEW, SPRITE, Playable
from feed.tickets import Viewing

Address = Callable[[str], str]


def body(viewing: Viewing) -> dict[str, Any]:
    """Return what playback answers."""
    playable = renditions.find(viewing.video_id)
    shared = caching.cacheable(viewing.video_id)
    address = shared.address if shared else ticketed(viewing, playable)
    return {
        "hls_url": address(MASTER) if playable.ladder else None,
        "video_url": address(FILM),
        "poster_url": address(POSTER),
        "preview_url": address(PREVIEW) if PREVIEW in playable.files else None,
        "sprite": _sprite(playable.sprite, address) if playable.sprite else None,
        "blurhash": playable.blurhash,
        "renditions": list(_renditions(playable, address)),
        "subtitles": list(_subtitles(playable, address)),
        "expires_in": _left(viewing),
        "viewing": tokens.issue(viewer_id=viewing.viewer_id, video_id=viewing.video_id),
    }


def download(viewing: Viewing) -> dict[str, Any]:
    """Return where the whole film is got as an attachment."""
    playable = renditions.find(viewing.video_id)
    return {"video_url": ticketed(viewing, playable)(playable.best), "expires_in": _left(viewing)}


def ticketed(viewing: Viewing, playable: Playable) -> Address:
    """Return what gives each part of a video its address in this viewing."""
    start = f"{settings.STREAM_URL}/videos/{viewing.video_id}"
    return lambda part: f"{start}{part}?ticket={viewing.ticket(part, playable.files.get(part))}"


def _sprite(grid: Mapping[str, int], address: Address) -> dict[str, Any]:
    return {
        "url": address(SPRITE),
        "columns": grid["columns"],
        "rows": grid["rows"],
        "tile_width": grid["width"],
        "tile_height": grid["height"],
        "interval_ms": grid["step_ms"],
    }


def _renditions(playable: Playable, address: Address) -> Iterator[dict[str, Any]]:
    for form in playable.forms:
        yield {
            "kind": form.kind,
            "rung": form.rung,
            "width": form.width,
            "height": form.height,
            "bandwidth": form.bandwidth,
            "codecs": form.codecs,
            "size_bytes": form.file.size,
            "url": address(form.entry),
        }


def _subtitles(playable: Playable, address: Address) -> Iterator[dict[str, Any]]:
    for language, label in playable.languages:
        yield {"language": language, "label": label, "url": address(f"/subtitles/{language}.vtt")}


def _left(viewing: Viewing) -> int:
    return viewing.ends_at - int(time.time())
