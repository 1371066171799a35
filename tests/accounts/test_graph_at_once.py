"""Many hands on the same edges at once: afterwards the state is legal, and the counts are those of the rows."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import Count, Q

from accounts import blocks, closeness, graph, people, requests
from accounts.models import Block, CloseFriend, Follow, FollowRequest, Person, Tally
from socialvideo.lib.errors import Problem
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
Act = Callable[[], object]


def at_once(acts: Sequence[Act], hands: int = 16) -> list[str]:
    """Do all of it on connections of their own; what was refused. A deadlock or a broken constraint is raised."""

    def done(act: Act) -> str:
        try:
            act()
        except Problem as problem:
            return problem.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(hands) as pool:
        return [code for code in pool.map(done, acts) if code]


def assert_legal() -> None:
    """No edge beside a block, nobody close who does not follow, every count right."""
    pairs = {frozenset(pair) for pair in Block.objects.values_list("blocker", "blocked")}
    for rows in (
        Follow.objects.values_list("follower", "followee"),
        FollowRequest.objects.values_list("follower", "followee"),
        CloseFriend.objects.values_list("person", "friend"),
    ):
        assert not pairs & {frozenset(pair) for pair in rows}
    follows = set(Follow.objects.values_list("follower", "followee"))
    assert {(friend, person) for person, friend in CloseFriend.objects.values_list("person", "friend")} <= follows
    assert not follows & set(FollowRequest.objects.filter(declined_at=None).values_list("follower", "followee"))
    wanted = Person.objects.annotate(
        followers=Count("followed_by", distinct=True), following=Count("follows", distinct=True)
    )
    kept = {row.person_id: (row.followers, row.following) for row in Tally.objects.all()}
    assert {row.id: (row.followers, row.following) for row in wanted} == {
        row.id: kept.get(row.id, (0, 0)) for row in wanted
    }


def test_fifty_hands_on_one_pair_leave_a_legal_state_and_right_counts() -> None:
    one, other = factories.person("sam"), factories.person("kim")
    acts: dict[str, Callable[[Person, Person], object]] = {
        "follow": lambda a, b: graph.follow(follower=a, followee=b),
        "unfollow": lambda a, b: graph.unfollow(follower=a, followee=b),
        "block": lambda a, b: blocks.block(blocker=a, blocked=b),
        "unblock": lambda a, b: blocks.unblock(blocker=a, handle=b.handle),
        "close": lambda a, b: closeness.add(person=a, friend=b),
    }
    dice = random.Random(7)
    for end in ("", "block", "follow"):
        drawn = [(dice.choice(list(acts)), dice.sample([one, other], 2)) for _ in range(50)]
        refused = at_once([lambda a=acts[name], p=pair: a(*p) for name, pair in drawn])  # type: ignore[misc]
        assert set(refused) <= {"person_unknown", "not_a_follower"}
        assert_legal()
        if end:
            at_once([lambda: acts["unblock"](one, other), lambda: acts["unblock"](other, one)])
            at_once([lambda a=acts[end]: a(one, other) for _ in range(8)])  # type: ignore[misc]
            assert_legal()
            assert (Block if end == "block" else Follow).objects.count() >= 1


def test_fifty_people_on_one_hub_leave_right_counts() -> None:
    hub, crowd = factories.person("hub"), [factories.person() for _ in range(12)]
    dice, acts = random.Random(3), []
    for _ in range(100):
        who = dice.choice(crowd)
        acts.append(
            dice.choice(
                [
                    lambda who=who: graph.follow(follower=who, followee=hub),
                    lambda who=who: graph.follow(follower=hub, followee=who),
                    lambda who=who: graph.follow(follower=who, followee=hub),
                    lambda who=who: graph.unfollow(follower=who, followee=hub),
                    lambda who=who: blocks.block(blocker=hub, blocked=who),
                    lambda who=who: blocks.unblock(blocker=hub, handle=who.handle),
                ]
            )
        )
    assert set(at_once(acts)) <= {"person_unknown"}
    assert_legal()
    assert Follow.objects.filter(Q(follower=hub) | Q(followee=hub)).count() == Follow.objects.count()


def test_an_account_that_turns_public_meanwhile_leaves_no_request_and_no_blocked_follower() -> None:
    hub, crowd = factories.person("hub", is_private=True), [factories.person() for _ in range(20)]
    for who in crowd[:10]:
        graph.follow(follower=who, followee=hub)
    acts: list[Act] = [lambda who=who: blocks.block(blocker=hub, blocked=who) for who in crowd[:5]]  # type: ignore[misc]
    acts += [lambda who=who: graph.follow(follower=who, followee=hub) for who in crowd]  # type: ignore[misc]
    acts.insert(3, lambda: people.edit_profile(person=Person.objects.get(id=hub.id), is_private=False))
    assert set(at_once(acts)) <= {"person_unknown"}
    # Who asked in the moment of the change waits, until they or the account say it again.
    requests.accept_all(hub)
    assert_legal()
    assert Follow.objects.filter(followee=hub).count() == 15
    assert not FollowRequest.objects.exists()
