"""Which videos stand, in SQL: not taken down, everybody's grant valid at this very statement, nothing vetoed.

Written so that the planner has no choice to get wrong, whatever it believes of the tables after a mass load: a list
walks its own index, newest first, and each row is checked as it comes, by scalar subqueries (an EXISTS could become a
join over whole tables). Then a page costs what lies above it: at worst, until the purge has caught up, every video
that one withdrawal ended.
"""

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from consent import fences

# The cheaper question first: of thousands that one veto ended, only that is asked.
# As many valid depictions as were sealed, so that a film which shows nobody stands and one that lost a row does not.
_CONSENTED = f"""({fences.unvetoed("{v}.lineage")} AND {{v}}.depiction_count = (
    SELECT count(*) FILTER (WHERE {fences.valid("d.epoch")})
    FROM worker_depiction d JOIN consent_grant g ON g.id = d.grant_id WHERE d.video_id = {{v}}.id))"""
_STANDS = f"({{v}}.taken_down_at IS NULL AND {_CONSENTED})"


def consented(video: str) -> str:
    """Return the SQL predicate over a row of videos of this alias: nobody depicted has ended it."""
    return _CONSENTED.format(v=video)


def stands(video: str) -> str:
    """Return the SQL predicate over a row of videos of this alias: it may be listed."""
    return _STANDS.format(v=video)


def named_stands(video_id: str) -> str:
    """Return the SQL predicate over a column that names a video: it may be listed."""
    return f"(SELECT {stands('v')} FROM worker_video v WHERE v.id = {video_id})"


def noticed(*, thing_id: str, reader_id: str) -> str:
    """Return the SQL predicate of a notice about a video (NOTICE_THINGS)."""
    return named_stands(thing_id)


def newest(candidates: str, shown: str) -> str:
    """Return the query of the newest ids among ``candidates`` (a query up to its WHERE, named ``c``) that are shown.

    OFFSET 0 keeps the two apart: even where the planner sorts the candidates, it checks only as many as a page needs.
    """
    return f"SELECT c.id FROM ({candidates} ORDER BY id DESC OFFSET 0) c WHERE {shown} ORDER BY c.id DESC"


def standing() -> RawSQL:
    """Return ``stands`` as a filter of videos."""
    return RawSQL(stands("worker_video"), (), output_field=BooleanField())
