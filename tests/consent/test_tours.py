"""Fixed rounds of deeds, compared with the imagined world after each deed."""

import pytest

from tests.consent.tours import TOURS, toured


@pytest.mark.parametrize("name", TOURS)
def test_a_tour_meets_no_difference(db: None, name: str) -> None:
    assert toured(*TOURS[name])
