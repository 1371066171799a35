"""More promises of consent, each a probe as in promises: transactions, locks, statements, whose rows are touched."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import graph
from accounts.models import Notice, Person
from consent import expiry, fences, gate, grants, groups, likenesses, permits, reviews, rules, withdrawal
from consent.models import Choice, Decision, Grant, LedgerLeaf, Likeness, Permit
from consent.rules import ANY, Claim, Group, Point, Refused
from consent.withdrawal import Scope
from socialvideo.lib.clock import database_now, wall_now
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories
from tests.consent.promises import (
    DAY,
    DIGEST,
    JOB,
    give_unlocked,
    granted,
    held,
    issue,
    lock_modes,
    permit_of,
    redeemed,
    refuses,
    runs,
)
from tests.consent.promises_of_groups import CHOSEN, EXCEPTED, befriended, offered, taken_up, takes_up
from tests.consent.promises_of_scope import remix_of, sealed


def statements(call: Callable[[], object]) -> list[str]:
    """The SQL of a call."""
    with CaptureQueriesContext(connection) as queries:
        call()
    return [query["sql"] for query in queries.captured_queries]


def selects(table: str, said: Sequence[str]) -> int:
    """How many of the statements read a table."""
    return sum(f'FROM "{table}"' in sql for sql in said)


def state(permit: Permit) -> str:
    """What became of a permit."""
    return Permit.objects.get(id=permit.id).state


def lapsed() -> Grant:
    """A grant that is past its time, whose subject's lock was never taken."""
    grant, now = give_unlocked(), database_now()
    Grant.objects.filter(id=grant.id).update(not_before=now - 2 * DAY, expires_at=now - DAY)
    return grant


# The rules.


def deciding_about_nobody_is_an_error() -> bool:
    return refuses(lambda: rules.decide(Point.OPEN, [], ANY, rules.Facts(), wall_now()), ValueError)


def a_claim_says_what_it_holds() -> bool:
    subject, grant = new_id(), new_id()
    bare = (Claim(subject), Claim(subject, grant), Claim(subject, None, 3))
    errors = [refuses(partial(getattr, claim, "held"), ValueError) for claim in bare]
    return Claim(subject, grant, 3).held == (grant, 3) and errors == [True] * 3


def a_refusal_is_false() -> bool:
    return bool(Refused(rules.Reason.ENDED, new_id())) is False


def all_but_medical_is_denied_unless_said_otherwise() -> bool:
    return set(rules.Category) - {rules.Category.MEDICAL} == rules.DENIED_BY_DEFAULT


# Transactions and locks.


def every_verb_is_the_outermost_transaction() -> bool:
    grant, other = granted(), factories.person()
    film = sealed(grant).video_id
    subject, person = grant.subject, grant.grantee
    verbs: list[Callable[[], object]] = [
        lambda: gate.use(point=Point.OPEN, requester_id=person.id, claims=[held(grant)], effect=lambda _: None),
        lambda: gate.use(point=Point.OPEN, requester_id=person.id, claims=(), effect=lambda _: None, nobody=True),
        lambda: gate.would(requester_id=person.id, claims=[held(grant)], wish=ANY),
        lambda: groups.choose(subject=subject, person=other, kind=CHOSEN),
        lambda: groups.unchoose(subject=subject, person=other),
        lambda: reviews.accept(subject=subject, video_id=film, digest=DIGEST),
        lambda: grants.renew(grant=grant, expires_at=None, more_uses=1),
        lambda: grants.narrow(grant=grant, expires_at=None, max_uses=None),
        lambda: factories.grant(subject, other),
        lambda: likenesses.erase(subject=subject),
        lambda: withdrawal.withdraw(subject=subject, scope=Scope()),
        lambda: graph.unfollow(follower=subject, followee=other),
    ]
    return [_refused_inside(verb) for verb in verbs] == [True] * len(verbs)


def _refused_inside(verb: Callable[[], object]) -> bool:
    with transaction.atomic():
        return refuses(verb, RuntimeError)


def an_expiry_is_the_outermost_transaction() -> bool:
    lapsed()
    return _refused_inside(expiry.sweep)


def a_preview_holds_the_lock_shared() -> bool:
    grant = give_unlocked()
    gate.would(requester_id=grant.grantee_id, claims=[held(grant)], wish=ANY)
    return lock_modes(grant.subject_id) == {"ShareLock"}


def words_on_a_person_take_the_lock_exclusive() -> bool:
    one, other, friend = factories.person(), factories.person(), factories.person()
    groups.choose(subject=one, person=friend, kind=CHOSEN)
    groups.unchoose(subject=other, person=friend)
    return lock_modes(one.id) == lock_modes(other.id) == {"ExclusiveLock"}


