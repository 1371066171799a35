"""Names: look-alikes of protected ones, of reserved words and of people who left lately are refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from accounts import handles, people
from accounts.models import Person, ProtectedName, RetiredHandle
from socialvideo.lib.errors import Problem
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def star() -> Person:
    """Somebody whose names are protected."""
    made = factories.person("molly_moon")
    Person.objects.filter(id=made.id).update(display_name="Molly Moon Official")
    made.refresh_from_db()
    handles.protect(made)
    return made


def code(act: Callable[[], object]) -> str:
    """The code of a refusal, or nothing."""
    try:
        act()
    except Problem as problem:
        return problem.code
    return ""


@pytest.mark.parametrize(
    "handle", ["molly_moon", "mollymoon", "m0lly_m00n", "molly__moon_", "moiiy_moon", "rnolly_moon", "mo11y_rnoon"]
)
def test_a_handle_that_looks_like_a_protected_one_is_refused(star: Person, handle: str) -> None:
    assert code(lambda: handles.require_handle(handle)) == "handle_unusable"


@pytest.mark.parametrize("handle", ["molly_m", "molly_sun", "polly_moon", "themollymoon"])
def test_another_handle_is_free(star: Person, handle: str) -> None:
    assert code(lambda: handles.require_handle(handle)) == ""


@pytest.mark.parametrize(
    "name",
    [
        "Molly Moon Official",
        "molly moon 0fficial",
        "\u041c\u043ell\u0443 \u041c\u043e\u043en Official",
        "M\u00f6lly Moon \u2714 Official",
        "\uff2d\uff2f\uff2c\uff2c\uff39 \uff2d\uff2f\uff2f\uff2e",
    ],
)
def test_a_name_that_looks_like_a_protected_one_is_refused(star: Person, requester: Person, name: str) -> None:
    change = lambda: people.edit_profile(person=requester, display_name=name, bio=None)  # noqa: E731
    assert code(change) == "name_protected"
    assert Person.objects.get(id=requester.id).display_name == "Sam"


def test_who_is_protected_keeps_their_own_names(star: Person) -> None:
    people.edit_profile(person=star, display_name="MOLLY MOON OFFICIAL", bio=None)


def test_a_name_is_protected_for_one_person(star: Person) -> None:
    other = factories.person("m0lly_m00n")
    assert code(lambda: handles.protect(other)) == "name_protected"
    assert not ProtectedName.objects.filter(person=other).exists()
    handles.unprotect(star)
    handles.protect(other)
    assert ProtectedName.objects.filter(person=other).exists()


@pytest.mark.parametrize(
    "handle", ["admin", "adm1n", "a_d_m_i_n", "supp0rt", "social_video", "s0cialvide0", "rnoderator"]
)
def test_reserved_words_are_refused_as_they_look(handle: str) -> None:
    assert code(lambda: handles.require_handle(handle)) == "handle_unusable"


def test_the_handle_of_who_left_is_kept_for_ninety_days() -> None:
    handles.retire("gone_girl")
    assert code(lambda: handles.require_handle("gone_girl")) == "handle_unusable"
    free_at = RetiredHandle.objects.get().free_at
    RetiredHandle.objects.update(free_at=Now())
    assert code(lambda: handles.require_handle("gone_girl")) == ""
    handles.retire("gone_girl")
    assert abs(RetiredHandle.objects.get().free_at - free_at) < timedelta(minutes=1)
