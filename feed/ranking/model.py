"""A trained ranking: everything a process needs to name, score and order candidates, and the one file it is kept in."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from feed.ranking.blend import Blend
from feed.ranking.boosting import Boosted
from feed.ranking.heads import Heads
from feed.ranking.log import Catalogue, Floats, Ints, Log
from feed.ranking.shelf import Shelf
from feed.ranking.types import Settings


@dataclass(frozen=True)
class Links:
    """For each post its strongest neighbours, strongest first: ``post`` (-1 past the end), ``weight``: (posts, k)."""

    post: Ints
    weight: Floats


@dataclass(frozen=True)
class Model:
    """``boosted`` and ``heads`` may be absent (not trained, or LightGBM not installed)."""

    settings: Settings
    shelf: Shelf
    cowatch: Links
    ease: Links
    blend: Blend
    heads: Heads | None
    boosted: Boosted | None
    figures: dict[str, float]
    hash: str = ""

    def posts_of(self, ids: NDArray[np.bytes_]) -> Ints:
        """The index of each id; -1 where the model does not know the post."""
        raise NotImplementedError

    def authors_of(self, ids: NDArray[np.bytes_]) -> Ints:
        """The index of each author's id; -1 where the model knows none of their posts."""
        raise NotImplementedError

    def extended(self, catalogue: Catalogue) -> Self:
        """The same model, able to rank posts published since (unseen, no neighbours)."""
        raise NotImplementedError

    def refreshed(self, log: Log, catalogue: Catalogue, at: float) -> Self:
        """The same learned weights on a newly counted shelf; ``log`` reaches back some half-lives. The posts of the
        model come first in the new shelf, in their order."""
        raise NotImplementedError


def dumped(model: Model) -> tuple[str, bytes]:
    """The model as the bytes of one file (npz; LightGBM's text inside), and their SHA-256 in hex: the file's name."""
    raise NotImplementedError


def loaded(file: bytes, expected: str) -> Model:
    """Read a model; ValueError where the bytes are not those that the hash names. Runs no code out of the file."""
    raise NotImplementedError