def parting_takes_both_locks_exclusive() -> bool:
    one = factories.person()
    other = befriended(one)
    graph.unfollow(follower=one, followee=other)
    return lock_modes(one.id) == lock_modes(other.id) == {"ExclusiveLock"}


def an_expiry_takes_the_lock_exclusive() -> bool:
    grant = lapsed()
    expiry.sweep()
    return lock_modes(grant.subject_id) == {"ExclusiveLock"}


def an_acceptance_takes_the_lock_exclusive() -> bool:
    grant = give_unlocked()
    leaf = LedgerLeaf.objects.create(index=10**6, kind="use", body=b"", leaf_hash=bytes(32))
    about: dict[str, Any] = {"video_id": new_id(), "grant": grant, "epoch": 1, "requester": grant.grantee, "leaf": leaf}
    row = Decision.objects.create(point="seal", verdict="allowed", subject=grant.subject, **about)
    reviews.accept(subject=grant.subject, video_id=row.video_id, digest=DIGEST)
    return lock_modes(grant.subject_id) == {"ExclusiveLock"}


def a_job_ends_under_the_locks_of_its_own_people_alone() -> bool:
    mine, other = give_unlocked(), give_unlocked()
    made = [permit_of(grant) for grant in (mine, other)]
    with permits.ending(made[0].id):
        return lock_modes(mine.subject_id) == {"ShareLock"} and lock_modes(other.subject_id) == set()


# Statements.


def an_opening_reads_each_thing_once() -> bool:
    grant = granted()
    said = statements(lambda: runs(grant.grantee_id, held(grant)))
    tables = ("consent_grant", "consent_likeness", "consent_acceptance", "consent_veto")
    return [selects(table, said) for table in tables] == [1, 0, 0, 0]


def a_first_request_reads_the_grants_once() -> bool:
    grant = granted()
    said = statements(lambda: runs(grant.grantee_id, Claim(grant.subject_id), point=Point.REQUEST))
    return selects("consent_grant", said) == 1


def a_request_holds_the_grants_in_order() -> bool:
    grant = granted()
    ask = partial(runs, grant.grantee_id, held(grant))
    said = [statements(partial(ask, point=point)) for point in (Point.REQUEST, Point.OPEN)]
    held_in_order = re.compile(r'FROM "consent_grant".*ORDER BY "consent_grant"\."id" ASC FOR NO KEY UPDATE')
    return [any(held_in_order.search(sql) for sql in one) for one in said] == [True, False]


def voiding_holds_the_permits() -> bool:
    permit = issue(granted())
    said = statements(lambda: permits.void([permit.id]))
    return any("FROM consent_permit " in sql and "ORDER BY id FOR UPDATE" in sql for sql in said)


def a_recheck_that_holds_is_one_statement() -> bool:
    proof = redeemed(granted())
    return len(statements(lambda: permits.recheck(proof))) == 1


def a_word_that_changes_nothing_writes_nothing() -> bool:
    subject, person = factories.person(), factories.person()
    groups.choose(subject=subject, person=person, kind=CHOSEN)
    before = LedgerLeaf.objects.count()
    groups.choose(subject=subject, person=person, kind=CHOSEN)
    groups.unchoose(subject=person, person=subject)
    return LedgerLeaf.objects.count() == before


# The gate.


def a_refusal_is_a_403() -> bool:
    return gate.Denied(Refused(rules.Reason.ENDED, new_id())).status_code == 403


def a_quiet_use_is_not_journaled() -> bool:
    grant = granted()
    return runs(grant.grantee_id, held(grant), quiet=True) and not Decision.objects.exists()


def what_is_journaled_takes_a_place_first() -> bool:
    """And a quiet use none: the parts of a stream wait in no line."""
    grant = granted()

    def places(quiet: bool) -> list[bool]:
        asked = statements(lambda: runs(grant.grantee_id, held(grant), quiet=quiet))
        inner = [sql for sql in asked if not re.match("SAVEPOINT|RELEASE|BEGIN|COMMIT", sql)]
        return ["pg_try_advisory_xact_lock" in sql for sql in inner]

    loud, quiet = places(False), places(True)
    return loud[0] and not any(loud[1:]) and bool(quiet) and not any(quiet)


def an_unknown_grant_is_refused() -> bool:
    grant = granted()
    return not runs(grant.grantee_id, Claim(grant.subject_id, new_id(), 1))


def what_others_were_granted_answers_for_nobody_anew() -> bool:
    grant = granted(may_remix=True)
    return not runs(factories.person().id, held(grant), Claim(grant.subject_id), point=Point.REQUEST)


def a_remix_may_show_somebody_more_whose_offer_others_took_up() -> bool:
    grant = granted(may_remix=True)
    offer = offered(Group.EVERYONE)
    takes_up(offer, factories.person())
    return len(remix_of(grant, offer.subject).subjects.all()) == 2


