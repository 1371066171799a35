"""Whose sound is heard in a film: that of the film whose sound was reused, however often, else its own."""

from uuid import UUID

from django.db import connection

from worker.models import Video
from worker.rules import Origin

# As deep as credits go (feed.visibility.DEEPEST).
HEARD = """WITH RECURSIVE heard AS (
    SELECT %(video)s::uuid AS id, 0 AS depth
    UNION ALL SELECT z.source_id, h.depth + 1 FROM heard h
    JOIN worker_source z ON z.video_id = h.id AND z.role = 'sound' WHERE h.depth < 16)
SELECT id FROM heard ORDER BY depth DESC LIMIT 1"""


def heard(video: Video) -> UUID:
    """Return the id of the video whose sound this one has."""
    if video.origin != Origin.COMPOSED:
        return video.id
    with connection.cursor() as cursor:
        cursor.execute(HEARD, {"video": video.id})
        (found,) = cursor.fetchone()
    return UUID(str(found))
