"""The shapes of uploads on the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from socialvideo.lib.wire import StrictSerializer
from worker.models import Ladder, Upload
from worker.rules import LadderStatus, UploadStatus
from worker.uploads import rules, sessions

MOST_BYTES = 2**53 - 1


class UploadRequest(StrictSerializer):
    """What is going to be uploaded."""

    size_bytes = serializers.IntegerField(min_value=1, max_value=MOST_BYTES)
    media_type = serializers.ChoiceField(choices=rules.MEDIA_TYPES)
    sha256 = serializers.RegexField(r"^[0-9a-fA-F]{64}$", help_text="Of the whole file, in hexadecimal digits.")
    name = serializers.CharField(
        max_length=rules.NAME_LENGTH, required=False, allow_blank=True, help_text="For the owner alone."
    )
    direct_to_storage = serializers.BooleanField(
        required=False, help_text="Put the parts to storage (S3) instead of sending them here: see its parts."
    )


class LadderShape(serializers.Serializer[Ladder]):
    """The further sizes of a video, which is playable before they are done."""

    status = serializers.ChoiceField(choices=[status.value for status in LadderStatus])
    progress = serializers.IntegerField()


class UploadShape(serializers.Serializer[Upload]):
    """One upload and what becomes of it, for its owner. Poll until ``status`` is an end."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[status.value for status in UploadStatus])
    progress = serializers.IntegerField(help_text="0 to 100, from the first byte until the video can be played.")
    name = serializers.CharField()
    media_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    offset = serializers.IntegerField(source="received", help_text="How many bytes are stored.")
    sha256 = serializers.SerializerMethodField()
    part_bytes = serializers.SerializerMethodField(help_text="How much to send at once.")
    direct_to_storage = serializers.SerializerMethodField()
    failure_code = serializers.CharField()
    failure_detail = serializers.CharField(help_text="For a person.")
    video = serializers.UUIDField(source="video_id", allow_null=True)
    renditions = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.SerializerMethodField(help_text="When it ends unless more is sent.")
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_sha256(self, upload: Upload) -> str:
        return bytes(upload.digest).hex()

    def get_part_bytes(self, upload: Upload) -> int:
        return sessions.part_bytes(upload)

    def get_direct_to_storage(self, upload: Upload) -> bool:
        return bool(upload.multipart)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_expires_at(self, upload: Upload) -> Any:
        return sessions.expires_at(upload)

    @extend_schema_field(LadderShape(allow_null=True))
    def get_renditions(self, upload: Upload) -> dict[str, Any] | None:
        ladder = sessions.ladder(upload)
        return dict(LadderShape(ladder).data) if ladder else None


class LimitsShape(serializers.Serializer[Any]):
    """What may be uploaded, and how much of it is left today."""

    media_types = serializers.ListField(child=serializers.CharField())
    largest_bytes = serializers.IntegerField()
    longest_seconds = serializers.IntegerField()
    part_bytes = serializers.IntegerField()
    bytes_left = serializers.IntegerField(help_text="Today.")
    clips_left = serializers.IntegerField(help_text="Today.")
    sessions_left = serializers.IntegerField(help_text="That can be open beside those that are.")
    resets_at = serializers.DateTimeField(help_text="When the next day begins (UTC).")
    direct_to_storage = serializers.BooleanField(help_text="Whether parts can be put to storage directly.")


class PartShape(serializers.Serializer[Any]):
    """One part of a file that goes to storage directly. PUT its bytes to ``url``; keep the ETag of the reply."""

    number = serializers.IntegerField()
    offset = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    url = serializers.CharField()
    stored_bytes = serializers.IntegerField()
    etag = serializers.CharField(allow_null=True)


class PartsShape(serializers.Serializer[Any]):
    """At most a hundred parts, from ``first`` on."""

    data = PartShape(many=True)  # type: ignore[assignment]


class PutPart(StrictSerializer):
    """A part that storage has."""

    number = serializers.IntegerField(min_value=1, max_value=10_000)
    etag = serializers.CharField(max_length=100)


class Completion(StrictSerializer):
    """All parts, each with the ETag that storage answered."""

    parts = serializers.ListField(child=PutPart(), max_length=10_000)
