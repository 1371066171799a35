"""Promises of grants to groups, each a probe as in promises: who belongs, what each takes up, and how it ends."""

from datetime import timedelta
from typing import Any

import orjson
from django.db import IntegrityError

from accounts import graph
from accounts.models import Person
from consent import gate, grants, groups, permits, withdrawal
from consent.models import Choice, Grant, LedgerLeaf, Permit
from consent.rules import ANY, Claim, Group, Point
from consent.withdrawal import Mode, Scope
from socialvideo.lib.clock import database_now
from socialvideo.lib.ids import new_id
from tests import factories
from tests.consent.promises import DIGEST, held, refuses, runs

CHOSEN, EXCEPTED = Choice.Kind.CHOSEN, Choice.Kind.EXCEPTED


def offered(group: Group, **terms: Any) -> Grant:
    """A standing offer of a fresh subject to a group."""
    return factories.grant(factories.enrolled(), group, **{"review": group is Group.EVERYONE, **terms})


def befriended(subject: Person) -> Person:
    """A fresh person whom the subject follows, and who follows back."""
    friend = factories.person()
    graph.follow(follower=subject, followee=friend)
    graph.follow(follower=friend, followee=subject)
    return friend


def issued(person: Person, subject: Person, origin: permits.Origin = permits.NO_ORIGIN) -> Permit:
    """Issue a permit to a person for a video of the subject, or for a remix."""
    subjects = [] if origin.claims else [subject.id]
    return permits.issue(
        requester=person,
        subjects=subjects,
        digest=DIGEST,
        wish=ANY,
        job_id=new_id(),
        effect=lambda permit: permit,
        origin=origin,
    )


def takes_up(offer: Grant, person: Person) -> Grant | None:
    """Ask for a permit under the offer; return the person's own grant, or None when it is refused."""
    made: list[Permit] = []
    if refuses(lambda: made.append(issued(person, offer.subject)), gate.Denied):
        return None
    return made[0].subjects.get().grant


def taken_up(**terms: Any) -> Grant:
    """The grant of somebody who took up an offer to mutual follows."""
    offer = offered(Group.MUTUALS, **terms)
    own = takes_up(offer, befriended(offer.subject))
    assert own
    return own


def stands(grant: Grant) -> bool:
    """Whether what was made under the grant can still be opened."""
    assert grant.grantee_id
    return runs(grant.grantee_id, held(grant))


def uses(grant: Grant | None) -> int:
    """How many uses are counted on a grant now."""
    assert grant
    return Grant.objects.get(id=grant.id).uses


# The promises.


def only_mutual_follows_belong() -> bool:
    offer, follower, followed = offered(Group.MUTUALS), factories.person(), factories.person()
    graph.follow(follower=follower, followee=offer.subject)
    graph.follow(follower=offer.subject, followee=followed)
    people = (follower, followed, befriended(offer.subject))
    return [bool(takes_up(offer, person)) for person in people] == [False, False, True]


def only_chosen_people_belong() -> bool:
    offer, chosen = offered(Group.CHOSEN), factories.person()
    groups.choose(subject=offer.subject, person=chosen, kind=CHOSEN)
    people = (befriended(offer.subject), chosen)
    return [bool(takes_up(offer, person)) for person in people] == [False, True]


def an_excepted_person_belongs_to_no_group() -> bool:
    offer, person = offered(Group.EVERYONE), factories.person()
    groups.choose(subject=offer.subject, person=person, kind=EXCEPTED)
    return takes_up(offer, person) is None and takes_up(offer, factories.person()) is not None


def ones_own_videos_take_ones_own_grant() -> bool:
    offer = offered(Group.EVERYONE)
    return takes_up(offer, offer.subject) is None


def an_offer_is_taken_up_as_a_grant_of_ones_own() -> bool:
    own = taken_up()
    return own.rests_on_id is not None and own.grantee_id is not None


def nothing_rests_on_the_offer_itself() -> bool:
    offer = offered(Group.EVERYONE)
    return not runs(factories.person().id, Claim(offer.subject_id, offer.id, offer.epoch), point=Point.OPEN)


