"""Trying a wish without making it: what would come of it? Nothing is done, and no use is counted."""

from accounts.models import Person
from consent import gate
from consent.models import Grant
from consent.rules import Allowed, Audience, Claim, Purpose, Refused
from worker import wishes
from worker.specs import Spec


def dry_run(*, requester: Person, spec: Spec) -> bool:
    """Tell a requester whether the spec would be accepted now; never why not, for that is other people's affair.

    The people asked about find it in their journals, as a preview: nobody is probed without a trace.
    """
    claims = [Claim(subject_id) for subject_id in spec.subjects]
    return bool(gate.would(requester_id=requester.id, claims=claims, wish=spec.wish(), journaled=True))


def trial(*, grant: Grant, prompt: str, purpose: str, audience: str) -> Allowed | Refused:
    """Tell a subject what their own grant would say to a wish of its grantee, and why. It is written nowhere."""
    spec = wishes.freeze(
        subjects=[grant.subject.handle], prompt=prompt, purpose=Purpose(purpose), audience=Audience(audience)
    )
    # Without an epoch: nothing remembers that of an offer to a group, and this grant was read just now.
    claim = Claim(grant.subject_id, grant.id)
    return gate.would(requester_id=grant.grantee_id or grant.subject_id, claims=[claim], wish=spec.wish())
