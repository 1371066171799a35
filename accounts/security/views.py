"""Log-ins, passkeys, second factors and guardianships over REST."""

from typing import Any
from uuid import UUID

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import auth, factors, guardians, passkeys, passwords, people, recovery, verification
from accounts.auth import fresh_session, session_of, signed_in
from accounts.models import Ceremony
from accounts.security.serializers import (
    CeremonyRequest,
    CeremonyShape,
    Code,
    CodeLogIn,
    Confirmation,
    EmailChange,
    GuardianInvitation,
    GuardianshipShape,
    MailedShape,
    MailToken,
    NewPasskey,
    OwnCeremonyRequest,
    PasskeyLogIn,
    PasskeyName,
    PasskeyShape,
    PasswordChange,
    PasswordReset,
    RecoveryCodesShape,
    SecurityShape,
    TotpShape,
)
from accounts.serializers import KnownDeviceShape, NewSessionShape
from accounts.views import begun
from socialvideo.lib import ratelimit
from socialvideo.lib.cursors import paged
from socialvideo.lib.schema import described, page_of
from socialvideo.lib.wire import read_body

WRITING = ("POST", "PUT", "PATCH", "DELETE")


class EmailVerificationsView(APIView):
    """Proofs that an address is somebody's own. The token says whose, so no session is asked for."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.LOG_IN

    @described(takes=MailToken, status=204, problems=(409, 422), summary="Confirm an e-mail address")
    def put(self, request: Request) -> Response:
        verification.confirm(**read_body(MailToken, request))
        return Response(status=204)


class MyEmailVerificationsView(APIView):
    """The mail that verifies my address."""

    unverified_may = ("PUT",)

    @described(gives=MailedShape, status=202, problems=(409,), summary="Send the verifying mail again")
    def put(self, request: Request) -> Response:
        verification.ask(signed_in(request))
        return _mailed("A mail is on its way to your address.")


class MyEmailView(APIView):
    """My address."""

    unverified_may = ("PUT",)

    @described(takes=EmailChange, gives=MailedShape, status=202, problems=(403,), summary="Change my e-mail address")
    def put(self, request: Request) -> Response:
        fresh_session(request)
        verification.ask_to_change(signed_in(request), **read_body(EmailChange, request))
        return _mailed("If the address is free, a mail is on its way there.")


class PasswordResetsView(APIView):
    """A new password by mail. The reply is the same whether or not an address is known."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.LOG_IN

    @described(takes=EmailChange, gives=MailedShape, status=202, summary="Ask for a password reset")
    def post(self, request: Request) -> Response:
        recovery.ask(**read_body(EmailChange, request))
        return _mailed("If the address is an account's, a mail is on its way there.")

    @described(takes=PasswordReset, gives=KnownDeviceShape, problems=(422,), summary="Reset a password")
    def put(self, request: Request) -> Response:
        return Response({"device_token": recovery.reset(**read_body(PasswordReset, request))})


class MyPasswordView(APIView):
    """My password."""

    unverified_may = ("PUT",)

    @described(
        takes=PasswordChange, gives=NewSessionShape, status=201, problems=(403, 422), summary="Change my password"
    )
    def put(self, request: Request) -> Response:
        return begun(*passwords.change_here(session=fresh_session(request), **read_body(PasswordChange, request)))


class CodeSessionsView(APIView):
    """Sessions that wait for a second factor."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.LOG_IN

    @described(
        takes=CodeLogIn, gives=NewSessionShape, status=201, problems=(401, 403, 422), summary="Log in with a code"
    )
    def post(self, request: Request) -> Response:
        return begun(*auth.log_in_with_code(**read_body(CodeLogIn, request)))


class PasskeySessionsView(APIView):
    """Sessions without a password."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.LOG_IN

    @described(
        takes=PasskeyLogIn, gives=NewSessionShape, status=201, problems=(401, 403, 422), summary="Log in with a passkey"
    )
    def post(self, request: Request) -> Response:
        sent = read_body(PasskeyLogIn, request)
        return begun(*passkeys.log_in(ceremony_id=sent.pop("ceremony"), **sent))


class MyConfirmationView(APIView):
    """The proof that it is still me, which changes of how I log in take."""

    rate = ratelimit.LOG_IN
    unverified_may = WRITING

    @described(takes=Confirmation, status=204, problems=(401, 422), summary="Confirm that it is me")
    def put(self, request: Request) -> Response:
        sent, session = read_body(Confirmation, request), session_of(request)
        if answer := sent.get("passkey"):
            passkeys.confirm(session=session, ceremony_id=answer["ceremony"], credential=answer["credential"])
        else:
            auth.confirm(session=session, password=sent["password"], code=sent["code"])
        return Response(status=204)


class CeremoniesView(APIView):
    """Challenges for who has no session."""

    permission_classes = [AllowAny]
    authentication_classes = []
    rate = ratelimit.LOG_IN

    @described(
        takes=CeremonyRequest, gives=CeremonyShape, status=201, problems=(422,), summary="Begin a passkey ceremony"
    )
    def post(self, request: Request) -> Response:
        sent = read_body(CeremonyRequest, request)
        signs_up = sent["kind"] == Ceremony.Kind.SIGN_UP
        return _ceremony(*(passkeys.begin_sign_up(sent["handle"]) if signs_up else passkeys.begin_log_in()))