def a_person_takes_it_up_once() -> bool:
    own = taken_up()
    again = issued(own.grantee, own.subject).subjects.get().grant_id  # type: ignore[arg-type]
    return again == own.id


def terms_for_a_person_overrule_those_for_a_group() -> bool:
    offer = offered(Group.MUTUALS)
    friend = befriended(offer.subject)
    named = factories.grant(offer.subject, friend)
    return takes_up(offer, friend) == named


def who_ceases_to_be_mutual_loses_what_they_made() -> bool:
    own = taken_up()
    stood = stands(own)
    graph.unfollow(follower=own.subject, followee=own.grantee)  # type: ignore[arg-type]
    return stood and not stands(own)


def parting_from_one_ends_nothing_of_another() -> bool:
    own = taken_up()
    other = takes_up(own.rests_on, befriended(own.subject))  # type: ignore[arg-type]
    graph.unfollow(follower=own.subject, followee=own.grantee)  # type: ignore[arg-type]
    return other is not None and stands(other)


def who_is_no_more_chosen_loses_what_they_made() -> bool:
    offer, person = offered(Group.CHOSEN), factories.person()
    groups.choose(subject=offer.subject, person=person, kind=CHOSEN)
    own = takes_up(offer, person)
    groups.unchoose(subject=offer.subject, person=person)
    return own is not None and not stands(own)


def who_is_excepted_loses_what_they_made() -> bool:
    own = taken_up()
    groups.choose(subject=own.subject, person=own.grantee, kind=EXCEPTED)  # type: ignore[arg-type]
    return not stands(own)


def withdrawing_an_offer_ends_what_rests_on_it() -> bool:
    own = taken_up()
    withdrawal.withdraw(subject=own.subject, scope=Scope(grant_id=own.rests_on_id))
    return not stands(own)


def closing_an_offer_closes_what_rests_on_it() -> bool:
    own = taken_up()
    withdrawal.withdraw(subject=own.subject, scope=Scope(grant_id=own.rests_on_id), mode=Mode.STOP)
    return stands(own) and Grant.objects.get(id=own.id).closed_at is not None


def a_person_withdrawn_from_does_not_come_back_through_a_group() -> bool:
    own = taken_up()
    offer, grantee = own.rests_on, own.grantee
    assert offer and grantee
    withdrawal.withdraw(subject=own.subject, scope=Scope(grantee=grantee))
    return takes_up(offer, grantee) is None


def a_grant_withdrawn_does_not_come_back_through_its_offer() -> bool:
    own = taken_up()
    offer, grantee = own.rests_on, own.grantee
    assert offer and grantee
    withdrawal.withdraw(subject=own.subject, scope=Scope(grant_id=own.id))
    return takes_up(offer, grantee) is None


def everybodys_uses_are_counted_together() -> bool:
    offer = offered(Group.MUTUALS, max_uses=2)
    taken = [takes_up(offer, befriended(offer.subject)) for _ in range(3)]
    return [own is not None for own in taken] == [True, True, False] and uses(offer) == 2


def a_remix_is_counted_on_the_offer_too() -> bool:
    own = taken_up(max_uses=2, may_remix=True)
    takes_up(own.rests_on, befriended(own.subject))  # type: ignore[arg-type]
    origin = permits.Origin((held(own),), (new_id(),))

    def is_refused() -> None:
        assert refuses(lambda: issued(factories.person(), own.subject, origin), gate.Denied)

    return not refuses(is_refused, IntegrityError) and uses(own.rests_on) == 2


def a_use_is_given_back_to_the_offer_too() -> bool:
    own = taken_up()
    before = uses(own), uses(own.rests_on)
    permits.void(list(Permit.objects.filter(subjects__grant=own).values_list("id", flat=True)))
    return (before, (uses(own), uses(own.rests_on))) == ((1, 1), (0, 0))


