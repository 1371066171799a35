"""A person's say in their feed, over REST: settings, wishes in words, what is exported; experiments; the operator."""

import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Person
from accounts.rights import erasers
from feed.control import exports, steers
from feed.foryou import evaluating, experiments, training
from feed.foryou.experiments import Arm, Experiment
from feed.models import Choice, Impression, RankingModel, Steer, View
from socialvideo.lib.archive import Archive
from socialvideo.lib.ids import new_id
from tests import factories
from tests.feed import audience

pytestmark = pytest.mark.django_db
SETTINGS, WISHES = "/api/v1/me/feed-settings", "/api/v1/me/wishes"


@pytest.fixture
def sam(requester: Person) -> APIClient:
    """Somebody who has a say."""
    return factories.client(requester)


def say(api: APIClient, said: str) -> Any:
    """Wish something."""
    return api.post(WISHES, {"said": said}, format="json")


def test_settings_are_changed_one_by_one(sam: APIClient) -> None:
    assert sam.get(SETTINGS).json()["profiling"] is True
    said = sam.patch(SETTINGS, {"profiling": False, "quiet_from": "22:30", "quiet_to": "06:30"}, format="json").json()
    assert (said["profiling"], said["quiet_from"], said["ai_share"]) == (False, "22:30", 100)
    said = sam.patch(SETTINGS, {"profiling": None, "mood": "calm"}, format="json").json()
    assert (said["profiling"], said["mood"], said["quiet_to"]) == (True, "calm", "06:30")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"budget_minutes": 4}, "/budget_minutes"),
        ({"break_minutes": 1441}, "/break_minutes"),
        ({"quiet_from": "22:00"}, "/quiet_to"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "/quiet_to"),
        ({"mood": "furious"}, "/mood"),
        ({"ai_share": 101}, "/ai_share"),
    ],
)
def test_settings_that_are_none_are_refused(change: dict[str, Any], pointer: str, sam: APIClient) -> None:
    said = sam.patch(SETTINGS, change, format="json")
    assert (said.status_code, said.json()["errors"][0]["pointer"]) == (422, pointer)
    assert not Choice.objects.exclude(budget_minutes=None, break_minutes=None, quiet_from=None, mood="any").exists()


def test_a_teenager_cannot_lift_their_limits() -> None:
    api = factories.client(factories.teen())
    said = api.patch(SETTINGS, {"budget_minutes": 600, "break_minutes": None, "profiling": True}, format="json").json()
    assert (said["budget_minutes"], said["break_minutes"], said["quiet_from"]) == (60, 20, "22:00")


def test_a_wish_is_kept_as_chips_and_said_again_replaces_itself(sam: APIClient) -> None:
    said = say(sam, "more cooking, less politics, nothing with my ex's name").json()
    assert [(each["about"], each["direction"]) for each in said["wishes"]] == [
        ("politics", "less"),
        ("cooking", "more"),
    ]
    assert said["unclear"][0]["said"] == "nothing with my ex's name"
    say(sam, "no cooking tonight")
    held = {each["about"]: (each["direction"], each["strength"]) for each in sam.get(WISHES).json()["data"]}
    assert held == {"cooking": ("less", 3), "politics": ("less", 2)}


def test_what_is_not_understood_is_refused_with_a_question_and_nothing_is_kept(sam: APIClient) -> None:
    said = say(sam, "less of this")
    assert (said.status_code, said.json()["code"]) == (422, "wish_unclear")
    assert "Name it" in said.json()["detail"]
    assert not Steer.objects.exists()


def test_a_wish_expires_and_is_swept(sam: APIClient, requester: Person) -> None:
    say(sam, "more jazz")
    Steer.objects.update(expires_at=Now() - timedelta(days=2))
    assert sam.get(WISHES).json()["data"] == []
    steers.sweep()
    assert not Steer.objects.exists()


def test_wishes_have_an_end(sam: APIClient, requester: Person) -> None:
    holds = {"sign": 1, "strength": 1, "expires_at": Now() + timedelta(days=1)}
    Steer.objects.bulk_create(Steer(person=requester, said="x", term=str(n), **holds) for n in range(steers.MOST))
    assert say(sam, "more jazz").json()["code"] == "too_many_wishes"
    assert Steer.objects.count() == steers.MOST


def test_nobody_takes_anothers_wish_back(sam: APIClient, stranger: Person) -> None:
    wish = say(sam, "more jazz").json()["wishes"][0]["id"]
    assert factories.client(stranger).delete(f"{WISHES}/{wish}").status_code == 404
    assert Steer.objects.count() == 1


def test_wishes_are_listed_by_as_many_statements_however_many_there_are(sam: APIClient) -> None:
    counts = []
    for said in ("more jazz", "more cats, more dogs, less politics, no spiders"):
        say(sam, said)
        with CaptureQueriesContext(connection) as asked:
            sam.get(WISHES)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_whole_profile_is_exported_and_erased(sam: APIClient, requester: Person, stranger: Person) -> None:
    say(sam, "more jazz")
    sam.patch(SETTINGS, {"mood": "calm"}, format="json")
    audience.posted(stranger, "jazz")
    assert sam.get("/api/v1/feeds/for-you").json()["data"]
    archive = Archive()
    exports.add_feed(requester, archive)
    archive.seal()
    held = b"".join(archive)
    archive.close()
    assert all(name in held for name in (b"feed/settings.json", b"feed/wishes.json", b"feed/shown.json"))
    eraser = erasers.all_of_them()["feed.control.erasure.STEERING"]
    assert set(eraser.count(requester.id).values()) == {1}
    eraser.erase(requester.id)
    assert set(eraser.count(requester.id).values()) == {0}


