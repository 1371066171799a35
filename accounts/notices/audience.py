"""Who may be told of whom, and which notices there are for their reader at this very statement.

One condition for the list, the count, push and mail: what somebody may not see any more is in none of them. It is
made of scalar subqueries, as in ``worker.standing``: an EXISTS could become a join over all people.
"""

from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from accounts.blocks import unblocked_sql
from accounts.notices.kinds import ALWAYS_LISTED, PEOPLED, about
from accounts.standing import good_sql


class ThingCondition(Protocol):
    """What a dotted path in NOTICE_THINGS names."""

    def __call__(self, *, thing_id: str, reader_id: str) -> str:
        """Return the SQL predicate over two SQL values: does the reader see this thing now?"""
        ...


def may_tell_sql(*, recipient_id: str, actor: str) -> str:
    """Return the SQL predicate: may the person of this id be told of the row of people aliased ``actor``?

    The one place where what stands between two people is asked, for whatever becomes of notices.
    """
    return f"({good_sql(actor)} AND {unblocked_sql(recipient_id, f'{actor}.id')})"


def may_tell(*, recipient_id: UUID, actor_id: UUID) -> bool:
    """Tell whether one person may be told of another, now."""
    condition = may_tell_sql(recipient_id="%(recipient)s", actor="a")
    query = f"SELECT 1 FROM accounts_person a WHERE a.id = %(actor)s AND {condition}"
    with connection.cursor() as cursor:
        cursor.execute(query, {"recipient": recipient_id, "actor": actor_id})
        return cursor.fetchone() is not None


def actors_sql(notice: str) -> str:
    """Return table and condition (``x``) of those who did what a notice tells and whom its reader may see."""
    condition = may_tell_sql(recipient_id=f"{notice}.recipient_id", actor="a")
    return (
        f"accounts_noticeactor x WHERE x.notice_id = {notice}.id "
        f"AND (SELECT {condition} FROM accounts_person a WHERE a.id = x.actor_id)"
    )


def stands_sql(notice: str) -> str:
    """Return the SQL predicate over a row of notices of this alias: there is still something to tell of somebody."""
    cases = []
    for thing, dotted in settings.NOTICE_THINGS.items():
        condition: ThingCondition = import_string(dotted)
        sees = condition(thing_id=f"{notice}.thing_id", reader_id=f"{notice}.recipient_id")
        cases.append(f"WHEN {notice}.kind IN {_listed(about(thing))} THEN {sees}")
    thing = f"(CASE {' '.join(cases)} ELSE true END)" if cases else "true"
    people = f"({notice}.kind NOT IN {_listed(PEOPLED)} OR (SELECT true FROM {actors_sql(notice)} LIMIT 1))"
    return f"({notice}.removed_at IS NULL AND {people} AND {thing})"


def listed_sql(notice: str) -> str:
    """Return the SQL predicate: it stands, and its reader has not silenced its kind in the inbox."""
    return f"""(({notice}.kind IN {_listed(ALWAYS_LISTED)} OR coalesce((SELECT w.is_on
            FROM accounts_noticechoice w WHERE w.person_id = {notice}.recipient_id
            AND w.kind = {notice}.kind AND w.channel = 'in_app'), true))
        AND {stands_sql(notice)})"""


def stands(notice_id: UUID) -> bool:
    """Tell whether a notice stands now."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM accounts_notice n WHERE n.id = %s AND {stands_sql('n')}", [notice_id])
        return cursor.fetchone() is not None


def _listed(words: tuple[str, ...]) -> str:
    """Return our own constants as an SQL list."""
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"
