"""The pure rules: every reason at every point that can give it, the edges of time, all-of-N, text rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import rules
from consent.rules import (
    ANY,
    Allowed,
    Audience,
    Category,
    Claim,
    Facts,
    GrantFact,
    Modality,
    Point,
    Purpose,
    Reason,
    Refused,
    Right,
    State,
    Wish,
)

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ANNA, BEN = UUID(int=1), UUID(int=2)
WANTED = Wish(
    Audience.FOLLOWERS,
    Purpose.EDUCATION,
    frozenset({Modality.FACE}),
    frozenset({Category.CRIME}),
    "a heist in rome",
)

STANDING = GrantFact(
    id=UUID(int=10),
    subject_id=ANNA,
    state=State.GIVEN,
    epoch=3,
    not_before=NOW - timedelta(days=1),
    expires_at=NOW + timedelta(days=1),
    uses=0,
    max_uses=1,
    audience=Audience.FOLLOWERS,
    purposes=frozenset({Purpose.EDUCATION, Purpose.PERSONAL}),
    rights=frozenset({Right.REMIX}),
)
REMEMBERED = Claim(ANNA, STANDING.id, 3)

FAULTS: dict[Reason, GrantFact] = {
    Reason.ENDED: replace(STANDING, state=State.WITHDRAWN),
    Reason.STALE_EPOCH: replace(STANDING, epoch=4),
    Reason.GUARDIAN: replace(STANDING, awaits_guardian=True),
    Reason.NOT_YET: replace(STANDING, not_before=NOW + TICK),
    Reason.EXPIRED: replace(STANDING, expires_at=NOW),
    Reason.EXHAUSTED: replace(STANDING, uses=1),
    Reason.PURPOSE: replace(STANDING, purposes=frozenset({Purpose.ADVERTISING})),
    Reason.AUDIENCE: replace(STANDING, audience=Audience.PRIVATE),
    Reason.CLOSED: replace(STANDING, closed=True),
    Reason.MODALITY: replace(STANDING, modalities=frozenset({Modality.VOICE, Modality.BODY})),
    Reason.CATEGORY: replace(STANDING, denied=frozenset({Category.CRIME, Category.DRUGS})),
    Reason.TEXT_RULE: replace(STANDING, text_rules=("paris", "rome")),
    Reason.RIGHT: replace(STANDING, rights=frozenset({Right.STITCH, Right.DOWNLOAD})),
    Reason.REVIEW: replace(STANDING, review=True),
}
ONLY_AT = {
    Reason.NO_LIKENESS: {Point.REQUEST, Point.START, Point.STEP, Point.SEAL},
    Reason.EXHAUSTED: {Point.REQUEST},
    Reason.REVIEW: {Point.PUBLISH},
    Reason.CLOSED: {Point.REQUEST, Point.START, Point.STEP, Point.SEAL, Point.PUBLISH, Point.REMIX},
}


def known(*grants: GrantFact, enrolled: frozenset[UUID] = frozenset({ANNA, BEN})) -> Facts:
    """What the gate would read of these grants, looked up by grant and by subject."""
    return Facts({grant.id: grant for grant in grants} | {grant.subject_id: grant for grant in grants}, enrolled)


def facts_with(reason: Reason) -> Facts:
    """Facts in which exactly this is wrong."""
    if reason is Reason.NO_GRANT:
        return known()
    if reason is Reason.NO_LIKENESS:
        return known(STANDING, enrolled=frozenset())
    if reason is Reason.VETOED:
        return replace(known(STANDING), vetoed=frozenset({ANNA}))
    return known(FAULTS[reason])


@pytest.mark.parametrize("point", Point)
@pytest.mark.parametrize("reason", Reason)
def test_each_fault_refuses_at_every_point_that_looks_at_it_and_at_no_other(reason: Reason, point: Point) -> None:
    claim = replace(REMEMBERED, right=Right.REMIX)
    verdict = rules.decide(point, [claim], WANTED, facts_with(reason), NOW)
    if point in ONLY_AT.get(reason, set(Point)):
        assert verdict == Refused(reason, ANNA)
    else:
        assert isinstance(verdict, Allowed)


@pytest.mark.parametrize("point", Point)
@pytest.mark.parametrize("claim", [REMEMBERED, Claim(ANNA)])
def test_a_standing_grant_covers_what_it_names(point: Point, claim: Claim) -> None:
    assert rules.decide(point, [claim], WANTED, known(STANDING), NOW) == Allowed((STANDING,))


@pytest.mark.parametrize("state", [state for state in State if state is not State.GIVEN])
def test_every_end_state_ends_a_grant(state: State) -> None:
    assert rules.standing(replace(STANDING, state=state), 3, NOW) is Reason.ENDED


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (STANDING.not_before - TICK, Reason.NOT_YET),
        (STANDING.not_before, None),
        (STANDING.expires_at - TICK, None),
        (STANDING.expires_at, Reason.EXPIRED),
        (STANDING.expires_at + TICK, Reason.EXPIRED),
    ],
)
def test_a_grant_stands_from_not_before_until_just_before_it_expires(now: datetime, reason: Reason | None) -> None:
    assert rules.standing(STANDING, 3, now) is reason


@pytest.mark.parametrize(
    ("epoch", "reason"), [(None, None), (3, None), (2, Reason.STALE_EPOCH), (4, Reason.STALE_EPOCH)]
)
def test_only_the_remembered_epoch_is_valid(epoch: int | None, reason: Reason | None) -> None:
    assert rules.standing(STANDING, epoch, NOW) is reason


@pytest.mark.parametrize("granted", Audience)
@pytest.mark.parametrize("wished", Audience)
def test_an_audience_covers_itself_and_what_is_narrower(wished: Audience, granted: Audience) -> None:
    order = ["private", "close_friends", "followers", "public"]
    verdict = rules.decide(
        Point.PUBLISH, [REMEMBERED], Wish(audience=wished), known(replace(STANDING, audience=granted)), NOW
    )
    assert bool(verdict) is (order.index(wished) <= order.index(granted))


@pytest.mark.parametrize("purpose", Purpose)
def test_a_purpose_is_covered_only_if_it_is_named(purpose: Purpose) -> None:
    verdict = rules.decide(Point.REQUEST, [REMEMBERED], Wish(purpose=purpose), known(STANDING), NOW)
    assert bool(verdict) is (purpose in STANDING.purposes)


def test_any_wish_asks_neither_for_purpose_nor_for_audience() -> None:
    bare = replace(STANDING, purposes=frozenset(), audience=Audience.PRIVATE)
    assert rules.decide(Point.OPEN, [REMEMBERED], ANY, known(bare), NOW)


def test_the_last_use_may_be_requested_and_no_more() -> None:
    last, none = replace(STANDING, uses=4, max_uses=5), replace(STANDING, uses=5, max_uses=5)
    assert rules.decide(Point.REQUEST, [REMEMBERED], ANY, known(last), NOW)
    assert rules.decide(Point.REQUEST, [REMEMBERED], ANY, known(none), NOW) == Refused(Reason.EXHAUSTED, ANNA)


def test_all_subjects_must_have_a_grant_that_stands() -> None:
    hers = replace(STANDING, id=UUID(int=11), subject_id=BEN)
    claims = [Claim(ANNA), Claim(BEN)]
    assert rules.decide(Point.OPEN, claims, ANY, known(STANDING, hers), NOW) == Allowed((STANDING, hers))
    ended = known(STANDING, replace(hers, state=State.REVOKED))
    assert rules.decide(Point.OPEN, claims, ANY, ended, NOW) == Refused(Reason.ENDED, BEN)


def test_the_first_subject_that_is_not_covered_is_named() -> None:
    assert rules.decide(Point.OPEN, [Claim(BEN), Claim(ANNA)], ANY, known(), NOW) == Refused(Reason.NO_GRANT, BEN)


def test_a_grant_of_somebody_else_answers_no_claim() -> None:
    claim = Claim(BEN, STANDING.id, 3)
    assert rules.decide(Point.OPEN, [claim], ANY, known(STANDING), NOW) == Refused(Reason.NO_GRANT, BEN)


def test_a_claim_that_remembers_its_grant_is_not_answered_by_another_of_the_same_subject() -> None:
    newer = replace(STANDING, id=UUID(int=12))
    assert rules.decide(Point.OPEN, [REMEMBERED], ANY, known(newer), NOW) == Refused(Reason.NO_GRANT, ANNA)


def test_deciding_about_nobody_is_an_error() -> None:
    with pytest.raises(ValueError, match="names its subjects"):
        rules.decide(Point.OPEN, [], ANY, Facts(), NOW)


def test_allowed_is_true_and_refused_is_false() -> None:
    assert Allowed(())
    assert not Refused(Reason.ENDED, ANNA)


def test_a_claim_holds_a_grant_and_an_epoch_or_says_that_it_has_none() -> None:
    assert REMEMBERED.held == (STANDING.id, 3)
    for bare in (Claim(ANNA), Claim(ANNA, STANDING.id), Claim(ANNA, None, 3)):
        with pytest.raises(ValueError, match="remembers no grant"):
            _ = bare.held


def test_a_veto_by_somebody_who_is_not_asked_still_refuses() -> None:
    facts = replace(known(STANDING), vetoed=frozenset({BEN}))
    assert rules.decide(Point.OPEN, [REMEMBERED], ANY, facts, NOW) == Refused(Reason.VETOED, ANNA)


def test_an_accepted_render_may_be_published() -> None:
    facts = replace(known(FAULTS[Reason.REVIEW]), accepted=frozenset({ANNA}))
    assert rules.decide(Point.PUBLISH, [REMEMBERED], WANTED, facts, NOW)


def test_all_but_medical_is_denied_unless_the_subject_says_otherwise() -> None:
    assert set(Category) - {Category.MEDICAL} == rules.DENIED_BY_DEFAULT


# Text rules.


@pytest.mark.parametrize(
    ("rule", "prompt"),
    [
        ("rome", "A walk in ROME"),
        ("ROME", "a walk in rome"),
        ("rome", "rome"),
        ("rome", "Rome, at night"),
        ("rome", "#rome!"),
        ("rome", "to_rome_and_back"),
        ("rome", "\uff32\uff2f\uff2d\uff25"),
        ("rome", "ro\u200bme"),
        ("rome", "ro\u00adme"),
        ("rome", "rómẽ"),
        ("rome", "ro\u0336me\u0336"),
        ("café", "at the cafe\u0301"),
        ("café", "at the cafe"),
        ("straße", "STRASSE"),
        ("in rome", "IN  --  Rome"),
        ("in: rome?", "in rome"),
        ("ﬁsh", "FISH"),
        ("東京", "「東京」"),
        ("room 7", "room-7"),
    ],
)
def test_a_text_rule_finds_its_words_however_they_are_written(rule: str, prompt: str) -> None:
    assert rules.mentions(prompt, rule)


@pytest.mark.parametrize(
    ("rule", "prompt"),
    [
        ("rome", "chrome"),
        ("rome", "romeo and julia"),
        ("in rome", "rome in"),
        ("in rome", "in old rome"),
        ("room 7", "room 77"),
        ("rome", ""),
        ("", "anything"),
        ("!?", "anything!?"),
        (" ", "a b"),
    ],
)
def test_a_text_rule_finds_only_whole_words_in_their_order(rule: str, prompt: str) -> None:
    assert not rules.mentions(prompt, rule)


@given(st.text(max_size=30), st.lists(st.text(max_size=8), max_size=3))
def test_text_rules_cannot_widen(prompt: str, more: list[str]) -> None:
    wish = Wish(prompt=prompt)
    bare, ruled = replace(STANDING, text_rules=()), replace(STANDING, text_rules=tuple(more))
    for grant in (ruled, replace(ruled, state=State.WITHDRAWN)):
        verdict = rules.decide(Point.REQUEST, [REMEMBERED], wish, known(grant), NOW)
        without = rules.decide(Point.REQUEST, [REMEMBERED], wish, known(replace(grant, text_rules=())), NOW)
        assert without or not verdict
    assert rules.decide(Point.REQUEST, [REMEMBERED], wish, known(bare), NOW)
