"""Contact discovery over REST. No reply says who is a member, and none takes longer if somebody is."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth import signed_in
from accounts.discovery import absence, asking, codes, contacts, enrolments, matching, transparency
from accounts.discovery.serializers import (
    AbsenceShape,
    ChallengeShape,
    ContactEnrolmentShape,
    EnrolmentProofsShape,
    EpochKeysShape,
    MatchShape,
    NumberClaim,
    NumberProof,
    ReceivedShape,
    RootShape,
)
from accounts.models import TransparencyRoot
from accounts.serializers import PersonRef
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import paged, whole
from socialvideo.lib.schema import binary, described, page_of
from socialvideo.lib.wire import BytesParser, JSONRenderer, read_body

OCTETS = "application/octet-stream"
EPOCH = OpenApiParameter("epoch", int, required=True, description="One of those that /contacts/keys names.")


class EnrolmentCodeView(APIView):
    """A code to my number, so that I can be found by it."""

    rate = ratelimit.CODE

    @described(takes=NumberClaim, gives=ChallengeShape, status=202, problems=(422, 503), summary="Send me a code")
    def post(self, request: Request) -> Response:
        sent = read_body(NumberClaim, request)
        purpose, person = codes.Purpose.ENROLMENT, signed_in(request)
        challenge = codes.send(number=sent["number"], purpose=purpose, person=person)
        return Response(ChallengeShape(challenge).data, status=202)


class ContactEnrolmentView(APIView):
    """Whether I may be found by my number."""

    rate = ratelimit.PROOF
    unverified_may = ("DELETE",)

    @described(gives=ContactEnrolmentShape, problems=(404,), summary="Read whether I may be found")
    def get(self, request: Request) -> Response:
        return Response(_shown(request))

    @described(
        takes=NumberProof, gives=ContactEnrolmentShape, problems=(409, 422, 503), summary="Be found by my number"
    )
    def put(self, request: Request) -> Response:
        sent = read_body(NumberProof, request)
        enrolments.enrol(person=signed_in(request), **sent)
        return Response(_shown(request))

    @described(status=204, summary="Be found no more")
    def delete(self, request: Request) -> Response:
        enrolments.opt_out(person=signed_in(request))
        return Response(status=204)


class InclusionView(APIView):
    """That the published roots hold me."""

    @described(gives=EnrolmentProofsShape, problems=(404, 409, 503), summary="Prove that the roots hold me")
    def get(self, request: Request) -> Response:
        person = signed_in(request)
        # Reading is hardly limited, but this costs a look at every tag.
        if (reading := ratelimit.count(ratelimit.PROOF, str(person.id))).left < 0:
            raise Throttled(reading.reset)
        return Response({"proofs": transparency.inclusion(enrolments.find(person))})


class KeysView(APIView):
    """The keys of the epochs in use."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @described(gives=EpochKeysShape, problems=(503,), summary="Read the keys of discovery")
    def get(self, request: Request) -> Response:
        return Response(asking.published_keys())


class OctetsRenderer(JSONRenderer):
    """Lets ``Accept: application/octet-stream`` through; what it writes itself are problem documents."""

    media_type = OCTETS


class EvaluationsView(APIView):
    """Evaluates what it cannot read."""

    parser_classes = [BytesParser]
    renderer_classes = [OctetsRenderer, JSONRenderer]

    @described(
        takes={OCTETS: binary()},
        gives={(200, OCTETS): binary()},
        problems=(409, 503),
        parameters=(EPOCH,),
        summary="Evaluate blinded contacts",
    )
    def post(self, request: Request) -> HttpResponse:
        answer = asking.evaluate(person=signed_in(request), epoch=_epoch(request), elements=_octets(request))
        return HttpResponse(answer, content_type=OCTETS)


class EdgesView(APIView):
    """My contacts. Few in an hour, so that nobody can average out what the look-up does to the server's load."""

    parser_classes = [BytesParser]
    rate = ratelimit.CONTACTS
    unverified_may = ("DELETE",)

    @described(
        takes={OCTETS: binary()},
        gives=ReceivedShape,
        status=202,
        problems=(409, 503),
        parameters=(EPOCH,),
        summary="Send my contacts",
    )
    def put(self, request: Request) -> Response:
        person = signed_in(request)
        count = asking.send_contacts(person=person, epoch=_epoch(request), content=_octets(request))
        return Response({"received": count}, status=202)

    @described(status=204, summary="Forget my contacts")
    def delete(self, request: Request) -> Response:
        contacts.forget(person=signed_in(request))
        return Response(status=204)


class MatchesView(APIView):
    """Those who have my number and whose number I have."""

    @described(gives=page_of(MatchShape), listed=True, summary="List my matches")
    def get(self, request: Request) -> Response:
        me = signed_in(request)

        def show(match: Any) -> dict[str, Any]:
            return {
                "id": match.id,
                "person": PersonRef(matching.other(match, me)).data,
                "matched_at": match.matched_at,
            }

        return paged(request, matching.matches_of(me), show)


class TransparencyView(APIView):
    """The signed roots."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @described(gives=page_of(RootShape), listed=True, summary="List the roots of discovery")
    def get(self, request: Request) -> Response:
        return paged(request, TransparencyRoot.objects.select_related("epoch"), transparency.shown)


class AbsenceCodeView(APIView):
    """A code to a number that is no member's."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.CODE

    @described(takes=NumberClaim, gives=ChallengeShape, status=202, problems=(422, 503), summary="Send a code")
    def post(self, request: Request) -> Response:
        sent = read_body(NumberClaim, request)
        challenge = codes.send(number=sent["number"], purpose=codes.Purpose.ABSENCE)
        return Response(ChallengeShape(challenge).data, status=202)


class AbsenceView(APIView):
    """The statement for somebody who is no member."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.PROOF

    @described(takes=NumberProof, gives=AbsenceShape, problems=(409, 422, 503), summary="State that a number is absent")
    def post(self, request: Request) -> Response:
        sent = read_body(NumberProof, request)
        return Response(absence.state(**sent))


def _octets(request: Request) -> bytes:
    """The body; DRF hands over an empty one as an empty dictionary."""
    body: Any = request.data
    return body or b""


def _epoch(request: Request) -> int:
    return int(whole(request, "epoch", 0))


def _shown(request: Request) -> dict[str, Any]:
    return dict(ContactEnrolmentShape(asking.standing(signed_in(request))).data)
