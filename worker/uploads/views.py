"""Uploads over REST, and in two other dialects: tus 1.0, and the IETF's draft on resumable uploads."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import signed_in
from socialvideo.lib import ratelimit
from socialvideo.lib.clock import wall_now
from socialvideo.lib.cursors import paged, whole
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import binary, described, page_of
from socialvideo.lib.wire import read_body
from worker.models import Upload
from worker.rules import UploadStatus
from worker.uploads import dialects, parts, sessions
from worker.uploads.dialects import Dialect, Part
from worker.uploads.serializers import Completion, LimitsShape, PartsShape, UploadRequest, UploadShape

POLL_SECONDS = "1"
MOST_PARTS = 100
OFFSET = OpenApiParameter(
    "Upload-Offset", int, OpenApiParameter.HEADER, required=True, description="Where the part begins."
)
FIRST = OpenApiParameter("first", int, OpenApiParameter.QUERY, description="The number of the first part, from 1 on.")


class SpeakingView(APIView):
    """A view that answers in the dialect in which it is asked."""

    dialect = Dialect.OURS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Hear the dialect before anything else is refused."""
        self.dialect = dialects.spoken(request.headers)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Say to tus that it is tus."""
        found = super().finalize_response(request, response, *args, **kwargs)
        if "Tus-Resumable" in request.headers:
            found["Tus-Resumable"] = dialects.TUS_VERSION
        return found

    def received(self, upload: Upload, part: Part, request: Request) -> int:
        """Store the body as a part; return how many bytes of the upload are stored."""
        host = request.META.get("REMOTE_ADDR", "")
        return parts.receive(upload, part, request.stream, dialect=self.dialect, host=host)

    def get_permissions(self) -> Any:
        """Let anybody ask what can be spoken here."""
        return [AllowAny()] if self.request.method == "OPTIONS" else super().get_permissions()

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        """Answer what can be spoken here."""
        largest = sessions.largest()
        told = {
            "Tus-Version": dialects.TUS_VERSION,
            "Tus-Extension": dialects.TUS_EXTENSIONS,
            "Tus-Max-Size": str(largest),
            "Tus-Checksum-Algorithm": ",".join(dialects.CHECKSUMS),
            "Upload-Limit": dialects.limits(largest=largest),
            "Accept-Patch": f"{dialects.DRAFT_PART}, {dialects.TUS_PART}",
            "Allow": ", ".join(self.allowed_methods),
        }
        return Response(status=204, headers=told)


class UploadsView(SpeakingView):
    """One's uploads."""

    rate = ratelimit.UPLOAD

    @described(
        takes=UploadRequest, gives=UploadShape, status=201, problems=(409, 503), creates=True, summary="Begin an upload"
    )
    def post(self, request: Request) -> Response:
        """Answer with the upload, to whose address (`Location`) parts are sent. 413 for a file that is too large, 429
        when today's clips or bytes are used up, with `Retry-After`. tus and the IETF's draft declare size, type and
        SHA-256 in headers (`Upload-Metadata: filetype …,sha256 …`; `Content-Type`, `Repr-Digest`), and may send the
        first bytes along.
        """
        return self._declared(request) if self.dialect is Dialect.OURS else self._begun(request)

    @idempotent
    def _declared(self, request: Request) -> Response:
        upload = sessions.begin(owner=signed_in(request), **read_body(UploadRequest, request))
        return _made(upload)

    def _begun(self, request: Request) -> Response:
        """Begin an upload that its headers declare, with the first bytes where some come along."""
        sent = UploadRequest(data=dialects.declared(self.dialect, request.headers))
        sent.is_valid(raise_exception=True)
        upload = sessions.begin(owner=signed_in(request), **sent.validated_data)
        if length := dialects.first_length(request.headers):
            first = Part(0, length, dialects.is_last(request.headers), dialects.checksum(request.headers))
            upload.received = self.received(upload, first, request)
        return _made(upload)

    @described(gives=page_of(UploadShape), listed=True, summary="List my uploads")
    def get(self, request: Request) -> Response:
        return paged(request, sessions.of_person(signed_in(request)), lambda upload: UploadShape(upload).data)


class LimitsView(APIView):
    """What may be uploaded."""

    @described(gives=LimitsShape, summary="Read what I may upload")
    def get(self, request: Request) -> Response:
        return Response(LimitsShape(sessions.limits(signed_in(request))).data, headers={"Cache-Control": "no-store"})