# Permits.


def a_permit_lives_a_day() -> bool:
    permit = Permit.objects.get(id=issue(granted()).id)
    return permit.expires_at - permit.created_at == timedelta(hours=24)


def a_permit_past_its_life_is_not_redeemed() -> bool:
    permit, now = issue(granted()), database_now()
    Permit.objects.filter(id=permit.id).update(created_at=now - 2 * DAY, expires_at=now - DAY)
    return refuses(lambda: permits.redeem(permit_id=permit.id, digest=DIGEST, job_id=JOB), permits.Unusable)


def a_permit_is_for_its_own_job() -> bool:
    permit = issue(granted())
    return refuses(lambda: permits.redeem(permit_id=permit.id, digest=DIGEST, job_id=new_id()), permits.Unusable)


def a_permit_that_never_was_is_not_redeemed() -> bool:
    return refuses(lambda: permits.redeem(permit_id=new_id(), digest=DIGEST, job_id=JOB), permits.Unusable)


def a_void_permit_is_not_revived_by_another() -> bool:
    void, other = issue(granted()), issue(granted())
    permits.void([void.id])
    refused = refuses(lambda: permits.redeem(permit_id=void.id, digest=DIGEST, job_id=JOB), permits.Unusable)
    return refused and state(other) == "issued"


def a_seal_spends_its_own_permit_alone() -> bool:
    proof, other = redeemed(granted()), redeemed(granted())
    permits.spend(proof, video_id=new_id(), effect=lambda *_: None)
    return Permit.objects.get(id=other.permit_id).state == "redeemed"


def a_seal_is_for_what_the_permit_says() -> bool:
    proof, other = redeemed(granted()), granted()
    forged = replace(proof, claims=(held(other),))
    return refuses(lambda: permits.spend(forged, video_id=new_id(), effect=lambda *_: None), permits.Unusable)


def a_run_opens_the_photo_that_is_enrolled() -> bool:
    grant = granted()
    factories.likeness(factories.person())
    erased = {"file": "none", "key": None, "photo_digest": None, "width": 1, "height": 1}
    Likeness.objects.create(subject=grant.subject, erased_at=database_now(), **erased)
    (photo,) = redeemed(grant).likenesses
    return photo.subject_id == grant.subject_id and photo.erased_at is None


def a_run_ends_with_its_photo() -> bool:
    grant = granted()
    proof = redeemed(grant)
    likenesses.erase(subject=grant.subject)
    factories.likeness(grant.subject)
    return refuses(lambda: permits.recheck(proof), gate.Denied)


def a_remix_claims_nobody_twice() -> bool:
    grant = granted(may_remix=True)
    return len(remix_of(grant, grant.subject).subjects.all()) == 1


def one_who_reviews_is_enough() -> bool:
    grant, told = granted(review=True), list[bool]()
    other = factories.enrolled()
    factories.grant(other, grant.grantee)
    permit = permits.issue(
        requester=grant.grantee,
        subjects=[grant.subject_id, other.id],
        digest=DIGEST,
        wish=ANY,
        job_id=JOB,
        effect=lambda permit: permit,
    )
    proof = permits.redeem(permit_id=permit.id, digest=DIGEST, job_id=JOB)
    permits.spend(proof, video_id=new_id(), effect=lambda _, review: told.append(review))
    return told == [True]


def voiding_leaves_other_permits_alone() -> bool:
    grant = granted()
    void, other = issue(grant), issue(grant)
    permits.void([void.id])
    return (state(void), state(other)) == ("void", "issued")


def voiding_leaves_what_is_spent() -> bool:
    proof = redeemed(granted())
    permits.spend(proof, video_id=new_id(), effect=lambda *_: None)
    permits.void([proof.permit_id])
    return Permit.objects.get(id=proof.permit_id).state == "spent"


def a_permit_that_lost_a_subject_is_unusable() -> bool:
    permit = issue(granted())
    permit.subjects.all().delete()
    return refuses(lambda: permits.redeem(permit_id=permit.id, digest=DIGEST, job_id=JOB), permits.Unusable)


def what_is_made_of_films_of_nobody_is_sealed() -> bool:
    owner = factories.person()
    film = factories.footage(owner)
    asked: dict[str, Any] = {"requester": owner, "subjects": [], "digest": DIGEST, "job_id": JOB, "wish": ANY}
    permit = permits.issue(**asked, effect=lambda made: made, origin=permits.Origin((), tuple(film.lineage)))
    proof = permits.redeem(permit_id=permit.id, digest=DIGEST, job_id=JOB)
    permits.recheck(proof)
    return permits.spend(proof, video_id=new_id(), effect=lambda claims, review: (claims, review)) == ((), False)


