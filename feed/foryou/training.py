"""Learning a ranking from what the database holds, keeping it, and counting anew with the weights that were learned."""

import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models.functions import Now
from numpy.typing import NDArray

from feed.foryou import damping, files, impressions, packing, tables
from feed.foryou.files import Aside
from feed.foryou.packing import Places
from feed.foryou.tables import Films, Known
from feed.models import RankingModel
from feed.ranking import training
from feed.ranking.log import Log
from feed.ranking.model import Model
from feed.ranking.types import Settings

log = logging.getLogger(__name__)
REMEMBERED = timedelta(days=60)
# Trained ones are kept as long as what they ranked can be asked about; counts are of no use once there are newer ones.
COUNTS_KEPT = timedelta(hours=1)
# Of each post fewer links than the benchmarks keep, for there are many more posts, and each process holds them all.
SETTINGS = Settings(neighbours=64)


def train(*, settings: Settings | None = None, boosted: bool = True) -> RankingModel:
    """Learn from everything that is remembered, keep the result and let feeds be ranked by it. Takes minutes."""
    began = time.monotonic()
    films, acts, people = _read()
    authors = packing.of_names(films.catalogue.authors)
    social = tables.social(people=people, authors=authors)
    at = datetime.now(UTC).timestamp()
    model = training.train(acts, films.catalogue, social, at, settings or SETTINGS, boosted=boosted)
    model = replace(model, figures={**model.figures, "train_seconds": time.monotonic() - began, "acts": len(acts)})
    row = files.store(model=model, films=films, kind=RankingModel.Kind.TRAINED)
    files.activate(row)
    log.info("trained the ranking %s on %d acts, %d posts", row.hash, len(acts), len(films.catalogue))
    return row


def refresh() -> RankingModel:
    """Count anew what people watch, with the weights of the active ranking; where there is none, train one."""
    active = RankingModel.objects.filter(active=True).first()
    if active is None:
        return train()
    try:
        model, aside = files.load(active)
    except files.UNREADABLE as error:
        log.error("the ranking %s cannot be read, so another is trained: %s", active.hash, error)
        return train()
    films, acts = _read_behind(model, aside)
    fresh = model.refreshed(acts, films.catalogue, datetime.now(UTC).timestamp())
    row = files.store(model=fresh, films=films, kind=RankingModel.Kind.REFRESHED, parent=active.parent or active.hash)
    files.activate(row)
    return row


def sweep() -> None:
    """Remove rankings that nothing asks for any more, and impressions that are too old."""
    impressions.sweep()
    counts = RankingModel.objects.filter(kind=RankingModel.Kind.REFRESHED, made_at__lt=Now() - COUNTS_KEPT)
    trained = RankingModel.objects.filter(kind=RankingModel.Kind.TRAINED, made_at__lt=Now() - impressions.KEPT)
    for rows in (counts, trained):
        for row in rows.filter(active=False):
            files.remove(row)


def _read() -> tuple[Films, Log, packing.Packed]:
    films = tables.films()
    acts, people = _acts(films)
    return films, acts, people


def _acts(films: Films) -> tuple[Log, packing.Packed]:
    places = Places.of(packing.of_names(films.catalogue.ids))
    acts, people = tables.people_acts(since=datetime.now(UTC) - REMEMBERED, places=places)
    return damping.damped(acts, people, films.catalogue), people


def _read_behind(model: Model, aside: Aside) -> tuple[Films, Log]:
    """Return the films with those of the model in front, in their order, and what was done with what stands of them."""
    films = tables.films(before=Known(aside.sounds, aside.vocabulary))
    first = packing.of_names(model.shelf.catalogue.ids)
    gone = np.flatnonzero(Places.of(packing.of_names(films.catalogue.ids)).find(first) < 0)
    films = _in_order(_beside_gone(films, model, aside, gone), first)
    acts, _ = _acts(films)
    return films, acts.rows(~np.isin(acts.post, gone))


def _beside_gone(films: Films, model: Model, aside: Aside, gone: NDArray[np.intp]) -> Films:
    """Return the films with those of the model behind which fell since: the oldest of all, open to nobody."""
    if not len(gone):
        return films
    closed, first = np.zeros(len(model.shelf), bool), np.zeros(len(model.shelf))
    catalogue = replace(model.shelf.catalogue, published_at=first)
    fallen = tables.chosen(Films(catalogue, aside.words, aside.vocabulary, closed, aside.sounds), gone)
    return replace(
        films,
        catalogue=films.catalogue.joined(fallen.catalogue),
        words=films.words.joined(fallen.words),
        open=np.concatenate([films.open, fallen.open]),
    )


def _in_order(films: Films, first: packing.Packed) -> Films:
    """Return the films with those of ``first`` in front, in their order, as the ranking keeps them."""
    places = Places.of(packing.of_names(films.catalogue.ids))
    known = places.find(first)
    known = known[known >= 0]
    rest = np.setdiff1d(np.arange(len(films.catalogue)), known)
    return tables.chosen(films, np.concatenate([known, rest]).astype(np.intp))
