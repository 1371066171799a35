"""The description of the API as it is committed, and the address that serves it."""

from functools import cache
from pathlib import Path

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from socialvideo.lib.errors import Problem
from socialvideo.lib.wire import JSONRenderer

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
MEDIA_TYPE = "application/vnd.oai.openapi+json"


class DescriptionRenderer(JSONRenderer):
    """Lets the media type of OpenAPI through; what it writes itself are problem documents."""

    media_type = MEDIA_TYPE


@extend_schema(exclude=True)
class SchemaView(APIView):
    """The committed file, for anybody: to make it anew for each request would cost a second of a processor."""

    permission_classes = [AllowAny]
    authentication_classes = []
    renderer_classes = [JSONRenderer, DescriptionRenderer]

    def get(self, request: Request) -> HttpResponse:
        """Answer with the description."""
        try:
            return HttpResponse(committed(), content_type=MEDIA_TYPE)
        except FileNotFoundError as error:
            raise Problem(404, "not_found", "The description was not shipped. Run: manage.py openapi") from error


@cache
def committed() -> bytes:
    """Return the committed description; FileNotFoundError if it was not shipped."""
    return FILE.read_bytes()