def a_grantee_is_told_that_their_grant_has_ended() -> bool:
    grant = granted()
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    told = Notice.objects.filter(recipient=grant.grantee, kind=Notice.Kind.GRANT_ENDED, thing_id=grant.id)
    return told.count() == 1


def nobody_and_somebody_is_an_error() -> bool:
    grant = granted()
    ask = {"point": Point.OPEN, "requester_id": grant.grantee_id, "effect": lambda _: None}
    return refuses(lambda: gate.use(claims=[held(grant)], nobody=True, **ask), ValueError)


def a_wish_for_nobody_is_made_of_something() -> bool:
    asked: dict[str, Any] = {"requester": factories.person(), "subjects": [], "digest": DIGEST, "job_id": JOB}
    return refuses(lambda: permits.issue(wish=ANY, effect=lambda permit: permit, **asked), ValueError)


def no_use_is_given_back_under_another_epoch() -> bool:
    grant = granted()
    permit = issue(grant)
    Grant.objects.filter(id=grant.id).update(epoch=2)
    permits.void([permit.id])
    return Grant.objects.get(id=grant.id).uses == 1


# Fences.


def a_closed_grant_is_valid_for_what_was_made() -> bool:
    grant = granted()
    Grant.objects.filter(id=grant.id).update(closed_at=database_now())
    return fences.standing([held(grant)]) and not fences.standing([held(grant)], maker=grant.grantee_id)


def nothing_remembered_is_not_valid() -> bool:
    return fences.standing([]) is False


# Groups.


def what_is_taken_up_has_every_term_of_the_offer() -> bool:
    named = "purposes audience modalities denied_categories text_rules review may_remix may_stitch may_download"
    terms = {
        "purposes": {"education"},
        "audience": "followers",
        "modalities": {"face", "voice"},
        "denied_categories": {"drugs"},
        "text_rules": ("beach",),
        "review": True,
        "may_remix": True,
        "may_stitch": True,
        "may_download": True,
        "max_uses": 3,
    }
    offer, now = offered(Group.MUTUALS, **terms), database_now()
    earlier = {"not_before": now - DAY, "expires_at": now + DAY, "affirmed_at": now - DAY}
    earlier |= {"guardian": factories.person(), "cosigned_at": now - DAY}
    Grant.objects.filter(id=offer.id).update(**earlier)
    offer.refresh_from_db()
    friend = befriended(offer.subject)
    wish = rules.Wish(purpose=rules.Purpose.EDUCATION)
    permits.issue(
        requester=friend,
        subjects=[offer.subject_id],
        digest=DIGEST,
        wish=wish,
        job_id=JOB,
        effect=lambda permit: permit,
    )
    own = Grant.objects.get(rests_on=offer)
    return all(getattr(own, name) == getattr(offer, name) for name in [*named.split(), *earlier, "max_uses"])


def who_is_chosen_by_another_does_not_belong() -> bool:
    offer, person = offered(Group.CHOSEN), factories.person()
    groups.choose(subject=factories.person(), person=person, kind=CHOSEN)
    return takes_up(offer, person) is None


def who_is_excepted_by_another_belongs() -> bool:
    offer, person = offered(Group.EVERYONE), factories.person()
    groups.choose(subject=factories.person(), person=person, kind=EXCEPTED)
    return takes_up(offer, person) is not None


def who_is_chosen_is_no_mutual_follow() -> bool:
    offer, person = offered(Group.MUTUALS), factories.person()
    groups.choose(subject=offer.subject, person=person, kind=CHOSEN)
    return takes_up(offer, person) is None


def a_new_word_is_told_with_its_time() -> bool:
    subject, person = factories.person(), factories.person()
    long_ago = database_now() - DAY
    Choice.objects.create(subject=subject, person=person, kind=CHOSEN, at=long_ago)
    said = groups.choose(subject=subject, person=person, kind=EXCEPTED)
    return said.kind == EXCEPTED and said.at > long_ago


def the_list_of_words_is_ones_own() -> bool:
    subject, other, person = (factories.person() for _ in range(3))
    for one in (subject, other):
        groups.choose(subject=one, person=person, kind=CHOSEN)
    return [row.subject_id for row in groups.choices(subject)] == [subject.id]


def nobody_has_a_word_on_themselves() -> bool:
    person = factories.person()
    choose = partial(groups.choose, subject=person, person=person, kind=CHOSEN)
    return refuses(choose, Problem) and not Choice.objects.exists()


def what_is_given_beside_an_offer_ends_with_it_alone() -> bool:
    own = taken_up()
    other: Person = befriended(own.subject)
    kept = takes_up(own.rests_on, other)  # type: ignore[arg-type]
    groups.choose(subject=own.subject, person=own.grantee, kind=EXCEPTED)  # type: ignore[arg-type]
    return kept is not None and runs(other.id, held(kept))
