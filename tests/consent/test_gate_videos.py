"""The gate and one video: vetoes and reviews count, a closed grant gives way to an open one; and previews."""

import pytest
from django.db.models.functions import Now

from accounts.models import Person
from consent import gate
from consent.models import Acceptance, Decision, Grant, LedgerLeaf, Veto
from consent.rules import (
    Claim,
    Point,
    Reason,
    Refused,
)
from socialvideo.lib.ids import new_id
from tests import factories
from tests.consent.asking import ABOUT, ARRANGED, FILM, ORIGINAL, WISH, Tried, held

# What the subjects said of a video.


def test_a_veto_stands_in_the_journal_of_whoever_vetoed(grant: Grant, requester: Person) -> None:
    other = factories.enrolled()
    second = factories.grant(other, requester)
    Veto.objects.create(subject=other, video_id=ORIGINAL)
    assert Tried(Point.OPEN, requester, [held(grant), held(second)], about=ABOUT).ran == []
    row = Decision.objects.get()
    assert (row.reason, row.subject_id) == ("vetoed", other.id)


def test_a_veto_of_another_video_ends_nothing(grant: Grant, requester: Person) -> None:
    Veto.objects.create(subject=grant.subject, video_id=new_id())
    assert len(Tried(Point.OPEN, requester, [held(grant)], about=ABOUT).ran) == 1


@pytest.mark.parametrize(
    ("fields", "published"),
    [({}, True), ({"digest": b"x" * 32}, False), ({"video_id": ORIGINAL}, False)],
    ids=["this render", "another render", "another video"],
)
def test_only_an_acceptance_of_this_very_render_counts(
    grant: Grant, requester: Person, fields: dict[str, object], published: bool
) -> None:
    Grant.objects.update(review=True)
    Acceptance.objects.create(**{"subject": grant.subject, "video_id": FILM, "digest": bytes(32), **fields})
    assert bool(Tried(Point.PUBLISH, requester, [held(grant)], about=ABOUT).ran) is published


def test_the_acceptance_of_another_person_does_not_count(grant: Grant, requester: Person) -> None:
    Grant.objects.update(review=True)
    Acceptance.objects.create(subject=requester, video_id=FILM, digest=bytes(32))
    assert Tried(Point.PUBLISH, requester, [held(grant)], about=ABOUT).ran == []


def test_of_a_closed_and_an_open_grant_the_open_one_answers(grant: Grant, requester: Person) -> None:
    Grant.objects.update(closed_at=Now())
    fresh = factories.grant(grant.subject, requester)
    tried = Tried(Point.REQUEST, requester, [Claim(grant.subject_id)], WISH)
    assert [fact.id for fact in tried.ran[0].grants] == [fresh.id]
    assert len(Tried(Point.OPEN, requester, [held(grant)]).ran) == 1


# Saying what a request would come to.


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in (Reason.REVIEW, Reason.RIGHT)])
def test_what_would_be_said_is_what_is_said_and_nothing_is_written(
    grant: Grant, requester: Person, reason: Reason
) -> None:
    claim = ARRANGED[reason](grant)
    before = (Decision.objects.count(), LedgerLeaf.objects.count(), list(Grant.objects.values()))
    said = gate.would(requester_id=requester.id, claims=[claim], wish=WISH, about=ABOUT)
    assert said == Refused(reason, grant.subject_id)
    assert (Decision.objects.count(), LedgerLeaf.objects.count(), list(Grant.objects.values())) == before


def test_what_would_be_allowed_counts_no_use(grant: Grant, requester: Person) -> None:
    assert gate.would(requester_id=requester.id, claims=[Claim(grant.subject_id)], wish=WISH)
    assert (Grant.objects.get().uses, Decision.objects.count()) == (0, 0)
