"""A small synthetic log: two kinds of people, two kinds of posts, and a few posts that everybody meets."""

import numpy as np

from feed.ranking.log import LIKE, LONG_VIEW, SHOWN, Catalogue, Log, Social
from feed.ranking.types import DAY, Settings

NOW = 1_700_000_000.0
PEOPLE, POSTS = 240, 60
SETTINGS = Settings(neighbours=20, ease_l2=0.2, shrink=2.0, negatives=20, trees=20, leaves=7, act_trees=20, enough=200)


def catalogue(posts: int = POSTS, first: int = 0) -> Catalogue:
    """Posts of six authors in turn, each with the term of its kind (even or odd)."""
    numbers = np.arange(first, first + posts)
    return Catalogue(
        ids=np.array([b"%032x" % number for number in numbers]),
        authors=np.array([b"author-%d" % number for number in range(6)]),
        author=(numbers % 6).astype(np.int32),
        duration=np.full(posts, 20.0, np.float32),
        published_at=NOW - 20 * DAY + numbers.astype(np.float64),
        sound=np.full(posts, -1, np.int32),
        ai=numbers % 4 == 0,
        term_start=np.arange(posts + 1),
        term=(numbers % 2).astype(np.int32),
    )


def log(seed: int = 1, rows: int = 9000) -> Log:
    """Person p wants posts of their kind (p even: even ones) in four of five showings, others in one of ten."""
    rng = np.random.default_rng(seed)
    person = rng.integers(PEOPLE, size=rows)
    kind = np.where(rng.random(rows) < 0.8, person % 2, rng.integers(2, size=rows))
    post = rng.integers(POSTS // 2, size=rows) * 2 + kind
    wanted = rng.random(rows) < np.where(post % 2 == person % 2, 0.8, 0.1)
    liked = wanted & (rng.random(rows) < 0.3)
    at = np.sort(NOW - rng.random(rows) * 10 * DAY)
    return Log(
        person.astype(np.int32), post.astype(np.int32), at,
        (SHOWN + wanted * LONG_VIEW + liked * LIKE).astype(np.uint8),
        np.where(wanted, 20.0, 3.0).astype(np.float32), np.ones(rows, np.bool_),
    )  # fmt: skip


def social() -> Social:
    """Everybody sees what the next person but one (of their own kind) does, and follows an author."""
    people = np.arange(PEOPLE, dtype=np.int32)
    return Social(people, (people + 2) % PEOPLE, people, people % 6)
