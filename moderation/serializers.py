"""The shapes of moderation on the wire."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonRef
from moderation.models import Action, Category, Report
from socialvideo.lib.wire import StrictSerializer


class ReportRequest(StrictSerializer):
    """Which video, post or comment (one of the three), and what is wrong with it."""

    video = serializers.UUIDField(required=False)
    post = serializers.UUIDField(required=False)
    comment = serializers.UUIDField(required=False)
    category = serializers.ChoiceField(choices=Category.values)
    detail = serializers.CharField(max_length=1000, required=False, default="", allow_blank=True)


class ReportShape(serializers.Serializer[Report]):
    """A report as its reporter sees it."""

    id = serializers.UUIDField()
    video = serializers.UUIDField(source="video_id")
    comment = serializers.UUIDField(source="comment_id", allow_null=True)
    category = serializers.ChoiceField(choices=Category.values)
    detail = serializers.CharField()
    state = serializers.ChoiceField(choices=Report.State.choices)
    created_at = serializers.DateTimeField()


class QueuedReportShape(ReportShape):
    """A report as a moderator sees it."""

    reporter = PersonRef()
    owner = PersonRef(source="video.owner")
    prompt = serializers.CharField(source="video.prompt")
    text = serializers.CharField(source="comment.text", default="", help_text="Of the comment, if it is about one.")


class ActionRequest(StrictSerializer):
    """A moderator's decision on one of the three; ``reasons`` is read by the people concerned."""

    video = serializers.UUIDField(required=False)
    post = serializers.UUIDField(required=False)
    comment = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(choices=Action.Kind.choices)
    category = serializers.ChoiceField(choices=Category.values)
    reasons = serializers.CharField(max_length=1000)


class StatementShape(serializers.Serializer[Any]):
    """A statement of reasons (DSA article 17)."""

    id = serializers.UUIDField()
    video = serializers.UUIDField(source="video_id")
    comment = serializers.UUIDField(source="comment_id", allow_null=True)
    kind = serializers.ChoiceField(choices=Action.Kind.choices)
    category = serializers.ChoiceField(choices=Category.values)
    reasons = serializers.CharField()
    created_at = serializers.DateTimeField()
