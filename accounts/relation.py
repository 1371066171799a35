"""What other people are to the one who looks: for a whole page of them by one query."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Person

_ASKED = "(SELECT count(*) = 1 FROM accounts_{table} e WHERE e.{one}_id = {from_} AND e.{other}_id = {to} {more})"


def _edge(table: str, one: str, other: str, *, back: bool = False, more: str = "") -> str:
    from_, to = ("o.id", "%(viewer)s") if back else ("%(viewer)s", "o.id")
    return _ASKED.format(table=table, one=one, other=other, from_=from_, to=to, more=more)


QUERY = f"""SELECT o.id,
    {_edge("follow", "follower", "followee")},
    {_edge("followrequest", "follower", "followee", more="AND NOT e.taken_back")},
    {_edge("follow", "follower", "followee", back=True)},
    {_edge("block", "blocker", "blocked")},
    {_edge("mute", "muter", "muted")},
    {_edge("closefriend", "person", "friend")},
    coalesce((SELECT t.followers FROM accounts_tally t WHERE t.person_id = o.id), 0),
    coalesce((SELECT t.following FROM accounts_tally t WHERE t.person_id = o.id), 0)
    FROM unnest(%(others)s::uuid[]) AS o (id)"""


@dataclass(frozen=True)
class Relation:
    """What the viewer did about somebody, and whether that one follows them; never what others did in silence."""

    following: bool
    requested: bool
    followed_by: bool
    mutual: bool
    blocked_by_me: bool
    muted: bool
    close_friend: bool


def relations(viewer: Person, others: Iterable[UUID]) -> dict[UUID, dict[str, bool] | None]:
    """Return the relation to each person, as it is shown; None to oneself. One query."""
    return {other: _shown(viewer, other, *edges) for other, *edges, _, _ in _read(viewer, others)}


def beside(viewer: Person, person: Person) -> dict[str, Any]:
    """Return what stands beside a profile: the relation, how many follow and are followed."""
    ((_, *edges, followers, following),) = _read(viewer, [person.id])
    return {
        "follower_count": followers,
        "following_count": following,
        "relation": _shown(viewer, person.id, *edges),
    }


def _read(viewer: Person, others: Iterable[UUID]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(QUERY, {"viewer": viewer.id, "others": list(others)})
        return list(cursor.fetchall())


def _shown(viewer: Person, other: UUID, *row: bool) -> dict[str, bool] | None:
    if other == viewer.id:
        return None
    following, requested, followed_by, blocked, muted, close = row
    mutual = following and followed_by
    return asdict(Relation(following, requested, followed_by, mutual, blocked, muted, close))