class UploadView(SpeakingView):
    """One upload."""

    @described(gives=UploadShape, problems=(404,), summary="Read an upload")
    def get(self, request: Request, upload_id: UUID) -> Response:
        upload = sessions.find(signed_in(request), upload_id)
        headers = {"Retry-After": POLL_SECONDS} if upload.status == UploadStatus.PROCESSING else {}
        return Response(UploadShape(upload).data, headers=headers)

    def head(self, request: Request, upload_id: UUID) -> Response:
        """Tell the offset."""
        upload = sessions.heal(sessions.find(signed_in(request), upload_id))
        sessions.require_going_on(upload)
        return Response(status=204, headers=_standing(upload, upload.received))

    @described(
        takes={dialects.PLAIN_PART: binary()},
        status=204,
        problems=(404, 409, 410, 460, 503, 507),
        parameters=(OFFSET,),
        summary="Send a part",
    )
    def patch(self, request: Request, upload_id: UUID) -> Response:
        """Add bytes at `Upload-Offset`, which HEAD tells; the reply has the new one. What came before a connection was
        cut is kept. A part that was sent before may be sent again; one that begins anywhere else than the stored bytes
        end is a 409 with the right offset. The type may also be `application/offset+octet-stream` (tus) or
        `application/partial-upload` (the IETF's draft); those are held to their own rules: nothing comes twice.
        """
        upload = sessions.find(signed_in(request), upload_id)
        stored = self.received(upload, dialects.part(self.dialect, request.headers), request)
        return Response(status=204, headers=_standing(upload, stored))

    @described(status=204, problems=(404,), summary="Give up an upload")
    def delete(self, request: Request, upload_id: UUID) -> Response:
        sessions.cancel(sessions.find(signed_in(request), upload_id))
        return Response(status=204)


class RetriesView(APIView):
    """Trying an upload again that failed by our fault."""

    rate = ratelimit.UPLOAD

    @described(gives=UploadShape, status=202, problems=(404,), creates=True, summary="Try an upload again")
    @idempotent
    def post(self, request: Request, upload_id: UUID) -> Response:
        person = signed_in(request)
        sessions.retry(sessions.find(person, upload_id))
        upload = sessions.find(person, upload_id)
        return Response(UploadShape(upload).data, status=202, headers={"Location": _address(upload)})


class PartsView(APIView):
    """Where the parts of a file go that are put to storage directly."""

    @described(gives=PartsShape, problems=(400, 404), parameters=(FIRST,), summary="Read where parts go")
    def get(self, request: Request, upload_id: UUID) -> Response:
        """Answer with at most a hundred parts: PUT each to its `url` within the hour, and PUT the completion with the
        ETags. What is stored already is told, so that an upload can be gone on with. An upload whose bytes are sent
        here has no such parts.
        """
        first = max(1, whole(request, "first", 1))
        upload = sessions.find(signed_in(request), upload_id)
        return Response({"data": sessions.parts_of(upload, range(first, first + MOST_PARTS))})


class CompletionView(APIView):
    """The end of an upload whose parts were put to storage directly."""

    @described(
        takes=Completion, gives=UploadShape, status=202, problems=(404, 409, 410), summary="Complete a direct upload"
    )
    def put(self, request: Request, upload_id: UUID) -> Response:
        sent = read_body(Completion, request)
        person = signed_in(request)
        listed = [(part["number"], part["etag"]) for part in sent["parts"]]
        sessions.put_together(sessions.find(person, upload_id), listed)
        return Response(UploadShape(sessions.find(person, upload_id)).data, status=202)


def _address(upload: Upload) -> str:
    return f"/api/v1/uploads/{upload.id}"


def _made(upload: Upload) -> Response:
    headers = {"Location": _address(upload), **_standing(upload, upload.received)}
    return Response(UploadShape(upload).data, status=201, headers=headers)


def _standing(upload: Upload, stored: int) -> dict[str, str]:
    """Return the headers that tell how far an upload is."""
    expires_at = sessions.expires_at(upload) if stored < upload.size_bytes else None
    limit = dialects.limits(largest=upload.size_bytes, expires_at=expires_at, now=wall_now())
    return {**dialects.standing(offset=stored, size=upload.size_bytes, expires_at=expires_at), "Upload-Limit": limit}
