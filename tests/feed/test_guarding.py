"""What a guardian sets for their ward's feed: the stricter holds, the ward sees it; it goes with the guardianship."""

from datetime import time

import pytest
from rest_framework.test import APIClient

from accounts import guardians
from accounts.models import Guardianship, Person
from feed.control import exports
from feed.control.rules import Limits, limits, stricter
from feed.foryou import facts
from feed.models import WardLimit
from socialvideo.lib.ids import new_id
from tests import factories

pytestmark = pytest.mark.django_db
SETTINGS = "/api/v1/me/feed-settings"
NOTHING = dict.fromkeys(("ai_share", "budget_minutes", "break_minutes", "quiet_from", "quiet_to"))


@pytest.fixture
def bond() -> tuple[Person, Person, Guardianship]:
    """A ward, their guardian, what binds them."""
    return factories.guarded()


def address(link: Guardianship) -> str:
    """Where limits are set."""
    return f"/api/v1/guardianships/{link.id}/feed-limits"


def put(bond: tuple[Person, Person, Guardianship], **set_: object) -> None:
    """The guardian sets something."""
    said = factories.client(bond[1]).put(address(bond[2]), {**NOTHING, **set_}, format="json")
    assert said.status_code == 200, said.json()


def seen(ward: Person) -> dict[str, object]:
    """What the ward sees."""
    found: dict[str, object] = factories.client(ward).get(SETTINGS).json()
    return found


def test_the_stricter_of_both_holds_and_the_ward_sees_by_whom(bond: tuple[Person, Person, Guardianship]) -> None:
    ward = factories.client(bond[0])
    put(bond, ai_share=30, budget_minutes=40, quiet_from="20:30", quiet_to="07:30")
    said = ward.patch(SETTINGS, {"ai_share": 60, "budget_minutes": 25, "break_minutes": 10}, format="json").json()
    assert (said["ai_share"], said["budget_minutes"], said["break_minutes"]) == (30, 25, 10)
    assert (said["quiet_from"], said["quiet_to"]) == ("20:30", "07:30")
    assert said["set_by_guardian"] == ["ai_share", "budget_minutes", "quiet_from", "quiet_to"]
    said = ward.patch(SETTINGS, {"ai_share": 10, "budget_minutes": None}, format="json").json()
    assert (said["ai_share"], said["budget_minutes"]) == (10, 40)


def test_no_guardian_lifts_what_holds_for_all_teenagers(bond: tuple[Person, Person, Guardianship]) -> None:
    put(bond, budget_minutes=600, break_minutes=120, ai_share=100)
    held = seen(bond[0])
    assert (held["budget_minutes"], held["break_minutes"], held["quiet_from"]) == (60, 20, "22:00")


def test_a_page_holds_to_it_and_reads_it_with_everything_else(bond: tuple[Person, Person, Guardianship]) -> None:
    put(bond, ai_share=0, budget_minutes=5)
    known = facts.read(viewer=bond[0].id, walk=new_id(), profiling_by_age=False)
    assert known.guarded is not None
    assert (known.guarded.ai_share, known.guarded.budget_minutes, known.guarded.quiet_from) == (0, 5, None)
    assert facts.read(viewer=bond[1].id, walk=new_id(), profiling_by_age=True).guarded is None


def test_it_goes_with_the_guardianship(bond: tuple[Person, Person, Guardianship]) -> None:
    put(bond, ai_share=0)
    guardians.leave(person=bond[0], guardianship_id=bond[2].id)
    assert (seen(bond[0])["ai_share"], seen(bond[0])["set_by_guardian"]) == (100, [])
    assert not WardLimit.objects.exists()


def test_who_is_of_age_is_limited_by_nobody(bond: tuple[Person, Person, Guardianship]) -> None:
    put(bond, ai_share=0)
    Person.objects.filter(id=bond[0].id).update(birth_date="1990-01-01")
    assert (seen(bond[0])["ai_share"], seen(bond[0])["set_by_guardian"]) == (100, [])
    assert factories.client(bond[1]).get(address(bond[2])).status_code == 404


def test_the_ward_finds_it_in_their_export(bond: tuple[Person, Person, Guardianship]) -> None:
    put(bond, budget_minutes=30)
    assert exports._settings(bond[0])["set_by_guardian"]["budget_minutes"] == 30


@pytest.mark.parametrize("who", ["ward", "stranger", "invited"])
def test_nobody_else_reads_or_sets_it(who: str, bond: tuple[Person, Person, Guardianship], stranger: Person) -> None:
    link, api = bond[2], factories.client({"ward": bond[0], "stranger": stranger}.get(who, stranger))
    if who == "invited":
        link = guardians.invite(ward=factories.teen(), guardian=stranger)
    assert api.get(address(link)).status_code == 404
    assert api.put(address(link), {**NOTHING, "ai_share": 0}, format="json").status_code == 404
    assert not WardLimit.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"budget_minutes": 4}, "/budget_minutes"),
        ({"ai_share": 101}, "/ai_share"),
        ({"quiet_from": "21:00"}, "/quiet_to"),
        ({"quiet_from": "23:00", "quiet_to": "07:00"}, "/quiet_to"),
        ({"quiet_from": "13:00", "quiet_to": "15:00"}, "/quiet_to"),
    ],
)
def test_what_is_no_limit_is_refused(
    wrong: dict[str, object], pointer: str, bond: tuple[Person, Person, Guardianship]
) -> None:
    said = factories.client(bond[1]).put(address(bond[2]), {**NOTHING, **wrong}, format="json")
    assert (said.status_code, said.json()["errors"][0]["pointer"]) == (422, pointer)
    assert not WardLimit.objects.exists()


def night(begins: int, ends: int) -> Limits:
    """A teenager's limits with these quiet hours."""
    return limits(budget=None, without_break=None, quiet=(time(begins), time(ends)), is_teen=True)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [((20, 7), (22, 9), (20, 9)), ((22, 7), (21, 8), (21, 8)), ((9, 7), (20, 10), (9, 7)), ((23, 6), (21, 7), (21, 7))],
)
def test_of_two_nights_both_are_quiet(one: tuple[int, int], other: tuple[int, int], both: tuple[int, int]) -> None:
    expected = tuple(map(time, both))
    assert stricter(night(*one), night(*other)).quiet == stricter(night(*other), night(*one)).quiet == expected


def test_an_api_client_of_a_ward_cannot_take_it_away(bond: tuple[Person, Person, Guardianship]) -> None:
    put(bond, ai_share=20, quiet_from="21:00", quiet_to="07:00")
    api: APIClient = factories.client(bond[0])
    said = api.patch(SETTINGS, {"ai_share": 100, "quiet_from": None, "quiet_to": None}, format="json").json()
    assert (said["ai_share"], said["quiet_from"]) == (20, "21:00")
