"""Trying a wish without making it: what would come of it? Nothing is done, counted or written."""

from accounts.models import Person
from consent import gate
from consent.models import Grant
from consent.rules import Allowed, Audience, Claim, Purpose, Refused
from worker import wishes
from worker.specs import NOBODY, Spec


def dry_run(*, requester: Person, spec: Spec) -> bool:
    """Tell a requester whether the spec would be accepted now; never why not, for that is other people's affair."""
    if NOBODY in spec.subjects:
        return False
    claims = [Claim(subject_id) for subject_id in spec.subjects]
    return bool(gate.would(requester_id=requester.id, claims=claims, wish=spec.wish()))


def trial(*, grant: Grant, prompt: str, purpose: str, audience: str) -> Allowed | Refused:
    """Tell a subject what their own grant would say to a wish of its grantee, and why."""
    spec = wishes.freeze(
        subjects=[grant.subject.handle], prompt=prompt, purpose=Purpose(purpose), audience=Audience(audience)
    )
    # Without an epoch: nothing remembers that of an offer to a group, and this grant was read just now.
    claim = Claim(grant.subject_id, grant.id)
    return gate.would(requester_id=grant.grantee_id or grant.subject_id, claims=[claim], wish=spec.wish())
