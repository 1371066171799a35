"""A trained ranking: all that a process needs to name, score and order candidates, and the one file it is kept in."""

import hashlib
import io
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from feed.ranking import shelf as shelves
from feed.ranking.blend import Blend
from feed.ranking.boosting import Boosted
from feed.ranking.heads import Heads
from feed.ranking.log import Catalogue, Ints, Log
from feed.ranking.shelf import COUNTED, Shelf
from feed.ranking.types import Links, Settings


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
        return _found(self.shelf.catalogue.ids, ids)

    def authors_of(self, ids: NDArray[np.bytes_]) -> Ints:
        """The index of each author's id; -1 where the model knows none of their posts."""
        return _found(self.shelf.catalogue.authors, ids)

    def extended(self, catalogue: Catalogue) -> Self:
        """The same model, able to rank posts published since (met by nobody, without links)."""
        return self._with(shelves.extended(self.shelf, catalogue))

    def refreshed(self, log: Log, catalogue: Catalogue, at: float) -> Self:
        """The same learned weights on a newly counted shelf; ``log`` reaches back some half-lives. The posts of the
        model come first in ``catalogue``, in their order (``Catalogue.joined`` keeps it so)."""
        if not np.array_equal(catalogue.ids[: len(self.shelf)], self.shelf.catalogue.ids):
            raise ValueError("a refreshed catalogue begins with the posts of the model")
        return self._with(shelves.stock(log, catalogue, at, self.settings))

    def _with(self, shelf: Shelf) -> Self:
        more = len(shelf) - len(self.cowatch.post)
        return replace(self, shelf=shelf, cowatch=_padded(self.cowatch, more), ease=_padded(self.ease, more), hash="")


def _padded(links: Links, more: int) -> Links:
    wider = ((0, more), (0, 0))
    return Links(np.pad(links.post, wider), np.pad(links.weight, wider))


def _found(known: NDArray[np.bytes_], ids: NDArray[np.bytes_]) -> Ints:
    if not len(known):
        return np.full(len(ids), -1, np.int32)
    order = np.argsort(known)
    place = order[np.minimum(np.searchsorted(known, ids, sorter=order), len(known) - 1)]
    return np.where(known[place] == ids, place, -1).astype(np.int32)


def dumped(model: Model) -> tuple[str, bytes]:
    """The model as the bytes of one file (npz; LightGBM's text inside), and their SHA-256 in hex: the file's name."""
    columns: dict[str, Any] = {}
    for field in fields(Catalogue):
        columns[f"catalogue.{field.name}"] = getattr(model.shelf.catalogue, field.name)
    for field in fields(Shelf):
        if field.name not in {"catalogue", "at"}:
            columns[f"shelf.{field.name}"] = getattr(model.shelf, field.name)
    for name in ("cowatch", "ease"):
        columns[f"{name}.post"], columns[f"{name}.weight"] = getattr(model, name).post, getattr(model, name).weight
    columns["blend"] = model.blend.weights
    if model.heads:
        columns |= {f"heads.{field.name}": getattr(model.heads, field.name) for field in fields(Heads)}
    told = {
        "settings": asdict(model.settings), "at": model.shelf.at, "figures": model.figures,
        "boosted": asdict(model.boosted) if model.boosted else None,
    }  # fmt: skip
    columns["told"] = np.frombuffer(json.dumps(told, sort_keys=True).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, **columns)
    return hashlib.sha256(file.getvalue()).hexdigest(), file.getvalue()


def loaded(file: bytes, expected: str) -> Model:
    """Read a model; ValueError where the bytes are not those that the hash names. Runs no code out of the file."""
    if hashlib.sha256(file).hexdigest() != expected:
        raise ValueError("the model file is not the one that its name says")
    with np.load(io.BytesIO(file), allow_pickle=False) as columns:
        told = json.loads(columns["told"].tobytes())
        rest = {key: columns[key] for key in columns.files if key != "told"}

    def part(name: str) -> dict[str, Any]:
        return {key.partition(".")[2]: column for key, column in rest.items() if key.startswith(f"{name}.")}

    short = len(COUNTED) - rest["shelf.columns"].shape[1]  # a ranking of before some columns were counted
    rest["shelf.columns"] = np.pad(rest["shelf.columns"], ((0, 0), (0, max(short, 0))))
    settings = told["settings"] | {"windows": tuple(told["settings"]["windows"])}
    heads = part("heads")
    return Model(
        Settings(**settings),
        Shelf(Catalogue(**part("catalogue")), told["at"], **part("shelf")),
        Links(**part("cowatch")), Links(**part("ease")), Blend(rest["blend"]),
        Heads(**heads) if heads else None,
        Boosted(**told["boosted"]) if told["boosted"] else None,
        told["figures"], expected,
    )  # fmt: skip
