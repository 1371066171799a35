"""Comments over REST."""

from collections.abc import Sequence
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import signed_in
from feed.engagement import comments, talk
from feed.engagement.serializers import (
    CommentChange,
    CommentFilterRequest,
    CommentFilterShape,
    CommentRequest,
    CommentShape,
)
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import page, window
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import described, page_of
from socialvideo.lib.wire import read_body


class CommentsView(APIView):
    """What is said under a post."""

    rate = ratelimit.COMMENT

    @described(gives=page_of(CommentShape), problems=(404, 410), listed=True, summary="List comments of a post")
    def get(self, request: Request, post_id: UUID) -> Response:
        """Answer with the comments that begin a thread, newest first. Whom I block or mute is left out."""
        after, limit = window(request)
        rows = talk.roots(viewer=signed_in(request), post_id=post_id, after=after, limit=limit + 1)
        return _page(request, rows, limit)

    @described(
        takes=CommentRequest,
        gives=CommentShape,
        status=201,
        problems=(403, 404, 410, 422),
        creates=True,
        summary="Comment on a post",
    )
    @idempotent
    def post(self, request: Request, post_id: UUID) -> Response:
        """Say something, or reply to `parent`. 403 `comments_off`; `held` until the author lets it through.

        A handle after `@` names a person who may see the post; who takes messages only of those they know is named by
        those alone.
        """
        sent = read_body(CommentRequest, request)
        said = comments.say(author=signed_in(request), post_id=post_id, text=sent["text"], parent_id=sent.get("parent"))
        return Response(said.body, status=201, headers={"Location": f"/api/v1/comments/{said.id}"})


class CommentView(APIView):
    """One comment."""

    rate = ratelimit.COMMENT
    unverified_may = ("DELETE",)

    @described(gives=CommentShape, problems=(404, 410), summary="Read a comment")
    def get(self, request: Request, comment_id: UUID) -> Response:
        return Response(talk.one(viewer=signed_in(request), comment_id=comment_id).body)

    @described(takes=CommentChange, gives=CommentShape, problems=(404, 410), summary="Change my comment")
    def patch(self, request: Request, comment_id: UUID) -> Response:
        sent = read_body(CommentChange, request)
        return Response(comments.edit(author=signed_in(request), comment_id=comment_id, text=sent["text"]).body)

    @described(status=204, problems=(404,), summary="Remove a comment")
    def delete(self, request: Request, comment_id: UUID) -> Response:
        """Take away one's own comment, or one under one's own post."""
        comments.remove(person=signed_in(request), comment_id=comment_id)
        return Response(status=204)


class RepliesView(APIView):
    """What was replied."""

    @described(gives=page_of(CommentShape), problems=(404, 410), listed=True, summary="List replies to a comment")
    def get(self, request: Request, comment_id: UUID) -> Response:
        """Answer with everything below a comment that begins a thread, the oldest first."""
        after, limit = window(request)
        rows = talk.replies(viewer=signed_in(request), root_id=comment_id, after=after, limit=limit + 1)
        return _page(request, rows, limit)


class CommentLikeView(APIView):
    """Whether I like a comment."""

    rate = ratelimit.ENGAGE

    @described(status=204, problems=(404, 410), summary="Like a comment")
    def put(self, request: Request, comment_id: UUID) -> Response:
        comments.like(person=signed_in(request), comment_id=comment_id)
        return Response(status=204)

    @described(status=204, problems=(404, 410), summary="Take a like of a comment back")
    def delete(self, request: Request, comment_id: UUID) -> Response:
        comments.unlike(person=signed_in(request), comment_id=comment_id)
        return Response(status=204)


class ReleaseView(APIView):
    """Letting a held comment through."""

    @described(status=204, problems=(404,), summary="Release a held comment")
    def put(self, request: Request, comment_id: UUID) -> Response:
        comments.release(author=signed_in(request), comment_id=comment_id)
        return Response(status=204)


class MyCommentsView(APIView):
    """What I said."""

    @described(gives=page_of(CommentShape), listed=True, summary="List my comments")
    def get(self, request: Request) -> Response:
        after, limit = window(request)
        return _page(request, talk.mine(person=signed_in(request), after=after, limit=limit + 1), limit)


class HeldCommentsView(APIView):
    """What waits under my posts."""

    @described(gives=page_of(CommentShape), listed=True, summary="List held comments")
    def get(self, request: Request) -> Response:
        after, limit = window(request)
        return _page(request, talk.held(author=signed_in(request), after=after, limit=limit + 1), limit)


class CommentFilterView(APIView):
    """The words that I look at first."""

    @described(gives=CommentFilterShape, summary="Read my comment filter")
    def get(self, request: Request) -> Response:
        return Response({"words": comments.words_of(signed_in(request))})

    @described(takes=CommentFilterRequest, gives=CommentFilterShape, summary="Set my comment filter")
    def put(self, request: Request) -> Response:
        """Others' comments on my posts that hold one of these words wait until I release or remove them."""
        sent = read_body(CommentFilterRequest, request)
        return Response({"words": comments.filter_by(person=signed_in(request), words=sent["words"])})


def _page(request: Request, rows: Sequence[talk.Said], limit: int) -> Response:
    return page(request, rows, limit, lambda row: row.body)
