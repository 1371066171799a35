"""A film that is longer than anybody watches, published in a running house."""

import os
from pathlib import Path

from demo import rendering, seed
from demo.client import picture
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
