"""Signing up, and a person's own profile."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import rules
from accounts.models import Person
from socialvideo.lib.errors import FieldError, Problem, invalid

EMAIL_LENGTH = 254


def sign_up(*, handle: str, email: str, password: str, display_name: str) -> Person:
    """Create an account. 422 for a handle or password that cannot be taken, 409 for one that is."""
    if fault := rules.handle_fault(handle):
        raise invalid("/handle", "handle_unusable", fault)
    email = email.lower()
    if len(email) > EMAIL_LENGTH:
        raise invalid("/email", "email_too_long", f"An e-mail address has at most {EMAIL_LENGTH} characters.")
    person = Person(handle=handle, email=email, display_name=_name(display_name, handle))
    try:
        validate_password(password, person)
    except ValidationError as error:
        faults = tuple(FieldError("/password", "password_weak", message) for message in error.messages)
        raise Problem(422, "password_weak", "Choose another password.", errors=faults) from error
    person.set_password(password)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise Problem(409, "handle_or_email_taken", "Handle or e-mail is taken. Choose another or log in.") from error
    return person


def edit_profile(*, person: Person, display_name: str | None, bio: str | None) -> Person:
    """Change what is given, leave what is None."""
    if display_name is not None:
        person.display_name = _name(display_name, person.handle)
    if bio is not None:
        person.bio = bio
    person.save(update_fields=["display_name", "bio"])
    return person


def find(handle: str) -> Person:
    """Return the person of ``handle``, else the 404 problem."""
    plain = handle.lower().removeprefix("@")
    # What cannot be a handle is not looked for: PostgreSQL takes no NUL in a text.
    known = Person.objects.filter(handle=plain, is_active=True)
    person = known.first() if rules.HANDLE.fullmatch(plain) else None
    if person is None:
        raise Problem(404, "person_unknown", "Nobody has this handle.")
    return person


def _name(display_name: str, handle: str) -> str:
    name = rules.clean_name(display_name) or handle
    # Composed anew, a name may be longer than it was sent.
    if len(name) > rules.NAME_LENGTH:
        raise invalid("/display_name", "name_too_long", f"A name has at most {rules.NAME_LENGTH} characters.")
    return name
