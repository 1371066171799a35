"""No test of the feed ranks with what another one trained."""

from collections.abc import Iterator

import pytest

from tests.feed import audience


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing in memory of another test."""
    audience.forget()
    yield
    audience.forget()