def narrowing_an_offer_narrows_what_rests_on_it() -> bool:
    own = taken_up()
    offer = Grant.objects.get(id=own.rests_on_id)
    sooner = database_now() + timedelta(hours=1)
    grants.narrow(grant=offer, expires_at=sooner, max_uses=None)
    return Grant.objects.get(id=own.id).expires_at == sooner


def one_may_withdraw_from_oneself() -> bool:
    offer = offered(Group.MUTUALS)
    own = factories.grant(offer.subject, offer.subject)
    withdrawal.withdraw(subject=offer.subject, scope=Scope(grantee=offer.subject))
    return Grant.objects.get(id=own.id).state == "withdrawn" and not Choice.objects.exists()


def who_loses_their_grant_loses_what_they_took_up() -> bool:
    own = taken_up()
    named = factories.grant(own.subject, own.grantee)  # type: ignore[arg-type]
    withdrawal.withdraw(subject=own.subject, scope=Scope(grant_id=named.id))
    return not stands(own)


def who_was_stopped_is_not_renewed() -> bool:
    own = taken_up()
    offer = Grant.objects.get(id=own.rests_on_id)
    withdrawal.withdraw(subject=own.subject, scope=Scope(grantee=own.grantee), mode=Mode.STOP)
    grants.renew(grant=offer, expires_at=database_now() + timedelta(days=300), more_uses=1)
    return Grant.objects.get(id=own.id).expires_at == own.expires_at


def parting_from_one_leaves_what_another_offered() -> bool:
    own, third = taken_up(), offered(Group.MUTUALS)
    assert own.grantee
    kept = []
    for person in (own.grantee, own.subject):
        graph.follow(follower=person, followee=third.subject)
        graph.follow(follower=third.subject, followee=person)
        kept.append(takes_up(third, person))
    graph.unfollow(follower=own.subject, followee=own.grantee)
    return not stands(own) and all(grant and stands(grant) for grant in kept)


def parting_leaves_what_ended_as_it_ended() -> bool:
    own = taken_up()
    withdrawal.withdraw(subject=own.subject, scope=Scope(grant_id=own.id))
    leaves = LedgerLeaf.objects.filter(kind="invalidation").count()
    graph.unfollow(follower=own.subject, followee=own.grantee)  # type: ignore[arg-type]
    same = LedgerLeaf.objects.filter(kind="invalidation").count() == leaves
    return same and Grant.objects.get(id=own.id).state == "withdrawn"


def choosing_no_more_leaves_what_ended_as_it_ended() -> bool:
    offer, person = offered(Group.CHOSEN), factories.person()
    groups.choose(subject=offer.subject, person=person, kind=CHOSEN)
    own = takes_up(offer, person)
    assert own
    withdrawal.withdraw(subject=own.subject, scope=Scope(grant_id=own.id))
    groups.unchoose(subject=offer.subject, person=person)
    return Grant.objects.get(id=own.id).state == "withdrawn"


def parting_tells_each_subject_of_their_own_alone() -> bool:
    own = taken_up()
    assert own.grantee
    factories.likeness(own.grantee)
    other = takes_up(factories.grant(own.grantee, Group.MUTUALS), own.subject)
    assert other
    graph.unfollow(follower=own.subject, followee=own.grantee)
    bodies = [orjson.loads(bytes(leaf.body)) for leaf in LedgerLeaf.objects.filter(kind="invalidation")]
    told = {body["subject"]: [one["grant"] for one in body["grants"]] for body in bodies}
    return told == {str(own.subject_id): [str(own.id)], str(own.grantee_id): [str(other.id)]}


def an_end_makes_another_version() -> bool:
    own = taken_up()
    graph.unfollow(follower=own.subject, followee=own.grantee)  # type: ignore[arg-type]
    return Grant.objects.get(id=own.id).version == own.version + 1


def nobody_is_excepted_where_no_offer_stands() -> bool:
    offer, person = offered(Group.EVERYONE), factories.person()
    withdrawal.withdraw(subject=offer.subject, scope=Scope(grant_id=offer.id))
    withdrawal.withdraw(subject=offer.subject, scope=Scope(grantee=person))
    return not Choice.objects.exists()
