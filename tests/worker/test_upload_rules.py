"""Rules of uploads: which states follow which, how far one is, and which verdict counts."""

import pytest

from worker.rules import Screening, UploadStatus
from worker.uploads import rules

ENDS = {UploadStatus.READY, UploadStatus.REJECTED, UploadStatus.EXPIRED, UploadStatus.CANCELLED}


def test_an_end_is_for_good_and_what_failed_can_be_tried_again() -> None:
    assert {status for status in UploadStatus if not rules.NEXT[status]} == ENDS
    assert rules.may_become(UploadStatus.FAILED, UploadStatus.PROCESSING)
    assert not rules.may_become(UploadStatus.REJECTED, UploadStatus.PROCESSING)


def test_only_what_is_worked_on_becomes_ready() -> None:
    assert {status for status in UploadStatus if rules.may_become(status, UploadStatus.READY)} == {"processing"}


@pytest.mark.parametrize(("stored", "shown"), [(0, 0), (1, 0), (500, 25), (999, 49), (1000, 50)])
def test_half_of_the_progress_is_what_was_received(stored: int, shown: int) -> None:
    assert rules.received(stored, 1000) == shown


@pytest.mark.parametrize(("share", "shown"), [(-1, 60), (0, 60), (0.5, 76), (1, 92), (7, 92)])
def test_a_phase_goes_from_its_beginning_to_its_end_and_not_beyond(share: float, shown: int) -> None:
    assert rules.between(rules.INSPECTED, rules.MADE, share) == shown


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ([], "clear"),
        (["clear", "clear"], "clear"),
        (["pending", "clear"], "pending"),
        (["held", "pending"], "held"),
        (["held", "refused", "clear"], "refused"),
    ],
)
def test_the_strictest_verdict_counts(said: list[str], counts: str) -> None:
    assert rules.strictest(map(Screening, said)) == counts
