"""What this room adds to a person's export: their posts."""

from typing import Any

from accounts.models import Person
from feed.models import Post
from socialvideo.lib.archive import Archive, document


def add_posts(person: Person, archive: Archive) -> None:
    """Add what the person published, what they removed since included."""
    rows = Post.objects.filter(author=person).order_by("id").iterator(500)
    archive.add("posts/posts.json", document({"posts": map(_post, rows)}))


def _post(row: Post) -> dict[str, Any]:
    times = {"published_at": row.published_at, "removed_at": row.removed_at}
    return {"id": row.id, "video": row.video_id, "caption": row.caption, "audience": row.audience, **times}
