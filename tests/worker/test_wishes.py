"""From handles and words to a frozen spec."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Person
from consent.rules import NOBODY, Audience, Purpose
from socialvideo.lib.errors import Problem
from tests import factories
from worker.specs import Spec
from worker.wishes import freeze


def wish(*subjects: str, seed: int | None = 7) -> Spec:
    return freeze(subjects=subjects, prompt="surfing", purpose="education", audience="followers", seed=seed)


def test_a_wish_freezes_to_a_spec_in_the_order_of_its_handles(
    subject: Person, stranger: Person, settings: Settings
) -> None:
    settings.ENGINE = "diffusion"
    frozen = Spec((stranger.id, subject.id), "surfing", 7, "diffusion", Purpose.EDUCATION, Audience.FOLLOWERS)
    assert wish("kim", "eileen") == frozen


@pytest.mark.parametrize("handle", ["eileen", "@eileen", "EILEEN", "@Eileen"])
def test_a_handle_is_known_in_any_spelling(subject: Person, handle: str) -> None:
    assert wish(handle).subjects == (subject.id,)


def test_a_handle_that_nobody_has_stands_for_nobody(subject: Person) -> None:
    assert wish("ghost", "eileen").subjects == (NOBODY, subject.id)


@pytest.mark.parametrize("twice", ["eileen", "@Eileen"])
def test_a_person_named_twice_is_refused(subject: Person, twice: str) -> None:
    with pytest.raises(Problem) as refused:
        wish("eileen", twice)
    assert (refused.value.status_code, refused.value.code) == (422, "subject_twice")
    assert refused.value.errors[0].pointer == "/subjects"


def test_a_seed_is_drawn_when_none_is_wished(subject: Person) -> None:
    seeds = {wish("eileen", seed=None).seed for _ in range(20)}
    assert len(seeds) > 15
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_the_seed_zero_is_a_seed(subject: Person) -> None:
    assert wish("eileen", seed=0).seed == 0


def test_all_handles_are_looked_up_in_one_query(
    subject: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    factories.person("ben")
    with django_assert_num_queries(1):
        wish("eileen", "ben", "ghost")
