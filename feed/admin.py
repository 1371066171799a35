"""Posts, to be looked at."""

from django.contrib import admin

from feed.models import Post
from socialvideo.lib.panel import ReadOnlyAdmin, badge


@admin.register(Post)
class PostAdmin(ReadOnlyAdmin[Post]):
    """Publications. Who sees one is decided by feed.visibility; a moderator takes down its video, from a report."""

    list_display = ("author", "caption", "audience", "condition", "published_at", "removed_at")
    list_select_related = ("author", "video")
    list_filter = ("audience", ("removed_at", admin.EmptyFieldListFilter))
    search_fields = ("author__handle__startswith",)
    search_help_text = "Beginning of a handle, or a whole id"
    fields = ("author", "video", "caption", "audience", "condition", "published_at", "removed_at")
    links_by = ("video",)

    @badge("state", published="success", **{"taken down": "danger"})
    def condition(self, post: Post) -> str:
        if post.video.taken_down_at:
            return "taken down"
        return "removed" if post.removed_at else "published"
