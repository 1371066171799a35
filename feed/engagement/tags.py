"""The hashtags of a post: written with its caption, in the same commit."""

from uuid import UUID

from feed.engagement import rules
from feed.models import PostTag
from socialvideo.lib.prepared import Statement

_WRITE = Statement("""INSERT INTO feed_posttag (post_id, tag)
    SELECT %(post)s::uuid, t FROM unnest(%(tags)s::text[]) AS t RETURNING id""")


def write(*, post_id: UUID, caption: str) -> None:
    """Let a new post have the hashtags of its caption."""
    if tags := list(rules.tags_in(caption)):
        _WRITE.rows(post=post_id, tags=tags)


def rewrite(*, post_id: UUID, caption: str) -> None:
    """Let a post have the hashtags of this caption, and no others."""
    wanted = rules.tags_in(caption)
    PostTag.objects.filter(post=post_id).exclude(tag__in=wanted).delete()
    PostTag.objects.bulk_create((PostTag(post_id=post_id, tag=tag) for tag in wanted), ignore_conflicts=True)
