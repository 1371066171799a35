"""People and their devices. They are looked at; what is decided is a suspension, and whose names are protected."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts import handles, standing
from accounts.models import Departure, Person, Session, Suspension
from socialvideo.lib.clock import database_now, wall_now
from socialvideo.lib.errors import Problem
from socialvideo.lib.panel import CHOICE, LONG_TEXT, ReadOnlyAdmin, badge, button, column

# Staff is a flag: there are no groups, and no right that one could give.
admin.site.unregister(Group)
admin.site.login_template = "accounts/login.html"

Decide = Callable[[Person, Person, dict[str, Any]], object]
FOR = [("1", "a day"), ("7", "a week"), ("30", "30 days"), ("", "good")]


class SuspensionForm(forms.Form):
    """For how long, and why: the statement of reasons that the person reads when they try to log in."""

    days = forms.ChoiceField(choices=FOR, required=False, label="For", widget=CHOICE)
    reason = forms.CharField(
        max_length=1000,
        widget=LONG_TEXT({"rows": 5}),
        help_text="The person reads it. At most 1,000 characters.",
        error_messages={"required": "Write down why: the person has a right to your reasons."},
    )


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin[Person]):
    """Accounts. ``manage.py moderator`` makes a moderator; what belongs to a person only they change."""

    list_display = ("handle", "display_name", "email", "role", "condition", "is_active", "created_at")
    list_filter = ("is_staff", "is_active")
    search_fields = ("handle__startswith", "email__startswith")
    search_help_text = "Beginning of a handle or e-mail address, or a whole id"
    fields = (
        *("handle", "display_name", "email", "verified_at", "bio", "role", "condition", "suspended_until"),
        *("is_active", "created_at", "last_login"),
    )
    actions_detail = ("suspend", "lift", "protect", "unprotect")

    @badge("role", moderator="info")
    def role(self, person: Person) -> str:
        return "moderator" if person.is_staff else "member"

    @badge("standing", suspended="danger")
    def condition(self, person: Person) -> str:
        return "suspended" if person.suspended_until and person.suspended_until > wall_now() else "good"

    @button("Suspend", icon="block", path="suspend", danger=True)
    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        told = "They are signed out everywhere, and every grant that others gave them ends for good."
        return self._decide(request, object_id, "Suspend", told, SuspensionForm, _suspend)

    @button("Lift the suspension", icon="lock_open", path="lift")
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        told = "They may log in again. Grants that ended stay ended."
        return self._decide(request, object_id, "Lift the suspension of", told, forms.Form, _lift)

    @button("Protect the names", icon="verified", path="protect")
    def protect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        told = "Nobody else may take a handle or name that looks like theirs."
        return self._decide(request, object_id, "Protect the names of", told, forms.Form, _protect)

    @button("Free the names", icon="remove_moderator", path="unprotect")
    def unprotect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        told = "Names that look like theirs are free again."
        return self._decide(request, object_id, "Free the names of", told, forms.Form, _unprotect)

    def _decide(
        self, request: HttpRequest, object_id: str, title: str, told: str, asks: type[forms.Form], decide: Decide
    ) -> HttpResponse:
        person = self.get_object(request, object_id)
        if person is None:
            messages.warning(request, "There is nobody of this id.")
            return redirect(reverse("admin:accounts_person_changelist"))
        back = reverse("admin:accounts_person_change", args=[person.pk])
        form = asks(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                decide(person, cast(Person, request.user), form.cleaned_data)
                messages.success(request, f"Done. {told}")
            except Problem as problem:
                messages.error(request, str(problem.detail))
            return redirect(back)
        shown = {"opts": self.opts, "title": title, "consequence": told, "original": person, "back": back, "form": form}
        return TemplateResponse(request, "accounts/decide.html", {**self.admin_site.each_context(request), **shown})


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin[Session]):
    """Signed-in devices. Of a token only its digest is stored, and that is not shown."""

    list_display = ("person", "device", "created_at", "last_seen_at", "expires_at", "ended_at")
    list_select_related = ("person",)
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("person__handle__startswith",)
    search_help_text = "Beginning of a handle, or a whole id"
    fields = ("person", "device", "created_at", "last_seen_at", "expires_at", "ended_at")
    links_by = ("person",)


@admin.register(Suspension)
class SuspensionAdmin(ReadOnlyAdmin[Suspension]):
    """Every suspension, with its statement of reasons."""

    list_display = ("person", "reason", "moderator", "began_at", "until", "lifted_at")
    list_select_related = ("person", "moderator")
    search_fields = ("person__handle__startswith",)
    search_help_text = "Beginning of a handle, or a whole id"
    fields = ("person", "reason", "moderator", "began_at", "until", "lifted_at")
    links_by = ("person",)


def _suspend(person: Person, moderator: Person, said: dict[str, Any]) -> None:
    until = database_now() + timedelta(days=int(said["days"])) if said["days"] else None
    standing.suspend(person=person, moderator=moderator, until=until, reason=said["reason"])


def _lift(person: Person, moderator: Person, said: dict[str, Any]) -> None:
    standing.lift(person=person)


def _protect(person: Person, moderator: Person, said: dict[str, Any]) -> None:
    handles.protect(person)


def _unprotect(person: Person, moderator: Person, said: dict[str, Any]) -> None:
    handles.unprotect(person)


@admin.register(Departure)
class DepartureAdmin(ReadOnlyAdmin[Departure]):
    """Who left, and what was erased: kinds and numbers, and nothing of the person."""

    list_display = ("id", "stands", "left_at", "erase_at", "finished_at")
    list_filter = (("finished_at", admin.EmptyFieldListFilter), ("cancelled_at", admin.EmptyFieldListFilter))
    search_fields = ("id",)
    search_help_text = "A whole id"
    fields = (
        *("id", "stands", "left_at", "erase_at", "cancelled_at", "finished_at", "steps", "attempts", "what_went"),
        "what_stays",
    )

    @badge("state", waiting="info", erasing="warning")
    def stands(self, departure: Departure) -> str:
        return departure.state

    @column("removed")
    def what_went(self, departure: Departure) -> str:
        return ", ".join(f"{count} {what}" for what, count in sorted(departure.removed.items()))

    @column("stays")
    def what_stays(self, departure: Departure) -> str:
        return "; ".join(f"{each['count']} {each['what']}: {each['why']}" for each in departure.kept)
