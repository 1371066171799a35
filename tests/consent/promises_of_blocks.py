"""Promises of blocks, each a probe as in promises: what they end, whom they keep from using, and what comes back."""

from dataclasses import replace
from functools import partial

import orjson

from accounts import blocks
from accounts.models import Person
from consent import asks, gate, groups, permits
from consent.models import Ask, Choice, Grant, LedgerLeaf, Veto
from consent.rules import Group, Point, Right
from feed import playback, publishing
from socialvideo.lib.errors import Problem
from tests import factories
from tests.consent.promises import DIGEST, JOB, granted, held, issue, redeemed, refuses, runs
from tests.consent.promises_of_groups import CHOSEN, befriended, issued, offered, stands, taken_up, takes_up
from worker.models import Job, Video


def blocked(one: Person, other: Person) -> None:
    """Let one block the other."""
    blocks.block(blocker=one, blocked=other)


def given(grant: Grant) -> Person:
    """Whom a grant was given to."""
    assert grant.grantee
    return grant.grantee


def remixable() -> tuple[Grant, Person]:
    """A grant with the right to remix, under which there is a film; and somebody who follows nobody."""
    return granted(may_remix=True), factories.person()


def remixed(maker: Person, film: Video) -> Video:
    """A remix of a film, made by somebody else."""
    return factories.video(maker, remix_of=film.id)


def opens(film: Video) -> bool:
    """Whether its owner may open a film, as the gate sees it."""
    return not refuses(lambda: playback.ask_gate(film, film.owner_id, Point.OPEN), Problem)


# The promises.


def a_block_ends_the_grant_whoever_blocks() -> bool:
    grants = [granted(), granted()]
    blocked(grants[0].subject, given(grants[0]))
    blocked(given(grants[1]), grants[1].subject)
    rows = [Grant.objects.get(id=grant.id) for grant in grants]
    return [(row.state, row.epoch) for row in rows] == [("invalidated", 2)] * 2 and not any(map(stands, grants))


def a_block_ends_grants_in_both_directions_and_none_to_others() -> bool:
    grant, other = granted(), granted()
    factories.likeness(given(grant))
    back = factories.grant(given(grant), grant.subject)
    to_another = factories.grant(grant.subject, given(other))
    blocked(grant.subject, given(grant))
    return [stands(one) for one in (grant, back, other, to_another)] == [False, False, True, True]


def a_block_ends_what_rests_on_an_offer_and_nothing_of_others() -> bool:
    own = taken_up()
    assert own.rests_on
    other = takes_up(own.rests_on, befriended(own.subject))
    blocked(own.subject, given(own))
    offer = Grant.objects.get(id=own.rests_on_id)
    return not stands(own) and offer.state == "given" and other is not None and stands(other)


def no_offer_answers_somebody_with_whom_a_block_stands() -> bool:
    offer, one, other = offered(Group.EVERYONE), factories.person(), factories.person()
    blocked(offer.subject, one)
    blocked(other, offer.subject)
    return [bool(takes_up(offer, person)) for person in (one, other, factories.person())] == [False, False, True]


def after_an_unblock_everyone_is_everyone_and_what_was_made_stays_gone() -> bool:
    offer, person = offered(Group.EVERYONE), factories.person()
    own = takes_up(offer, person)
    blocked(offer.subject, person)
    blocks.unblock(blocker=offer.subject, handle=person.handle)
    again = takes_up(offer, person)
    return own is not None and again is not None and own != again and not stands(own)


def who_was_chosen_is_chosen_no_more_after_a_block() -> bool:
    offer, person = offered(Group.CHOSEN), factories.person()
    groups.choose(subject=offer.subject, person=person, kind=CHOSEN)
    blocked(offer.subject, person)
    blocks.unblock(blocker=offer.subject, handle=person.handle)
    said = orjson.loads(bytes(LedgerLeaf.objects.filter(kind="choice").latest("index").body))
    return takes_up(offer, person) is None and not Choice.objects.exists() and said["choice"] == ""


def who_was_excepted_stays_excepted() -> bool:
    offer, person = offered(Group.EVERYONE), factories.person()
    groups.choose(subject=offer.subject, person=person, kind=Choice.Kind.EXCEPTED)
    blocked(offer.subject, person)
    blocks.unblock(blocker=offer.subject, handle=person.handle)
    return takes_up(offer, person) is None