TRIED = Experiment("calmer", (Arm("wide", 30, {"author_span": 20}), Arm("narrow", 20)))


def test_arms_are_drawn_by_hash_and_stay() -> None:
    people = [UUID(int=n * 7919) for n in range(2000)]
    drawn = [experiments.arm_of(each, TRIED).name for each in people]
    assert drawn == [experiments.arm_of(each, TRIED).name for each in people]
    shares = {name: drawn.count(name) / len(drawn) for name in ("wide", "narrow", "usual")}
    assert shares == pytest.approx({"wide": 0.3, "narrow": 0.2, "usual": 0.5}, abs=0.04)
    assert experiments.label(TRIED.arms[0], TRIED) == "calmer/wide"
    with pytest.raises(ValueError, match="more than everybody"):
        Experiment("all", (Arm("one", 60), Arm("two", 41)))


def test_an_arm_that_is_watched_less_does_not_hold_its_guard(requester: Person, stranger: Person) -> None:
    post = audience.posted(stranger, "jazz")
    other = audience.posted(stranger, "chess")
    for arm, film in (("", post), ("calmer/wide", other)):
        _shown(requester, film, arm, 200)
    View.objects.create(person=requester, post=post, is_long=True)
    found = evaluating.outcomes(timedelta(days=1))
    assert [(each.arm, each.impressions, each.long_views) for each in found] == [
        ("", 200, 200),
        ("calmer/wide", 200, 0),
    ]
    assert found[0].effective == pytest.approx(found[0].lots)
    held = {guard.what: guard.holds for guard in evaluating.guards(found)}
    assert held == {"long_views": False, "creations": True, "hides": True}


def test_operators_see_what_came_of_each_arm_above_the_rankings(
    client: Client, moderator: Person, requester: Person, stranger: Person
) -> None:
    client.force_login(moderator)
    assert "Guards of the experiment" not in client.get("/admin/feed/rankingmodel/").content.decode()
    watched, other = audience.posted(stranger, "jazz"), audience.posted(stranger, "chess")
    _shown(requester, watched, "", 200)
    _shown(requester, other, "calmer/wide", 100)
    View.objects.create(person=requester, post=watched, is_long=True)
    said = client.get("/admin/feed/rankingmodel/").content.decode()
    rows = [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in re.findall(r"<tr class=\"data-row.*?</tr>", said, re.S)
    ]
    told = [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in rows]
    assert ["usual", "200", "1", "100.0%", "100.0%", "0.0%", "0.0%", "0.0%", "200", "100.0%"] in told
    assert ["calmer/wide", "100", "1", "0.0%", "0.0%", "0.0%", "0.0%", "0.0%", "100", "0.0%"] in told
    assert ["calmer/wide", "long views", "-100.00%", "-17.3", "NO"] in told


def _shown(person: Person, post: Any, arm: str, count: int) -> None:
    same = {"person": person, "post": post, "position": 0, "sources": ["fresh"], "propensity": 0.5, "rung": "blend"}
    Impression.objects.bulk_create(
        Impression(request_id=new_id(), arm=arm, features=b"", score=0.0, served_at=Now() - timedelta(hours=1), **same)
        for _ in range(count)
    )


def test_the_operator_trains_refreshes_evaluates_and_explains(requester: Person, settings: Any, tmp_path: Path) -> None:
    house = audience.made(posts=12, people=6)
    shown = factories.client(requester).get("/api/v1/feeds/for-you").json()["data"]
    out = io.StringIO()
    call_command("feed", "refresh", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["kind"], RankingModel.objects.get(active=True).parent) == ("refreshed", house.model.hash)
    out = io.StringIO()
    call_command("feed", "explain", shown[0]["impression"], stdout=out)
    assert json.loads(out.getvalue())["why"]["words"] == shown[0]["why"]["words"]
    out = io.StringIO()
    call_command("feed", "evaluate", stdout=out)
    assert json.loads(out.getvalue().splitlines()[1])["impressions"] == len(shown)
    with pytest.raises(CommandError, match="Name an impression"):
        call_command("feed", "explain", str(new_id()))


def test_a_ranking_whose_file_is_not_what_its_name_says_is_not_used(requester: Person) -> None:
    house = audience.made(posts=8, people=4)
    RankingModel.objects.update(file=house.model.words_file)
    said = factories.client(requester).get("/api/v1/feeds/for-you").json()
    assert said["ranking"] == "chronological"
    assert len(said["data"]) == 8


def test_what_nothing_asks_for_any_more_is_swept() -> None:
    house = audience.made(posts=8, people=4)
    audience.watched([factories.person()], house.posts)
    counted = training.refresh()
    RankingModel.objects.filter(hash=counted.hash).update(made_at=Now() - timedelta(hours=2))
    training.sweep()
    assert RankingModel.objects.filter(hash=counted.hash).exists()
    audience.watched([factories.person()], house.posts)
    newest = training.refresh()
    training.sweep()
    assert {row.hash for row in RankingModel.objects.all()} == {house.model.hash, newest.hash}
