"""The shapes of log-ins, passkeys, second factors and guardianships on the wire."""

from typing import Any

from rest_framework import serializers

from accounts.models import Passkey
from accounts.serializers import PasskeyAnswer, PersonRef
from socialvideo.lib.wire import StrictSerializer

PUBLIC_CEREMONIES, OWN_CEREMONIES = ["log_in", "sign_up"], ["register", "confirm"]
CEREMONIES = PUBLIC_CEREMONIES + OWN_CEREMONIES


class MailToken(StrictSerializer):
    """The token of a mail."""

    token = serializers.CharField(max_length=200)


class MailedShape(serializers.Serializer[Any]):
    """What a person reads when a mail was asked for."""

    detail = serializers.CharField()


class EmailChange(StrictSerializer):
    """The address to be."""

    email = serializers.EmailField(max_length=254)


class PasswordChange(StrictSerializer):
    """The password to be."""

    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)


class PasswordReset(MailToken, PasswordChange):
    """The password to be, and the token of the mail."""


class CodeLogIn(StrictSerializer):
    """The second step of a log-in."""

    half_session = serializers.CharField(max_length=400)
    code = serializers.CharField(max_length=40, help_text="Six digits, or a recovery code.")
    device = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class Code(StrictSerializer):
    """Six digits of an authenticator."""

    code = serializers.CharField(max_length=40)


class PasskeyLogIn(PasskeyAnswer):
    """A log-in without a password."""

    device = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class Confirmation(StrictSerializer):
    """What proves that it is still oneself: the password (with a code where one is needed), or a passkey."""

    password = serializers.CharField(max_length=200, trim_whitespace=False, required=False, write_only=True)
    code = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    passkey = PasskeyAnswer(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand one proof."""
        if ("password" in attrs) == ("passkey" in attrs):
            raise serializers.ValidationError("Send 'password' or 'passkey', and not both.")
        return attrs


class CeremonyRequest(StrictSerializer):
    """Which ceremony to begin; ``handle`` for a sign-up."""

    kind = serializers.ChoiceField(choices=PUBLIC_CEREMONIES)
    handle = serializers.CharField(max_length=30, required=False, default="")


class OwnCeremonyRequest(StrictSerializer):
    """Which ceremony to begin with an account that one has."""

    kind = serializers.ChoiceField(choices=OWN_CEREMONIES)


class CeremonyShape(serializers.Serializer[Any]):
    """A challenge: give ``public_key`` to navigator.credentials, and send back what it answers, once."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=CEREMONIES)
    expires_at = serializers.DateTimeField()
    public_key = serializers.DictField(help_text="Options in the JSON form of WebAuthn level 3.")


class NewPasskey(PasskeyAnswer):
    """A passkey to be added."""

    name = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)


class PasskeyName(StrictSerializer):
    """How its person calls a passkey."""

    name = serializers.CharField(max_length=60)


class PasskeyShape(serializers.Serializer[Passkey]):
    """One's own passkey."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    is_synced = serializers.BooleanField(help_text="Whether its maker keeps copies on one's other devices.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class TotpShape(serializers.Serializer[Any]):
    """A fresh secret for an authenticator app, shown this once."""

    secret = serializers.CharField(help_text="Base32.")
    uri = serializers.CharField(help_text="What a QR code shows to the app (otpauth).")


class RecoveryCodesShape(serializers.Serializer[Any]):
    """Recovery codes, shown this once; each stands in for a code of the authenticator, once."""

    recovery_codes = serializers.ListField(child=serializers.CharField())


class SecurityShape(serializers.Serializer[Any]):
    """How one can log in."""

    has_password = serializers.BooleanField()
    passkeys = serializers.IntegerField()
    second_factor = serializers.BooleanField()
    recovery_codes_left = serializers.IntegerField()


class GuardianInvitation(StrictSerializer):
    """Whom a teenager asks to answer for their likeness."""

    guardian = serializers.CharField(max_length=31, help_text="Handle of an adult.")


class GuardianshipShape(serializers.Serializer[Any]):
    """Who answers for whom, as either side sees it; an invitation until it is confirmed."""

    id = serializers.UUIDField()
    ward = PersonRef()
    guardian = PersonRef()
    created_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
