"""The shapes of notices, their settings and push subscriptions on the wire."""

from typing import Any
from urllib.parse import urlsplit

from rest_framework import serializers

from accounts.models import NoticeChoice, NoticePlan, PushSubscription
from accounts.notices.kinds import TABLE, Kind
from accounts.serializers import PersonRef
from socialvideo.lib.wire import StrictSerializer

KINDS, CHANNELS, CADENCES = Kind.values, NoticeChoice.Channel.values, NoticePlan.Summary.values
THINGS = sorted({entry.thing for entry in TABLE.values()} - {""})
CLOCK = "%H:%M"


class ThingShape(serializers.Serializer[Any]):
    """What a notice is about."""

    kind = serializers.ChoiceField(choices=THINGS)
    id = serializers.UUIDField()


class NoticeShape(serializers.Serializer[Any]):
    """All that happened of one kind to one thing on one day. It shows only whom its reader may see now."""

    id = serializers.UUIDField()
    position = serializers.UUIDField(help_text="Goes up when somebody joins. The first one shown is 'up_to'.")
    kind = serializers.ChoiceField(choices=KINDS)
    text = serializers.CharField(help_text="In English, for a client that has no words of its own for this kind.")
    thing = ThingShape(allow_null=True)
    actors = PersonRef(many=True, help_text="At most three, the newest first.")
    count = serializers.IntegerField(help_text="Of how many people it tells; 100 means at least as many.")
    created_at = serializers.DateTimeField()
    newest_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class UnreadShape(serializers.Serializer[Any]):
    """How much is unread."""

    unread = serializers.IntegerField(help_text="100 means at least as many.")


class ReadUpTo(StrictSerializer):
    """How far somebody has read."""

    up_to = serializers.UUIDField(help_text="The 'position' of the first notice that was shown.")


class ChannelWish(StrictSerializer):
    """A wish about one kind on one channel."""

    kind = serializers.ChoiceField(choices=KINDS)
    channel = serializers.ChoiceField(choices=CHANNELS)
    is_on = serializers.BooleanField()


class ChannelChoiceShape(serializers.Serializer[Any]):
    """Whether a kind is told on a channel."""

    kind = serializers.ChoiceField(choices=KINDS)
    channel = serializers.ChoiceField(choices=CHANNELS)
    is_on = serializers.BooleanField()
    is_fixed = serializers.BooleanField(help_text="It cannot be changed: it is about one's likeness or one's account.")


class PlanShape(serializers.Serializer[Any]):
    """What of the settings is not about one kind."""

    time_zone = serializers.CharField()
    quiet_hours = serializers.BooleanField(help_text="Whether nothing but log-ins is pushed between the two times.")
    quiet_from = serializers.TimeField(format=CLOCK)
    quiet_until = serializers.TimeField(format=CLOCK)
    summary = serializers.ChoiceField(choices=CADENCES)


class NoticeSettingsShape(PlanShape):
    """Where one is told what."""

    choices = ChannelChoiceShape(many=True)


class NoticeSettingsChange(StrictSerializer):
    """The settings that change."""

    choices = ChannelWish(many=True, required=False)
    time_zone = serializers.CharField(max_length=40, required=False, help_text="IANA name, as Europe/Berlin.")
    quiet_hours = serializers.BooleanField(required=False)
    quiet_from = serializers.TimeField(required=False, input_formats=[CLOCK], help_text="HH:MM there.")
    quiet_until = serializers.TimeField(required=False, input_formats=[CLOCK])
    summary = serializers.ChoiceField(choices=CADENCES, required=False)


class PushKeyShape(serializers.Serializer[Any]):
    """What a browser subscribes with."""

    public_key = serializers.CharField(help_text="applicationServerKey, base64url (RFC 8292).")


class PushKeys(StrictSerializer):
    """The browser's own keys, base64url."""

    p256dh = serializers.CharField(max_length=120)
    auth = serializers.CharField(max_length=40)


class NewPushSubscription(StrictSerializer):
    """PushSubscription.toJSON() of a browser, without its expiration time."""

    endpoint = serializers.CharField(max_length=2000)
    keys = PushKeys()
    time_zone = serializers.CharField(
        max_length=40, required=False, default="", help_text="The device's, for quiet hours, if none was chosen."
    )


class PushSubscriptionShape(serializers.Serializer[PushSubscription]):
    """A browser that is pushed to. Its address is a secret between it and its push service."""

    id = serializers.UUIDField()
    session = serializers.UUIDField(source="session_id")
    device = serializers.CharField(source="session.device")
    service = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_service(self, row: PushSubscription) -> str:
        """The host of the push service."""
        return urlsplit(row.endpoint).hostname or ""
