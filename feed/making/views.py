"""Drafts, and films of films, over REST."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import signed_in
from feed import compositions, drafts
from feed.making.serializers import (
    DraftChange,
    DraftRequest,
    DraftShape,
    DuetRequest,
    SoundRequest,
    StitchRequest,
    TrimRequest,
)
from feed.serializers import PostShape
from feed.views import made
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import paged
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import described, page_of
from socialvideo.lib.wire import read_body
from worker.models import Job
from worker.serializers import JobShape

REFUSALS = (403, 404, 410, 422)


class DraftsView(APIView):
    """What one prepares."""

    @described(
        takes=DraftRequest, gives=DraftShape, status=201, problems=(404, 422), creates=True, summary="Keep a draft"
    )
    @idempotent
    def post(self, request: Request) -> Response:
        sent = read_body(DraftRequest, request)
        draft = drafts.create(owner=signed_in(request), sent=sent)
        draft.refresh_from_db()
        headers = {"Location": f"/api/v1/drafts/{draft.id}"}
        return Response(DraftShape(draft).data, status=201, headers=headers)

    @described(gives=page_of(DraftShape), problems=(400,), listed=True, summary="List my drafts")
    def get(self, request: Request) -> Response:
        return paged(request, drafts.of_person(signed_in(request)), lambda draft: DraftShape(draft).data)


class DraftView(APIView):
    """One draft."""

    @described(gives=DraftShape, problems=(404,), summary="Read a draft")
    def get(self, request: Request, draft_id: UUID) -> Response:
        return Response(DraftShape(drafts.find(signed_in(request), draft_id)).data)

    @described(takes=DraftChange, gives=DraftShape, problems=(404, 409, 422), summary="Change a draft")
    def patch(self, request: Request, draft_id: UUID) -> Response:
        owner = signed_in(request)
        drafts.find(owner, draft_id)
        changed = drafts.edit(owner=owner, draft_id=draft_id, sent=read_body(DraftChange, request))
        return Response(DraftShape(changed).data)

    @described(status=204, problems=(404, 409), summary="Throw a draft away")
    def delete(self, request: Request, draft_id: UUID) -> Response:
        drafts.remove(owner=signed_in(request), draft_id=draft_id)
        return Response(status=204)


class DraftPublicationView(APIView):
    """Publishing a draft now."""

    @described(gives=PostShape, status=201, problems=(403, 404, 409, 410, 422), creates=True, summary="Publish a draft")
    @idempotent
    def post(self, request: Request, draft_id: UUID) -> Response:
        owner = signed_in(request)
        post = drafts.publish(draft=drafts.find(owner, draft_id))
        return made(owner.id, post.id)


class TrimsView(APIView):
    """Parts of one's own film."""

    rate = ratelimit.GENERATE

    @described(takes=TrimRequest, gives=JobShape, status=202, problems=REFUSALS, creates=True, summary="Trim my video")
    @idempotent
    def post(self, request: Request, video_id: UUID) -> Response:
        requester = signed_in(request)
        sent = read_body(TrimRequest, request)
        span, cover = _span(sent), sent.pop("cover_ms", None)
        return _queued(compositions.trim(requester=requester, video_id=video_id, span=span, cover_ms=cover, **sent))


class StitchesView(APIView):
    """Putting a part of a film before one's own."""

    rate = ratelimit.GENERATE

    @described(
        takes=StitchRequest, gives=JobShape, status=202, problems=REFUSALS, creates=True, summary="Stitch a video"
    )
    @idempotent
    def post(self, request: Request, video_id: UUID) -> Response:
        sent = read_body(StitchRequest, request)
        wish = {"span": _span(sent), "own_span": _span(sent, "own_"), "own_id": sent.pop("video")}
        return _queued(compositions.stitch(requester=signed_in(request), video_id=video_id, **wish, **sent))


class DuetsView(APIView):
    """Playing a film and one's own at once."""

    rate = ratelimit.GENERATE

    @described(takes=DuetRequest, gives=JobShape, status=202, problems=REFUSALS, creates=True, summary="Make a duet")
    @idempotent
    def post(self, request: Request, video_id: UUID) -> Response:
        sent = read_body(DuetRequest, request)
        wish = {"gains": _gains(sent), "own_id": sent.pop("video")}
        return _queued(compositions.duet(requester=signed_in(request), video_id=video_id, **wish, **sent))


class SoundsView(APIView):
    """Giving one's own film the sound of another."""

    rate = ratelimit.GENERATE

    @described(takes=SoundRequest, gives=JobShape, status=202, problems=REFUSALS, creates=True, summary="Reuse a sound")
    @idempotent
    def post(self, request: Request, video_id: UUID) -> Response:
        sent = read_body(SoundRequest, request)
        wish = {"gains": _gains(sent), "own_id": sent.pop("video")}
        return _queued(compositions.sound(requester=signed_in(request), video_id=video_id, **wish, **sent))


def _span(sent: dict[str, Any], prefix: str = "") -> compositions.Span:
    return sent.pop(f"{prefix}start_ms"), sent.pop(f"{prefix}end_ms", None)


def _gains(sent: dict[str, Any]) -> tuple[int, int]:
    return sent.pop("gain"), sent.pop("own_gain")


def _queued(job: Job) -> Response:
    job.refresh_from_db()
    return Response(JobShape(job).data, status=202, headers={"Location": f"/api/v1/jobs/{job.id}"})
