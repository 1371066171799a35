"""The shapes of accounts on the wire."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts import rules
from accounts.models import Person
from socialvideo.lib.clock import wall_now
from socialvideo.lib.wire import StrictSerializer


class PasskeyAnswer(StrictSerializer):
    """What a device answered to a ceremony's challenge."""

    ceremony = serializers.UUIDField(help_text="The ceremony's id.")
    credential = serializers.DictField(help_text="PublicKeyCredential.toJSON(), as the browser gives it.")


class SignUp(StrictSerializer):
    """What a new account needs."""

    handle = serializers.CharField(max_length=30, help_text="3 to 30 of a-z, 0-9, _; begins with a letter.")
    email = serializers.EmailField(max_length=254)
    birth_date = serializers.DateField(help_text="From 13 years on. Stored, and shown to nobody else.")
    display_name = serializers.CharField(max_length=60, required=False, default="")
    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True, required=False)
    passkey = PasskeyAnswer(required=False, help_text="Instead of a password.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand one way to log in."""
        if ("password" in attrs) == ("passkey" in attrs):
            raise serializers.ValidationError("Send 'password' or 'passkey', and not both.")
        return attrs


class LogIn(StrictSerializer):
    """Who begins a session, and on what."""

    handle = serializers.CharField(max_length=30)
    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)
    device = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    device_token = serializers.CharField(
        max_length=300,
        required=False,
        default="",
        allow_blank=True,
        help_text="From an earlier log-in on this device: strangers' guesses do not lock it out.",
    )


class ProfileChange(StrictSerializer):
    """The parts of a profile that its person edits."""

    display_name = serializers.CharField(max_length=60, required=False)
    bio = serializers.CharField(max_length=300, required=False, allow_blank=True)
    is_private = serializers.BooleanField(required=False, help_text="Always true until one is 18.")


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
    email_verified = serializers.SerializerMethodField()
    birth_date = serializers.DateField(allow_null=True)
    is_teen = serializers.SerializerMethodField()
    is_private = serializers.BooleanField()
    is_moderator = serializers.BooleanField()

    def get_email_verified(self, person: Person) -> bool:
        return person.verified_at is not None

    def get_is_teen(self, person: Person) -> bool:
        """For show; what is decided by age asks the database's clock."""
        return rules.is_teen(person.birth_date, wall_now().date())


class PersonRef(serializers.Serializer[Person]):
    """A person as other things mention them."""

    id = serializers.UUIDField()
    handle = serializers.CharField()
    display_name = serializers.CharField()


class SessionShape(serializers.Serializer[Any]):
    """A signed-in device."""

    id = serializers.UUIDField()
    device = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(help_text="To within five minutes.")
    expires_at = serializers.DateTimeField()


class ListedSessionShape(SessionShape):
    """A signed-in device among one's own."""

    is_current = serializers.BooleanField(help_text="Whether it is the one that asks.")


class KnownDeviceShape(serializers.Serializer[Any]):
    """What a device keeps to be known by."""

    device_token = serializers.CharField(help_text="Keep it on the device, and send it with later log-ins.")


class NewSessionShape(SessionShape, KnownDeviceShape):
    """A fresh session with its token, which is shown this once."""

    token = serializers.CharField()
