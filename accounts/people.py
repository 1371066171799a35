"""Signing up, and a person's own profile."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from fido2.webauthn import AuthenticatorData

from accounts import blocks, handles, mail, passkeys, passwords, requests, rules, standing, verification, wording
from accounts.models import Person
from socialvideo.lib import bus
from socialvideo.lib.clock import database_now, wall_now
from socialvideo.lib.errors import Problem, invalid
from socialvideo.lib.prepared import Columns, Statement

P = ParamSpec("P")
T = TypeVar("T")

# Whoever names somebody asks: prepared, without the viewer or for one.
_PERSON = Columns(Person)
_FOUND = f"""SELECT {_PERSON.sql("p")} FROM accounts_person p
    WHERE p.handle = %(handle)s AND {standing.good_sql("p")}"""
_BY_HANDLE = Statement(_FOUND)
_UNBLOCKED = Statement(f"{_FOUND} AND {blocks.unblocked_sql('%(viewer)s', 'p.id')}")
_BLOCKS_ME_NOT = Statement(f"{_FOUND} AND {blocks.blocks_me_not_sql('%(viewer)s', 'p.id')}")


def sign_up(
    *,
    handle: str,
    email: str,
    birth_date: date,
    display_name: str,
    password: str | None = None,
    passkey: Mapping[str, Any] | None = None,
) -> Person:
    """Create an account by a password, or by a passkey's answer (``ceremony``, ``credential``), and mail its owner.

    Teenagers begin private. 422 for what cannot be taken or for who is too young, of whom nothing is stored; 409 for a
    handle that is taken. An address that is somebody's already makes no difference here: only who reads its mail can
    confirm it, and learns so then.
    """
    today = database_now().date()
    if fault := rules.birth_date_fault(birth_date, today):
        raise invalid("/birth_date", *fault)
    handles.require_handle(handle)
    name = _name(display_name, handle, None)
    person = Person(handle=handle, email=verification.plain_address(email), display_name=name, birth_date=birth_date)
    person.is_private = rules.is_teen(birth_date, today)
    made = _keyed(person, passkey) if passkey else None
    if made is None:
        passwords.choose(person, password or "")
    try:
        with transaction.atomic():
            person.save(force_insert=True)
            if made:
                passkeys.store(person=person, made=made, name="")
            mail.post(person=person, kind=mail.Kind.VERIFY, to=person.email)
    except IntegrityError as error:
        raise Problem(409, "handle_taken", "This handle is taken. Choose another, or log in.") from error
    return person


def edit_profile(
    *,
    person: Person,
    display_name: str | None = None,
    bio: str | None = None,
    pronouns: str | None = None,
    links: Sequence[Mapping[str, str]] | None = None,
    is_private: bool | None = None,
) -> Person:
    """Change what is given, leave what is None. 422 for words that cannot be, and for a teenager who would be public.

    Who turns private keeps their followers; who turns public lets in everybody whose request waits.
    """
    if is_private is False and is_teen(person):
        raise invalid("/is_private", "teen_private", "Until you are 18 your account is private.")
    if display_name is not None:
        person.display_name = _name(display_name, person.handle, person.id)
    if bio is not None:
        person.bio = _worded("/bio", wording.lines, bio, wording.BIO_LENGTH)
    if pronouns is not None:
        person.pronouns = _worded("/pronouns", wording.line, pronouns, wording.PRONOUNS_LENGTH)
    if links is not None:
        person.links = _links(links)
    if is_private is not None:
        person.is_private = is_private
    with transaction.atomic():
        person.save(update_fields=["display_name", "bio", "pronouns", "links", "is_private"])
        if is_private:
            bus.announce("person", [person.id])
    if is_private is False:
        requests.accept_all(person)
    return person


def find(handle: str, *, viewer: Person | None = None, whom_i_block: bool = False) -> Person:
    """Return the person of ``handle``, else the 404 problem.

    To a viewer, who blocks them or is blocked by them is like nobody; ``whom_i_block``: only who blocks the viewer is.
    """
    plain = handle.lower().removeprefix("@")
    # What cannot be a handle is not looked for: PostgreSQL takes no NUL in a text.
    if rules.HANDLE.fullmatch(plain):
        for row in _known(plain, viewer, whom_i_block):
            return _PERSON.instance(row)
    raise blocks.unknown()


def is_teen(person: Person) -> bool:
    """Tell whether a person is under age by the database's clock, which is asked for those alone who might be."""
    born = person.birth_date
    if born is None or rules.age(born, wall_now().date()) > rules.ADULT:
        return False
    return rules.is_teen(born, database_now().date())


def may_write_to(*, sender: Person, recipient: Person) -> bool:
    """Tell whether ``sender`` may put a message before ``recipient``: no stranger writes to a private account."""
    young = is_teen(recipient)
    return rules.may_write_to(
        recipient_is_private=recipient.is_private or young,
        recipient_follows=recipient.follows.filter(followee=sender).exists(),
        both_are_teens=young and is_teen(sender),
    )


def _known(handle: str, viewer: Person | None, whom_i_block: bool) -> list[tuple[Any, ...]]:
    if viewer is None:
        return _BY_HANDLE.rows(handle=handle)
    asked = _BLOCKS_ME_NOT if whom_i_block else _UNBLOCKED
    return asked.rows(handle=handle, viewer=viewer.id)


def _keyed(person: Person, passkey: Mapping[str, Any]) -> AuthenticatorData:
    """Give the person to be the id that their passkey knows them by, and no password; return the passkey."""
    person.id, made = passkeys.answer_sign_up(ceremony_id=passkey["ceremony"], credential=passkey["credential"])
    person.set_unusable_password()
    return made


def _links(links: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    if len(links) > wording.MOST_LINKS:
        raise invalid("/links", "too_many_links", f"At most {wording.MOST_LINKS} links.")
    return [
        _worded(f"/links/{place}", wording.link, sent.get("label", ""), sent["url"])._asdict()
        for place, sent in enumerate(links)
    ]


def _worded(pointer: str, taken: Callable[P, T], *sent: P.args, **more: P.kwargs) -> T:
    try:
        return taken(*sent, **more)
    except wording.Unusable as unusable:
        raise invalid(pointer, unusable.code, unusable.detail) from unusable


def _name(display_name: str, handle: str, person_id: UUID | None) -> str:
    name = rules.clean_name(display_name) or handle
    # Composed anew, a name may be longer than it was sent.
    if len(name) > rules.NAME_LENGTH:
        raise invalid("/display_name", "name_too_long", f"A name has at most {rules.NAME_LENGTH} characters.")
    handles.require_name(name, person_id)
    return name
