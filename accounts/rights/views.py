"""Exports, erasure reports and changing one's mind, over REST. Leaving itself is ``DELETE /me``."""

from uuid import UUID

from django.http import StreamingHttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import fresh_session, signed_in
from accounts.models import Export
from accounts.rights import erasing, exports, leaving
from accounts.rights.serializers import DepartureToken, ErasureReportShape, ExportShape
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import paged
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import binary, described, page_of
from socialvideo.lib.wire import JSONRenderer, read_body

POLL_SECONDS = "2"


def _token(request: Request) -> str:
    sent = read_body(DepartureToken, request)
    token: str = sent["token"]
    return token


class DeparturesView(APIView):
    """Accounts whose people left and may yet change their mind. The token says whose."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.LOG_IN

    @described(takes=DepartureToken, status=204, problems=(422,), summary="Keep my account")
    def put(self, request: Request) -> Response:
        leaving.cancel(token=_token(request))
        return Response(status=204)


class ErasureReportView(APIView):
    """What was erased of somebody who left."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.LOG_IN

    @described(takes=DepartureToken, gives=ErasureReportShape, problems=(404, 422), summary="Read my erasure report")
    def post(self, request: Request) -> Response:
        return Response(ErasureReportShape(erasing.report(leaving.find(token=_token(request)))).data)


class ExportsView(APIView):
    """Archives of everything about one's account."""

    rate = ratelimit.EXPORT
    unverified_may = ("POST",)

    @described(
        gives=ExportShape, status=202, problems=(403, 409), creates=True, summary="Ask for an export of my account"
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """It takes a log-in or a confirmation of the last ten minutes: the archive holds the photo and the grants."""
        fresh_session(request)
        export = exports.ask(signed_in(request))
        headers = {"Location": f"/api/v1/me/exports/{export.id}", "Retry-After": POLL_SECONDS}
        return Response(ExportShape(export).data, status=202, headers=headers)

    @described(gives=page_of(ExportShape), problems=(400,), listed=True, summary="List my exports")
    def get(self, request: Request) -> Response:
        return paged(request, exports.of_person(signed_in(request)), lambda row: ExportShape(row).data)


class ExportView(APIView):
    """One export, to be polled."""

    unverified_may = ("DELETE",)

    @described(gives=ExportShape, problems=(404,), summary="Read an export")
    def get(self, request: Request, export_id: UUID) -> Response:
        row = exports.find(signed_in(request), export_id)
        is_open = row.state in (Export.State.QUEUED, Export.State.IN_PROGRESS)
        return Response(ExportShape(row).data, headers={"Retry-After": POLL_SECONDS} if is_open else {})

    @described(status=204, problems=(404,), summary="Take an export back")
    def delete(self, request: Request, export_id: UUID) -> Response:
        exports.drop(signed_in(request), export_id)
        return Response(status=204)


class ZipRenderer(JSONRenderer):
    """Lets ``Accept: application/zip`` through; what it writes itself are problem documents."""

    media_type = "application/zip"


class ArchiveView(APIView):
    """The bytes of an export."""

    renderer_classes = [ZipRenderer, JSONRenderer]
    read_rate = ratelimit.EXPORT

    @described(gives={(200, "application/zip"): binary()}, problems=(403, 404, 409, 410), summary="Fetch an export")
    def get(self, request: Request, export_id: UUID) -> StreamingHttpResponse:
        """Answer with a zip archive whose `manifest.json` has the SHA-256 of every file. Takes a fresh proof, too."""
        fresh_session(request)
        row, content = exports.opened(signed_in(request), export_id)
        headers = {
            "Content-Length": str(row.size_bytes),
            "Content-Disposition": 'attachment; filename="account.zip"',
            "Cache-Control": "private, no-store",
        }
        return StreamingHttpResponse(content, content_type="application/zip", headers=headers)
