"""The WebAuthn ceremonies' arithmetic: options for a browser or telephone, and whether its answer is right.

Written over Yubico's ``fido2``. Credentials come as ``PublicKeyCredential.toJSON()`` gives them. User verification is
required, so that a passkey alone is two factors; attestation is neither asked for nor looked at.
"""

import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from django.conf import settings
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from socialvideo.lib.errors import Problem, invalid

R = TypeVar("R", RegistrationResponse, AuthenticationResponse)
NAME = "socialvideo"
LONGEST = 16_384
# What the parsers of a hostile answer raise: base64, JSON, CBOR, COSE, keys that are none, and nesting without end.
UNREADABLE = (
    *(ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError, OverflowError),
    *(struct.error, RecursionError, UnsupportedAlgorithm),
)
REQUIRED = UserVerificationRequirement.REQUIRED


def registration_options(
    *, person_id: bytes, handle: str, name: str, known: Iterable[AttestedCredentialData], challenge: bytes
) -> Any:
    """Return what ``navigator.credentials.create`` takes: a passkey that can be found without a name."""
    options, _ = _server().register_begin(
        PublicKeyCredentialUserEntity(id=person_id, name=handle, display_name=name),
        list(known),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=REQUIRED,
        challenge=challenge,
    )
    return _plain(options.public_key)


def assertion_options(*, known: Iterable[AttestedCredentialData] | None, challenge: bytes) -> Any:
    """Return what ``navigator.credentials.get`` takes; without ``known`` the person picks one of their passkeys."""
    credentials = None if known is None else list(known)
    options, _ = _server().authenticate_begin(credentials, user_verification=REQUIRED, challenge=challenge)
    return _plain(options.public_key)


def read_registration(sent: Mapping[str, Any]) -> RegistrationResponse:
    """Return the parsed answer to a registration; 422 at ``/credential`` if it is none."""
    return _read(RegistrationResponse, sent)


def read_assertion(sent: Mapping[str, Any]) -> AuthenticationResponse:
    """Return the parsed answer to an assertion; 422 at ``/credential`` if it is none."""
    return _read(AuthenticationResponse, sent)


def registered(answer: RegistrationResponse, *, challenge: bytes) -> AuthenticatorData:
    """Return the new credential's data if the answer is right; else the 422 problem."""
    try:
        _require_same_origin(answer)
        made = _server().register_complete(_state(challenge), answer)
        credential = made.credential_data
        if credential is None or credential.public_key.get(3) not in CoseKey.supported_algorithms():
            raise ValueError("an algorithm that was not offered")
    except UNREADABLE as error:
        raise unusable() from error
    return made


def is_right(answer: AuthenticationResponse, credential: AttestedCredentialData, *, challenge: bytes) -> bool:
    """Tell whether the credential's owner, verified by their device, signed this challenge for us."""
    try:
        _require_same_origin(answer)
        _server().authenticate_complete(_state(challenge), [credential], answer)
    except UNREADABLE:
        return False
    return True


def unusable() -> Problem:
    """Return the 422 problem for an answer that makes no passkey."""
    return invalid("/credential", "credential_unusable", "This is not a passkey's answer to our challenge.")


def _server() -> Fido2Server:
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=settings.PASSKEY_DOMAIN, name=NAME),
        attestation=AttestationConveyancePreference.NONE,
        verify_origin=lambda origin: origin in settings.PASSKEY_ORIGINS,
    )


def _state(challenge: bytes) -> dict[str, object]:
    return {"challenge": websafe_encode(challenge), "user_verification": REQUIRED}


def _read(shape: type[R], sent: Mapping[str, Any]) -> R:
    try:
        if len(json.dumps(sent)) > LONGEST:
            raise ValueError("too long")
        return shape.from_dict(sent)
    except UNREADABLE as error:
        raise unusable() from error


def _require_same_origin(answer: RegistrationResponse | AuthenticationResponse) -> None:
    if answer.response.client_data.cross_origin:
        raise ValueError("made inside a frame of another site")


def _plain(options: Any) -> Any:
    return json.loads(json.dumps(options, default=dict))
