"""What training and the shelf are made from, as columns: a log of acts, a catalogue of posts, edges among people."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

# What a row of the log says happened; a row may carry several.
SHOWN, LONG_VIEW, LIKE, FOLLOW, COMMENT, SHARE, CREATE, HIDE = (1 << bit for bit in range(8))
# What counts as wanted: watched to the end (or 18 s of it), liked, or answered by an act of one's own.
WANTED = LONG_VIEW | LIKE | COMMENT | SHARE | CREATE
ANY = 0xFF

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]
Times = NDArray[np.float64]
Bits = NDArray[np.uint8]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Log:
    """One row for each (person, post) met, in the order of time; times are Unix seconds.

    ``person``: any dense index; ``post``: index into the catalogue; ``acts``: the bits above; ``watched``: seconds;
    ``dated``: False where ``at`` is only roughly right, so that the row is history but never a label.
    """

    person: Ints
    post: Ints
    at: Times
    acts: Bits
    watched: Floats
    dated: Bools

    def __len__(self) -> int:
        return len(self.person)

    def rows(self, chosen: Bools | Longs) -> Self:
        """The rows that a mask or an index chooses."""
        return type(self)(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def before(self, at: float) -> Self:
        """What was known at that moment."""
        return self.rows(self.at < at)

    def between(self, start: float, end: float) -> Self:
        """The rows of a period that can be labels: well dated, start included, end not."""
        return self.rows((self.at >= start) & (self.at < end) & self.dated)

    def has(self, acts: int) -> Bools:
        """Which rows carry any of these acts."""
        return (self.acts & np.uint8(acts)) > 0

    @property
    def wanted(self) -> Bools:
        """Which rows were wanted, and not hidden afterwards."""
        return self.has(WANTED) & ~self.has(HIDE)


@dataclass(frozen=True)
class Catalogue:
    """The posts that can be ranked. ``ids`` and ``authors`` are ASCII keys (a UUID's 32 hex digits do well).

    ``author``: index into ``authors`` or -1; ``duration``: seconds, 0 where unknown; ``published_at``: Unix seconds;
    ``sound``: any number or -1; ``ai``: generated; the terms of post i (hashtags, words of its caption, hashed to
    numbers below 2**18) are ``term[term_start[i] : term_start[i + 1]]``. Sounds and terms keep their numbers for good.
    """

    ids: NDArray[np.bytes_]
    authors: NDArray[np.bytes_]
    author: Ints
    duration: Floats
    published_at: Times
    sound: Ints
    ai: Bools
    term_start: Longs
    term: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def joined(self, more: Self) -> Self:
        """This catalogue with the posts of another behind it; authors are matched by their ids."""
        authors, place = np.unique(np.concatenate([self.authors, more.authors]), return_inverse=True)
        fresh = ~np.isin(authors, self.authors)
        number = np.empty(len(authors), np.int32)
        number[place[: len(self.authors)]] = np.arange(len(self.authors))
        number[fresh] = len(self.authors) + np.arange(fresh.sum())
        other = np.where(more.author >= 0, number[place[len(self.authors) :]][more.author], -1).astype(np.int32)
        ends = (self.term_start, self.term_start[-1] + more.term_start[1:])
        columns = ("ids", "duration", "published_at", "sound", "ai", "term")
        return type(self)(
            authors=np.concatenate([self.authors, authors[fresh]]),
            author=np.concatenate([self.author, other]),
            term_start=np.concatenate(ends),
            **{name: np.concatenate([getattr(self, name), getattr(more, name)]) for name in columns},
        )


@dataclass(frozen=True)
class Social:
    """Edges among people, in the indices of a Log (``person`` → ``friend``: whose acts they see) and from people to
    authors of the Catalogue (``follower`` → ``author``)."""

    person: Ints
    friend: Ints
    follower: Ints
    author: Ints

    @classmethod
    def none(cls) -> Self:
        """A network without edges."""
        return cls(*(np.empty(0, np.int32) for _ in range(4)))
