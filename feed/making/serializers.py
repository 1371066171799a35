"""The shapes of drafts, and of wishes for films of films, on the wire."""

from typing import Any

from rest_framework import serializers

from consent.rules import Audience, Purpose
from feed.models import Draft
from feed.serializers import AUDIENCES, SaidSerializer
from socialvideo.lib.wire import StrictSerializer
from worker.compositions import LONGEST_MS, Layout

STATES = [state.value for state in Draft.State]
LAYOUTS = [layout.value for layout in Layout]
LOUDEST = 200


class DraftChange(SaidSerializer):
    """What to keep in a draft; ``publish_at`` null takes it off the schedule."""

    video = serializers.UUIDField(required=False, help_text="One of your videos; or:")
    upload = serializers.UUIDField(required=False, help_text="One of your uploads, which need not be ready yet.")
    caption = serializers.CharField(max_length=500, required=False, allow_blank=True)
    audience = serializers.ChoiceField(choices=AUDIENCES, required=False)
    comments_on = serializers.BooleanField(required=False)
    cover_ms = serializers.IntegerField(min_value=0, max_value=LONGEST_MS, required=False, allow_null=True)
    publish_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="One minute to 90 days ahead; published within a minute of it."
    )


class DraftRequest(DraftChange):
    """A draft of a video, or of an upload."""

    audience = serializers.ChoiceField(choices=AUDIENCES, default=Audience.PRIVATE.value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand what it is a draft of."""
        if not ("video" in attrs or "upload" in attrs):
            raise serializers.ValidationError({"video": "Name a video or an upload."})
        return attrs


class DraftShape(serializers.Serializer[Draft]):
    """What is prepared. ``failure_code`` says why it could not be published when it was to be."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=STATES)
    video = serializers.SerializerMethodField()
    upload = serializers.UUIDField(source="upload_id", allow_null=True)
    post = serializers.UUIDField(source="post_id", allow_null=True)
    caption = serializers.CharField()
    audience = serializers.ChoiceField(choices=AUDIENCES)
    comments_on = serializers.BooleanField()
    may_remix = serializers.BooleanField(allow_null=True)
    may_stitch = serializers.BooleanField(allow_null=True)
    may_reuse_sound = serializers.BooleanField(allow_null=True)
    may_download = serializers.BooleanField(allow_null=True)
    cover_ms = serializers.IntegerField(allow_null=True)
    publish_at = serializers.DateTimeField(allow_null=True)
    failure_code = serializers.CharField()
    failure_detail = serializers.CharField()
    created_at = serializers.DateTimeField()

    def get_video(self, draft: Draft) -> str | None:
        """The upload's, once there is one."""
        found = draft.video_id or (draft.upload and draft.upload.video_id)
        return str(found) if found else None


class WishSerializer(StrictSerializer):
    """What a film of films is for, and for whom; the grants of everybody in it are held to that."""

    purpose = serializers.ChoiceField(choices=[p.value for p in Purpose], default=Purpose.ENTERTAINMENT.value)
    audience = serializers.ChoiceField(choices=AUDIENCES, default=Audience.PRIVATE.value)


def _moment(**more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=LONGEST_MS, help_text="Milliseconds.", **more)


def _gain(usual: int) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=LOUDEST, default=usual, help_text="Per cent.")


class TrimRequest(WishSerializer):
    """Which part of one's own film, and of which moment of that the poster is to be."""

    start_ms = _moment()
    end_ms = _moment()
    cover_ms = _moment(required=False)


class StitchRequest(WishSerializer):
    """Which part of the film, at most five seconds, comes before which part of one's own ``video``."""

    video = serializers.UUIDField()
    start_ms = _moment(default=0)
    end_ms = _moment(required=False)
    own_start_ms = _moment(default=0)
    own_end_ms = _moment(required=False)


class DuetRequest(WishSerializer):
    """One's own ``video`` beside the film, or below it, and how loud each is."""

    video = serializers.UUIDField()
    layout = serializers.ChoiceField(choices=LAYOUTS, default=Layout.SIDE_BY_SIDE.value)
    gain = _gain(100)
    own_gain = _gain(100)


class SoundRequest(WishSerializer):
    """One's own ``video``, with the film's sound from ``start_ms`` of that on; its own sound is off, unless said."""

    video = serializers.UUIDField()
    start_ms = _moment(default=0)
    gain = _gain(100)
    own_gain = _gain(0)
