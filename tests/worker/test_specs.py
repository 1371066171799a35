"""The spec: whatever changes in a wish changes its digest, and what is stored is read back whole."""

import json
from dataclasses import fields, replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules import Audience, Purpose
from worker.compositions import Composition, Kind, Part
from worker.specs import Spec

ADA, BEN = UUID(int=1), UUID(int=2)
SPEC = Spec((ADA, BEN), "surfing", 7, "preview", Purpose.ENTERTAINMENT, Audience.PUBLIC)
OTHER: dict[str, object] = {
    "subjects": (ADA,),
    "prompt": "surfing ",
    "seed": 8,
    "engine": "diffusion",
    "purpose": Purpose.ADVERTISING,
    "audience": Audience.PRIVATE,
    "remix_of": UUID(int=3),
    "composition": Composition(Kind.TRIM, (Part(UUID(int=3), 0, 900),)),
}
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
PARTS = st.builds(Part, video=st.uuids(), start_ms=st.integers(0, 9), end_ms=st.integers(9, 99))
COMPOSITIONS = st.builds(Composition, kind=st.sampled_from(Kind), parts=st.lists(PARTS, max_size=2).map(tuple))
SPECS = st.builds(
    Spec,
    subjects=st.lists(st.uuids(), min_size=1, max_size=3, unique=True).map(tuple),
    prompt=TEXT,
    seed=st.integers(0, 2**31 - 1),
    engine=st.sampled_from(["preview", "diffusion"]),
    purpose=st.sampled_from(Purpose),
    audience=st.sampled_from(Audience),
    remix_of=st.none() | st.uuids(),
    composition=st.none() | COMPOSITIONS,
)


@given(SPECS)
def test_what_is_stored_is_read_back_whole(spec: Spec) -> None:
    assert Spec.read(json.loads(json.dumps(spec.stored()))) == spec


@given(SPECS)
def test_reading_it_back_keeps_the_digest(spec: Spec) -> None:
    shuffled = dict(reversed(spec.stored().items()))
    assert Spec.read(shuffled).digest == spec.digest


@given(SPECS, SPECS)
def test_two_specs_share_a_digest_only_if_they_are_equal(one: Spec, two: Spec) -> None:
    assert (one.digest == two.digest) is (one == two)


@pytest.mark.parametrize("field", OTHER)
def test_every_field_changes_the_digest(field: str) -> None:
    assert replace(SPEC, **{field: OTHER[field]}).digest != SPEC.digest  # type: ignore[arg-type]


def test_every_field_is_tried_above() -> None:
    assert set(OTHER) == {field.name for field in fields(SPEC)}


def test_the_order_of_the_subjects_counts() -> None:
    assert replace(SPEC, subjects=(BEN, ADA)).digest != SPEC.digest


def test_the_digest_is_the_same_in_every_process_and_release() -> None:
    assert SPEC.digest.hex() == "90b6ece6f26a8ddf7f5072fff525b93e11580471afa8958b00843fec6606fb25"
