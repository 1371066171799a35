"""Trained rankings in storage: each file named by its SHA-256, and read only where it is what its name says.

Beside a ranking lies what serving needs of its posts: their words, who may see them, their sounds.
"""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from feed.control.matching import Hashes, Words
from feed.foryou.packing import Packed
from feed.foryou.tables import Films
from feed.models import RankingModel
from feed.ranking import model as models
from feed.ranking.log import Bools
from feed.ranking.model import Model

FOLDER = "ranking"
# What reading a ranking raises that is gone, spoilt, or of another shape than this version knows.
UNREADABLE = (OSError, ValueError, LookupError, TypeError)


@dataclass(frozen=True)
class Aside:
    """What lies beside a ranking, in the order of its posts."""

    words: Words
    vocabulary: Hashes
    open: Bools
    sounds: Packed


def store(*, model: Model, films: Films, kind: str, parent: str = "") -> RankingModel:
    """Keep a ranking and what lies beside it: ``films`` in the order of its posts. The same one twice is one."""
    name, body = models.dumped(model)
    aside = _packed(Aside(films.words, films.vocabulary, films.open, films.sounds))
    aside_name = hashlib.sha256(aside).hexdigest()
    row, _ = RankingModel.objects.update_or_create(
        hash=name,
        defaults={
            "kind": kind,
            "parent": parent,
            "file": _saved(f"{FOLDER}/{name}.npz", body),
            "words_file": _saved(f"{FOLDER}/{aside_name}.words.npz", aside),
            "words_hash": aside_name,
            "size_bytes": len(body) + len(aside),
            "figures": {key: float(value) for key, value in model.figures.items()},
        },
    )
    return row


def activate(row: RankingModel) -> None:
    """Let feeds be ranked by this one from their next look on."""
    with transaction.atomic():
        RankingModel.objects.filter(active=True).exclude(hash=row.hash).update(active=False)
        RankingModel.objects.filter(hash=row.hash).update(active=True)


def load(row: RankingModel) -> tuple[Model, Aside]:
    """Read a ranking; ValueError or FileNotFoundError where storage has not what its row names."""
    body = _read(row.words_file)
    if hashlib.sha256(body).hexdigest() != row.words_hash:
        raise ValueError(f"{row.words_file} is not what its name says")
    return models.loaded(_read(row.file), row.hash), _unpacked(body)


@lru_cache(maxsize=4)
def load_weights(name: str) -> Model:
    """Read the ranking of this hash, for replays; LookupError where there is none."""
    row = RankingModel.objects.filter(hash=name).first()
    if row is None:
        raise LookupError(f"no ranking {name}")
    return models.loaded(_read(row.file), name)


def remove(row: RankingModel) -> None:
    """Drop a ranking with its files, unless another row has the same one beside it."""
    if not RankingModel.objects.filter(words_file=row.words_file).exclude(hash=row.hash).exists():
        default_storage.delete(row.words_file)
    default_storage.delete(row.file)
    row.delete()


def _saved(name: str, body: bytes) -> str:
    return name if default_storage.exists(name) else default_storage.save(name, ContentFile(body))


def _read(name: str) -> bytes:
    with default_storage.open(name) as file:
        body: bytes = file.read()
    return body


def _packed(aside: Aside) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        open=aside.open,
        sounds=aside.sounds,
        flat=aside.words.flat,
        ends=aside.words.ends,
        vocabulary=aside.vocabulary,
    )
    return buffer.getvalue()


def _unpacked(body: bytes) -> Aside:
    with np.load(io.BytesIO(body), allow_pickle=False) as held:
        return Aside(Words(held["flat"], held["ends"]), held["vocabulary"], held["open"], held["sounds"])
