"""Sharing the address of a post. It opens for whoever belongs to the audience, and for nobody else."""

from uuid import UUID

from django.conf import settings

from accounts.models import Person
from feed.engagement import access
from socialvideo.lib import prepared
from socialvideo.lib.ids import new_id

PUT = f"""WITH post AS MATERIALIZED (
    SELECT p.id FROM feed_post p WHERE p.id = %(post)s AND {access.visible_sql()}),
fresh AS (
    INSERT INTO feed_share (id, person_id, post_id, channel) SELECT %(id)s, %(viewer)s, post.id, %(channel)s FROM post
    ON CONFLICT DO NOTHING)
SELECT post.id FROM post"""


def share(*, person: Person, post_id: UUID, channel: str) -> str:
    """Count a share, once a person and channel, and return the address to give on. 404, 410."""
    if not prepared.rows(PUT, viewer=person.id, post=post_id, id=new_id(), channel=channel):
        raise access.refusal(viewer=person.id, post_id=post_id)
    return f"{settings.APP_URL or settings.PUBLIC_URL}/posts/{post_id}"
