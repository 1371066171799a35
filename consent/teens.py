"""What age changes in consent: a teenager's likeness moves on a guardian's word, never for everyone, not beyond 18."""

from datetime import UTC, datetime, time

from accounts import guardians, notices, rules
from accounts.models import Person
from consent.rules import Group
from socialvideo.lib.errors import Problem, invalid


def guardian_for(subject: Person, now: datetime) -> Person | None:
    """Return whose word the subject needs at ``now``: their guardian's, or nobody's when they are of age.

    409 for a teenager without a guardian.
    """
    if not rules.is_teen(subject.birth_date, now.date()):
        return None
    guardian = guardians.guardian_of(subject)
    if guardian is None:
        raise Problem(409, "guardian_needed", "Until you are 18 a guardian confirms this. POST /api/v1/guardianships.")
    return guardian


def tell(guardian: Person | None, *, ward: Person) -> None:
    """Tell a guardian, if there is one, that something waits for their word. Call it before the ledger is held."""
    if guardian:
        needed, link = notices.Kind.GUARDIAN_NEEDED, guardians.open_of(ward)
        notices.tell(kind=needed, recipient_id=guardian.id, actor_id=ward.id, thing_id=link)


def require_grantable(subject: Person, grantee: Person | Group, now: datetime) -> None:
    """Return unless a teenager would grant to everyone; then the 422 problem."""
    if grantee is Group.EVERYONE and rules.is_teen(subject.birth_date, now.date()):
        raise invalid("/group", "teen_everyone", "Until you are 18 you grant to people you know, not to everyone.")


def bounded(subject: Person, expires_at: datetime, now: datetime) -> datetime:
    """Return when a grant ends: a teenager's at the latest as their 18th birthday begins (UTC)."""
    if subject.birth_date is None or not rules.is_teen(subject.birth_date, now.date()):
        return expires_at
    return min(expires_at, datetime.combine(rules.comes_of_age(subject.birth_date), time(), UTC))
