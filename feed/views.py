"""Posts, feeds and playback over REST."""

from typing import cast
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import signed_in
from accounts.models import Session
from consent.rules import Audience
from feed import addresses, playback, publishing, remixes, visibility
from feed.serializers import (
    DownloadShape,
    LineageShape,
    PlaybackShape,
    PostChange,
    PostRequest,
    PostShape,
    RemixRequest,
)
from socialvideo.lib import ratelimit
from socialvideo.lib.etags import etag, require_match
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import IF_MATCH, described
from socialvideo.lib.wire import read_body
from worker.serializers import JobShape


class PostsView(APIView):
    """Publications."""

    @described(
        takes=PostRequest,
        gives=PostShape,
        status=201,
        problems=(403, 404, 409, 410, 422),
        creates=True,
        summary="Publish a video",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        sent = read_body(PostRequest, request)
        author = signed_in(request)
        post = publishing.publish(
            author=author,
            video_id=sent["video"],
            caption=sent["caption"],
            audience=Audience(sent["audience"]),
            comments_on=sent["comments_on"],
            said=sent,
            cover_ms=sent.get("cover_ms"),
        )
        return made(author.id, post.id)


class PostView(APIView):
    """One post."""

    @described(gives=PostShape, problems=(404, 410), summary="Read a post")
    def get(self, request: Request, post_id: UUID) -> Response:
        shown = visibility.readable(viewer=signed_in(request).id, post_id=post_id)
        return Response(shown.body, headers={"ETag": _tag(shown)})

    @described(
        takes=PostChange,
        gives=PostShape,
        problems=(403, 404, 410, 412, 428),
        parameters=(IF_MATCH,),
        summary="Change my post",
    )
    def patch(self, request: Request, post_id: UUID) -> Response:
        author = signed_in(request)
        shown = visibility.readable(viewer=author.id, post_id=post_id)
        require_match(request, _tag(shown))
        changes = read_body(PostChange, request)
        publishing.edit(author=author, post_id=post_id, seen=shown.version, changes=changes)
        shown = visibility.readable(viewer=author.id, post_id=post_id)
        return Response(shown.body, headers={"ETag": _tag(shown)})

    @described(status=204, problems=(404,), summary="Remove my post")
    def delete(self, request: Request, post_id: UUID) -> Response:
        publishing.remove(author=signed_in(request), post_id=post_id)
        return Response(status=204)


class LineageView(APIView):
    """What a video goes back to."""

    @described(gives=LineageShape, problems=(404, 410), summary="Read what a video was made of")
    def get(self, request: Request, video_id: UUID) -> Response:
        viewer = signed_in(request).id
        playback.require_standing(viewer, video_id)
        return Response({"sources": visibility.lineage(viewer=viewer, video_id=video_id)})


class PlaybackView(APIView):
    """Opening a video."""

    @described(gives=PlaybackShape, problems=(404, 410), summary="Open a video")
    def get(self, request: Request, video_id: UUID) -> Response:
        """Decide one viewing and answer with addresses of the stream server, made for this viewer and session.

        `hls_url` is a master playlist (RFC 8216): give it to a player. The other addresses are for those without HLS.
        `GET` or `HEAD` them as they are, without an `Authorization` header: the ticket in the query stands for it, is
        good for that one address, and lasts `expires_in` seconds, as do all that a playlist names. `Range` works (206,
        416), every answer is `Cache-Control: private, no-store`, and each request is decided anew: 401 once the session
        has ended, 403 for a ticket that is altered, too old or another's, 410 once a permission has ended or a
        moderator took the video down. A body that is being sent is then cut short of its `Content-Length`. Refusals
        are problem documents there too. Where the service has a CDN, a public film that shows nobody may come with
        addresses that carry no ticket.
        """
        session = cast(Session, request.auth)
        viewing = playback.open_video(viewer=signed_in(request), session=session, video_id=video_id)
        return Response(addresses.body(viewing), headers={"Cache-Control": "private, no-store"})


class DownloadView(APIView):
    """Downloading a video: a right that everybody depicted grants apart."""

    @described(gives=DownloadShape, problems=(403, 404, 410), summary="Get an address to download a video")
    def get(self, request: Request, video_id: UUID) -> Response:
        session = cast(Session, request.auth)
        viewing = playback.open_download(viewer=signed_in(request), session=session, video_id=video_id)
        return Response(addresses.download(viewing), headers={"Cache-Control": "private, no-store"})


class RemixView(APIView):
    """Remixing what one may watch."""

    rate = ratelimit.GENERATE

    @described(
        takes=RemixRequest,
        gives=JobShape,
        status=202,
        problems=(403, 404, 409, 410, 413, 422),
        creates=True,
        summary="Request a remix",
    )
    @idempotent
    def post(self, request: Request, video_id: UUID) -> Response:
        sent = read_body(RemixRequest, request)
        wish = {"seed": None, **sent}
        job = remixes.remix(requester=signed_in(request), video_id=video_id, **wish)
        job.refresh_from_db()
        return Response(JobShape(job).data, status=202, headers={"Location": f"/api/v1/jobs/{job.id}"})


def made(author_id: UUID, post_id: UUID) -> Response:
    """Answer with what was just published."""
    shown = visibility.readable(viewer=author_id, post_id=post_id)
    return Response(shown.body, status=201, headers={"Location": f"/api/v1/posts/{post_id}", "ETag": _tag(shown)})


def _tag(shown: visibility.Shown) -> str:
    return etag(shown.id, shown.version)
