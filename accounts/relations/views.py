"""What people are to each other, over REST."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import blocks, closeness, graph, mutes, people, requests, rules, suggestions
from accounts.auth import signed_in
from accounts.models import Person
from accounts.relation import relations
from accounts.relations.serializers import FollowShape, NeighbourShape, SuggestionShape
from accounts.serializers import PersonRef
from socialvideo.lib import cursors
from socialvideo.lib.errors import Problem
from socialvideo.lib.schema import described, page_of

SIDE = OpenApiParameter("side", str, description="received or made (default received)")
LIMIT = OpenApiParameter("limit", int, description="1 to 100, default 20.")
LIST: dict[str, Any] = {"gives": page_of(NeighbourShape), "listed": True}


def neighbours(request: Request, rows: QuerySet[Any], end: str, since: str = "created_at") -> Response:
    """Answer with one page of edges, newest first: who is at the other ``end``, since when, and what they are to me."""
    after, limit = cursors.window(request)
    rows = rows.filter(id__lt=after) if after else rows
    found: list[Any] = list(rows.order_by("-id")[: limit + 1])
    to_me = relations(signed_in(request), [getattr(row, f"{end}_id") for row in found[:limit]])

    def show(row: Model) -> dict[str, Any]:
        person = getattr(row, end)
        return {"person": PersonRef(person).data, "since": getattr(row, since), "relation": to_me[person.id]}

    return cursors.page(request, found, limit, show)


def found(request: Request, handle: str) -> Person:
    """Return the person of a handle if they are there for the one who asks; else the 404 problem."""
    return people.find(handle, viewer=signed_in(request))


def undone(request: Request, handle: str, undo: Callable[[str], bool]) -> Response:
    """Answer 204 once something of mine about a handle is undone; 404 for a handle that I could not know."""
    plain = handle.lower().removeprefix("@")
    if not rules.HANDLE.fullmatch(plain) or not undo(plain):
        found(request, handle)
    return Response(status=204)


class FollowView(APIView):
    """Whether I follow this person."""

    @described(gives=FollowShape, problems=(404, 422), summary="Follow a person")
    def put(self, request: Request, handle: str) -> Response:
        """200 `following`; 202 `requested` where a private account decides. It is never told whether that was declined.

        An account that turns public lets in everybody who waits; one that turns private keeps its followers.
        """
        state = graph.follow(follower=signed_in(request), followee=found(request, handle))
        return Response({"state": state}, status=200 if state is graph.Following.FOLLOWING else 202)

    @described(status=204, problems=(404,), summary="Stop following a person")
    def delete(self, request: Request, handle: str) -> Response:
        graph.unfollow(follower=signed_in(request), followee=found(request, handle))
        return Response(status=204)


class FollowersView(APIView):
    """Who follows this person."""

    @described(**LIST, problems=(400, 404), summary="List followers")
    def get(self, request: Request, handle: str) -> Response:
        rows = graph.followers(found(request, handle), signed_in(request))
        return neighbours(request, rows, "follower")


class FollowingView(APIView):
    """Whom this person follows."""

    @described(**LIST, problems=(400, 404), summary="List whom a person follows")
    def get(self, request: Request, handle: str) -> Response:
        rows = graph.following(found(request, handle), signed_in(request))
        return neighbours(request, rows, "followee")


class MyFollowerView(APIView):
    """One of my followers."""

    unverified_may = ("DELETE",)

    @described(status=204, problems=(404,), summary="Remove a follower")
    def delete(self, request: Request, handle: str) -> Response:
        graph.unfollow(follower=found(request, handle), followee=signed_in(request))
        return Response(status=204)


class FollowRequestsView(APIView):
    """Requests to follow."""

    @described(**LIST, problems=(400,), parameters=(SIDE,), summary="List follow requests")
    def get(self, request: Request) -> Response:
        side, me = request.query_params.get("side", "received"), signed_in(request)
        if side not in ("received", "made"):
            raise Problem(400, "invalid_side", "'side' is received or made.")
        if side == "made":
            return neighbours(request, requests.made(me), "followee", "asked_at")
        return neighbours(request, requests.waiting(me), "follower", "asked_at")


class FollowRequestView(APIView):
    """One request to follow me."""

    unverified_may = ("DELETE",)

    @described(status=204, problems=(404,), summary="Accept a follow request")
    def put(self, request: Request, handle: str) -> Response:
        requests.accept(followee=signed_in(request), follower=found(request, handle))
        return Response(status=204)

    @described(status=204, problems=(404,), summary="Decline a follow request")
    def delete(self, request: Request, handle: str) -> Response:
        requests.decline(followee=signed_in(request), follower=found(request, handle))
        return Response(status=204)


class MutualsView(APIView):
    """Whom I follow and who follow me."""

    @described(**LIST, problems=(400,), summary="List my mutual follows")
    def get(self, request: Request) -> Response:
        return neighbours(request, graph.mutuals(signed_in(request)), "followee")


class BlocksView(APIView):
    """Whom I block."""

    @described(**LIST, problems=(400,), summary="List my blocks")
    def get(self, request: Request) -> Response:
        return neighbours(request, blocks.blocks_of(signed_in(request)), "blocked")


class BlockView(APIView):
    """Whether I block this person."""

    unverified_may = ("PUT", "DELETE")

    @described(status=204, problems=(404, 422), summary="Block a person")
    def put(self, request: Request, handle: str) -> Response:
        """From now on neither sees the other, and what they follow, asked and granted of each other has ended.

        The blocked one is not told. Taking the block back restores nothing.
        """
        blocked = people.find(handle, viewer=signed_in(request), whom_i_block=True)
        blocks.block(blocker=signed_in(request), blocked=blocked)
        return Response(status=204)

    @described(status=204, problems=(404,), summary="Unblock a person")
    def delete(self, request: Request, handle: str) -> Response:
        me = signed_in(request)
        return undone(request, handle, lambda plain: blocks.unblock(blocker=me, handle=plain))


class MutesView(APIView):
    """Whom I mute."""

    @described(**LIST, problems=(400,), summary="List my mutes")
    def get(self, request: Request) -> Response:
        return neighbours(request, mutes.mutes_of(signed_in(request)), "muted")


class MuteView(APIView):
    """Whether I mute this person."""

    @described(status=204, problems=(404, 422), summary="Mute a person")
    def put(self, request: Request, handle: str) -> Response:
        mutes.mute(muter=signed_in(request), muted=found(request, handle))
        return Response(status=204)

    @described(status=204, problems=(404,), summary="Unmute a person")
    def delete(self, request: Request, handle: str) -> Response:
        me = signed_in(request)
        return undone(request, handle, lambda plain: mutes.unmute(muter=me, handle=plain))


class CloseFriendsView(APIView):
    """My close friends."""

    @described(**LIST, problems=(400,), summary="List my close friends")
    def get(self, request: Request) -> Response:
        return neighbours(request, closeness.close_friends(signed_in(request)), "friend")


class CloseFriendView(APIView):
    """Whether this person is one of my close friends."""

    unverified_may = ("DELETE",)

    @described(status=204, problems=(404, 409), summary="Add a close friend")
    def put(self, request: Request, handle: str) -> Response:
        closeness.add(person=signed_in(request), friend=found(request, handle))
        return Response(status=204)

    @described(status=204, problems=(404,), summary="Remove a close friend")
    def delete(self, request: Request, handle: str) -> Response:
        closeness.remove(person=signed_in(request), friend=found(request, handle))
        return Response(status=204)


class SuggestionsView(APIView):
    """People I may know."""

    @described(gives=page_of(SuggestionShape), problems=(400,), parameters=(LIMIT,), summary="List people I may know")
    def get(self, request: Request) -> Response:
        """The likeliest first, each with its reason; there is one page."""
        _, limit = cursors.window(request)
        rows = suggestions.suggest(viewer=signed_in(request), limit=limit)
        return Response({"data": [_suggested(row) for row in rows], "next_cursor": None})


class SuggestionView(APIView):
    """One person whom I may know."""

    @described(status=204, problems=(404,), summary="Dismiss a suggestion")
    def delete(self, request: Request, handle: str) -> Response:
        suggestions.dismiss(person=signed_in(request), dismissed=found(request, handle))
        return Response(status=204)


def _suggested(row: suggestions.Suggestion) -> dict[str, Any]:
    reason = {"kind": row.kind, "text": row.text, "follower_count": row.ways, "followers": row.named}
    return {"person": row.person, "reason": reason}
