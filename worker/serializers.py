"""The shapes of jobs and videos on the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import PersonRef
from consent.rules import Audience, Purpose, Reason
from socialvideo.lib.wire import StrictSerializer
from worker import rules
from worker.compositions import Kind
from worker.models import Job, Subtitles, Video

GENERATION = "generation"
JOB_KINDS = [GENERATION, *(kind.value for kind in Kind)]


class JobRequest(StrictSerializer):
    """A wish: who, doing what, for whom."""

    subjects = serializers.ListField(
        child=serializers.CharField(max_length=31),
        min_length=1,
        max_length=rules.MAX_SUBJECTS,
        help_text="Handles of the people to depict.",
    )
    prompt = serializers.CharField(max_length=rules.PROMPT_LENGTH)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    purpose = serializers.ChoiceField(choices=[p.value for p in Purpose], default=Purpose.ENTERTAINMENT.value)
    audience = serializers.ChoiceField(choices=[a.value for a in Audience], default=Audience.PRIVATE.value)


class TrialRequest(StrictSerializer):
    """A wish to try on one's own grant."""

    prompt = serializers.CharField(max_length=rules.PROMPT_LENGTH)
    purpose = serializers.ChoiceField(choices=[p.value for p in Purpose], default=Purpose.ENTERTAINMENT.value)
    audience = serializers.ChoiceField(choices=[a.value for a in Audience], default=Audience.PRIVATE.value)


class TrialShape(serializers.Serializer[Any]):
    """What would come of it, and why not: for the subject alone."""

    allowed = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason], allow_blank=True)


class DryRunShape(serializers.Serializer[Any]):
    """Whether a wish would be accepted now."""

    allowed = serializers.BooleanField()


class ReviewAnswer(StrictSerializer):
    """Accepting the render of this hash (as GET /videos/{id} shows it), or vetoing the video for good."""

    answer = serializers.ChoiceField(choices=["accept", "veto"])
    sha256 = serializers.RegexField(r"^[0-9a-fA-F]{64}$", required=False, help_text="Needed to accept.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand the hash with an acceptance."""
        if attrs["answer"] == "accept" and "sha256" not in attrs:
            raise serializers.ValidationError({"sha256": "Say which render you looked at."})
        return attrs


class JobShape(serializers.Serializer[Job]):
    """One run of the pipeline. ``progress`` is 0 to 100; poll until ``status`` is an end."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[s.value for s in rules.Status])
    kind = serializers.SerializerMethodField()
    progress = serializers.IntegerField()
    failure_code = serializers.CharField()
    failure_detail = serializers.CharField()
    attempts = serializers.IntegerField()
    engine = serializers.SerializerMethodField()
    prompt = serializers.SerializerMethodField()
    video = serializers.UUIDField(source="video_id", allow_null=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=JOB_KINDS))
    def get_kind(self, job: Job) -> str:
        composition = job.spec.get("composition")
        return str(composition["kind"]) if composition else GENERATION

    def get_engine(self, job: Job) -> str:
        return str(job.spec["engine"])

    def get_prompt(self, job: Job) -> str:
        return str(job.spec["prompt"])


class EngineShape(serializers.Serializer[Any]):
    """What made a video. A preview is a stand-in, not generated footage."""

    name = serializers.CharField()
    is_preview = serializers.BooleanField()


class VideoShape(serializers.Serializer[Video]):
    """A sealed video, for its owner and the people depicted."""

    id = serializers.UUIDField()
    origin = serializers.ChoiceField(choices=[o.value for o in rules.Origin])
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    fps = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.SerializerMethodField()
    origin = serializers.ChoiceField(choices=[origin.value for origin in rules.Origin])
    screening = serializers.ChoiceField(
        choices=[verdict.value for verdict in rules.Screening], help_text="Only what is clear can be published."
    )
    engine = serializers.SerializerMethodField()
    prompt = serializers.CharField()
    depicted = serializers.SerializerMethodField()
    remix_of = serializers.UUIDField(source="remix_of_id", allow_null=True)
    created_at = serializers.DateTimeField()

    def get_sha256(self, video: Video) -> str:
        return bytes(video.content_digest).hex()

    @extend_schema_field(PersonRef(many=True))
    def get_depicted(self, video: Video) -> list[dict[str, Any]]:
        return [dict(PersonRef(row.subject).data) for row in video.depictions.all()]

    @extend_schema_field(EngineShape)
    def get_engine(self, video: Video) -> dict[str, Any]:
        return {"name": video.engine, "is_preview": video.is_preview}


class SubtitleTrackShape(serializers.Serializer[Subtitles]):
    """The subtitles of a video in one language."""

    language = serializers.CharField(help_text="BCP 47.")
    label = serializers.CharField()  # type: ignore[assignment]
    created_at = serializers.DateTimeField()


class SubtitleTracksShape(serializers.Serializer[Any]):
    """All subtitles of a video, by language."""

    data = SubtitleTrackShape(many=True)  # type: ignore[assignment]
