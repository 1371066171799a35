"""Jobs and videos over REST."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import signed_in
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import paged
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import described, page_of
from worker import jobs, rules, videos, wishes
from worker.models import Job
from worker.serializers import JobRequest, JobShape, VideoShape

POLL_SECONDS = "1"


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
        sent = JobRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        job = jobs.submit(requester=signed_in(request), spec=wishes.freeze(**sent.validated_data))
        job.refresh_from_db()
        headers = {"Location": f"/api/v1/jobs/{job.id}", "Retry-After": POLL_SECONDS}
        return Response(JobShape(job).data, status=202, headers=headers)

    @described(gives=page_of(JobShape), problems=(400,), listed=True, summary="List my jobs")
    def get(self, request: Request) -> Response:
        return paged(request, jobs.of_person(signed_in(request)), lambda job: JobShape(job).data)


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
        return paged(request, videos.of_person(signed_in(request)), lambda video: VideoShape(video).data)


class ShowingMeView(APIView):
    """The videos one is depicted in, drafts included."""

    @described(gives=page_of(VideoShape), problems=(400,), listed=True, summary="List videos that show me")
    def get(self, request: Request) -> Response:
        return paged(request, videos.showing(signed_in(request)), lambda video: VideoShape(video).data)


class VideoView(APIView):
    """One video, for its owner and the people depicted."""

    @described(gives=VideoShape, problems=(404, 410), summary="Read a video")
    def get(self, request: Request, video_id: UUID) -> Response:
        return Response(VideoShape(videos.find(signed_in(request), video_id)).data)
