"""What this room adds to a person's export: their posts and drafts."""

from typing import Any

from accounts.models import Person
from feed.models import Draft, Post
from socialvideo.lib.archive import Archive, document

TOLD = ("id", "caption", "audience", "comments_on", "may_remix", "may_stitch", "may_reuse_sound", "may_download")


def add_posts(person: Person, archive: Archive) -> None:
    """Add what the person published, what they removed since included, and what they prepared."""
    rows = Post.objects.filter(author=person).order_by("id").iterator(500)
    archive.add("posts/posts.json", document({"posts": map(_post, rows)}))
    drafts = Draft.objects.filter(owner=person).order_by("id").iterator(500)
    archive.add("posts/drafts.json", document({"drafts": map(_draft, drafts)}))


def _post(row: Post) -> dict[str, Any]:
    times = {"published_at": row.published_at, "edited_at": row.edited_at, "removed_at": row.removed_at}
    return {name: getattr(row, name) for name in TOLD} | {"video": row.video_id, **times}


def _draft(row: Draft) -> dict[str, Any]:
    film = {"video": row.video_id, "upload": row.upload_id, "post": row.post_id, "cover_ms": row.cover_ms}
    times = {"publish_at": row.publish_at, "created_at": row.created_at}
    return {name: getattr(row, name) for name in TOLD} | {"state": row.state, **film, **times}
