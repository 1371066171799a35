"""The pure rules of jobs: which state may follow which, and what progress is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.rules import NEXT, OPEN, Status, may_become, percent, worth_writing

ENDS = (Status.COMPLETED, Status.REFUSED, Status.FAILED, Status.CANCELLED_CONSENT)


def test_every_state_says_what_may_follow() -> None:
    assert set(NEXT) == set(Status)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("following", Status)
def test_an_end_is_absorbing(end: Status, following: Status) -> None:
    assert not may_become(end, following)


def test_a_job_is_open_until_it_ends() -> None:
    assert OPEN == {Status.QUEUED, Status.IN_PROGRESS} == set(Status) - set(ENDS) - {Status.AWAITING_REVIEW}


@pytest.mark.parametrize("status", OPEN)
def test_an_open_job_can_fail_and_be_cancelled(status: Status) -> None:
    assert may_become(status, Status.FAILED)
    assert may_become(status, Status.CANCELLED_CONSENT)


def test_only_a_running_or_reviewed_job_completes_and_only_a_running_one_goes_back() -> None:
    assert [s for s in Status if may_become(s, Status.COMPLETED)] == [Status.IN_PROGRESS, Status.AWAITING_REVIEW]
    assert [s for s in Status if may_become(s, Status.REFUSED)] == [Status.AWAITING_REVIEW]
    assert [s for s in Status if may_become(s, Status.QUEUED)] == [Status.IN_PROGRESS]
    assert [s for s in Status if may_become(s, Status.IN_PROGRESS)] == [Status.QUEUED]


@pytest.mark.parametrize(("done", "total", "shown"), [(0, 96, 0), (48, 96, 50), (96, 96, 99), (3, 0, 99), (0, 0, 0)])
def test_progress_is_a_share_that_never_says_finished(done: int, total: int, shown: int) -> None:
    assert percent(done, total) == shown


@given(total=st.integers(0, 10**6), done=st.integers(0, 10**6))
def test_progress_stays_between_0_and_99(done: int, total: int) -> None:
    assert 0 <= percent(done, total) <= 99


@pytest.mark.parametrize(("shown", "now", "written"), [(0, 1, False), (0, 2, True), (50, 51, False), (50, 40, False)])
def test_progress_is_written_every_two_per_cent_and_never_backwards(shown: int, now: int, written: bool) -> None:
    assert worth_writing(shown, now) is written
