"""People and their devices, to be looked at."""

from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.models import Person, Session
from socialvideo.lib.panel import ReadOnlyAdmin, badge

# Staff is a flag: there are no groups, and no right that one could give.
admin.site.unregister(Group)


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin[Person]):
    """Accounts. ``manage.py moderator`` makes a moderator; what belongs to a person only they change."""

    list_display = ("handle", "display_name", "email", "role", "is_active", "created_at")
    list_filter = ("is_staff", "is_active")
    search_fields = ("handle__startswith", "email__startswith")
    search_help_text = "Beginning of a handle or e-mail address, or a whole id"
    fields = ("handle", "display_name", "email", "bio", "role", "is_active", "created_at", "last_login")

    @badge("role", moderator="info")
    def role(self, person: Person) -> str:
        return "moderator" if person.is_staff else "member"


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin[Session]):
    """Signed-in devices. Of a token only its digest is stored, and that is not shown."""

    list_display = ("person", "device", "created_at", "expires_at", "ended_at")
    list_select_related = ("person",)
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("person__handle__startswith",)
    search_help_text = "Beginning of a handle, or a whole id"
    fields = ("person", "device", "created_at", "expires_at", "ended_at")
    links_by = ("person",)
