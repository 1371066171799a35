"""The fence in SQL: a remembered (grant, epoch) is valid or it is not. The one place that says so to the database.

The clock is ``statement_timestamp()``, the database's, read when the statement starts.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from accounts import blocks
from consent.models import Grant
from consent.rules import Claim

VALID = """(g.state = 'given' AND g.epoch = {epoch} AND (g.guardian_id IS NULL OR g.cosigned_at IS NOT NULL)
    AND g.not_before <= statement_timestamp() AND statement_timestamp() < g.expires_at)"""

ENROLLED = "(l.erased_at IS NULL AND (l.guardian_id IS NULL OR l.cosigned_at IS NOT NULL))"


def valid(epoch: str) -> str:
    """Return the SQL predicate over a grant aliased ``g`` for the column that remembers its epoch."""
    return VALID.format(epoch=epoch)


def unvetoed(lineage: str) -> str:
    """Return the SQL predicate over the column that holds a video's lineage: nobody vetoed any of it."""
    return f"(SELECT count(*) = 0 FROM consent_veto ve WHERE ve.video_id = ANY({lineage}))"


def unended(grants: str) -> str:
    """Return the SQL predicate over a column that holds ids of grants: none was ended by a word. No proof of validity.

    For lists to pass over, at little cost, what a withdrawal ended; whatever is left is still to be asked properly.
    """
    return f"(SELECT count(*) = 0 FROM consent_grant g WHERE g.id = ANY({grants}) AND g.state <> 'given')"


def standing(
    claims: Iterable[Claim],
    lineage: Iterable[UUID] = (),
    *,
    maker: UUID | None = None,
    likenesses: Iterable[UUID] = (),
    nobody: bool = False,
) -> bool:
    """Tell whether every remembered (grant, epoch) is valid now and nothing in the lineage is vetoed. One query.

    Without a claim nothing stands, unless it is known to show ``nobody``.

    ``maker`` asks for a use by which this person goes on making something: a closed grant ends it, a block between them
    and whom it shows, and the end of one of these ``likenesses``. Decides and journals nothing.
    """
    remembered, photos = [(claim.grant_id, claim.epoch) for claim in claims], list(likenesses)
    grants, epochs = [grant for grant, _ in remembered], [epoch for _, epoch in remembered]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*), (SELECT count(*) FROM consent_likeness l WHERE l.id = ANY(%s) AND {ENROLLED})
            FROM unnest(%s::uuid[], %s::int[]) AS c(id, epoch)
            JOIN {Grant._meta.db_table} g ON g.id = c.id AND {valid("c.epoch")}
            AND (%s::uuid IS NULL OR g.closed_at IS NULL AND {blocks.none_between_sql("%s", "g.subject_id")})
            WHERE {unvetoed("%s::uuid[]")}""",
            [photos, grants, epochs, maker, maker, maker, list(lineage)],
        )
        held, enrolled = cursor.fetchone()
    return bool(held == len(remembered) and bool(remembered) is not nobody and enrolled == len(photos))
