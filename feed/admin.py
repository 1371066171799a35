"""Posts and rankings, to be looked at; and what waits to trend, to be decided.

What somebody was shown is theirs, and stands in no list here.
"""

from typing import ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import Person
from feed.lists import trending
from feed.models import Post, RankingModel, Trend, TrendReview
from socialvideo.lib.panel import ReadOnlyAdmin, badge, button, column, lines, link

VERDICTS = {
    TrendReview.Verdict.CLEARED: ("Let it trend:", "It is shown among what trends, as long as it does."),
    TrendReview.Verdict.HELD: ("Hold it back:", "It is not shown among what trends; everything else stays as it is."),
}


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


@admin.register(Trend)
class TrendAdmin(ReadOnlyAdmin[Trend]):
    """What would trend now and shows somebody, the first first. Nobody sees it there before it is cleared."""

    list_display = ("place", "score", "caption", "author")
    list_select_related = ("post__author",)
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    actions_detail = ("clear", "hold")
    fields = ("post", "place", "score", "caption", "author", "depicted", "made_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trend]:
        """Show what waits."""
        return trending.waiting()

    @column("caption")
    def caption(self, trend: Trend) -> str:
        return trend.post.caption

    @column("author")
    def author(self, trend: Trend) -> SafeString:
        return _person(trend.post.author)

    @column("shows")
    def depicted(self, trend: Trend) -> SafeString:
        return lines(_person(row.subject) for row in trend.post.video.depictions.select_related("subject"))

    @button("Let it trend", icon="trending_up", path="clear")
    def clear(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._review(request, object_id, TrendReview.Verdict.CLEARED)

    @button("Hold it back", icon="block", path="hold", danger=True)
    def hold(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._review(request, object_id, TrendReview.Verdict.HELD)

    def _review(self, request: HttpRequest, object_id: str, verdict: TrendReview.Verdict) -> HttpResponse:
        trend, queue = self.get_object(request, object_id), reverse("admin:feed_trend_changelist")
        title, told = VERDICTS[verdict]
        if trend is None:
            messages.warning(request, "This does not wait any more: a newer ranking was made, or it was decided.")
            return redirect(queue)
        if request.method == "POST":
            trending.review(post_id=trend.post_id, moderator=cast(Person, request.user), verdict=verdict)
            messages.success(request, f"Done. {told}")
            return redirect(queue)
        shown = {"opts": self.opts, "title": title, "consequence": told, "original": trend.post.caption, "back": queue}
        context = {**self.admin_site.each_context(request), **shown, "form": forms.Form()}
        return TemplateResponse(request, "accounts/decide.html", context)


def _person(person: Person) -> SafeString:
    return link(reverse("admin:accounts_person_change", args=[person.pk]), person)


@admin.register(RankingModel)
class RankingModelAdmin(ReadOnlyAdmin[RankingModel]):
    """Rankings of feeds. ``manage.py feed`` trains, evaluates, explains and replays."""

    list_display = ("hash", "kind", "active", "made_at", "size_bytes")
    list_filter = ("kind", "active")
    search_fields = ("hash__startswith",)
    search_help_text = "Beginning of a hash"
    fields = ("hash", "kind", "parent", "active", "made_at", "size_bytes", "file", "figures")
