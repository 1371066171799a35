"""More promises of consent, each a probe as in promises: what a grant covers, reviews, vetoes, modes and remixes."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from consent import fences, gate, journal, likenesses, permits, reviews, withdrawal
from consent.models import Acceptance, Decision, Grant, LedgerLeaf, Likeness, Permit, Veto
from consent.rules import ANY, Allowed, Category, Claim, Modality, Point, Right, Wish
from consent.withdrawal import Mode, Scope
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories
from tests.consent.promises import DIGEST, granted, held, redeemed, refuses


def asked(point: Point, claim: Claim, wish: Wish = ANY, about: journal.About = journal.NOTHING) -> bool:
    """Ask the gate for the grant's grantee; tell whether the effect ran."""
    ran: list[Allowed] = []
    requester_id = Grant.objects.get(id=claim.grant_id).grantee_id
    ask = partial(gate.use, point=point, requester_id=requester_id, claims=[claim], wish=wish, about=about)
    return not refuses(lambda: ask(effect=ran.append), gate.Denied) and bool(ran)


def about_a_remix() -> journal.About:
    """A render that is a remix of a remix."""
    lineage = (new_id(), new_id(), new_id())
    return journal.About(video_id=lineage[-1], lineage=lineage, digest=DIGEST)


def sealed(grant: Grant) -> journal.About:
    """A video that the journal says was sealed with the subject in it."""
    proof, video_id = redeemed(grant), new_id()
    permits.spend(proof, video_id=video_id, effect=lambda *_: None)
    return journal.About(video_id=video_id, lineage=(video_id,), digest=DIGEST)


def remix_of(grant: Grant, *subjects: Any) -> Permit:
    """Issue a permit for a remix of a video that rests on the grant, which shows these as well."""
    return permits.issue(
        requester=grant.grantee,
        subjects=[subject.id for subject in subjects],
        digest=DIGEST,
        wish=ANY,
        job_id=new_id(),
        effect=lambda permit: permit,
        origin=permits.Origin((held(grant),), (new_id(),)),
    )


# The promises.


def a_closed_grant_begins_nothing() -> bool:
    grant = granted()
    Grant.objects.filter(id=grant.id).update(closed_at=Now())
    return not asked(Point.REQUEST, held(grant)) and asked(Point.OPEN, held(grant))


def a_closed_grant_goes_on_with_nothing() -> bool:
    grant = granted()
    proof = redeemed(grant)
    Grant.objects.filter(id=grant.id).update(closed_at=Now())
    return refuses(lambda: permits.recheck(proof), gate.Denied)


def stopping_closes_and_ends_nothing() -> bool:
    grant = granted()
    withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=Mode.STOP)
    row = Grant.objects.get(id=grant.id)
    return bool(row.closed_at) and row.state == "given" and row.epoch == 1


def erasing_destroys_the_key() -> bool:
    grant = granted()
    withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=Mode.ERASE)
    return Likeness.objects.get(subject=grant.subject).key is None


def a_modality_must_be_granted() -> bool:
    return not asked(Point.REQUEST, held(granted()), Wish(modalities=frozenset({Modality.VOICE})))


def a_denied_category_is_refused() -> bool:
    return not asked(Point.REQUEST, held(granted()), Wish(categories=frozenset({Category.SEXUAL})))


def a_text_rule_refuses() -> bool:
    return not asked(Point.REQUEST, held(granted(text_rules=("rome",))), Wish(prompt="in rome"))


def a_text_rule_finds_look_alikes() -> bool:
    return not asked(Point.REQUEST, held(granted(text_rules=("rome",))), Wish(prompt="in RO\u200bMÉ!"))


def a_right_must_be_granted() -> bool:
    return not asked(Point.DOWNLOAD, replace(held(granted(may_remix=True)), right=Right.DOWNLOAD))


def a_remix_asks_for_the_right() -> bool:
    return refuses(lambda: remix_of(granted()), gate.Denied)


def a_remix_inherits_everybody() -> bool:
    grant = granted(may_remix=True)
    other = factories.enrolled()
    factories.grant(other, grant.grantee)
    return {row.subject_id for row in remix_of(grant, other).subjects.all()} == {grant.subject_id, other.id}


def a_remix_is_a_use_of_what_it_inherits() -> bool:
    grant = granted(may_remix=True, max_uses=1)
    remix_of(grant)
    return refuses(lambda: remix_of(grant), gate.Denied)


def a_remix_remembers_its_lineage() -> bool:
    return len(remix_of(granted(may_remix=True)).lineage) == 1


