"""Reports, the queue and decisions over REST."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import signed_in
from accounts.models import Person
from moderation import actions, reports
from moderation.models import Action
from moderation.serializers import ActionRequest, QueuedReportShape, ReportRequest, ReportShape, StatementShape
from socialvideo.lib.cursors import paged
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import described, page_of
from socialvideo.lib.wire import read_body


class IsModerator(BasePermission):
    """Lets moderators in; 403 for everybody else."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, Person) and request.user.is_moderator


class ReportsView(APIView):
    """One's own reports."""

    @described(
        takes=ReportRequest,
        gives=ReportShape,
        status=201,
        problems=(404, 409, 422),
        creates=True,
        summary="Report a video, a post or a comment",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Report a video, a post (which is its video) or a comment, whether or not you may see it."""
        wish = read_body(ReportRequest, request)
        row = reports.report(reporter=signed_in(request), **_about(wish), **wish)
        row.refresh_from_db()
        return Response(ReportShape(row).data, status=201)

    @described(gives=page_of(ReportShape), problems=(400,), listed=True, summary="List my reports")
    def get(self, request: Request) -> Response:
        return paged(request, reports.of_person(signed_in(request)), lambda row: ReportShape(row).data)


class QueueView(APIView):
    """Open reports, for moderators."""

    permission_classes = [IsModerator]

    @described(gives=page_of(QueuedReportShape), problems=(400, 403), listed=True, summary="List the report queue")
    def get(self, request: Request) -> Response:
        return paged(request, reports.queue(), lambda row: QueuedReportShape(row).data)


class ActionsView(APIView):
    """Moderators' decisions."""

    permission_classes = [IsModerator]

    @described(
        takes=ActionRequest,
        gives=StatementShape,
        status=201,
        problems=(403, 404, 409, 422),
        creates=True,
        summary="Decide on a video or a comment",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wish = read_body(ActionRequest, request)
        decide = actions.take_down if wish.pop("kind") == Action.Kind.TAKEDOWN else actions.dismiss
        action = decide(moderator=signed_in(request), **_about(wish), **wish)
        action.refresh_from_db()
        return Response(StatementShape(action).data, status=201)


class StatementsView(APIView):
    """The statements of reasons that concern oneself."""

    @described(gives=page_of(StatementShape), problems=(400,), listed=True, summary="List my statements of reasons")
    def get(self, request: Request) -> Response:
        return paged(request, actions.concerning(signed_in(request)), lambda row: StatementShape(row).data)


def _about(wish: dict[str, Any]) -> dict[str, Any]:
    """Take what a body is about out of it."""
    found = reports.target(**{name: wish.pop(name, None) for name in ("video", "post", "comment")})
    return {"video_id": found.video_id, "comment_id": found.comment_id}
