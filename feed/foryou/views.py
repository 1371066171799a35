"""For You over REST."""

from uuid import UUID

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import signed_in
from feed.foryou import disclosure, impressions
from feed.foryou.page import Page, serve, told
from feed.foryou.serializers import ForYouShape, ImpressionShape, RankingShape
from socialvideo.lib.cursors import linked, size
from socialvideo.lib.schema import CURSOR, LIMIT, LINK, described


class ForYouView(APIView):
    """The ranked feed."""

    @described(gives=ForYouShape, problems=(400,), parameters=(CURSOR, LIMIT, LINK), summary="List the feed for me")
    def get(self, request: Request) -> Response:
        """Answer with the next page of a walk through the feed; without a cursor a new walk begins.

        Within a walk nothing comes twice, also where the ranking moves meanwhile, and a cursor that is used again gives
        the same page again, without what fell since. What I have watched comes no more. `ended` says why nothing
        follows: I have seen everything, or my own limits of time. Now and then, and there, `prompt` invites me to make
        something, by a route that is open to me; `prompts: false` in my settings turns that off.
        """
        cursor = request.query_params.get("cursor")
        limit = size(request)
        page = serve(person=signed_in(request), walk=impressions.decode(cursor) if cursor else None, limit=limit)
        response = Response(_body(page), headers={"Cache-Control": "private, no-store"})
        return linked(request, response, page.cursor)


class ImpressionView(APIView):
    """One thing that I was shown."""

    @described(gives=ImpressionShape, problems=(404,), summary="Read why I was shown a post")
    def get(self, request: Request, impression_id: UUID) -> Response:
        """Answer from the row that was logged when it was shown: asked again, the answer is the same."""
        return Response(told(impressions.find(signed_in(request), impression_id)))


class RankingView(APIView):
    """How feeds are ranked."""

    permission_classes = [AllowAny]

    @described(gives=RankingShape, summary="Read how feeds are ranked")
    def get(self, request: Request) -> Response:
        return Response(disclosure.ranking())


def _body(page: Page) -> dict[str, object]:
    ended = page.ended and {"kind": page.ended.kind, "until": page.ended.until, "words": page.ended.words}
    return {
        "data": page.items,
        "next_cursor": page.cursor,
        "ended": ended,
        "profiled": page.profiled,
        "ranking": page.rung,
        "degraded": page.degraded,
        "prompt": page.prompt,
    }