def a_draft_is_not_published_unseen() -> bool:
    return not asked(Point.PUBLISH, held(granted(review=True)), about=about_a_remix())


def an_acceptance_is_of_one_render() -> bool:
    grant, about = granted(review=True), about_a_remix()
    Acceptance.objects.create(subject=grant.subject, video_id=about.video_id, digest=b"x" * 32)
    return not asked(Point.PUBLISH, held(grant), about=about)


def an_acceptance_is_of_ones_own() -> bool:
    grant, about = granted(review=True), about_a_remix()
    Acceptance.objects.create(subject=grant.grantee, video_id=about.video_id, digest=DIGEST)
    return not asked(Point.PUBLISH, held(grant), about=about)


def a_seal_tells_of_a_review() -> bool:
    told: list[bool] = []
    proof = redeemed(granted(review=True))
    permits.spend(proof, video_id=new_id(), effect=lambda _, review: told.append(review))
    return told == [True]


def a_veto_ends_the_video() -> bool:
    grant, about = granted(), about_a_remix()
    Veto.objects.create(subject=grant.subject, video_id=about.video_id)
    return not asked(Point.OPEN, held(grant), about=about)


def a_veto_ends_every_remix() -> bool:
    grant, about = granted(), about_a_remix()
    Veto.objects.create(subject=grant.subject, video_id=about.lineage[0])
    return not asked(Point.OPEN, held(grant), about=about)


def a_veto_is_refused_whoever_is_asked() -> bool:
    grant, about = granted(), about_a_remix()
    Veto.objects.create(subject=factories.person(), video_id=about.lineage[0])
    return not asked(Point.OPEN, held(grant), about=about)


def a_veto_breaks_the_fence() -> bool:
    grant, about = granted(), about_a_remix()
    stood = fences.standing([held(grant)], about.lineage)
    Veto.objects.create(subject=grant.subject, video_id=about.lineage[1])
    return stood and not fences.standing([held(grant)], about.lineage)


def a_veto_is_written_and_told() -> bool:
    grant = granted()
    video_id = sealed(grant).video_id
    with CaptureQueriesContext(connection) as queries:
        withdrawal.withdraw(subject=grant.subject, scope=Scope(video_id=video_id))
    told = any("pg_notify" in query["sql"] and str(video_id) in query["sql"] for query in queries.captured_queries)
    return told and Veto.objects.filter(video_id=video_id).exists()


def only_who_is_shown_has_a_say() -> bool:
    grant = granted()
    about, other = sealed(grant), factories.enrolled()
    accept = partial(reviews.accept, subject=other, video_id=about.video_id, digest=DIGEST)
    veto = partial(withdrawal.withdraw, subject=other, scope=Scope(video_id=about.video_id))
    return refuses(accept, Problem) and refuses(veto, Problem)


def a_preview_is_told_and_counts_nothing() -> bool:
    grant = granted()
    gate.would(requester_id=grant.grantee_id, claims=[Claim(grant.subject_id)], wish=ANY, journaled=True)
    told = list(Decision.objects.filter(subject=grant.subject).values_list("point", "verdict", "grant"))
    return told == [("preview", "allowed", grant.id)] and Grant.objects.get(id=grant.id).uses == 0


def a_run_makes_no_step_with_an_erased_photo() -> bool:
    grant = granted()
    proof = redeemed(grant)
    permits.recheck(proof)
    likenesses.erase(subject=grant.subject)
    return refuses(partial(permits.recheck, proof), gate.Denied)


def a_run_seals_nothing_of_an_erased_photo() -> bool:
    grant, made = granted(), list[object]()
    proof = redeemed(grant)
    likenesses.erase(subject=grant.subject)
    spend = partial(permits.spend, proof, video_id=new_id(), effect=lambda *_: made.append(True))
    return refuses(spend, gate.Denied) and not made


def a_run_goes_on_with_no_other_photo() -> bool:
    grant = granted()
    proof = redeemed(grant)
    likenesses.erase(subject=grant.subject)
    factories.likeness(grant.subject)
    return refuses(partial(permits.spend, proof, video_id=new_id(), effect=lambda *_: None), gate.Denied)


def a_trial_leaves_no_trace() -> bool:
    grant = granted()
    before = LedgerLeaf.objects.count()
    gate.would(requester_id=grant.grantee_id, claims=[Claim(grant.subject_id)], wish=ANY)
    return (Decision.objects.count(), LedgerLeaf.objects.count()) == (0, before)
