"""The shapes of leaving and of exports on the wire."""

from typing import Any

from rest_framework import serializers

from accounts.models import Export
from socialvideo.lib.wire import StrictSerializer

EXPORT_STATES = Export.State.choices


class DepartureToken(StrictSerializer):
    """A token that came by mail, or with the answer when one left."""

    token = serializers.CharField(max_length=200)


class LeftShape(serializers.Serializer[Any]):
    """What who leaves keeps."""

    erase_at = serializers.DateTimeField(help_text="From then on nothing brings the account back.")
    token = serializers.CharField(help_text="Reads the erasure report. Shown this once.")


class CountedShape(serializers.Serializer[Any]):
    """How much there was of one kind."""

    what = serializers.CharField()
    count = serializers.IntegerField()


class KeptShape(CountedShape):
    """What stays, under an id that says nothing, and why."""

    why = serializers.CharField()


class ErasureReportShape(serializers.Serializer[Any]):
    """What was removed, and what stays and why. It says nothing of the person."""

    state = serializers.ChoiceField(choices=["waiting", "erasing", "erased", "cancelled"])
    left_at = serializers.DateTimeField()
    erase_at = serializers.DateTimeField()
    erased_at = serializers.DateTimeField(allow_null=True)
    removed = CountedShape(many=True)
    kept = KeptShape(many=True)


class ExportShape(serializers.Serializer[Export]):
    """An archive of everything about one's account."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=EXPORT_STATES)
    progress = serializers.IntegerField(help_text="0 to 100.")
    size_bytes = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
