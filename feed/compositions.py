"""Making films of films: a part of one's own; and stitches, duets and sounds with what one may watch of others.

The result inherits everybody whom its films show. They must each have granted stitching, unless it is who asks, or a
part of one's own film; and the author of somebody else's film must let others do so (``reuse``).
"""

from dataclasses import replace
from uuid import UUID

from accounts.models import Person
from consent.rules import Audience, Point, Purpose
from feed import playback, reuse
from feed.reuse import Use
from socialvideo.lib.errors import Problem, invalid
from worker import jobs, videos
from worker.compositions import LONGEST_MS, SHORTEST_MS, STITCHED_MS, Composition, Kind, Layout, Part
from worker.models import Job, Video
from worker.specs import Spec

Span = tuple[int, int | None]
WHOLE: Span = (0, None)


def trim(*, requester: Person, video_id: UUID, span: Span, cover_ms: int | None, purpose: str, audience: str) -> Job:
    """Queue a part of one's own film. 404, 410, 422 for a part that it has not; 403."""
    film = _own(requester, video_id)
    made = Composition(Kind.TRIM, (_part(film, span, ""),), cover_ms=cover_ms)
    return _submit(requester, made, None, purpose, audience)


def stitch(
    *, requester: Person, video_id: UUID, own_id: UUID, span: Span, own_span: Span, purpose: str, audience: str
) -> Job:
    """Queue a part of somebody's film, followed by one's own."""
    film, own = _watched(requester, video_id), _own(requester, own_id)
    start, end = span
    first = _part(film, (start, min(film.duration_ms, start + STITCHED_MS) if end is None else end), "")
    if first.length_ms > STITCHED_MS:
        raise invalid("/end_ms", "too_long", f"At most {STITCHED_MS} milliseconds of another film may come first.")
    made = Composition(Kind.STITCH, (first, _part(own, own_span, "own_")))
    return _submit(requester, made, film, purpose, audience)


def duet(
    *,
    requester: Person,
    video_id: UUID,
    own_id: UUID,
    layout: str,
    gains: tuple[int, int],
    purpose: str,
    audience: str,
) -> Job:
    """Queue somebody's film and one's own at once; ``gains`` say how loud each is, in per cent."""
    film, own = _watched(requester, video_id), _own(requester, own_id)
    parts = (_part(film, WHOLE, ""), _part(own, WHOLE, "own_"))
    made = Composition(Kind.DUET, _loud(parts, gains), layout=Layout(layout))
    return _submit(requester, made, film, purpose, audience)


def sound(
    *,
    requester: Person,
    video_id: UUID,
    own_id: UUID,
    start_ms: int,
    gains: tuple[int, int],
    purpose: str,
    audience: str,
) -> Job:
    """Queue one's own film with the sound of somebody's, from ``start_ms`` of that on."""
    film, own = _watched(requester, video_id), _own(requester, own_id)
    parts = (_part(own, WHOLE, "own_"), _part(film, (start_ms, None), ""))
    made = Composition(Kind.SOUND, _loud(parts, (gains[1], gains[0])))
    return _submit(requester, made, film, purpose, audience)


def _submit(requester: Person, made: Composition, film: Video | None, purpose: str, audience: str) -> Job:
    """Queue it; ``film`` is the one that may be somebody else's."""
    if made.length_ms > LONGEST_MS:
        raise invalid("", "too_long", f"The result would last over {LONGEST_MS // 1000} seconds. Take less.")
    if made.cover_ms is not None and made.cover_ms > made.length_ms:
        raise invalid("/cover_ms", "outside_video", f"The result will last {made.length_ms} milliseconds.")
    use = Use.SOUND if made.kind is Kind.SOUND else Use.STITCH
    spec = Spec(
        subjects=(),
        prompt="",
        seed=0,
        engine="",
        purpose=Purpose(purpose),
        audience=Audience(audience),
        composition=made,
    )
    barred = film is not None and reuse.is_barred(person_id=requester.id, video=film, use=use)
    return jobs.submit(requester=requester, spec=spec, barred=barred)


def _watched(requester: Person, video_id: UUID) -> Video:
    """Return a film that the requester may watch: 404, 410."""
    film = playback.entitled(requester.id, video_id)
    playback.ask_gate(film, requester.id, Point.OPEN)
    return film


def _own(requester: Person, video_id: UUID) -> Video:
    """Return a film of the requester's: 404, 410."""
    film = videos.find(requester, video_id)
    if film.owner_id != requester.id:
        raise Problem(404, "not_found", "You have made no video of this id.")
    return film


def _part(film: Video, span: Span, prefix: str) -> Part:
    """Return this part of the film: 422 for one that it has not, at the fields of this ``prefix``."""
    start = span[0]
    end = film.duration_ms if span[1] is None else span[1]
    if end > film.duration_ms:
        raise invalid(f"/{prefix}end_ms", "outside_video", f"The video lasts {film.duration_ms} milliseconds.")
    if end - start < SHORTEST_MS:
        raise invalid(f"/{prefix}start_ms", "too_short", f"A part lasts at least {SHORTEST_MS} milliseconds.")
    return Part(film.id, start, end)


def _loud(parts: tuple[Part, Part], gains: tuple[int, int]) -> tuple[Part, ...]:
    return tuple(replace(part, gain=gain) for part, gain in zip(parts, gains, strict=True))
