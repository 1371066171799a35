"""Which names are free: not those that look like a protected one, nor those whose person left lately."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from accounts import rules
from accounts.models import Person, ProtectedName, RetiredHandle
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem, invalid

RETIRED_FOR = timedelta(days=90)


def require_handle(handle: str) -> None:
    """Return if a new person may take the handle; else the 422 problem. Whether it is taken the database says."""
    if fault := rules.handle_fault(handle):
        raise invalid("/handle", "handle_unusable", fault)
    if _is_protected(handle, None):
        raise invalid("/handle", "handle_unusable", "This handle looks like somebody else's. Choose another.")
    if RetiredHandle.objects.filter(digest=_digest(handle), free_at__gt=Now()).exists():
        raise invalid("/handle", "handle_unusable", "This handle was somebody else's until lately. Choose another.")


def require_name(name: str, person_id: UUID | None) -> None:
    """Return if a person may be shown by this name; 422 for one that looks like a protected person's."""
    if _is_protected(name, person_id):
        raise invalid("/display_name", "name_protected", "This name looks like somebody else's. Choose another.")


def protect(person: Person) -> None:
    """Keep others from names that look like this person's; 409 if one of them is protected for somebody else."""
    looks = {look for name in (person.handle, person.display_name) if (look := rules.skeleton(name))}
    try:
        with transaction.atomic():
            ProtectedName.objects.filter(person=person).delete()
            ProtectedName.objects.bulk_create(ProtectedName(person=person, skeleton=look) for look in sorted(looks))
    except IntegrityError as error:
        raise Problem(409, "name_protected", "A name that looks the same is protected for somebody else.") from error


def unprotect(person: Person) -> None:
    """Let names that look like this person's be free again. Repeating it changes nothing."""
    ProtectedName.objects.filter(person=person).delete()


def retire(handle: str) -> None:
    """Keep the handle of a person who leaves from everybody else for RETIRED_FOR."""
    free_at = database_now() + RETIRED_FOR
    RetiredHandle.objects.update_or_create(digest=_digest(handle), defaults={"free_at": free_at})


def free() -> None:
    """Forget the handles that are free again."""
    RetiredHandle.objects.filter(free_at__lte=Now()).delete()


def _digest(handle: str) -> bytes:
    return salted_hmac("retired-handle", handle, secret=settings.SEAL_KEY, algorithm="sha256").digest()


def _is_protected(name: str, but: UUID | None) -> bool:
    return ProtectedName.objects.filter(skeleton=rules.skeleton(name)).exclude(person=but).exists()
