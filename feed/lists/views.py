"""Lists of posts over REST."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import people
from accounts import searching as people_searching
from accounts.auth import signed_in
from accounts.serializers import PersonRef
from feed import visibility
from feed.engagement.rules import plain_tag
from feed.lists import chronological, following, friends, searching, trending
from feed.lists.serializers import HashtagShape
from feed.serializers import PostShape
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import Identified, page, window
from socialvideo.lib.errors import Problem
from socialvideo.lib.schema import LIMIT, described, page_of

QUERY = OpenApiParameter("q", str, required=True, description="1 to 100 characters; the first six words count.")
LONGEST_QUERY = 100
SEARCHED: dict[str, Any] = {"problems": (400,), "parameters": (QUERY, LIMIT)}
Read = Callable[[UUID, UUID | None, int], Sequence[Identified]]


class FollowingView(APIView):
    """Posts of everybody one follows."""

    @described(gives=page_of(PostShape), problems=(400,), listed=True, summary="List the following feed")
    def get(self, request: Request) -> Response:
        """Answer with what they published, newest first, and nothing else: nothing is ranked here."""
        return _answer(request, lambda me, after, n: following.following(viewer=me, after=after, limit=n))


class FriendsView(APIView):
    """What friends post and like."""

    @described(gives=page_of(PostShape), problems=(400,), listed=True, summary="List the friends feed")
    def get(self, request: Request) -> Response:
        """Answer with what mutual follows published, and what they liked of public posts, newest first.

        Each post stands where the first of them published or liked it, and once.
        """
        return _answer(request, lambda me, after, n: friends.friends(viewer=me, after=after, limit=n))


class GridView(APIView):
    """One person's posts, newest first."""

    @described(gives=page_of(PostShape), problems=(400, 404), listed=True, summary="List posts of a person")
    def get(self, request: Request, handle: str) -> Response:
        author = people.find(handle, viewer=signed_in(request)).id
        return _answer(request, lambda me, after, n: chronological.grid(viewer=me, author=author, after=after, limit=n))


class MadeFromView(APIView):
    """What was made of a post."""

    @described(gives=page_of(PostShape), problems=(400, 404, 410), listed=True, summary="List what was made of a post")
    def get(self, request: Request, post_id: UUID) -> Response:
        """Answer with the posts of remixes, stitches, duets and reused sounds, those that this viewer may see."""
        window(request)
        shown = visibility.readable(viewer=signed_in(request).id, post_id=post_id)
        source = shown.body["video"]["id"]
        return _answer(
            request, lambda me, after, n: chronological.made_from(viewer=me, source=source, after=after, limit=n)
        )


class HashtagView(APIView):
    """Posts with one hashtag."""

    @described(gives=page_of(PostShape), problems=(400, 404), listed=True, summary="List posts with a hashtag")
    def get(self, request: Request, tag: str) -> Response:
        """Answer with the posts whose captions have the hashtag, however it is written, newest first."""
        plain = plain_tag(tag)
        if not plain:
            raise Problem(404, "not_found", "This is no hashtag: letters, digits and _ are, with a letter among them.")
        return _answer(request, lambda me, after, n: chronological.tagged(viewer=me, tag=plain, after=after, limit=n))


class SoundView(APIView):
    """Posts with one sound."""

    @described(gives=page_of(PostShape), problems=(400, 404), listed=True, summary="List posts with a sound")
    def get(self, request: Request, video_id: UUID) -> Response:
        """Answer with the posts in which the sound of this video is heard, its own among them, newest first.

        404 for a sound of which there is nothing that you may see.
        """
        after, limit = window(request)
        me = signed_in(request).id
        rows = chronological.sounding(viewer=me, sound=video_id, after=after, limit=limit + 1)
        if not rows and after is None:
            raise Problem(404, "not_found", "There is no such sound for this account.")
        return page(request, rows, limit, _body)


class TrendingView(APIView):
    """What trends."""

    @described(gives=page_of(PostShape), problems=(400,), listed=True, summary="List what trends")
    def get(self, request: Request) -> Response:
        """Answer with public posts by what people did in the last days, the first first, and why in `docs/api.md`.

        The ranking moves; a list that was begun goes on in the one in which it began, for about two hours.
        """
        return _answer(request, lambda me, after, n: trending.trending(viewer=me, after=after, limit=n))


class SearchView(APIView):
    """What all searches have in common: one page of the best."""

    read_rate = ratelimit.SEARCH

    def found(self, request: Request, rows: Callable[[str, int], Sequence[Any]]) -> Response:
        """Answer with what ``rows`` finds for the words of the query."""
        text = request.query_params.get("q", "").replace("\0", "")
        if not 1 <= len(text) <= LONGEST_QUERY:
            raise Problem(400, "invalid_q", f"'q' is what to search for, 1 to {LONGEST_QUERY} characters.")
        _, limit = window(request)
        return Response({"data": rows(text, limit), "next_cursor": None})


class PeopleSearchView(SearchView):
    """People by their names."""

    @described(gives=page_of(PersonRef), summary="Search people", **SEARCHED)
    def get(self, request: Request) -> Response:
        """Answer with people whose handle or name begins so, or is nearly that: the best, on one page."""
        me = signed_in(request)
        return self.found(request, lambda text, n: people_searching.find(viewer=me, text=text, limit=n))


class PostSearchView(SearchView):
    """Posts by their words."""

    @described(gives=page_of(PostShape), summary="Search posts", **SEARCHED)
    def get(self, request: Request) -> Response:
        """Answer with posts whose captions have all words, or words nearly theirs: the best, on one page."""
        me = signed_in(request).id
        return self.found(request, lambda text, n: [row.body for row in searching.posts(viewer=me, text=text, limit=n)])


class HashtagSearchView(SearchView):
    """Hashtags by how they begin."""

    @described(gives=page_of(HashtagShape), summary="Search hashtags", **SEARCHED)
    def get(self, request: Request) -> Response:
        """Answer with hashtags of posts that you may see, the most used first, on one page."""
        me = signed_in(request).id
        return self.found(
            request, lambda text, n: [{"tag": tag} for tag in searching.hashtags(viewer=me, text=text, limit=n)]
        )


def _answer(request: Request, read: Read) -> Response:
    after, limit = window(request)
    rows = read(signed_in(request).id, after, limit + 1)
    return page(request, rows, limit, _body)


def _body(row: Any) -> Any:
    return row.body
