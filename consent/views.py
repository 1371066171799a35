"""Consent over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guardians, people
from accounts.auth import fresh_session, signed_in
from accounts.models import Person
from consent import asks, cosigning, grants, groups, journal, keys, ledger, likenesses, receipts, withdrawal
from consent.grants import Terms
from consent.models import Ask, Choice, Grant, Withdrawal
from consent.rules import Group
from consent.serializers import (
    AskAnswer,
    AskRequest,
    AskShape,
    CheckpointShape,
    ConsistencyShape,
    GrantChange,
    GrantRenewal,
    GrantRequest,
    GrantShape,
    InclusionShape,
    KeyShape,
    LeavesShape,
    LikenessShape,
    PersonChoiceRequest,
    PersonChoiceShape,
    PhotoUpload,
    ReceiptShape,
    UseShape,
    WithdrawalRequest,
    WithdrawalShape,
)
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import paged, whole
from socialvideo.lib.errors import Problem
from socialvideo.lib.etags import etag, require_match
from socialvideo.lib.idempotency import idempotent
from socialvideo.lib.schema import IF_MATCH, described, page_of
from socialvideo.lib.wire import MultiPartParser, read_body

ROLE = OpenApiParameter("role", str, description="given or received (default given)")
SIDE = OpenApiParameter("side", str, description="received or made (default received)")


FROM = OpenApiParameter("from", int, description="Number of the first leaf (default 0).")
LEAVES = OpenApiParameter("limit", int, description="1 to 1000 (default 1000).")
TREE_SIZE = OpenApiParameter("tree_size", int, description="Leaves of the tree (default all).")
FIRST = OpenApiParameter("first", int, description="Leaves of the older tree (default 1).")
SECOND = OpenApiParameter("second", int, description="Leaves of the newer tree (default all).")
MOST_LEAVES = 1000


class MyLikenessView(APIView):
    """One's own likeness."""

    parser_classes = [MultiPartParser]
    rate = ratelimit.UPLOAD
    unverified_may = ("DELETE",)

    @described(
        takes={"multipart/form-data": PhotoUpload},
        gives=LikenessShape,
        status=201,
        problems=(411, 413, 422),
        summary="Enrol my likeness",
    )
    def put(self, request: Request) -> Response:
        sent = read_body(PhotoUpload, request)
        likeness = likenesses.enrol(subject=signed_in(request), upload=sent["photo"].read())
        likeness.refresh_from_db()
        return Response(LikenessShape(likeness).data, status=201)

    @described(gives=LikenessShape, problems=(404,), summary="Read my likeness")
    def get(self, request: Request) -> Response:
        return Response(LikenessShape(likenesses.mine(signed_in(request))).data)

    @described(status=204, summary="Erase my likeness")
    def delete(self, request: Request) -> Response:
        likenesses.erase(subject=signed_in(request))
        return Response(status=204)


