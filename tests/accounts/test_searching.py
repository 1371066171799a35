"""Searching people: by the beginnings of handles and names, nearly so, and never whom the viewer is not to find."""

from datetime import UTC, datetime

import pytest

from accounts import people, searching
from accounts.models import Block, Follow, Person
from tests import factories


@pytest.fixture
def viewer(db: None) -> Person:
    return factories.person("vera")


@pytest.fixture
def maria(viewer: Person) -> Person:
    return people.edit_profile(person=factories.person("maria_lopez"), display_name="Marie Schäfer")


def found(viewer: Person, text: str) -> list[str]:
    return [one["handle"] for one in searching.find(viewer=viewer, text=text, limit=9)]


@pytest.mark.parametrize("text", ["maria_lopez", "@maria_lopez", "mar", "lop", "SCH", "marie schäfer", "lopez maria"])
def test_somebody_is_found_by_the_beginnings_of_handle_and_name(viewer: Person, maria: Person, text: str) -> None:
    assert found(viewer, text) == [maria.handle]


@pytest.mark.parametrize("text", ["marja", "lopes", "schafer", "maria lopex"])
def test_somebody_is_found_in_spite_of_a_slip(viewer: Person, maria: Person, text: str) -> None:
    assert found(viewer, text) == [maria.handle]


@pytest.mark.parametrize("text", ["", "zoe", "maria_lopez@example.org x", "+447400123456", "'", "%"])
def test_nobody_is_found_by_anything_else(viewer: Person, maria: Person, text: str) -> None:
    assert found(viewer, text) == []


def test_the_whole_handle_comes_first_then_who_is_followed_most(viewer: Person) -> None:
    lone, famous, exact = (factories.person(handle) for handle in ("samuel", "samira", "sam"))
    Follow.objects.create(follower=viewer, followee=famous)
    assert found(viewer, "sam") == [exact.handle, famous.handle, lone.handle]


@pytest.mark.parametrize("turned", [False, True])
def test_who_is_blocked_either_way_is_not_found(viewer: Person, maria: Person, turned: bool) -> None:
    blocker, blocked = (maria, viewer) if turned else (viewer, maria)
    Block.objects.create(blocker=blocker, blocked=blocked)
    assert found(viewer, "maria_lopez") == found(viewer, "marja") == []


@pytest.mark.parametrize("field", [{"is_active": False}, {"suspended_until": datetime(9999, 1, 1, tzinfo=UTC)}])
def test_who_is_not_in_good_standing_is_not_found(viewer: Person, maria: Person, field: dict[str, object]) -> None:
    Person.objects.filter(id=maria.id).update(**field)
    assert found(viewer, "maria_lopez") == []


def test_a_grown_up_finds_a_teenager_by_the_whole_handle_or_as_a_follower_alone(viewer: Person) -> None:
    teen = factories.teen("tommy")
    assert (found(viewer, "tom"), found(viewer, "tomy"), found(viewer, "tommy")) == ([], [], ["tommy"])
    assert found(factories.teen("tina"), "tom") == ["tommy"]
    Follow.objects.create(follower=viewer, followee=teen)
    assert found(viewer, "tom") == ["tommy"]


def test_a_private_account_is_found_by_its_card(viewer: Person, maria: Person) -> None:
    Person.objects.filter(id=maria.id).update(is_private=True)
    card = {"id": maria.id, "handle": maria.handle, "display_name": maria.display_name}
    assert searching.find(viewer=viewer, text="maria", limit=9) == [card]


def test_a_new_name_is_found_at_once_and_the_old_one_no_more(viewer: Person, maria: Person) -> None:
    people.edit_profile(person=maria, display_name="Zoë Quick")
    assert (found(viewer, "quick"), found(viewer, "schäfer")) == ([maria.handle], [])
