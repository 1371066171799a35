"""What this room adds to a person's export: their posts and drafts, and what they did with posts."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from accounts.models import Person
from feed.models import (
    Bookmark,
    Comment,
    CommentFilter,
    CommentLike,
    Draft,
    Hidden,
    Like,
    Mention,
    Post,
    Share,
    View,
)
from socialvideo.lib.archive import Archive, document

TOLD = ("id", "caption", "audience", "comments_on", "may_remix", "may_stitch", "may_reuse_sound", "may_download")
# Which rows of each table are a person's, and what is told of them.
DONE: Mapping[str, tuple[type[Model], str, tuple[str, ...]]] = {
    "likes": (Like, "person", ("post", "created_at")),
    "bookmarks": (Bookmark, "person", ("post", "created_at")),
    "shares": (Share, "person", ("post", "channel", "created_at")),
    "comments": (
        Comment,
        "author",
        ("id", "post", "parent", "text", "created_at", "edited_at", "removed_at", "removed_by", "held_at"),
    ),
    "comment_likes": (CommentLike, "person", ("comment", "created_at")),
    "comment_filter": (CommentFilter, "person", ("words",)),
    "mentions": (Mention, "person", ("post", "comment", "created_at")),
    "hidden": (Hidden, "person", ("kind", "thing", "strength", "created_at")),
    "history": (View, "person", ("post", "first_at", "last_at", "plays", "watched_ms", "furthest", "is_long")),
}


def add_posts(person: Person, archive: Archive) -> None:
    """Add what the person published, what they removed since included, and what they prepared."""
    rows = Post.objects.filter(author=person).order_by("id").iterator(500)
    archive.add("posts/posts.json", document({"posts": map(_post, rows)}))
    drafts = Draft.objects.filter(owner=person).order_by("id").iterator(500)
    archive.add("posts/drafts.json", document({"drafts": map(_draft, drafts)}))
    for name, (model, whose, told) in DONE.items():
        mine = model._default_manager.filter(**{whose: person}).order_by("pk").values(*told).iterator(500)
        archive.add(f"posts/{name}.json", document({name: mine}))


def _post(row: Post) -> dict[str, Any]:
    times = {"published_at": row.published_at, "edited_at": row.edited_at, "removed_at": row.removed_at}
    return {name: getattr(row, name) for name in TOLD} | {"video": row.video_id, **times}


def _draft(row: Draft) -> dict[str, Any]:
    film = {"video": row.video_id, "upload": row.upload_id, "post": row.post_id, "cover_ms": row.cover_ms}
    times = {"publish_at": row.publish_at, "created_at": row.created_at}
    return {name: getattr(row, name) for name in TOLD} | {"state": row.state, **film, **times}
