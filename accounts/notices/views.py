"""Notices, their settings and push subscriptions over REST."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import unsubscribing
from accounts.auth import session_of, signed_in
from accounts.models import Person
from accounts.notices import choices, inbox, subscriptions, vapid
from accounts.notices.choices import Wish
from accounts.notices.kinds import TABLE, Channel, Kind
from accounts.notices.serializers import (
    NewPushSubscription,
    NoticeSettingsChange,
    NoticeSettingsShape,
    NoticeShape,
    PlanShape,
    PushKeyShape,
    PushSubscriptionShape,
    ReadUpTo,
    UnreadShape,
)
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import page, paged, window
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import described, page_of
from socialvideo.lib.wire import read_body

WRITING = ("POST", "PUT", "PATCH", "DELETE")
TOKEN = OpenApiParameter("token", str, required=True, description="From the mail.")


class NoticesView(APIView):
    """My inbox."""

    @described(gives=page_of(NoticeShape), problems=(400,), listed=True, summary="List my notices")
    def get(self, request: Request) -> Response:
        after, limit = window(request)
        rows = inbox.page(signed_in(request), after=after, limit=limit + 1)
        return page(request, rows, limit, lambda shown: shown.body)


class UnreadView(APIView):
    """How much of it is unread."""

    @described(gives=UnreadShape, summary="Count my unread notices")
    def get(self, request: Request) -> Response:
        return Response({"unread": inbox.unread(signed_in(request))})


class ReadView(APIView):
    """What of it I have read."""

    unverified_may = WRITING

    @described(takes=ReadUpTo, status=204, summary="Mark my notices as read")
    def put(self, request: Request) -> Response:
        sent = read_body(ReadUpTo, request)
        inbox.read_up_to(person=signed_in(request), position=sent["up_to"])
        return Response(status=204)


class NoticeView(APIView):
    """One of my notices."""

    unverified_may = WRITING

    @described(status=204, problems=(404,), summary="Remove a notice")
    def delete(self, request: Request, notice_id: UUID) -> Response:
        inbox.remove(person=signed_in(request), notice_id=notice_id)
        return Response(status=204)


class NoticeReadView(APIView):
    """Whether I have read it."""

    unverified_may = WRITING

    @described(status=204, problems=(404,), summary="Mark a notice as read")
    def put(self, request: Request, notice_id: UUID) -> Response:
        inbox.read(person=signed_in(request), notice_id=notice_id)
        return Response(status=204)


class NoticeSettingsView(APIView):
    """Where I am told what."""

    unverified_may = WRITING

    @described(gives=NoticeSettingsShape, summary="Read my notice settings")
    def get(self, request: Request) -> Response:
        return Response(_settings(signed_in(request)))

    @described(takes=NoticeSettingsChange, gives=NoticeSettingsShape, summary="Change my notice settings")
    def patch(self, request: Request) -> Response:
        changes = read_body(NoticeSettingsChange, request)
        wishes = [Wish(Kind(one["kind"]), Channel(one["channel"]), one["is_on"]) for one in changes.pop("choices", [])]
        choices.edit(person=signed_in(request), choices=wishes, **changes)
        return Response(_settings(signed_in(request)))


class PushKeyView(APIView):
    """The key under which we push."""

    @described(gives=PushKeyShape, summary="Read the push key")
    def get(self, request: Request) -> Response:
        return Response({"public_key": vapid.public_key()})


class PushSubscriptionsView(APIView):
    """Browsers that I am pushed to."""

    @described(gives=page_of(PushSubscriptionShape), problems=(400,), listed=True, summary="List my push subscriptions")
    def get(self, request: Request) -> Response:
        return paged(request, subscriptions.of_person(signed_in(request)), lambda row: PushSubscriptionShape(row).data)

    @described(
        takes=NewPushSubscription,
        gives=PushSubscriptionShape,
        status=201,
        creates=True,
        summary="Subscribe this browser to push",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wanted = read_body(NewPushSubscription, request)
        row = subscriptions.subscribe(session=session_of(request), endpoint=wanted["endpoint"], **wanted["keys"])
        row.refresh_from_db()
        choices.suggest_time_zone(signed_in(request), wanted["time_zone"])
        where = f"/api/v1/me/push-subscriptions/{row.id}"
        return Response(PushSubscriptionShape(row).data, status=201, headers={"Location": where})


class PushSubscriptionView(APIView):
    """One of them."""

    unverified_may = WRITING

    @described(status=204, problems=(404,), summary="End a push subscription")
    def delete(self, request: Request, subscription_id: UUID) -> Response:
        subscriptions.end(person=signed_in(request), subscription_id=subscription_id)
        return Response(status=204)


class UnsubscriptionsView(APIView):
    """Stopping mails without a log-in. Reading stops nothing, for mail programs open what they see."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.LOG_IN

    @described(
        gives={(200, "text/html"): OpenApiTypes.STR},
        problems=(404,),
        parameters=(TOKEN,),
        summary="Show what a mail's address stops",
    )
    def get(self, request: Request) -> HttpResponse:
        _, what = unsubscribing.read(request.query_params.get("token", ""))
        return _page(request, what, stopped=False)

    @described(
        gives={(202, "text/html"): OpenApiTypes.STR},
        problems=(404,),
        parameters=(TOKEN,),
        summary="Stop the mails of this kind",
    )
    def post(self, request: Request) -> HttpResponse:
        token = request.query_params.get("token", "")
        unsubscribing.stop(token)
        return _page(request, unsubscribing.read(token)[1], stopped=True)


def _page(request: Request, what: str, *, stopped: bool) -> HttpResponse:
    plain: HttpRequest = request._request
    said = {"is_summary": what == unsubscribing.SUMMARY, "stopped": stopped}
    return render(plain, "accounts/unsubscribe.html", said, status=202 if stopped else 200)


def _settings(person: Person) -> dict[str, Any]:
    told = choices.wishes(person)
    shown = [
        {"kind": kind, "channel": channel, "is_on": is_on, "is_fixed": TABLE[kind].is_fixed(channel)}
        for (kind, channel), is_on in told.items()
    ]
    return {**PlanShape(choices.plan(person)).data, "choices": shown}