class AsksView(APIView):
    """Asks for grants."""

    @described(
        takes=AskRequest, gives=AskShape, status=201, problems=(404, 409, 422), creates=True, summary="Ask for a grant"
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wish = read_body(AskRequest, request)
        ask = asks.ask(requester=signed_in(request), subject=_found(request, wish.pop("subject")), **wish)
        ask.refresh_from_db(fields=["created_at"])
        return Response(AskShape(ask).data, status=201, headers={"Location": f"/api/v1/asks/{ask.id}"})

    @described(gives=page_of(AskShape), problems=(400,), listed=True, parameters=(SIDE,), summary="List asks")
    def get(self, request: Request) -> Response:
        sides = {"received": asks.received, "made": asks.made}
        side = sides.get(request.query_params.get("side", "received"))
        if side is None:
            raise Problem(400, "invalid_side", "'side' is received or made.")
        return paged(request, side(signed_in(request)), lambda ask: AskShape(ask).data)


class AskAnswerView(APIView):
    """Saying later or no to an ask."""

    @described(takes=AskAnswer, gives=AskShape, problems=(404, 409, 422), summary="Defer or refuse an ask")
    def put(self, request: Request, ask_id: UUID) -> Response:
        sent = read_body(AskAnswer, request)
        state = Ask.State(sent["answer"])
        return Response(AskShape(asks.answer(subject=signed_in(request), ask_id=ask_id, state=state)).data)


class GrantsView(APIView):
    """Grants given and received."""

    @described(
        takes=GrantRequest, gives=GrantShape, status=201, problems=(404, 409, 422), creates=True, summary="Give a grant"
    )
    @idempotent
    def post(self, request: Request) -> Response:
        sent = read_body(GrantRequest, request)
        wish: dict[str, Any] = {"expires_at": None, **sent}
        grantee, group, ask_id = wish.pop("grantee", None), wish.pop("group", None), wish.pop("ask", None)
        whom = _found(request, grantee) if grantee else Group(group)
        grant = grants.give(subject=signed_in(request), grantee=whom, terms=Terms(**wish), ask_id=ask_id)
        headers = {"Location": f"/api/v1/grants/{grant.id}", "ETag": _etag(grant)}
        return Response(GrantShape(grant).data, status=201, headers=headers)

    @described(gives=page_of(GrantShape), problems=(400,), listed=True, parameters=(ROLE,), summary="List grants")
    def get(self, request: Request) -> Response:
        rows = grants.of_person(signed_in(request), request.query_params.get("role", "given"))
        return paged(request, rows, lambda grant: _shown(grant, signed_in(request)))


class GrantView(APIView):
    """One grant."""

    @described(gives=GrantShape, problems=(404,), summary="Read a grant")
    def get(self, request: Request, grant_id: UUID) -> Response:
        grant = grants.find(signed_in(request), grant_id)
        return Response(_shown(grant, signed_in(request)), headers={"ETag": _etag(grant)})

    @described(
        takes=GrantChange,
        gives=GrantShape,
        problems=(404, 409, 412, 422, 428),
        parameters=(IF_MATCH,),
        summary="Narrow a grant",
    )
    def patch(self, request: Request, grant_id: UUID) -> Response:
        grant = grants.find_given(signed_in(request), grant_id)
        require_match(request, _etag(grant))
        sent = read_body(GrantChange, request)
        change: dict[str, Any] = {"expires_at": None, "max_uses": None, **sent}
        grant = grants.narrow(grant=grant, **change)
        return Response(GrantShape(grant).data, headers={"ETag": _etag(grant)})


class RenewalView(APIView):
    """Affirming one's own grant anew."""

    @described(
        takes=GrantRenewal,
        gives=GrantShape,
        status=201,
        problems=(404, 409, 422),
        creates=True,
        summary="Renew a grant",
    )
    @idempotent
    def post(self, request: Request, grant_id: UUID) -> Response:
        grant = grants.find_given(signed_in(request), grant_id)
        sent = read_body(GrantRenewal, request)
        wish: dict[str, Any] = {"expires_at": None, **sent}
        grant = grants.renew(grant=grant, **wish)
        headers = {"Location": f"/api/v1/grants/{grant.id}", "ETag": _etag(grant)}
        return Response(GrantShape(grant).data, status=201, headers=headers)


class WardGrantsView(APIView):
    """What my ward granted, and what of it waits for my word."""

    @described(gives=page_of(GrantShape), problems=(400, 404), listed=True, summary="List grants of my ward")
    def get(self, request: Request, guardianship_id: UUID) -> Response:
        ward = guardians.ward_of(signed_in(request), guardianship_id)
        return paged(request, cosigning.grants_of(ward), lambda grant: GrantShape(grant).data)


class WardGrantView(APIView):
    """My word on a grant of my ward."""

    unverified_may = ("DELETE",)

    @described(gives=GrantShape, problems=(403, 404), summary="Confirm a grant of my ward")
    def put(self, request: Request, guardianship_id: UUID, ward_grant_id: UUID) -> Response:
        guardian = fresh_session(request).person
        grant = cosigning.cosign(guardian=guardian, guardianship_id=guardianship_id, grant_id=ward_grant_id)
        return Response(GrantShape(grant).data)

    @described(status=204, problems=(404,), summary="End a grant of my ward")
    def delete(self, request: Request, guardianship_id: UUID, ward_grant_id: UUID) -> Response:
        cosigning.revoke(guardian=signed_in(request), guardianship_id=guardianship_id, grant_id=ward_grant_id)
        return Response(status=204)


class WardLikenessView(APIView):
    """My word on my ward's likeness."""

    unverified_may = ("DELETE",)

    @described(status=204, problems=(403, 404), summary="Confirm the enrolment of my ward")
    def put(self, request: Request, guardianship_id: UUID) -> Response:
        cosigning.cosign_likeness(guardian=fresh_session(request).person, guardianship_id=guardianship_id)
        return Response(status=204)

    @described(status=204, problems=(404,), summary="End everything that rests on the likeness of my ward")
    def delete(self, request: Request, guardianship_id: UUID) -> Response:
        cosigning.revoke_all(guardian=signed_in(request), guardianship_id=guardianship_id)
        return Response(status=204)


class ChoicesView(APIView):
    """The people whom I chose or excepted."""

    @described(
        gives=page_of(PersonChoiceShape), problems=(400,), listed=True, summary="List people I chose or excepted"
    )
    def get(self, request: Request) -> Response:
        return paged(request, groups.choices(signed_in(request)), lambda row: PersonChoiceShape(row).data)


class ChoiceView(APIView):
    """My word on one person: chosen, or outside every group."""

    @described(
        takes=PersonChoiceRequest, gives=PersonChoiceShape, problems=(404, 422), summary="Choose or except a person"
    )
    def put(self, request: Request, handle: str) -> Response:
        sent = read_body(PersonChoiceRequest, request)
        kind = Choice.Kind(sent["choice"])
        row = groups.choose(subject=signed_in(request), person=_found(request, handle), kind=kind)
        return Response(PersonChoiceShape(row).data)

    @described(status=204, problems=(404,), summary="Take back my word on a person")
    def delete(self, request: Request, handle: str) -> Response:
        groups.unchoose(subject=signed_in(request), person=_found(request, handle))
        return Response(status=204)


class WithdrawalsView(APIView):
    """Withdrawing. When the reply comes, it has happened."""

    unverified_may = ("POST",)

    @described(takes=WithdrawalRequest, gives=WithdrawalShape, status=201, problems=(404, 422), summary="Withdraw")
    def post(self, request: Request) -> Response:
        wish = read_body(WithdrawalRequest, request)
        grantee = None
        if "grantee" in wish:
            # Also from whom I block: withdrawing is barred by nothing of one's own.
            grantee = people.find(wish["grantee"], viewer=signed_in(request), whom_i_block=True)
        scope = withdrawal.Scope(grant_id=wish.get("grant"), grantee=grantee, video_id=wish.get("video"))
        done = withdrawal.withdraw(subject=signed_in(request), scope=scope, mode=withdrawal.Mode(wish["mode"]))
        headers = {"Location": f"/api/v1/withdrawals/{done.id}"}
        return Response(WithdrawalShape(done).data, status=201, headers=headers)

    @described(gives=page_of(WithdrawalShape), problems=(400,), listed=True, summary="List my withdrawals")
    def get(self, request: Request) -> Response:
        rows = Withdrawal.objects.filter(subject=signed_in(request))
        return paged(request, rows, lambda row: WithdrawalShape(row).data)


class WithdrawalView(APIView):
    """One withdrawal and its receipt."""

    @described(gives=WithdrawalShape, problems=(404,), summary="Read a withdrawal")
    def get(self, request: Request, withdrawal_id: UUID) -> Response:
        row = Withdrawal.objects.filter(subject=signed_in(request), id=withdrawal_id).first()
        if row is None:
            raise Problem(404, "not_found", "You have made no withdrawal of this id.")
        return Response(WithdrawalShape(row).data)


class UsesView(APIView):
    """The journal of one's own likeness."""

    @described(gives=page_of(UseShape), problems=(400,), listed=True, summary="List uses of my likeness")
    def get(self, request: Request) -> Response:
        return paged(request, journal.uses_of(signed_in(request)), lambda row: UseShape(row).data)


class CheckpointView(APIView):
    """The ledger's signed head, for anybody."""

    permission_classes = [AllowAny]

    @described(gives=CheckpointShape, summary="Read the ledger checkpoint")
    def get(self, request: Request) -> Response:
        return Response(ledger.checkpoint())


class LeavesView(APIView):
    """The leaves, for anybody who keeps a copy of the tree."""

    permission_classes = [AllowAny]

    @described(gives=LeavesShape, problems=(400,), parameters=(FROM, LEAVES), summary="List ledger leaves")
    def get(self, request: Request) -> Response:
        start, limit = whole(request, "from", 0), whole(request, "limit", MOST_LEAVES)
        reader = str(request.user.pk) if request.user.is_authenticated else None
        leaves, more = ledger.leaves_from(start, max(1, min(limit, MOST_LEAVES)), reader=reader)
        return Response({"leaves": leaves, "next_from": leaves[-1]["index"] + 1 if more else None})


class InclusionView(APIView):
    """The proof that a leaf stands in the ledger, for anybody."""

    permission_classes = [AllowAny]

    @described(gives=InclusionShape, problems=(400, 404), parameters=(TREE_SIZE,), summary="Prove a ledger leaf")
    def get(self, request: Request, leaf_index: int) -> Response:
        return Response(ledger.inclusion(leaf_index, whole(request, "tree_size")).said)


class ConsistencyView(APIView):
    """The proof that the ledger only grew, for anybody."""

    permission_classes = [AllowAny]

    @described(
        gives=ConsistencyShape, problems=(400, 404), parameters=(FIRST, SECOND), summary="Prove ledger consistency"
    )
    def get(self, request: Request) -> Response:
        return Response(ledger.consistency(whole(request, "first", 1), whole(request, "second")))


class GrantReceiptView(APIView):
    """The signed receipt of a grant, for its subject to keep."""

    @described(gives=ReceiptShape, problems=(404,), summary="Read the receipt of a grant")
    def get(self, request: Request, grant_id: UUID) -> Response:
        grant = grants.find(signed_in(request), grant_id)
        if grant.subject_id != signed_in(request).pk:
            raise Problem(404, "not_found", "You have given no grant of this id.")
        return Response(receipts.of_grant(grant))


class KeyView(APIView):
    """The key with which anybody checks a receipt."""

    permission_classes = [AllowAny]

    @described(gives=KeyShape, summary="Read the ledger key")
    def get(self, request: Request) -> Response:
        return Response({"key_id": keys.key_id(), "algorithm": "Ed25519", "public_key": keys.public_pem()})


def _found(request: Request, handle: str) -> Person:
    return people.find(handle, viewer=signed_in(request))


def _shown(grant: Grant, viewer: Person) -> dict[str, Any]:
    """Return the grant as this side sees it: what a subject denies in words is theirs alone (DESIGN §3.10)."""
    shown = dict(GrantShape(grant).data)
    return shown if viewer.pk == grant.subject_id else {**shown, "denied_categories": None, "text_rules": None}


def _etag(grant: Grant) -> str:
    return etag(grant.id, grant.version, grant.uses)