def a_block_refuses_open_asks_of_the_pair_alone() -> bool:
    subject, one, other = factories.person(), factories.person(), factories.person()
    ask = partial(asks.ask, subject=subject, purposes=["personal"], audience="private", message="")
    first, second = ask(requester=one), ask(requester=other)
    blocked(subject, one)
    states = [Ask.objects.get(id=row.id).state for row in (first, second)]
    leaves = LedgerLeaf.objects.filter(kind="ask").count()
    return states == ["refused", "requested"] and leaves == 3


def nobody_grants_or_asks_across_a_block() -> bool:
    subject, person = factories.enrolled(), factories.person()
    blocked(person, subject)
    ask = partial(asks.ask, requester=person, subject=subject, purposes=["personal"], audience="private", message="")
    told = [refuses(partial(factories.grant, subject, person), Problem), refuses(ask, Problem)]
    return told == [True, True] and not Grant.objects.exists() and not Ask.objects.exists()


def a_block_cancels_the_job() -> bool:
    grant = granted()
    job = factories.job(given(grant), grant.subject)
    blocked(grant.subject, given(grant))
    return Job.objects.get(id=job.id).status == "cancelled_consent"


def nobody_remixes_whom_they_are_blocked_with() -> bool:
    grant, maker = remixable()
    film = factories.video(given(grant), grant.subject)
    blocked(grant.subject, maker)
    return refuses(partial(remixed, maker, film), gate.Denied) and bool(remixed(factories.person(), film))


def a_remix_by_somebody_blocked_is_gone_and_the_original_stands() -> bool:
    grant, maker = remixable()
    film = factories.video(given(grant), grant.subject)
    remix, other = remixed(maker, film), remixed(factories.person(), film)
    blocked(grant.subject, maker)
    left = [opens(one) for one in (film, remix, other)]
    return left == [True, False, True] and set(Veto.objects.values_list("video_id", flat=True)) == {remix.id}


def a_draft_of_somebody_blocked_is_refused_its_review() -> bool:
    grant, maker = granted(may_remix=True, review=True), factories.person()
    remix = remixed(maker, factories.video(given(grant), grant.subject))
    blocked(grant.subject, maker)
    return Job.objects.get(video=remix).status == "refused"


def a_running_remix_stops_at_its_next_step_and_is_never_sealed() -> bool:
    grant, maker = remixable()
    origin = permits.Origin(claims=(replace(held(grant), right=Right.REMIX),))
    permit = issued(maker, grant.subject, origin)
    run = permits.redeem(permit_id=permit.id, digest=DIGEST, job_id=permit.job_id)
    permits.recheck(run)
    blocked(grant.subject, maker)
    stopped = refuses(partial(permits.recheck, run), gate.Denied)
    sealed = refuses(partial(permits.spend, run, video_id=JOB, effect=lambda *_: None), gate.Denied)
    return stopped and sealed


def another_persons_run_goes_on() -> bool:
    grant = granted()
    run = redeemed(grant)
    blocked(factories.person(), given(grant))
    blocked(grant.subject, factories.person())
    permits.recheck(run)
    return True


def nothing_that_shows_somebody_blocked_is_published() -> bool:
    grant, maker = remixable()
    claim = held(grant)
    before = runs(maker.id, claim, point=Point.PUBLISH)
    blocked(maker, grant.subject)
    return before and not runs(maker.id, claim, point=Point.PUBLISH)


def who_only_looks_is_not_asked_about_blocks_by_the_gate() -> bool:
    grant, viewer = granted(), factories.person()
    blocked(grant.subject, viewer)
    return runs(viewer.id, held(grant), point=Point.OPEN)


def a_block_of_others_takes_nothing_from_a_permit() -> bool:
    grant = granted()
    blocked(grant.subject, factories.person())
    blocked(factories.person(), given(grant))
    return issue(grant).subjects.count() == 1


def a_block_is_said_in_the_ledger_as_any_lost_ground() -> bool:
    grant = granted()
    blocked(grant.subject, given(grant))
    leaf = LedgerLeaf.objects.latest("index")
    said = orjson.loads(bytes(leaf.body))
    lost = [{"ended_epoch": 1, "grant": str(grant.id)}]
    return (leaf.kind, said["grants"], said["subject"]) == ("invalidation", lost, str(grant.subject_id))


def a_published_film_falls_with_the_block() -> bool:
    grant = granted()
    film = factories.video(given(grant), grant.subject)
    publishing.publish(author=film.owner, video_id=film.id, caption="", audience=factories.Audience.PUBLIC)
    blocked(grant.subject, given(grant))
    return not opens(film)
