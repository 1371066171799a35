"""Two hundred reasons drawn by lot, by every scorer, are what their logged rows say; and every logged score replays."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Person
from feed.foryou import experiments, replay, training
from feed.foryou.experiments import Arm, Experiment
from feed.models import Impression
from feed.ranking import boosting, features
from tests import factories
from tests.feed import audience

DRAWN, LEAST = 200, 10
RUNGS = ("heads", "blend", "impersonal", "chronological", *(["boosted"] if boosting.installed() else []))
LADDER = Experiment("ladder", tuple(Arm(first, 33, first=first) for first in ("boosted", "heads", "blend")))


@dataclass(frozen=True)
class Shown:
    """One item as somebody was shown it."""

    api: APIClient
    impression: str
    post: str
    rung: str
    why: dict[str, Any]


def served(people: Sequence[Person], wish: str = "", **settings: object) -> list[Shown]:
    """Show each of them a page."""
    apis = [factories.client(person) for person in people]
    for api in apis:
        if settings:
            assert api.patch("/api/v1/me/feed-settings", settings, format="json").status_code == 200
        if wish:
            assert api.post("/api/v1/me/wishes", {"said": wish}, format="json").status_code == 201
    pages = [(api, api.get("/api/v1/feeds/for-you", {"limit": 15}).json()) for api in apis]
    return [
        Shown(api, item["impression"], item["id"], page["ranking"], item["why"])
        for api, page in pages
        for item in page["data"]
    ]


def of_each_arm(each: int) -> list[Person]:
    """So many people of each arm of the ladder, and in no arm."""
    wanted = Counter({arm.name: each for arm in LADDER.arms} | {"usual": 1})
    found = []
    while wanted.total():
        person = factories.person()
        arm = experiments.arm_of(person.id, LADDER).name
        if wanted[arm]:
            wanted[arm] -= 1
            found.append(person)
    return found


def everything_shown() -> list[Shown]:
    """Pages by every scorer: of three rankings, with and without a profile, with wishes, and in order of time."""
    house = audience.made(posts=32, people=8, boosted=boosting.installed())
    people = of_each_arm(2)
    audience.watched(people, house.posts[:6])
    shown = served(people) + served([factories.teen()]) + served(people[:2], "more chess, less jazz", mood="calm")
    training.refresh()
    audience.forget()
    shown += served(people[2:], ai_share=50) + served([factories.person()], profiling=False)
    training.train(settings=audience.TINY, boosted=False)
    audience.forget()
    return shown + served(people)


@pytest.mark.django_db
def test_two_hundred_reasons_reproduce_and_every_score_replays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "RUNNING", LADDER)
    for number in range(LEAST):
        audience.posted(factories.person(), "chess", number)
    shown = served([factories.person()]) + everything_shown()
    drawn = random.Random(DRAWN).sample(shown, DRAWN)
    assert {each.rung for each in drawn} == set(RUNGS)
    for each in drawn:
        told = each.api.get(f"/api/v1/me/impressions/{each.impression}").json()
        assert (told["post"], told["ranking"], told["why"]) == (each.post, each.rung, each.why)
    found = replay.replay(Impression.objects.all())
    assert (found.right, found.lost, found.rows + found.unscored) == (found.rows, 0, len(shown))
    assert found.largest <= replay.EXACT == 1e-6
    assert Impression.objects.exclude(model="").values("model").distinct().count() == 2
    for rung in set(RUNGS) - {"chronological"}:
        assert spoilt(rung) == found.right - 1


def spoilt(rung: str) -> int:
    """How many scores still replay where one logged column of one row of this scorer is another."""
    row = Impression.objects.filter(rung=rung).latest("id")
    logged = features.unpacked(bytes(row.features)).copy()
    logged[features.PLACE["steer"]] += 1
    Impression.objects.filter(id=row.id).update(features=features.packed(logged))
    right = replay.replay(Impression.objects.all()).right
    Impression.objects.filter(id=row.id).update(features=row.features)
    return right
