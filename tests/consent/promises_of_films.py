"""Promises about what is put together from films: whose right it needs, which photos it is for, and what it counts."""

from dataclasses import replace
from functools import partial
from typing import Any

from consent import gate, permits
from consent.models import Grant, Likeness, Permit, PermitSubject
from consent.rules import Claim, Group, Right
from socialvideo.lib.clock import database_now
from socialvideo.lib.ids import new_id
from tests import factories
from tests.consent.promises import DIGEST, JOB, granted, held, redeemed, refuses


def composed(requester: Any, *claims: Claim, **origin: Any) -> Permit:
    """Issue a permit for a film that is put together from films which show these."""
    fields: dict[str, Any] = {"right": Right.STITCH, "spares_requester": True, "uses_photos": False, **origin}
    return permits.issue(
        requester=requester,
        subjects=[],
        digest=DIGEST,
        wish=gate.rules.ANY,
        job_id=JOB,
        effect=lambda permit: permit,
        origin=permits.Origin(claims, (new_id(),), **fields),
    )


def begun(permit: Permit) -> permits.Redeemed:
    """Redeem it."""
    return permits.redeem(permit_id=permit.id, digest=DIGEST, job_id=JOB)


def seals(proof: permits.Redeemed) -> bool:
    """Whether it can be sealed."""
    made: list[Any] = []
    seal = partial(permits.spend, proof, video_id=new_id(), effect=lambda claims, _: made.append(claims))
    return not refuses(seal, gate.Denied, permits.Unusable) and made == [proof.claims]


def erase_photo(grant: Grant) -> None:
    """Erase the subject's likeness, and let the grant stand."""
    rows = Likeness.objects.filter(subject=grant.subject)
    rows.update(key=None, photo_digest=None, erased_at=database_now())


def stitched(**terms: Any) -> Grant:
    """A grant that lets its subject be stitched."""
    return granted(may_stitch=True, **terms)


# The promises.


def a_composition_is_for_no_photo() -> bool:
    grant = stitched()
    permit = composed(grant.grantee, held(grant))
    proof = begun(permit)
    return (permit.uses_photos, proof.likenesses, proof.photos) == (False, (), None) and (
        permit.subjects.get().likeness_id is None
    )


def another_photo_changes_nothing_for_a_composition() -> bool:
    grant = stitched()
    permit = composed(grant.grantee, held(grant))
    erase_photo(grant)
    factories.likeness(grant.subject)
    proof = begun(permit)
    permits.recheck(proof)
    return seals(proof)


def who_erased_theirs_is_in_no_composition() -> bool:
    asked, waiting, running = stitched(), stitched(), stitched()
    permit = composed(waiting.grantee, held(waiting))
    proof = begun(composed(running.grantee, held(running)))
    for grant in (asked, waiting, running):
        erase_photo(grant)
    refused = refuses(lambda: composed(asked.grantee, held(asked)), gate.Denied)
    return refused and refuses(lambda: begun(permit), gate.Denied) and not seals(proof)


def a_lost_photo_is_not_the_absence_of_one() -> bool:
    grant = granted()
    proof = redeemed(grant)
    PermitSubject.objects.update(likeness=None)
    return refuses(lambda: begun(Permit.objects.get()), permits.Unusable) and not seals(proof)


def a_run_that_leaves_the_photos_out_is_not_sealed() -> bool:
    return not seals(replace(redeemed(granted()), likenesses=()))


def a_composition_asks_for_the_right_of_others() -> bool:
    grant = granted(may_remix=True, may_download=True)
    return refuses(lambda: composed(grant.grantee, held(grant)), gate.Denied)


def who_asks_needs_no_right_of_themselves() -> bool:
    grant = granted()
    permit = composed(grant.subject, held(grant))
    return list(permit.subjects.values_list("subject", flat=True)) == [grant.subject_id]


def only_where_it_says_so_is_who_asks_spared() -> bool:
    grant = granted()
    return refuses(lambda: composed(grant.subject, held(grant), spares_requester=False), gate.Denied)


def a_part_of_ones_own_film_needs_no_right() -> bool:
    grant = granted()
    return composed(grant.grantee, held(grant), right=None).subject_count == 1


def an_author_who_bars_others_is_like_somebody_who_granted_nothing() -> bool:
    grant = stitched()
    nobody = Claim(gate.rules.NOBODY)
    refused = refuses(lambda: composed(grant.grantee, held(grant), nobody), gate.Denied)
    alone = refuses(lambda: composed(grant.grantee, nobody), gate.Denied)
    return refused and alone and not Permit.objects.exists() and Grant.objects.get(id=grant.id).uses == 0


def two_films_on_one_offer_take_two_of_its_uses() -> bool:
    takers = [factories.person() for _ in range(2)]
    offer = factories.grant(factories.enrolled(), Group.EVERYONE, review=True, may_stitch=True, max_uses=4)
    films = [_taken_up(offer, taker) for taker in takers]
    composed(takers[0], *films)
    Grant.objects.filter(id=offer.id).update(uses=3)
    refused = refuses(lambda: composed(takers[0], *films), gate.Denied)
    return refused and not refuses(lambda: composed(takers[0], films[0]), gate.Denied)


def _taken_up(offer: Grant, taker: Any) -> Claim:
    """The claim of a film that a member of the group made."""
    permits.issue(
        requester=taker,
        subjects=[offer.subject_id],
        digest=DIGEST,
        wish=gate.rules.ANY,
        job_id=new_id(),
        effect=lambda permit: permit,
    )
    own = Grant.objects.get(rests_on=offer, grantee=taker)
    return Claim(own.subject_id, own.id, own.epoch)
