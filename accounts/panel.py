"""Logging in to the panel: held to the same lockout as the API, and to the same second factor."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from rest_framework.throttling import BaseThrottle

from accounts import factors, lockout
from socialvideo.lib import panel
from socialvideo.lib.errors import Problem


class LogInForm(panel.LogInForm):
    """Handle, password, and a code where the person has a second factor."""

    code = forms.CharField(
        required=False,
        max_length=40,
        label="Code of your authenticator",
        help_text="Only if you have a second factor. A recovery code works too.",
        widget=panel.TEXT({"form": "login-form", "autocomplete": "one-time-code"}),
    )

    def clean(self) -> dict[str, Any]:
        """Count the try, check handle and password, then the code."""
        assert self.request is not None
        address = BaseThrottle().get_ident(self.request)  # type: ignore[arg-type]
        handle = str(self.cleaned_data.get("username", "")).lower()
        buckets = lockout.for_log_in(handle=handle, address=address, device=None)
        try:
            lockout.count(buckets)
            cleaned = super().clean()
            lockout.forget(buckets)
            person = self.get_user()
            if factors.are_needed(person):
                factors.check(person, str(cleaned.get("code", "")))
        except Problem as problem:
            raise ValidationError(str(problem.detail), code=problem.code) from problem
        return cleaned
