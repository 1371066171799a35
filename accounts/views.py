"""Accounts over REST."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts import auth, devices, people, pictures, profiles, relation
from accounts.auth import fresh_session, session_of, signed_in
from accounts.models import Session
from accounts.relations.serializers import ProfileShape
from accounts.rights import leaving
from accounts.rights.serializers import LeftShape
from accounts.serializers import (
    ListedSessionShape,
    LogIn,
    MeShape,
    NewSessionShape,
    PersonShape,
    PictureUpload,
    ProfileChange,
    SessionShape,
    SignUp,
)
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import paged
from socialvideo.lib.errors import Problem
from socialvideo.lib.etags import etag, is_known
from socialvideo.lib.schema import binary, described, page_of
from socialvideo.lib.wire import JSONRenderer, MultiPartParser, read_body


class PeopleView(APIView):
    """Accounts."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.SIGN_UP

    @described(takes=SignUp, gives=MeShape, status=201, problems=(409, 422), summary="Sign up")
    def post(self, request: Request) -> Response:
        sent = read_body(SignUp, request)
        person = people.sign_up(**sent)
        return Response(MeShape(person).data, status=201, headers={"Location": f"/api/v1/people/{person.handle}"})


class PersonView(APIView):
    """One person, as the one who asks may see them."""

    @described(gives=ProfileShape, problems=(404,), summary="Read a profile")
    def get(self, request: Request, handle: str) -> Response:
        viewer = signed_in(request)
        person = people.find(handle, viewer=viewer)
        seen = {"is_whole": profiles.shows_whole(person, viewer=viewer)}
        return Response({**PersonShape(person, context=seen).data, **relation.beside(viewer, person)})


class MeView(APIView):
    """One's own account."""

    unverified_may = ("PATCH", "DELETE")

    @described(gives=MeShape, summary="Read my profile")
    def get(self, request: Request) -> Response:
        return Response(MeShape(signed_in(request)).data)

    @described(takes=ProfileChange, gives=MeShape, problems=(422,), summary="Edit my profile")
    def patch(self, request: Request) -> Response:
        sent = read_body(ProfileChange, request)
        return Response(MeShape(people.edit_profile(person=signed_in(request), **sent)).data)

    @described(
        gives=LeftShape,
        status=202,
        problems=(403, 409),
        parameters=(OpenApiParameter("at_once", bool, description="Erase without the days of grace."),),
        summary="Leave",
    )
    def delete(self, request: Request) -> Response:
        """Shut my account. Likeness, grants, sessions and discovery end at once and for good; the rest is erased when
        the days of grace are over, until which the token in the mail brings the account back (`PUT /departures`).
        """
        fresh_session(request)
        at_once = request.query_params.get("at_once") == "true"
        token, departure = leaving.leave(person=signed_in(request), at_once=at_once)
        return Response(LeftShape({"erase_at": departure.erase_at, "token": token}).data, status=202)


class MyPictureView(APIView):
    """One's own profile picture."""

    parser_classes = [MultiPartParser]
    rate = ratelimit.UPLOAD
    unverified_may = ("DELETE",)

    @described(
        takes={"multipart/form-data": PictureUpload}, gives=MeShape, problems=(413, 422), summary="Set my picture"
    )
    def put(self, request: Request) -> Response:
        sent = read_body(PictureUpload, request)
        pictures.set_picture(person=signed_in(request), **sent)
        return Response(MeShape(signed_in(request)).data)

    @described(status=204, summary="Take my picture away")
    def delete(self, request: Request) -> Response:
        pictures.drop_picture(person=signed_in(request))
        return Response(status=204)


class PictureRenderer(JSONRenderer):
    """Lets ``Accept: image/…`` through; what it writes itself are problem documents."""

    media_type = "image/*"


class PictureView(APIView):
    """A profile picture's bytes: public, for a page shows them without a token."""

    permission_classes = [AllowAny]
    renderer_classes = [PictureRenderer, JSONRenderer]

    @described(
        gives={(200, media): binary() for media in pictures.MEDIA.values()} | {304: None},
        problems=(404,),
        parameters=(
            OpenApiParameter("size", int, enum=pictures.SIZES, default=256),
            OpenApiParameter("type", str, enum=list(pictures.TYPES), default="webp"),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An ETag that you have."),
        ),
        summary="Read a picture",
    )
    def get(self, request: Request, handle: str) -> HttpResponse:
        size, kind = request.query_params.get("size", "256"), request.query_params.get("type", "webp")
        side = int(size) if size.isascii() and size.isdigit() and len(size) < 5 else 0
        viewer = signed_in(request) if request.user.is_authenticated else None
        person = people.find(handle, viewer=viewer)
        current = etag(person.picture[-32:], side, kind)
        headers = {"Cache-Control": "public, max-age=300", "ETag": current}
        if person.picture and is_known(request, current):
            return HttpResponse(status=304, headers=headers)
        body = pictures.read_picture(person=person, side=side, kind=kind)
        return HttpResponse(body, content_type=pictures.MEDIA[kind], headers=headers)


class SessionsView(APIView):
    """Sessions: one a device."""

    rate = ratelimit.LOG_IN

    unverified_may = ("DELETE",)

    def get_permissions(self) -> Any:
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()

    def get_authenticators(self) -> Any:
        return [] if self.request and self.request.method == "POST" else super().get_authenticators()

    @described(takes=LogIn, gives=NewSessionShape, status=201, problems=(401, 403, 422), summary="Log in")
    def post(self, request: Request) -> Response:
        sent = read_body(LogIn, request)
        address = BaseThrottle().get_ident(request)
        return begun(*auth.log_in(**sent, address=address))

    @described(gives=page_of(ListedSessionShape), problems=(400,), listed=True, summary="List my sessions")
    def get(self, request: Request) -> Response:
        rows, mine = auth.sessions_of(signed_in(request)), session_of(request)
        shown = {True: {"is_current": True}, False: {"is_current": False}}
        return paged(request, rows, lambda row: {**SessionShape(row).data, **shown[row.pk == mine.pk]})

    @described(status=204, summary="Log out on all other devices")
    def delete(self, request: Request) -> Response:
        auth.log_out_everywhere(person=signed_in(request), but=session_of(request).id)
        return Response(status=204)


def begun(token: str, session: Session) -> Response:
    """Return the reply that gives out a fresh session's token, this once."""
    body = {**SessionShape(session).data, "token": token, "device_token": devices.remember(session.person)}
    return Response(body, status=201, headers={"Location": f"/api/v1/sessions/{session.id}"})


class SessionView(APIView):
    """One signed-in device."""

    unverified_may = ("DELETE",)

    @described(status=204, problems=(404,), summary="Log out")
    def delete(self, request: Request, session_id: UUID) -> Response:
        if not auth.log_out(person=signed_in(request), session_id=session_id):
            raise Problem(404, "not_found", "None of your sessions has this id.")
        return Response(status=204)
