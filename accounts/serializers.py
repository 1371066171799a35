"""The shapes of accounts on the wire."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.models import Person
from socialvideo.lib.wire import StrictSerializer


class SignUp(StrictSerializer):
    """What a new account needs."""

    handle = serializers.CharField(max_length=30, help_text="3 to 30 of a-z, 0-9, _; begins with a letter.")
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)
    display_name = serializers.CharField(max_length=60, required=False, default="")


class LogIn(StrictSerializer):
    """Who begins a session, and on what."""

    handle = serializers.CharField(max_length=30)
    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)
    device = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class ProfileChange(StrictSerializer):
    """The parts of a profile that its person edits."""

    display_name = serializers.CharField(max_length=60, required=False)
    bio = serializers.CharField(max_length=300, required=False, allow_blank=True)


class PictureUpload(StrictSerializer):
    """A JPEG, PNG or WebP of at most 25 megapixels and 12 MiB."""

    picture = serializers.FileField()


class PersonShape(serializers.Serializer[Person]):
    """What anybody may know of a person."""

    id = serializers.UUIDField()
    handle = serializers.CharField()
    display_name = serializers.CharField()
    bio = serializers.CharField()
    picture_url = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_picture_url(self, person: Person) -> str | None:
        if not person.picture:
            return None
        version = person.picture[-8:]
        return f"{settings.PUBLIC_URL}/api/v1/people/{person.handle}/picture?size=256&v={version}"


class MeShape(PersonShape):
    """What a person sees of their own account."""

    email = serializers.EmailField()
    is_moderator = serializers.BooleanField()


class PersonRef(serializers.Serializer[Person]):
    """A person as other things mention them."""

    id = serializers.UUIDField()
    handle = serializers.CharField()
    display_name = serializers.CharField()


class FollowerShape(serializers.Serializer[Any]):
    """One edge of the graph, seen from one end."""

    person = PersonRef()
    since = serializers.DateTimeField()


class SessionShape(serializers.Serializer[Any]):
    """A signed-in device."""

    id = serializers.UUIDField()
    device = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class NewSessionShape(SessionShape):
    """A fresh session with its token, which is shown this once."""

    token = serializers.CharField()
