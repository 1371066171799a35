"""Jobs and videos over REST."""

from typing import cast
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import signed_in
from consent import grants
from consent.rules import Refused
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import page, paged, window
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import binary, described, page_of
from socialvideo.lib.wire import BytesParser, JSONRenderer, read_body
from worker import exports, jobs, reviews, rules, subtitling, trials, videos, wishes
from worker.models import Job
from worker.serializers import (
    DryRunShape,
    JobRequest,
    JobShape,
    ReviewAnswer,
    SubtitleTrackShape,
    SubtitleTracksShape,
    TrialRequest,
    TrialShape,
    VideoShape,
)

POLL_SECONDS, VTT = "1", "text/vtt"
LABEL = OpenApiParameter("label", str, OpenApiParameter.QUERY, description="As players list it; at most 60 characters.")


class JobsView(APIView):
    """Requests for videos."""

    rate = ratelimit.GENERATE

    @described(
        takes=JobRequest,
        gives=JobShape,
        status=202,
        problems=(403, 409, 413, 422),
        creates=True,
        summary="Request a video",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        sent = read_body(JobRequest, request)
        job = jobs.submit(requester=signed_in(request), spec=wishes.freeze(**sent))
        job.refresh_from_db()
        headers = {"Location": f"/api/v1/jobs/{job.id}", "Retry-After": POLL_SECONDS}
        return Response(JobShape(job).data, status=202, headers=headers)

    @described(gives=page_of(JobShape), problems=(400,), listed=True, summary="List my jobs")
    def get(self, request: Request) -> Response:
        return paged(request, jobs.of_person(signed_in(request)), lambda job: JobShape(job).data)


class DryRunView(APIView):
    """Asking whether a wish would be accepted, without making it."""

    rate = ratelimit.GENERATE

    @described(takes=JobRequest, gives=DryRunShape, problems=(413, 422), summary="Try a wish")
    def post(self, request: Request) -> Response:
        sent = read_body(JobRequest, request)
        spec = wishes.freeze(**sent)
        return Response({"allowed": trials.dry_run(requester=signed_in(request), spec=spec)})


class TrialView(APIView):
    """Trying a wish on one's own grant."""

    @described(takes=TrialRequest, gives=TrialShape, problems=(404, 413, 422), summary="Try a wish on my grant")
    def post(self, request: Request, grant_id: UUID) -> Response:
        grant = grants.find_given(signed_in(request), grant_id)
        sent = read_body(TrialRequest, request)
        verdict = trials.trial(grant=grant, **sent)
        return Response({"allowed": bool(verdict), "reason": verdict.reason if isinstance(verdict, Refused) else ""})


class JobView(APIView):
    """One job, to be polled."""

    @described(gives=JobShape, problems=(404,), summary="Read a job")
    def get(self, request: Request, job_id: UUID) -> Response:
        job: Job = jobs.find(signed_in(request), job_id)
        headers = {"Retry-After": POLL_SECONDS} if rules.Status(job.status) in rules.OPEN else {}
        return Response(JobShape(job).data, headers=headers)


class VideosView(APIView):
    """The videos one made."""

    @described(gives=page_of(VideoShape), problems=(400,), listed=True, summary="List my videos")
    def get(self, request: Request) -> Response:
        after, limit = window(request)
        rows = videos.made_by(signed_in(request), after=after, limit=limit + 1)
        return page(request, rows, limit, lambda video: VideoShape(video).data)


class ShowingMeView(APIView):
    """The videos one is depicted in, drafts included."""

    @described(gives=page_of(VideoShape), problems=(400,), listed=True, summary="List videos that show me")
    def get(self, request: Request) -> Response:
        after, limit = window(request)
        rows = videos.showing(signed_in(request), after=after, limit=limit + 1)
        return page(request, rows, limit, lambda video: VideoShape(video).data)


class VttParser(BytesParser):
    """Takes WebVTT, as bytes."""

    media_type = VTT


class ZipRenderer(JSONRenderer):
    """Lets ``Accept: application/zip`` through; what it writes itself are problem documents."""

    media_type = "application/zip"


class ExportView(APIView):
    """Everything about one's own likeness, to keep."""

    renderer_classes = [ZipRenderer, JSONRenderer]
    read_rate = ratelimit.EXPORT

    @described(gives={(200, "application/zip"): binary()}, summary="Export everything about my likeness")
    def get(self, request: Request) -> StreamingHttpResponse:
        """Answer with a zip archive: `likeness.json`, the enrolled photo, each receipt in a file of its own, the key
        that signed them, and `manifest.json` with the SHA-256 of every file. At most ten an hour.
        """
        archive = exports.export(signed_in(request))
        headers = {
            "Content-Length": str(archive.size),
            "Content-Disposition": 'attachment; filename="likeness.zip"',
            "Cache-Control": "private, no-store",
        }
        return StreamingHttpResponse(archive, content_type="application/zip", headers=headers)


class DraftsView(APIView):
    """Drafts that wait for one's review."""

    @described(gives=page_of(VideoShape), problems=(400,), listed=True, summary="List drafts to review")
    def get(self, request: Request) -> Response:
        return paged(request, reviews.waiting(signed_in(request)), lambda video: VideoShape(video).data)


class ReviewView(APIView):
    """One's say over a video that shows oneself."""

    @described(takes=ReviewAnswer, status=204, problems=(404, 409, 410, 422), summary="Accept or veto a video")
    def put(self, request: Request, video_id: UUID) -> Response:
        sent = read_body(ReviewAnswer, request)
        subject = signed_in(request)
        if sent["answer"] == "accept":
            reviews.accept(subject=subject, video_id=video_id, sha256=sent["sha256"])
        else:
            reviews.veto(subject=subject, video_id=video_id)
        return Response(status=204)


class VideoView(APIView):
    """One video, for its owner and the people depicted."""

    @described(gives=VideoShape, problems=(404, 410), summary="Read a video")
    def get(self, request: Request, video_id: UUID) -> Response:
        return Response(VideoShape(videos.find(signed_in(request), video_id)).data)


class SubtitlesView(APIView):
    """The subtitles of one's own video."""

    @described(gives=SubtitleTracksShape, problems=(404, 410), summary="List the subtitles of my video")
    def get(self, request: Request, video_id: UUID) -> Response:
        rows = subtitling.of_video(owner=signed_in(request), video_id=video_id)
        return Response({"data": [SubtitleTrackShape(row).data for row in rows]})


class SubtitleTrackView(APIView):
    """The subtitles in one language."""

    parser_classes = [VttParser]

    @described(
        takes={VTT: binary()},
        gives=SubtitleTrackShape,
        problems=(404, 409, 410),
        parameters=(LABEL,),
        summary="Put subtitles",
    )
    def put(self, request: Request, video_id: UUID, language: str) -> Response:
        """Take WebVTT as it is, at most 256 KiB. 422 says which line is wrong."""
        owner, label = signed_in(request), request.query_params.get("label", "")
        video = subtitling.own_video(owner, video_id)
        content = cast(bytes, request.data)
        track = subtitling.put(video=video, language=language, label=label, content=content)
        return Response(SubtitleTrackShape(track).data)

    @described(status=204, problems=(404, 410), summary="Remove subtitles")
    def delete(self, request: Request, video_id: UUID, language: str) -> Response:
        subtitling.remove(video=subtitling.own_video(signed_in(request), video_id), language=language)
        return Response(status=204)
