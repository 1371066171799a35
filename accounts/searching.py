"""Searching people by the beginnings of their handles and names, and where there is nobody, by what is nearly that.

Everybody signed in may see anybody's card, so private accounts are found, too. Not found: who is blocked either way,
who is suspended; and by adults, teenagers whom they do not follow, but by their whole handle. Numbers and addresses are
not searched. Only so many are looked at: a search is an offer, not a census.
"""

from typing import Any

from django.db import connection

from accounts import rules
from accounts.blocks import unblocked_sql
from accounts.models import Person
from accounts.standing import good_sql
from socialvideo.lib import searching
from socialvideo.lib.clock import database_now

LOOKED_AT = 2000
# So much of what was written must be found in a name that is nearly it.
ALIKE = 0.45
_SHOWN = f"""{good_sql("p")} AND {unblocked_sql("%(viewer)s", "p.id")}
    AND (%(is_teen)s OR p.birth_date IS NULL OR p.birth_date <= %(adult_born)s OR p.handle = %(handle)s
        OR p.id = %(viewer)s OR (SELECT count(*) = 1 FROM accounts_follow f
            WHERE f.follower_id = %(viewer)s AND f.followee_id = p.id))"""
_FOUND = f"""SELECT p.id, p.handle, p.display_name FROM found
    JOIN accounts_person p ON p.id = found.id LEFT JOIN accounts_tally t ON t.person_id = p.id WHERE {_SHOWN}
    ORDER BY p.handle = %(handle)s DESC, found.alike DESC, coalesce(t.followers, 0) DESC, p.id LIMIT %(limit)s"""
BEGINNING = f"""WITH found AS MATERIALIZED (
    SELECT h.id, 1 AS alike FROM accounts_person h WHERE h.handle = %(handle)s
    UNION SELECT w.person_id, 1 FROM (SELECT n.person_id FROM accounts_personname n
        WHERE n.words @@ %(query)s::tsquery LIMIT {LOOKED_AT}) w) {_FOUND}"""
NEARLY = f"""WITH found AS MATERIALIZED (SELECT * FROM (
    SELECT w.person_id AS id, (SELECT count(*) FROM unnest(w.trigrams) g WHERE g = ANY (%(whole)s::text[]))::float
            / cardinality(%(whole)s::text[]) AS alike
    FROM (SELECT n.person_id, n.trigrams FROM accounts_personname n
        WHERE n.trigrams @> %(head)s::text[] OR n.trigrams @> %(tail)s::text[] LIMIT {LOOKED_AT}) w) c
    WHERE alike >= {ALIKE}) {_FOUND}"""


def find(*, viewer: Person, text: str, limit: int) -> list[dict[str, Any]]:
    """Return people by what one wrote of their names, the best first. One statement, two where few begin like it."""
    words = searching.words(text)
    if not words:
        return []
    today = database_now().date()
    values: dict[str, Any] = {
        "viewer": viewer.id,
        "is_teen": rules.is_teen(viewer.birth_date, today),
        "adult_born": rules.youngest_adult_born(today),
        "handle": text.strip().lower().removeprefix("@"),
        "limit": limit,
    }
    found = _run(BEGINNING, {**values, "query": searching.beginning([[word] for word in words])})
    if len(found) < limit:
        near = searching.near(max(words, key=len))
        known = {one["id"] for one in found}
        nearly = _run(NEARLY, {**values, "whole": near.whole, "head": near.head, "tail": near.tail})
        found += [one for one in nearly if one["id"] not in known]
    return found[:limit]


def _run(query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a statement that is planned for its words: how common they are decides how it is done best."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [{"id": id_, "handle": handle, "display_name": name} for id_, handle, name in cursor.fetchall()]
