"""A film that is longer than anybody watches, published in a running house; and its renditions."""

import os
from pathlib import Path
from urllib.parse import urljoin
from uuid import UUID, uuid4

import orjson

from demo import rendering, seed
from demo.client import Caller, picture
from demo.people import PORTRAIT, Cast
from tests.journeys.running import Running

# Nobody comes to its end. It is a hole in the file: it takes no place on the disk.
FILM_BYTES = 1024**3


def lengthen(film: Path) -> None:
    """Make a film longer than anybody watches: behind it a box that players skip (ISO 14496-12 §8.1.2)."""
    size = FILM_BYTES - film.stat().st_size
    with film.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"free")
    os.truncate(film, FILM_BYTES)


def publish(running: Running, cast: Cast) -> str:
    """Have Sam publish a rendered film of Eileen's under a fresh grant; return its id."""
    cast.eileen.send("POST", "/withdrawals", 201, json={"scope": "everything"})
    cast.eileen.send("PUT", "/me/likeness", 201, fields=picture("photo", PORTRAIT))
    cast.eileen.send("POST", "/grants", 201, json={**seed.terms(), "audience": "public"})
    video = rendering.make(cast.sam, "a long wave", "public")
    cast.sam.send("POST", "/posts", 201, json={"video": video, "audience": "public", "caption": ""})
    ((file,),) = running.query("SELECT file FROM worker_video WHERE id = %s", video)
    lengthen(running.house.var / "media" / str(file))
    return video


def rung(running: Running, video: str, name: str, **fields: object) -> None:
    """Name a stored file as a rung of HLS, with what a row of worker_rendition has."""
    known = {"id": uuid4(), "video_id": UUID(video), "kind": "hls", "file": name, "width": 90, "height": 160}
    known |= {"bandwidth": 1_000_000, "codecs": "avc1.64001f", "digest": bytes(32), **fields}
    known["segments"] = orjson.dumps(known["segments"]).decode()
    columns, places = ", ".join(known), ", ".join(["%s"] * len(known))
    running.query(f"INSERT INTO worker_rendition ({columns}) VALUES ({places}) RETURNING id", *known.values())


def long_rung(running: Running, video: str) -> None:
    """Give the film a rung of one segment without an end, all of it a hole."""
    name = f"videos/{uuid4().hex}.mp4"
    file = running.house.var / "media" / name
    file.touch()
    os.truncate(file, FILM_BYTES)
    segments = [[0, 1000, 0.0], [1000, FILM_BYTES - 1000, 600.0]]
    rung(running, video, name, rung=90, size_bytes=FILM_BYTES, segments=segments)


def segments_of(viewer: Caller, master: str, width: int = 90) -> str:
    """Return where the segments of a rung are, found as a player finds them."""
    playlist = _addresses(viewer, master)
    (media,) = [one for one in playlist if f"/hls/{width}.m3u8" in one]
    (file,) = set(_addresses(viewer, media))
    return file


def _addresses(viewer: Caller, playlist: str) -> list[str]:
    text = viewer.send("GET", playlist, 200).data.decode()
    return [urljoin(playlist, line) for line in text.splitlines() if not line.startswith("#")]
