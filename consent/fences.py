"""The fence in SQL: a remembered (grant, epoch) is valid or it is not. The one place that says so to the database.

The clock is ``statement_timestamp()``, the database's, read when the statement starts.
"""

from collections.abc import Iterable

from django.db import connection

from consent.models import Grant
from consent.rules import Claim

VALID = """(g.state = 'given' AND g.epoch = {epoch}
    AND g.not_before <= statement_timestamp() AND statement_timestamp() < g.expires_at)"""


def valid(epoch: str) -> str:
    """Return the SQL predicate over a grant aliased ``g`` for the column that remembers its epoch."""
    return VALID.format(epoch=epoch)


def standing(claims: Iterable[Claim]) -> bool:
    """Tell whether every remembered (grant, epoch) is valid now. One query; decides nothing, journals nothing."""
    remembered = [(claim.grant_id, claim.epoch) for claim in claims]
    grants, epochs = [grant for grant, _ in remembered], [epoch for _, epoch in remembered]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*) FROM unnest(%s::uuid[], %s::int[]) AS c(id, epoch)
            JOIN {Grant._meta.db_table} g ON g.id = c.id AND {valid("c.epoch")}""",
            [grants, epochs],
        )
        (held,) = cursor.fetchone()
    return bool(held == len(remembered) and remembered)
