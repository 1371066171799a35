"""A withdrawal is not starved by those who use the grant: six processes use it without a pause and it is withdrawn."""

import os
import sys

import pytest

from benchmarks import hot

FULL = os.environ.get("PROOFS") == "full"
ROUNDS = 300 if FULL else 4


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_is_not_starved_by_six_who_use_the_grant(capsys: pytest.CaptureFixture[str]) -> None:
    figures = hot.measure(ROUNDS)
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *figures.lines(), ""]))
    assert figures.uses > ROUNDS
    if FULL:
        assert hot.at(figures.hot, 0.99) < 150
