"""Passkeys: signing up and logging in without a password, and looking after them.

Each ceremony has a challenge of its own, a row that is used up by the first answer, right or wrong.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from fido2.webauthn import AttestedCredentialData, AuthenticationResponse, AuthenticatorData

from accounts import auth, mail, rules, standing, webauthn
from accounts.letters import Event
from accounts.models import Ceremony, Passkey, Person, Session
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem, invalid
from socialvideo.lib.ids import new_id

Kind = Ceremony.Kind
LIFE = timedelta(minutes=5)
MOST = 20


def begin_sign_up(handle: str) -> tuple[Ceremony, Any]:
    """Begin to make the passkey of somebody who has no account yet. 422 for a handle that nobody can have."""
    if fault := rules.handle_fault(handle):
        raise invalid("/handle", "handle_unusable", fault)
    row = _challenge(Kind.SIGN_UP, new_id())
    return row, _creation(row, handle, handle, [])


def begin_log_in() -> tuple[Ceremony, Any]:
    """Begin a log-in by whichever passkey the person picks."""
    row = _challenge(Kind.LOG_IN, None)
    return row, webauthn.assertion_options(known=None, challenge=bytes(row.challenge))


def begin_registration(person: Person) -> tuple[Ceremony, Any]:
    """Begin to add a passkey. 409 for somebody who has MOST of them."""
    known = [_attested(passkey) for passkey in of_person(person)]
    if len(known) >= MOST:
        raise Problem(409, "too_many_passkeys", f"You have {MOST} passkeys. Remove one first.")
    row = _challenge(Kind.REGISTER, person.id)
    return row, _creation(row, person.handle, person.display_name, known)


def begin_confirmation(person: Person) -> tuple[Ceremony, Any]:
    """Begin to confirm, by one of the person's passkeys, that it is still them."""
    row = _challenge(Kind.CONFIRM, person.id)
    known = [_attested(passkey) for passkey in of_person(person)]
    return row, webauthn.assertion_options(known=known, challenge=bytes(row.challenge))


def answer_sign_up(*, ceremony_id: UUID, credential: Mapping[str, Any]) -> tuple[UUID, AuthenticatorData]:
    """Return the id of the person to be and their first passkey. 422."""
    answer = webauthn.read_registration(credential)
    row = _used(ceremony_id, Kind.SIGN_UP)
    assert row.person_id
    return row.person_id, webauthn.registered(answer, challenge=bytes(row.challenge))


def register(*, person: Person, ceremony_id: UUID, credential: Mapping[str, Any], name: str) -> Passkey:
    """Add a passkey and tell the person. 422; 409 for one that is registered already."""
    answer = webauthn.read_registration(credential)
    row = _used(ceremony_id, Kind.REGISTER, person.id)
    made = webauthn.registered(answer, challenge=bytes(row.challenge))
    with transaction.atomic():
        passkey = store(person=person, made=made, name=name)
        mail.notify(person, Event.PASSKEY_ADDED)
    return passkey


def store(*, person: Person, made: AuthenticatorData, name: str) -> Passkey:
    """Write a passkey down, in the caller's transaction. 409 for one that is registered already."""
    credential = made.credential_data
    assert credential
    try:
        with transaction.atomic():
            return Passkey.objects.create(
                person=person,
                credential_id=credential.credential_id,
                credential=bytes(credential),
                name=rules.clean_name(name) or "passkey",
                sign_count=made.counter,
                is_synced=made.is_backed_up(),
            )
    except IntegrityError as error:
        raise Problem(409, "passkey_known", "This passkey is registered already.") from error


def log_in(*, ceremony_id: UUID, credential: Mapping[str, Any], device: str) -> tuple[str, Session]:
    """Begin a session by a passkey, which needs no second factor. 401, 403 while suspended, 422."""
    answer = webauthn.read_assertion(credential)
    row = _used(ceremony_id, Kind.LOG_IN)
    passkey = _answered(answer, row, Q(person__is_active=True))
    standing.require(passkey.person)
    return auth.begin(person=passkey.person, device=device)


