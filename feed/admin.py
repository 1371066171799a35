"""Posts and rankings, to be looked at; and what waits to trend, to be decided.

What somebody was shown is theirs, and stands in no list here.
"""

from datetime import timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import Person
from feed.foryou import evaluating
from feed.foryou.evaluating import Guard, Outcome
from feed.lists import trending
from feed.models import Post, RankingModel, Trend, TrendReview
from socialvideo.lib.panel import ReadOnlyAdmin, badge, button, column, lines, link

Table = dict[str, list[str] | list[list[str]]]
DAY = timedelta(days=1)
RATES = ("views", "long_views", "likes", "hides", "creations")
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
    list_before_template = "feed/outcomes.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show above the rankings how they do."""
        found = evaluating.outcomes(DAY)
        tables = {"outcomes": _outcomes(found), "guards": _guards(evaluating.guards(found))}
        return super().changelist_view(request, {**(extra_context or {}), **tables})


def _outcomes(found: list[Outcome]) -> Table:
    headers = ["arm", "items", "people", *map(_words, RATES), "drawn by lot", "of these watched long"]
    return {"headers": headers, "rows": [_outcome(each) for each in found]}


def _outcome(each: Outcome) -> list[str]:
    rates = [f"{each.rate(what):.1%}" for what in RATES]
    lots = [f"{each.lots:,}", f"{each.lots_long_rate:.1%}" if each.lots else ""]
    return [each.arm or "usual", f"{each.impressions:,}", f"{each.people:,}", *rates, *lots]


def _guards(found: list[Guard]) -> Table:
    rows = [
        [each.arm, _words(each.what), f"{each.difference:+.2%}", f"{each.errors:+.1f}", "yes" if each.holds else "NO"]
        for each in found
    ]
    return {"headers": ["arm", "guard", "difference", "standard errors", "holds"], "rows": rows}


def _words(what: str) -> str:
    return what.replace("_", " ")
