"""A person's say in their feed over REST."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import signed_in
from accounts.models import Person
from feed.control import choices, guarding, steers
from feed.control.serializers import (
    FeedSettingsChange,
    FeedSettingsShape,
    HeardShape,
    SteerShape,
    WardLimitsRequest,
    WardLimitsShape,
    WishRequest,
)
from socialvideo.lib.cursors import paged
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import described, page_of
from socialvideo.lib.wire import read_body

# What one sees is one's own affair, before an address is confirmed, too.
WRITING = ("PATCH", "POST", "PUT", "DELETE")


class FeedSettingsView(APIView):
    """How my feed is to be."""

    unverified_may = WRITING

    @described(gives=FeedSettingsShape, summary="Read my feed settings")
    def get(self, request: Request) -> Response:
        return Response(_settings(signed_in(request)))

    @described(takes=FeedSettingsChange, gives=FeedSettingsShape, summary="Change my feed settings")
    def patch(self, request: Request) -> Response:
        person = signed_in(request)
        choices.edit(person=person, changes=read_body(FeedSettingsChange, request))
        return Response(_settings(person))


class FeedResetView(APIView):
    """Beginning anew."""

    unverified_may = WRITING

    @described(status=204, summary="Reset my feed")
    def put(self, request: Request) -> Response:
        """Have everything that I did so far shape my feed no more. My history stays, as do my wishes."""
        choices.reset(signed_in(request))
        return Response(status=204)


class WardLimitsView(APIView):
    """What I set for the feed of my ward."""

    @described(gives=WardLimitsShape, problems=(404,), summary="Read what I set for my ward's feed")
    def get(self, request: Request, guardianship_id: UUID) -> Response:
        row = guarding.of(guardian=signed_in(request), guardianship_id=guardianship_id)
        return Response(WardLimitsShape(row).data)

    @described(takes=WardLimitsRequest, gives=WardLimitsShape, problems=(404, 422), summary="Limit my ward's feed")
    def put(self, request: Request, guardianship_id: UUID) -> Response:
        """Set all of it, null for nothing. My ward sees what I set; of mine and theirs the stricter holds."""
        sent = read_body(WardLimitsRequest, request)
        row = guarding.put(guardian=signed_in(request), guardianship_id=guardianship_id, limits=sent)
        return Response(WardLimitsShape(row).data)


class WishesView(APIView):
    """Wishes in words."""

    unverified_may = WRITING

    @described(gives=page_of(SteerShape), problems=(400,), listed=True, summary="List my wishes")
    def get(self, request: Request) -> Response:
        return paged(request, steers.of_person(signed_in(request)), lambda row: SteerShape(row).data)

    @described(
        takes=WishRequest, gives=HeardShape, status=201, problems=(409, 422), creates=True, summary="Wish in words"
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Say what should come more, less, only or not at all. Said again, it holds again; a thing has one wish."""
        said = read_body(WishRequest, request)["said"]
        heard = steers.say(person=signed_in(request), words=said)
        unclear = [{"said": each.said, "ask": each.ask} for each in heard.unclear]
        return Response({"wishes": [SteerShape(each).data for each in heard.steers], "unclear": unclear}, status=201)


class WishView(APIView):
    """One wish."""

    unverified_may = WRITING

    @described(status=204, problems=(404,), summary="Take a wish back")
    def delete(self, request: Request, steer_id: UUID) -> Response:
        steers.take_back(person=signed_in(request), steer_id=steer_id)
        return Response(status=204)


def _settings(person: Person) -> dict[str, Any]:
    held = choices.held(person)
    budget, without_break = held.limits.minutes
    quiet_from, quiet_to = held.limits.quiet or (None, None)
    shown = {
        "profiling": held.profiling,
        "ai_share": held.ai_share,
        "mood": held.mood,
        "prompts": held.prompts,
        "budget_minutes": budget,
        "break_minutes": without_break,
        "quiet_from": quiet_from,
        "quiet_to": quiet_to,
        "autoplay": held.limits.autoplay,
        "limits_are_fixed": held.is_teen,
        "reset_at": held.reset_at,
        "set_by_guardian": list(held.guarded),
    }
    return dict(FeedSettingsShape(shown).data)
