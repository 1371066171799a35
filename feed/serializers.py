"""The shapes of posts on the wire."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonRef
from consent.rules import Audience, Purpose
from socialvideo.lib.wire import StrictSerializer
from worker.rules import PROMPT_LENGTH

AUDIENCES = [audience.value for audience in Audience]


class PostRequest(StrictSerializer):
    """Which video to publish, to whom, with what words."""

    video = serializers.UUIDField()
    caption = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    audience = serializers.ChoiceField(choices=AUDIENCES)


class RemixRequest(StrictSerializer):
    """A wish for a remix; whom it shows is inherited."""

    prompt = serializers.CharField(max_length=PROMPT_LENGTH)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    purpose = serializers.ChoiceField(choices=[p.value for p in Purpose], default=Purpose.ENTERTAINMENT.value)
    audience = serializers.ChoiceField(choices=AUDIENCES, default=Audience.PRIVATE.value)


class DownloadShape(serializers.Serializer[Any]):
    """A short-lived address for this viewer alone, sent as an attachment."""

    video_url = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


class PostVideoShape(serializers.Serializer[Any]):
    """The video of a post. ``is_preview`` marks a stand-in."""

    id = serializers.UUIDField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    engine = serializers.CharField()
    is_preview = serializers.BooleanField()


class PostShape(serializers.Serializer[Any]):
    """A post as its viewer sees it."""

    id = serializers.UUIDField()
    caption = serializers.CharField()
    audience = serializers.ChoiceField(choices=AUDIENCES)
    published_at = serializers.DateTimeField()
    author = PersonRef()
    video = PostVideoShape()
    depicted = PersonRef(many=True)


class PlaybackShape(serializers.Serializer[Any]):
    """Short-lived addresses for this viewer alone. Range works; each request is decided anew."""

    video_url = serializers.CharField()
    poster_url = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
