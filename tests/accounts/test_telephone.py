"""One number, one spelling, whatever a person wrote."""

import json
from typing import Any

import pytest

from accounts.discovery.telephone import normalise
from tests.accounts.test_voprf import VECTORS

NUMBERS: list[dict[str, Any]] = json.loads((VECTORS / "discovery.json").read_bytes())["numbers"]


@pytest.mark.parametrize("case", NUMBERS, ids=lambda case: f"{case['text']} {case['region']}")
def test_a_number_is_written_as_the_vectors_have_it(case: dict[str, Any]) -> None:
    assert normalise(case["text"], case["region"]) == case["e164"]
