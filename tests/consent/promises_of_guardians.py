"""Promises of a guardian's word, each a probe as in promises: nothing of a teenager's counts without it."""

from typing import Any

from accounts import guardians, standing
from accounts.models import Person
from consent import cosigning
from consent.models import Grant, Likeness
from consent.rules import Claim, Group, Point, State
from socialvideo.lib.errors import Problem
from tests import factories
from tests.consent.promises import granted, refuses, runs


def confirmed(**terms: Any) -> tuple[Grant, Person, Any]:
    """A teenager's grant that counts, their guardian and the guardianship."""
    ward, guardian, link = factories.guarded()
    Likeness.objects.filter(id=factories.likeness(ward).id).update(guardian=guardian)
    cosigning.cosign_likeness(guardian=guardian, guardianship_id=link.id)
    grant = factories.grant(ward, factories.person(), **terms)
    return cosigning.cosign(guardian=guardian, guardianship_id=link.id, grant_id=grant.id), guardian, link


def asks(grant: Grant) -> bool:
    """Tell whether the grantee's request is let through."""
    assert grant.grantee_id
    return runs(grant.grantee_id, Claim(grant.subject_id), point=Point.REQUEST)


def an_unconfirmed_grant_covers_nothing() -> bool:
    grant, _, _ = confirmed()
    Grant.objects.filter(id=grant.id).update(cosigned_at=None)
    return not asks(grant)


def an_unconfirmed_likeness_is_not_enrolled() -> bool:
    grant, _, _ = confirmed()
    Likeness.objects.filter(subject=grant.subject).update(cosigned_at=None)
    return not asks(grant)


def what_a_guardian_confirmed_counts() -> bool:
    return asks(confirmed()[0])


def a_guardian_who_leaves_takes_their_word_along() -> bool:
    grant, guardian, link = confirmed()
    guardians.leave(person=guardian, guardianship_id=link.id)
    grant.refresh_from_db()
    return grant.state == State.INVALIDATED and not asks(grant)


def a_teenagers_grant_is_the_guardians_to_confirm() -> bool:
    ward, _, _ = factories.guarded()
    factories.likeness(ward)
    return factories.grant(ward, factories.person()).awaits_guardian


def a_teenager_grants_nothing_to_everyone() -> bool:
    ward, _, _ = factories.guarded()
    factories.likeness(ward)
    return refuses(lambda: factories.grant(ward, Group.EVERYONE, review=True), Problem)


def a_suspension_ends_what_the_person_was_granted() -> bool:
    grant = granted()
    standing.suspend(person=grant.grantee, moderator=factories.person(is_staff=True), until=None, reason="Threats.")
    grant.refresh_from_db()
    return (grant.state, grant.epoch) == (State.INVALIDATED, 2)