class MyCeremoniesView(APIView):
    """Challenges for my account."""

    unverified_may = WRITING

    @described(
        takes=OwnCeremonyRequest,
        gives=CeremonyShape,
        status=201,
        problems=(403, 409, 422),
        summary="Begin a passkey ceremony for my account",
    )
    def post(self, request: Request) -> Response:
        if read_body(OwnCeremonyRequest, request)["kind"] == Ceremony.Kind.CONFIRM:
            return _ceremony(*passkeys.begin_confirmation(signed_in(request)))
        fresh_session(request)
        return _ceremony(*passkeys.begin_registration(signed_in(request)))


class MyPasskeysView(APIView):
    """My passkeys."""

    unverified_may = WRITING

    @described(gives=page_of(PasskeyShape), problems=(400,), listed=True, summary="List my passkeys")
    def get(self, request: Request) -> Response:
        return paged(request, passkeys.of_person(signed_in(request)), lambda row: PasskeyShape(row).data)

    @described(takes=NewPasskey, gives=PasskeyShape, status=201, problems=(403, 409, 422), summary="Add a passkey")
    def post(self, request: Request) -> Response:
        fresh_session(request)
        sent = read_body(NewPasskey, request)
        passkey = passkeys.register(person=signed_in(request), ceremony_id=sent.pop("ceremony"), **sent)
        return Response(PasskeyShape(passkey).data, status=201)


class MyPasskeyView(APIView):
    """One of my passkeys."""

    unverified_may = WRITING

    @described(takes=PasskeyName, gives=PasskeyShape, problems=(404, 422), summary="Rename a passkey")
    def patch(self, request: Request, passkey_id: UUID) -> Response:
        sent = read_body(PasskeyName, request)
        return Response(PasskeyShape(passkeys.rename(person=signed_in(request), passkey_id=passkey_id, **sent)).data)

    @described(status=204, problems=(403, 404, 409), summary="Remove a passkey")
    def delete(self, request: Request, passkey_id: UUID) -> Response:
        fresh_session(request)
        passkeys.remove(person=signed_in(request), passkey_id=passkey_id)
        return Response(status=204)


class MyTotpView(APIView):
    """My second factor."""

    unverified_may = WRITING

    @described(gives=TotpShape, status=201, problems=(403, 409), summary="Begin a second factor")
    def post(self, request: Request) -> Response:
        fresh_session(request)
        secret, uri = factors.begin(signed_in(request))
        return Response({"secret": secret, "uri": uri}, status=201)

    @described(takes=Code, gives=RecoveryCodesShape, problems=(403, 404, 422), summary="Turn the second factor on")
    def put(self, request: Request) -> Response:
        fresh_session(request)
        return Response({"recovery_codes": factors.confirm(signed_in(request), **read_body(Code, request))})

    @described(status=204, problems=(403,), summary="Turn the second factor off")
    def delete(self, request: Request) -> Response:
        fresh_session(request)
        factors.turn_off(signed_in(request))
        return Response(status=204)


class MyRecoveryCodesView(APIView):
    """My recovery codes."""

    unverified_may = WRITING

    @described(gives=RecoveryCodesShape, problems=(403, 409), summary="Replace my recovery codes")
    def put(self, request: Request) -> Response:
        fresh_session(request)
        return Response({"recovery_codes": factors.new_codes(signed_in(request))})


class MySecurityView(APIView):
    """How I can log in."""

    @described(gives=SecurityShape, summary="Read how I log in")
    def get(self, request: Request) -> Response:
        person = signed_in(request)
        return Response(
            {
                "has_password": person.has_usable_password(),
                "passkeys": passkeys.of_person(person).count(),
                "second_factor": factors.are_needed(person),
                "recovery_codes_left": factors.codes_left(person),
            }
        )


class GuardianshipsView(APIView):
    """Who answers for me, and for whom I answer."""

    @described(gives=page_of(GuardianshipShape), problems=(400,), listed=True, summary="List my guardianships")
    def get(self, request: Request) -> Response:
        return paged(request, guardians.of_person(signed_in(request)), lambda row: GuardianshipShape(row).data)

    @described(
        takes=GuardianInvitation, gives=GuardianshipShape, status=201, problems=(404, 409), summary="Invite a guardian"
    )
    def post(self, request: Request) -> Response:
        guardian = people.find(read_body(GuardianInvitation, request)["guardian"], viewer=signed_in(request))
        link = guardians.invite(ward=signed_in(request), guardian=guardian)
        return Response(GuardianshipShape(link).data, status=201)


class GuardianshipView(APIView):
    """One guardianship of mine."""

    unverified_may = ("DELETE",)

    @described(gives=GuardianshipShape, problems=(403, 404, 422), summary="Become a guardian")
    def put(self, request: Request, guardianship_id: UUID) -> Response:
        fresh_session(request)
        link = guardians.confirm(guardian=signed_in(request), guardianship_id=guardianship_id)
        return Response(GuardianshipShape(link).data)

    @described(status=204, problems=(404,), summary="End a guardianship")
    def delete(self, request: Request, guardianship_id: UUID) -> Response:
        guardians.leave(person=signed_in(request), guardianship_id=guardianship_id)
        return Response(status=204)


def _mailed(detail: str) -> Response:
    return Response({"detail": detail}, status=202)


def _ceremony(row: Ceremony, options: Any) -> Response:
    shown = {"id": row.id, "kind": row.kind, "expires_at": row.expires_at, "public_key": options}
    return Response(shown, status=201)
