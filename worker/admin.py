"""Jobs, uploads and videos, to be looked at."""

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString

from socialvideo.lib.panel import ReadOnlyAdmin, ReadOnlyInline, as_hex, as_json, badge, column, link
from worker.models import Depiction, Job, Upload, Video


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin[Job]):
    """Runs of the pipeline. A job ends by its pipeline, its lease or a withdrawal; nobody moves one by hand."""

    list_display = ("id", "requester", "condition", "percent", "attempts", "failure_code", "created_at", "ended_at")
    list_select_related = ("requester",)
    list_filter = ("status",)
    search_fields = ("requester__handle__startswith",)
    search_help_text = "Beginning of a handle, or a whole id"
    fieldsets = (
        (None, {"fields": ("requester", "condition", "percent", "video", "permit")}),
        ("Wish", {"fields": ("wish",)}),
        ("Runs", {"fields": ("attempts", "fence", "lease_until", "created_at", "sent_at", "ended_at")}),
        ("Failure", {"fields": ("failure_code", "failure_detail")}),
    )

    @badge("status", queued="info", in_progress="warning", completed="success", failed="danger")
    def condition(self, job: Job) -> str:
        return job.status

    @column("progress")
    def percent(self, job: Job) -> str:
        return f"{job.progress} %"

    @column("spec")
    def wish(self, job: Job) -> SafeString:
        return as_json(job.spec)


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin[Upload]):
    """Uploads and what became of them: never their bytes, nor the names that people gave them."""

    list_display = ("id", "owner", "condition", "percent", "size_bytes", "attempts", "failure_code", "created_at")
    list_select_related = ("owner",)
    list_filter = ("status",)
    search_fields = ("owner__handle__startswith",)
    search_help_text = "Beginning of a handle, or a whole id"
    fieldsets = (
        (None, {"fields": ("owner", "condition", "percent", "video", "media_type", "size_bytes", "received")}),
        ("Runs", {"fields": ("attempts", "fence", "lease_until", "created_at", "touched_at", "ended_at")}),
        ("Failure", {"fields": ("failure_code", "failure_detail")}),
    )

    @badge("status", receiving="info", processing="warning", ready="success", rejected="danger", failed="danger")
    def condition(self, upload: Upload) -> str:
        return upload.status

    @column("progress")
    def percent(self, upload: Upload) -> str:
        return f"{upload.progress} %"


class DepictionInline(ReadOnlyInline[Depiction, Video]):
    """Everybody in a video, with the grant and epoch on which that rests."""

    model = Depiction
    related = ("subject", "grant")
    fields = ("subject", "epoch", "under")

    @column("under")
    def under(self, row: Depiction) -> SafeString:
        grant = row.grant
        address = reverse("admin:consent_grant_change", args=[grant.id])
        return link(address, f"a grant that is {grant.state}, now at epoch {grant.epoch}")


@admin.register(Video)
class VideoAdmin(ReadOnlyAdmin[Video]):
    """Sealed videos: their record, never their bytes."""

    list_display = ("id", "owner", "kind", "engine", "seconds", "created_at", "taken_down_at", "purged_at")
    list_select_related = ("owner",)
    list_filter = ("is_preview", ("taken_down_at", admin.EmptyFieldListFilter))
    search_fields = ("owner__handle__startswith",)
    search_help_text = "Beginning of a handle, or a whole id"
    fieldsets = (
        (None, {"fields": ("owner", "prompt", "kind", "engine", "taken_down_at", "purged_at", "reports")}),
        ("Film", {"fields": ("width", "height", "fps", "seconds", "size_bytes", "sha256")}),
        ("Came of", {"fields": ("made_by", "permit", "created_at")}),
    )
    inlines = (DepictionInline,)

    @badge("kind", preview="warning", generated="success")
    def kind(self, video: Video) -> str:
        return "preview" if video.is_preview else "generated"

    @column("length")
    def seconds(self, video: Video) -> str:
        return f"{video.duration_ms / 1000:g} s"

    @column("SHA-256")
    def sha256(self, video: Video) -> SafeString:
        return as_hex(video.content_digest)

    @column("reports")
    def reports(self, video: Video) -> SafeString:
        return link(f"{reverse('admin:moderation_report_changelist')}?video={video.id}", "Reports of this video")

    @column("job")
    def made_by(self, video: Video) -> SafeString:
        return link(reverse("admin:worker_job_change", args=[video.job.id]), video.job)
