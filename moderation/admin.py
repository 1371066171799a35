"""The panel's one desk at which something is decided: the queue of reports. Everything else is to be looked at."""

from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Case, Value, When
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from accounts.models import Person
from consent import fences
from moderation import actions
from moderation.models import Action, Category, Report
from socialvideo.lib.errors import Problem
from socialvideo.lib.panel import CHOICE, LONG_TEXT, ReadOnlyAdmin, badge, button, column, lines, link
from worker.models import Depiction

admin.site.index_template, admin.site.index_title = "moderation/index.html", "Overview"

OPEN_FIRST = Case(When(state=Report.State.OPEN, then=Value(0)), default=Value(1))
BUTTONS = {Action.Kind.TAKEDOWN: "Take it down", Action.Kind.DISMISSAL: "Dismiss"}
DONE = {
    Action.Kind.TAKEDOWN: "It is down. Its owner, the people in it and the reporters can read your reasons.",
    Action.Kind.DISMISSAL: "Dismissed. Its owner, the people in it and the reporters can read your reasons.",
}


class ReasonsForm(forms.Form):
    """A decision's category and written reasons: what a statement of reasons consists of."""

    category = forms.ChoiceField(choices=Category.choices, widget=CHOICE)
    reasons = forms.CharField(
        max_length=1000,
        widget=LONG_TEXT({"rows": 7}),
        help_text="Read by its owner, by everybody in the video and by the reporters. At most 1,000 characters.",
        error_messages={"required": "Write down why: the people concerned have a right to your reasons."},
    )


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin[Report]):
    """The queue: open reports first, the oldest at the top."""

    list_display = ("about", "prompt_begins", "owner", "reporter", "condition", "created_at")
    list_select_related = ("reporter", "video__owner", "comment__author")
    list_filter = ("state", "category")
    search_fields = ("reporter__handle__startswith", "video__owner__handle__startswith")
    search_help_text = "Beginning of the reporter's or the owner's handle, or a whole id"
    ordering: ClassVar[tuple[str | Combinable, ...]] = (OPEN_FIRST, "id")
    links_by = ("video",)
    actions_detail = ("take_down", "dismiss")
    fieldsets = (
        ("Report", {"fields": ("about", "words", "said", "reporter", "condition", "created_at")}),
        ("Video", {"fields": ("video", "prompt", "owner", "depicted", "consent", "kind", "taken_down_at")}),
        ("Around it", {"fields": ("captions", "other_reports", "decisions")}),
    )

    @column("about")
    def about(self, report: Report) -> str:
        return report.get_category_display()

    @column("in the reporter's words")
    def words(self, report: Report) -> str:
        return report.detail

    @column("the comment that it is about")
    def said(self, report: Report) -> str:
        return f"{report.comment.author}: {report.comment.text}" if report.comment else ""

    @badge("state", open="warning", upheld="danger")
    def condition(self, report: Report) -> str:
        return report.state

    @column("owner")
    def owner(self, report: Report) -> SafeString:
        return _person(report.video.owner)

    @column("prompt")
    def prompt(self, report: Report) -> str:
        return report.video.prompt

    @column("prompt")
    def prompt_begins(self, report: Report) -> str:
        return Truncator(report.video.prompt).chars(60)

    @column("shows")
    def depicted(self, report: Report) -> SafeString:
        rows = report.video.depictions.select_related("subject", "grant")
        return lines(format_html("{} under {}", _person(row.subject), _grant(row)) for row in rows)

    @column("their grants stand", boolean=True)
    def consent(self, report: Report) -> bool:
        return fences.standing(report.video.claims(), nobody=report.video.shows_nobody)

    @badge("kind", preview="warning", generated="success")
    def kind(self, report: Report) -> str:
        return "preview" if report.video.is_preview else "generated"

    @column("taken down at")
    def taken_down_at(self, report: Report) -> Any:
        return report.video.taken_down_at

    @column("captions of its posts")
    def captions(self, report: Report) -> SafeString:
        posts = report.video.posts.order_by("-id")[:5]
        return lines(link(_page("feed_post", post.id), post.caption or "no caption") for post in posts)

    @column("other reports")
    def other_reports(self, report: Report) -> SafeString:
        number = Report.objects.filter(video=report.video_id).exclude(id=report.id).count()
        return link(f"{_queue()}?video={report.video_id}", number)

    @column("decided before")
    def decisions(self, report: Report) -> SafeString:
        taken = Action.objects.filter(video=report.video_id).order_by("id")
        return lines(link(_page("moderation_action", act.id), f"{act.kind}: {act.reasons}") for act in taken)

    @button("Take down", icon="visibility_off", path="take-down", danger=True)
    def take_down(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, Action.Kind.TAKEDOWN)

    @button("Dismiss", icon="done", path="dismiss")
    def dismiss(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, Action.Kind.DISMISSAL)

    def _decide(self, request: HttpRequest, object_id: str, kind: Action.Kind) -> HttpResponse:
        report = self.get_object(request, object_id)
        if report is None:
            messages.warning(request, "There is no report of this id.")
            return redirect(_queue())
        form = ReasonsForm(request.POST if request.method == "POST" else None, initial={"category": report.category})
        if form.is_valid():
            return _decided(request, report, kind, form)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": BUTTONS[kind],
            "is_takedown": kind is Action.Kind.TAKEDOWN,
            "original": report,
            "report_page": _page("moderation_report", report.id),
            "depicted": self.depicted(report),
            "closing": Report.objects.filter(**_about(report), state=Report.State.OPEN).count(),
            "form": form,
        }
        return TemplateResponse(request, "moderation/decide.html", context)


@admin.register(Action)
class ActionAdmin(ReadOnlyAdmin[Action]):
    """Every decision, with its statement of reasons."""

    list_display = ("what", "category", "why", "video", "moderator", "created_at")
    list_select_related = ("moderator", "video")
    list_filter = ("kind", "category")
    search_fields = ("moderator__handle__startswith",)
    search_help_text = "Beginning of the moderator's handle, or a whole id"
    fields = ("what", "category", "reasons", "video", "moderator", "created_at")
    links_by = ("video",)

    @badge("decision", takedown="danger", dismissal="info")
    def what(self, action: Action) -> str:
        return action.kind

    @column("reasons")
    def why(self, action: Action) -> str:
        return Truncator(action.reasons).chars(60)


def _decided(request: HttpRequest, report: Report, kind: Action.Kind, form: ReasonsForm) -> HttpResponse:
    decide = actions.take_down if kind is Action.Kind.TAKEDOWN else actions.dismiss
    try:
        decide(moderator=cast(Person, request.user), **_about(report), **form.cleaned_data)
    except Problem as problem:
        messages.error(request, str(problem.detail))
        return redirect(_page("moderation_report", report.id))
    messages.success(request, DONE[kind])
    return redirect(_queue())


def _about(report: Report) -> dict[str, Any]:
    return {"video_id": report.video_id, "comment_id": report.comment_id}


def _person(person: Person) -> SafeString:
    return link(_page("accounts_person", person.pk), person)


def _grant(row: Depiction) -> SafeString:
    return link(_page("consent_grant", row.grant_id), f"a grant that is {row.grant.state}")


def _page(row: str, pk: UUID) -> str:
    return reverse(f"admin:{row}_change", args=[pk])


def _queue() -> str:
    return reverse("admin:moderation_report_changelist")
