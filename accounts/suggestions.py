"""People one may know: by the public follows of those one follows, and by numbers that two people have of each other.

Never by an address book alone, which names people who did not name one back; never by a private account's follows,
which are its own. Each suggestion says why. One statement; of somebody who follows thousands the newest are looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from accounts import rules
from accounts.blocks import unblocked_sql
from accounts.models import Dismissal, Person
from accounts.standing import good_sql
from socialvideo.lib.clock import database_now

# How many of one's own follows are looked at, how many of each of those, and how many people a reason names.
WAYS, STEPS, NAMED = 200, 200, 3

_LEFT_OUT = """(SELECT count(*) FROM accounts_{table} o
    WHERE o.{one}_id = %(viewer)s AND o.{other}_id = p.id {more})"""
_KNOWN = (
    ("follow", "follower", "followee", ""),
    ("followrequest", "follower", "followee", "AND NOT o.taken_back"),
    ("mute", "muter", "muted", ""),
    ("dismissal", "person", "dismissed", ""),
)
_UNKNOWN = " AND ".join(
    f"{_LEFT_OUT.format(table=table, one=one, other=other, more=more)} = 0" for table, one, other, more in _KNOWN
)
# Parameters: viewer, adult_born (the latest birth date of an adult), is_teen (the viewer), limit.
SUGGESTED = f"""WITH me AS MATERIALIZED (SELECT id FROM accounts_discoveryenrolment WHERE person_id = %(viewer)s),
through AS MATERIALIZED (
    SELECT w.id FROM (SELECT f.followee_id AS id, f.id AS edge FROM accounts_follow f WHERE f.follower_id = %(viewer)s
        ORDER BY f.id DESC LIMIT {WAYS}) w
    JOIN accounts_person q ON q.id = w.id WHERE NOT q.is_private AND {good_sql("q")}),
found AS (
    SELECT n.followee_id AS id, t.id AS by, false AS has_number FROM through t CROSS JOIN LATERAL (
        SELECT f.followee_id FROM accounts_follow f WHERE f.follower_id = t.id ORDER BY f.id DESC LIMIT {STEPS}) n
    UNION ALL SELECT e.person_id, NULL, true FROM me
    JOIN accounts_contactmatch m ON me.id IN (m.low_id, m.high_id)
    JOIN accounts_discoveryenrolment e ON e.id = CASE WHEN m.low_id = me.id THEN m.high_id ELSE m.low_id END),
ranked AS MATERIALIZED (
    SELECT id, bool_or(has_number) AS has_number, count(by) AS ways, (array_agg(by ORDER BY by)
        FILTER (WHERE by IS NOT NULL))[:{NAMED}] AS named FROM found WHERE id <> %(viewer)s GROUP BY id)
SELECT p.id, p.handle, p.display_name, r.has_number, CASE WHEN p.is_private THEN 0 ELSE r.ways END,
    (SELECT coalesce(json_agg(json_build_object('id', b.id, 'handle', b.handle, 'display_name', b.display_name)
        ORDER BY b.handle), '[]') FROM accounts_person b WHERE b.id = ANY(r.named))
FROM ranked r JOIN accounts_person p ON p.id = r.id
WHERE (r.has_number OR NOT p.is_private) AND {good_sql("p")}
    AND (%(is_teen)s OR p.birth_date IS NULL OR p.birth_date <= %(adult_born)s)
    AND {_UNKNOWN} AND {unblocked_sql("%(viewer)s", "p.id")}
ORDER BY r.has_number DESC, r.ways DESC, p.id DESC LIMIT %(limit)s"""


@dataclass(frozen=True)
class Suggestion:
    """Somebody, and why: ``contact`` (each has the other's number) or ``followed_by`` (so many whom one follows)."""

    person: dict[str, Any]
    kind: str
    text: str
    ways: int
    named: Sequence[dict[str, Any]]


def suggest(*, viewer: Person, limit: int) -> list[Suggestion]:
    """Return whom a person may know, those first with whom they have each other's number.

    Left out: who is blocked either way, muted, followed, asked, dismissed, suspended; teenagers, for adults.
    """
    today = database_now().date()
    parameters: dict[str, Any] = {
        "viewer": viewer.id,
        "is_teen": rules.is_teen(viewer.birth_date, today),
        "adult_born": rules.youngest_adult_born(today),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUGGESTED, parameters)
        return [_suggestion(*row) for row in cursor.fetchall()]


def dismiss(*, person: Person, dismissed: Person) -> None:
    """Never suggest somebody again; repeating it changes nothing."""
    if person.pk != dismissed.pk:
        Dismissal.objects.get_or_create(person=person, dismissed=dismissed)


def words(handles: Sequence[str], ways: int) -> str:
    """Return why somebody is suggested who is followed by ``ways`` people, of whom these are named."""
    named, others = [f"@{handle}" for handle in handles], ways - len(handles)
    if others:
        named.append("1 other" if others == 1 else f"{others} others")
    listed = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    return f"Followed by {listed}, whom you follow."


def _suggestion(
    person_id: UUID, handle: str, name: str, has_number: bool, ways: int, named: list[dict[str, Any]]
) -> Suggestion:
    person = {"id": person_id, "handle": handle, "display_name": name}
    if has_number:
        return Suggestion(person, "contact", "You have each other's number.", 0, [])
    return Suggestion(person, "followed_by", words([one["handle"] for one in named], ways), ways, named)
