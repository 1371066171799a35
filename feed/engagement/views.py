"""Likes, bookmarks, shares, following from a post, what is hidden, history and beacons over REST."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import graph
from accounts.auth import signed_in
from accounts.models import Person
from accounts.relations.serializers import FollowShape
from feed.engagement import access, beacons, hidden, history, marks, mentions, shares
from feed.engagement.hidden import Hiding
from feed.engagement.marks import Mark
from feed.engagement.serializers import (
    BeaconsRequest,
    HiddenRequest,
    HiddenShape,
    MentionShape,
    ShareRequest,
    ShareShape,
    VerdictsShape,
    WatchedShape,
)
from feed.serializers import PostShape
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import page, paged, window
from socialvideo.lib.schema import described, page_of
from socialvideo.lib.wire import read_body


class LikeView(APIView):
    """Whether I like a post."""

    rate = ratelimit.ENGAGE

    @described(status=204, problems=(404, 410), summary="Like a post")
    def put(self, request: Request, post_id: UUID) -> Response:
        marks.put(Mark.LIKE, person=signed_in(request), post_id=post_id)
        return Response(status=204)

    @described(status=204, problems=(404, 410), summary="Take a like of a post back")
    def delete(self, request: Request, post_id: UUID) -> Response:
        marks.take(Mark.LIKE, person=signed_in(request), post_id=post_id)
        return Response(status=204)


class BookmarkView(APIView):
    """Whether I keep a post for later; nobody is told."""

    rate = ratelimit.ENGAGE

    @described(status=204, problems=(404, 410), summary="Bookmark a post")
    def put(self, request: Request, post_id: UUID) -> Response:
        marks.put(Mark.BOOKMARK, person=signed_in(request), post_id=post_id)
        return Response(status=204)

    @described(status=204, problems=(404, 410), summary="Remove a bookmark")
    def delete(self, request: Request, post_id: UUID) -> Response:
        marks.take(Mark.BOOKMARK, person=signed_in(request), post_id=post_id)
        return Response(status=204)


class LikesView(APIView):
    """What I like."""

    @described(gives=page_of(PostShape), listed=True, summary="List posts that I like")
    def get(self, request: Request) -> Response:
        """Answer with those that are still there for me, the newest like first."""
        return _marked(request, Mark.LIKE)


class BookmarksView(APIView):
    """What I keep for later."""

    @described(gives=page_of(PostShape), listed=True, summary="List my bookmarks")
    def get(self, request: Request) -> Response:
        """Answer with those that are still there for me, the newest bookmark first."""
        return _marked(request, Mark.BOOKMARK)


class ShareView(APIView):
    """Giving a post's address on."""

    rate = ratelimit.ENGAGE

    @described(takes=ShareRequest, gives=ShareShape, problems=(404, 410), summary="Share a post")
    def put(self, request: Request, post_id: UUID) -> Response:
        """Count a share, once a person and channel, and answer with the address."""
        sent = read_body(ShareRequest, request)
        return Response({"url": shares.share(person=signed_in(request), post_id=post_id, **sent)})


class FollowAuthorView(APIView):
    """Following whoever made a post."""

    @described(gives=FollowShape, problems=(404, 410, 422), summary="Follow the author of a post")
    def put(self, request: Request, post_id: UUID) -> Response:
        """200 `following`; 202 `requested` where a private account decides, as at `/people/{handle}/follow`."""
        me = signed_in(request)
        author_id = access.require(viewer=me.id, post_id=post_id)
        state = graph.follow(follower=me, followee=Person.objects.get(id=author_id))
        return Response({"state": state}, status=200 if state is graph.Following.FOLLOWING else 202)


class HiddenView(APIView):
    """What I wish to see no more of, or less."""

    rate = ratelimit.ENGAGE
    unverified_may = ("PUT",)

    @described(gives=page_of(HiddenShape), listed=True, summary="List what I hide")
    def get(self, request: Request) -> Response:
        return paged(request, hidden.of_person(signed_in(request)), lambda row: HiddenShape(row).data)

    @described(takes=HiddenRequest, gives=HiddenShape, problems=(404, 410), summary="Hide something")
    def put(self, request: Request) -> Response:
        """Of a post, an author, a hashtag or a sound: show me none (`hide`), or fewer (`less`: not interested)."""
        row = hidden.hide(person=signed_in(request), hiding=Hiding(**read_body(HiddenRequest, request)))
        row.refresh_from_db()
        return Response(HiddenShape(row).data)


class HiddenWishView(APIView):
    """One such wish."""

    unverified_may = ("DELETE",)

    @described(status=204, problems=(404,), summary="Hide something no more")
    def delete(self, request: Request, hidden_id: UUID) -> Response:
        hidden.undo(person=signed_in(request), hidden_id=hidden_id)
        return Response(status=204)


class MentionsView(APIView):
    """Where I am named."""

    @described(gives=page_of(MentionShape), listed=True, summary="List where I am mentioned")
    def get(self, request: Request) -> Response:
        """Answer with posts whose captions name me, and comments that do, with their posts; the newest first."""
        after, limit = window(request)
        rows = mentions.listed(person=signed_in(request), after=after, limit=limit + 1)
        return page(request, rows, limit, lambda row: row.body)


class HistoryView(APIView):
    """What I watched."""

    unverified_may = ("DELETE",)

    @described(gives=page_of(WatchedShape), listed=True, summary="List my history")
    def get(self, request: Request) -> Response:
        """Answer with what is still there for me, the last time first."""
        after, limit = window(request)
        rows = history.page(signed_in(request), after=after, limit=limit + 1)
        return page(request, rows, limit, lambda row: row.body)

    @described(status=204, summary="Clear my history")
    def delete(self, request: Request) -> Response:
        history.clear(signed_in(request))
        return Response(status=204)


class HistoryPostView(APIView):
    """One post in my history."""

    unverified_may = ("DELETE",)

    @described(status=204, problems=(404,), summary="Clear a post from my history")
    def delete(self, request: Request, post_id: UUID) -> Response:
        history.clear(signed_in(request), post_id=post_id)
        return Response(status=204)


class BeaconsView(APIView):
    """What players tell."""

    rate = ratelimit.BEACONS
    unverified_may = ("POST",)

    @described(takes=BeaconsRequest, gives=VerdictsShape, status=202, problems=(503,), summary="Tell what was watched")
    def post(self, request: Request) -> Response:
        """Take up to 100 beacons and say of each what became of it; what is accepted is counted within seconds.

        Each tells of the whole viewing so far, so that the next makes a lost one good. It counts once by its `id`, as
        long as what it claims can be: `viewing` is from `GET /videos/{id}/playback`, and nobody watches longer than it
        is since then. 503 with `Retry-After` while too many wait: then none was taken, send them again.
        """
        sent = read_body(BeaconsRequest, request)["beacons"]
        rulings = beacons.take(viewer=signed_in(request), told=sent)
        ruled = zip(sent, rulings, strict=True)
        told = [{"id": one["id"], "verdict": ruling.verdict, "code": ruling.code} for one, ruling in ruled]
        return Response({"verdicts": told}, status=202)


def _marked(request: Request, mark: Mark) -> Response:
    after, limit = window(request)
    rows = marks.listed(mark, person=signed_in(request), after=after, limit=limit + 1)
    return page(request, rows, limit, lambda row: row.body)