def confirm(*, session: Session, ceremony_id: UUID, credential: Mapping[str, Any]) -> None:
    """Prove in a running session that one is still oneself. 401, 422."""
    answer = webauthn.read_assertion(credential)
    row = _used(ceremony_id, Kind.CONFIRM, session.person_id)
    _answered(answer, row, Q(person=session.person_id))
    auth.refresh(session)


def of_person(person: Person) -> QuerySet[Passkey]:
    """Return the person's passkeys."""
    return Passkey.objects.filter(person=person)


def rename(*, person: Person, passkey_id: UUID, name: str) -> Passkey:
    """Give a passkey another name; 404, 422 for one of which nothing can be seen."""
    if not (shown := rules.clean_name(name)):
        raise invalid("/name", "name_empty", "Nothing of this name can be seen.")
    if not of_person(person).filter(id=passkey_id).update(name=shown):
        raise _unknown()
    return of_person(person).get(id=passkey_id)


def remove(*, person: Person, passkey_id: UUID) -> None:
    """Remove a passkey; 404, and 409 for the last way in of somebody without a password."""
    with transaction.atomic():
        held = Person.objects.select_for_update().get(id=person.id)
        passkey = of_person(held).filter(id=passkey_id).first()
        if passkey is None:
            raise _unknown()
        if not held.has_usable_password() and of_person(held).count() == 1:
            raise Problem(409, "last_way_in", "This is your only way in. Set a password or add a passkey first.")
        passkey.delete()
        mail.notify(held, Event.PASSKEY_REMOVED)


def forget_ceremonies() -> None:
    """Drop challenges that are over."""
    Ceremony.objects.filter(expires_at__lt=Now() - LIFE).delete()


def _challenge(kind: Kind, person_id: UUID | None) -> Ceremony:
    expires_at = database_now() + LIFE
    challenge = secrets.token_bytes(32)
    return Ceremony.objects.create(kind=kind, challenge=challenge, person_id=person_id, expires_at=expires_at)


def _creation(row: Ceremony, handle: str, name: str, known: list[AttestedCredentialData]) -> Any:
    assert row.person_id
    return webauthn.registration_options(
        person_id=row.person_id.bytes, handle=handle, name=name, known=known, challenge=bytes(row.challenge)
    )


def _used(ceremony_id: UUID, kind: Kind, person_id: UUID | None = None) -> Ceremony:
    """Use a challenge up and return it; 422 unless it stands, for this person if one is named."""
    open_ = Ceremony.objects.filter(id=ceremony_id, kind=kind, used_at=None, expires_at__gt=Now())
    if not (open_.filter(person_id=person_id) if person_id else open_).update(used_at=Now()):
        raise invalid("/ceremony", "ceremony_over", "This ceremony is unknown, answered or too old. Begin anew.")
    return Ceremony.objects.get(id=ceremony_id)


def _answered(answer: AuthenticationResponse, row: Ceremony, whose: Q) -> Passkey:
    """Return the passkey that gave this answer; 401 if none of ours did, or its count of signatures went back."""
    refused = Problem(401, "passkey_refused", "No passkey of ours gave this answer.", headers=_BEARER)
    passkey = Passkey.objects.select_related("person").filter(whose, credential_id=answer.raw_id).first()
    if passkey is None or not webauthn.is_right(answer, _attested(passkey), challenge=bytes(row.challenge)):
        raise refused
    if answer.response.user_handle not in (None, passkey.person_id.bytes):
        raise refused
    if not _count(passkey, answer.response.authenticator_data):
        mail.notify(passkey.person, Event.PASSKEY_CLONED, at_most_hourly=True)
        raise refused
    return passkey


def _count(passkey: Passkey, said: AuthenticatorData) -> bool:
    """Raise the count of signatures; False when it does not rise, which a copy of the key would cause (§7.2)."""
    uncounted = Q(sign_count=0) if said.counter == 0 else Q(sign_count__lt=said.counter)
    standing_row = Passkey.objects.filter(uncounted, id=passkey.id)
    seen = {"sign_count": said.counter, "is_synced": said.is_backed_up(), "last_used_at": Now()}
    return bool(standing_row.update(**seen))


def _attested(passkey: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(passkey.credential))


def _unknown() -> Problem:
    return Problem(404, "not_found", "None of your passkeys has this id.")


_BEARER = {"WWW-Authenticate": "Bearer"}
