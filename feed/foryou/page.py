"""A page of For You: what is known → an order → what of it is visible now → its log → its reasons."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from accounts import rules as ages
from accounts.models import Person
from feed import visibility
from feed.control import choices
from feed.control.rules import Ended, ended, exhausted, goes_on
from feed.foryou import chronological, experiments, explaining, facts, files, impressions, ordering, prompting
from feed.foryou.explaining import Why
from feed.foryou.impressions import Item, Walk
from feed.foryou.ordering import ALL, RESERVE, Asked, Ranked
from feed.foryou.stages import FAULTS, Degraded
from feed.foryou.stock import KEEPER, Stock
from feed.models import Impression
from feed.ranking import features
from feed.ranking.model import Model
from feed.visibility import Shown
from socialvideo.lib.ids import new_id


@dataclass(frozen=True)
class Page:
    """What is answered. ``ended`` says why nothing follows; ``degraded`` what did not work on the way."""

    items: list[dict[str, Any]]
    cursor: str | None
    ended: Ended | None
    degraded: list[str]
    profiled: bool
    rung: str
    prompt: dict[str, Any] | None = None


def serve(*, person: Person, walk: Walk | None, limit: int) -> Page:
    """Return the next page of a walk, or the first of a new one. A page that is asked for again is the same page."""
    going = walk or Walk(new_id(), 0)
    is_teen = person.birth_date is not None and ages.is_teen(person.birth_date, date.today())
    known = facts.read(viewer=person.id, walk=going.id, profiling_by_age=not is_teen)
    held = choices.holding(known.choice, is_teen=is_teen, guarded=known.guarded)
    at = Walk(going.id, min(walk.position if walk else 0, len(known.walked)))
    asked = Asked(known, held, at, limit, experiments.arm_of(person.id))
    page = _again(asked) if at.position < len(known.walked) else _next(asked)
    prompt = prompting.beside(
        person=person,
        choice=known.choice,
        walk=at.id,
        position=at.position,
        items=page.items,
        ended=page.ended,
    )
    return replace(page, prompt=prompt)


def _next(asked: Asked) -> Page:
    """Return a page that was not served before."""
    known, limit = asked.known, asked.limit
    if over := ended(asked.held.limits, known.sat, known.now, known.zone):
        return Page([], None, over, [], asked.held.profiling, "")
    stock = KEEPER.current()
    ranked, shown = _visible(asked, stock)
    if len(shown) < limit <= len(ranked.ids) - RESERVE:
        # So much of it fell since it was ranked that the reserve does not fill the page: there may be more behind.
        asked = replace(asked, reserve=ALL)
        ranked, shown = _visible(asked, stock)
    return _served(asked, ranked, shown, stock.model if stock and ranked.weights else None)


def _visible(asked: Asked, stock: Stock | None) -> tuple[Ranked, list[Shown]]:
    """Return an order, and what of its beginning is visible at this moment."""
    known, count = asked.known, asked.limit + asked.reserve
    ranked = ordering.ranked(asked, stock) if stock else None
    ranked = ranked or chronological.newest(known, asked.held.ai_share, count)
    return ranked, visibility.among(viewer=known.viewer, post_ids=ranked.ids, limit=asked.limit)


def _served(asked: Asked, ranked: Ranked, shown: list[Shown], model: Model | None) -> Page:
    """Write down and answer with what of the order is visible."""
    viewer, walk, limit = asked.known.viewer, asked.walk, asked.limit
    place = {post_id: at for at, post_id in enumerate(ranked.ids)}
    # What was seen longer ago than the filter remembers.
    at = [place[each.id] for each in shown if not each.body["mine"]["seen"]]
    items = [_item(ranked, row, walk.position + number) for number, row in enumerate(at)]
    written = impressions.write(
        viewer=viewer,
        walk=walk.id,
        items=items,
        model=ranked.weights,
        rung=ranked.rung,
        arm=experiments.label(asked.arm),
        sat=goes_on(asked.known.sat, asked.known.now, asked.known.zone),
    )
    whys = _reasons(model, ranked, at, asked.degraded)
    bodies = {each.id: each.body for each in shown}
    data = [_body(bodies[item.post], item.id, why) for item, why in zip(items, whys, strict=True) if item.id in written]
    is_over = len(shown) < limit
    following = None if is_over else replace(walk, position=walk.position + len(items)).cursor
    profiled = asked.held.profiling
    degraded = list(dict.fromkeys(asked.degraded.stages))
    return Page(data, following, exhausted() if is_over else None, degraded, profiled, ranked.rung)


def _item(ranked: Ranked, row: int, position: int) -> Item:
    return Item(
        id=new_id(),
        post=ranked.ids[row],
        position=position,
        sources=ranked.sources[row],
        propensity=ranked.propensity[row],
        features=features.packed(ranked.rows[row]),
        score=float(ranked.score[row]),
    )


def _reasons(model: Model | None, ranked: Ranked, at: list[int], degraded: Degraded) -> list[Why]:
    """Explain what was not explained before: a walk that begins anew shows much of what the one before showed."""
    told, asked = ranked.reasons, [row for row in at if ranked.ids[row] not in ranked.reasons]
    sources = [ranked.sources[row] for row in asked]
    try:
        if asked:
            found = explaining.explain(model=model, rung=ranked.rung, rows=ranked.rows[asked], sources=sources)
            told |= zip((ranked.ids[row] for row in asked), found, strict=True)
    except FAULTS as error:
        degraded.note("reasons", error)
    return [told.get(ranked.ids[row]) or Why(ranked.sources[row], ()) for row in at]


def _again(asked: Asked) -> Page:
    """Answer with a page that was served before, of which what fell since is missing."""
    rows = impressions.of_walk(viewer=asked.known.viewer, walk=asked.walk, limit=asked.limit)
    shown = {each.id: each for each in visibility.among(viewer=asked.known.viewer, post_ids=[r.post_id for r in rows])}
    data = [_body(shown[row.post_id].body, row.id, why_of(row)) for row in rows if row.post_id in shown]
    following = replace(asked.walk, position=asked.walk.position + len(rows)).cursor
    return Page(data, following, None, [], asked.held.profiling, rows[0].rung)


def why_of(row: Impression) -> Why:
    """Return why an item was served, from its logged row alone."""
    model = files.load_weights(row.model) if row.model else None
    logged = features.unpacked(bytes(row.features))[np.newaxis]
    return explaining.explain(model=model, rung=row.rung, rows=logged, sources=[tuple(row.sources)])[0]


def _body(body: dict[str, Any], impression: UUID, why: Why) -> dict[str, Any]:
    return {**body, "impression": impression, "why": why.body}


def told(row: Impression) -> dict[str, Any]:
    """Return a logged item as its viewer reads it."""
    logged = features.unpacked(bytes(row.features))
    return {
        "id": row.id,
        "post": row.post_id,
        "position": row.position,
        "served_at": row.served_at,
        "ranking": row.rung,
        "model": row.model,
        "score": row.score,
        "features": features.told(logged),
        "why": why_of(row).body,
    }
