"""What the small world holds for the routes about logging in: passkeys, codes, mails and a guardianship."""

import base64
from dataclasses import dataclass
from typing import Any

from accounts import factors, mail, passkeys
from accounts.mail import Kind
from accounts.models import Guardianship, Mail, Passkey, Person
from consent.models import Grant, Likeness
from tests import factories
from tests.authenticator import Authenticator

WITH_BODY = (
    *("PUT /email-verifications", "PUT /me/confirmation", "PUT /password-resets"),
    *("PUT /me/email", "PUT /me/password", "PUT /me/totp"),
)
WITHOUT_BODY = ("POST /me/totp",)
Bodies = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Security:
    """The requester's passkey and ward, and a body for every route that takes one."""

    passkey: Passkey
    guardianship: Guardianship
    ward_grant: Grant
    fixed: Bodies
    secrets: dict[str, bytes]

    @property
    def bodies(self) -> Bodies:
        """The bodies as they are right at this moment: codes change every 30 seconds."""
        codes = {name: {**self.fixed[name], "code": factories.digits(secret)} for name, secret in self.secrets.items()}
        return {**self.fixed, **codes}


def made(subject: Person, requester: Person) -> Security:
    """Make it: the subject has a second factor, the requester a passkey, a ward, and a second factor half set up."""
    device = Authenticator()
    passkey = _registered(requester, device)
    link, ward_grant = _ward(requester)
    secrets = {"POST /sessions/code": factories.second_factor(subject), "PUT /me/totp": _half_set_up(requester)}
    fixed = {**_log_ins(subject, device), **_changes(requester), **_mails(requester)}
    return Security(passkey, link, ward_grant, fixed, secrets)


def _registered(person: Person, device: Authenticator) -> Passkey:
    row, options = passkeys.begin_registration(person)
    return passkeys.register(person=person, ceremony_id=row.id, credential=device.create(options), name="telephone")


def _ward(guardian: Person) -> tuple[Guardianship, Grant]:
    ward = factories.teen("tess")
    link = Guardianship.objects.create(ward=ward, guardian=guardian, confirmed_at=guardian.verified_at)
    Likeness.objects.filter(id=factories.likeness(ward).id).update(guardian=guardian)
    return link, factories.grant(ward, factories.person("otto"))


def _half_set_up(person: Person) -> bytes:
    secret, _ = factors.begin(person)
    return base64.b32decode(secret)


def _log_ins(subject: Person, device: Authenticator) -> Bodies:
    half = factors.needed(subject).members["half_session"]
    row, options = passkeys.begin_log_in()
    return {
        "POST /sessions/code": {"half_session": half, "code": "", "device": "telephone"},
        "POST /sessions/passkey": {"ceremony": str(row.id), "credential": device.get(options), "device": "telephone"},
        "POST /passkey-ceremonies": {"kind": "sign_up", "handle": "ada"},
    }


def _changes(requester: Person) -> Bodies:
    row, options = passkeys.begin_registration(requester)
    return {
        "PUT /me/email": {"email": "new@example.org"},
        "PUT /me/password": {"password": "another good password"},
        "PUT /me/totp": {"code": ""},
        "PUT /me/confirmation": {"password": factories.PASSWORD},
        "POST /me/passkey-ceremonies": {"kind": "register"},
        "POST /me/passkeys": {"ceremony": str(row.id), "credential": Authenticator().create(options), "name": "key"},
        "PATCH /me/passkeys/{passkey_id}": {"name": "blue one"},
        "POST /guardianships": {"guardian": "eileen"},
    }


def _mails(person: Person) -> Bodies:
    """Tokens for the routes that redeem them; asked for an hour ago, so that the next may be asked for."""
    for kind in (Kind.VERIFY, Kind.RESET):
        mail.post(person=person, kind=kind, to=person.email)
    verify, reset = (mail.token(Mail.objects.get(person=person, kind=kind)) for kind in (Kind.VERIFY, Kind.RESET))
    return {
        "PUT /email-verifications": {"token": verify},
        "POST /password-resets": {"email": "eileen@example.org"},
        "PUT /password-resets": {"token": reset, "password": "another good password"},
    }
