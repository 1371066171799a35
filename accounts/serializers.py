"""The shapes of accounts on the wire."""

import re
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import rules
from accounts.models import Person
from accounts.pictures import SIZES, TYPES
from socialvideo.lib.clock import wall_now
from socialvideo.lib.images import Square
from socialvideo.lib.wire import StrictSerializer

CROP = ("x", "y", "size")


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


class LinkChange(StrictSerializer):
    """A link of a profile. Without a label it is shown by its host."""

    label = serializers.CharField(  # type: ignore[assignment]
        max_length=40, required=False, allow_blank=True
    )
    url = serializers.CharField(max_length=300, help_text="https:// and the name of a host.")


class ProfileChange(StrictSerializer):
    """The parts of a profile that its person edits."""

    display_name = serializers.CharField(max_length=60, required=False)
    bio = serializers.CharField(
        max_length=300, required=False, allow_blank=True, trim_whitespace=False, help_text="May have several lines."
    )
    pronouns = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Free text, for no list of them is ever whole."
    )
    links = LinkChange(many=True, required=False, help_text="All of them, in the order in which they are shown.")
    is_private = serializers.BooleanField(required=False, help_text="Always true until one is 18.")


class PictureUpload(StrictSerializer):
    """A JPEG, PNG or WebP of at most 25 megapixels and 12 MiB, and which square of it, in its pixels when upright."""

    picture = serializers.FileField()
    x = serializers.IntegerField(
        min_value=0, required=False, help_text="From the left. Without x, y, size: the middle."
    )
    y = serializers.IntegerField(min_value=0, required=False, help_text="From the top.")
    size = serializers.IntegerField(min_value=64, required=False, help_text="The side of the square.")

    def to_internal_value(self, form: Any) -> Any:
        """Read the numbers of a form, in which all is text."""
        plain = {name: form[name] for name in form}
        numbers = {
            name: int(plain[name]) for name in CROP if re.fullmatch(r"-?\d{1,6}", str(plain.get(name, "")), re.A)
        }
        return super().to_internal_value({**plain, **numbers})

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Give the square as one thing, ``part``."""
        sent = [attrs.pop(name) for name in CROP if name in attrs]
        if len(sent) not in (0, len(CROP)):
            raise serializers.ValidationError("Send x, y and size, or none of them.")
        return {"upload": attrs["picture"].read(), "part": Square(*sent) if sent else None}


class LinkShape(serializers.Serializer[Any]):
    """A link of a profile. It was never fetched: show it with rel="nofollow ugc noopener"."""

    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField()


class PictureUrlsShape(serializers.Serializer[Any]):
    """One size of a picture, as each of its types."""

    webp = serializers.CharField()
    jpeg = serializers.CharField()


class PictureShape(serializers.Serializer[Person]):
    """A person's picture: a square, in sizes that it is at most shrunk to."""

    width = serializers.IntegerField(source="picture_side", help_text="Pixels of the largest size that there is.")
    height = serializers.IntegerField(source="picture_side")
    blurhash = serializers.CharField(source="picture_blurhash", help_text="github.com/woltapp/blurhash, 4 x 4 parts.")
    urls = serializers.SerializerMethodField(help_text="By size: 64, 256 and 1024.")

    @extend_schema_field(serializers.DictField(child=PictureUrlsShape()))
    def get_urls(self, person: Person) -> dict[str, dict[str, str]]:
        address = f"{settings.PUBLIC_URL}/api/v1/people/{person.handle}/picture"
        version = person.picture[-8:]
        return {str(size): {kind: f"{address}?size={size}&type={kind}&v={version}" for kind in TYPES} for size in SIZES}


class PersonShape(serializers.Serializer[Person]):
    """What somebody signed in may know of a person; ``is_whole`` in its context says whether it is all."""

    id = serializers.UUIDField()
    handle = serializers.CharField()
    display_name = serializers.CharField()
    pronouns = serializers.CharField()
    picture = serializers.SerializerMethodField()
    is_private = serializers.BooleanField()
    bio = serializers.SerializerMethodField(help_text="null where a private account does not show it to you.")
    links = serializers.SerializerMethodField(help_text="null where a private account does not show them to you.")
    created_at = serializers.DateTimeField()

    @extend_schema_field(PictureShape(allow_null=True))
    def get_picture(self, person: Person) -> Any:
        return PictureShape(person).data if person.picture else None

    def get_bio(self, person: Person) -> str | None:
        return person.bio if self.is_whole else None

    @extend_schema_field(LinkShape(many=True, allow_null=True))
    def get_links(self, person: Person) -> Any:
        return person.links if self.is_whole else None

    @property
    def is_whole(self) -> bool:
        """Whether what is for followers is told, too."""
        return bool(self.context.get("is_whole"))


class MeShape(PersonShape):
    """What a person sees of their own account."""

    is_whole = True
    email = serializers.EmailField()
    email_verified = serializers.SerializerMethodField()
    birth_date = serializers.DateField(allow_null=True)
    is_teen = serializers.SerializerMethodField()
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
