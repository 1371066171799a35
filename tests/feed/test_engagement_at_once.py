"""Several people, and the same one from several devices, at once: every count is exact at the end."""

from datetime import timedelta

import pytest
from django.db.models import Sum

from accounts.models import Person
from feed.engagement import comments, counting, history, marks
from feed.engagement.marks import Mark
from feed.models import Comment, Like, PostCount, View
from tests import factories
from tests.accounts.noticing import together
from tests.feed.test_beacons import opened, take, told

pytestmark = pytest.mark.django_db(transaction=True)


def test_likes_and_their_taking_back_are_counted_as_they_stand(requester: Person) -> None:
    post = factories.post(requester, factories.footage(requester))
    people = [factories.person() for _ in range(4)]

    def toggle(someone: Person) -> None:
        for _ in range(6):
            marks.put(Mark.LIKE, person=someone, post_id=post.id)
            marks.take(Mark.LIKE, person=someone, post_id=post.id)
        marks.put(Mark.LIKE, person=someone, post_id=post.id)

    together(*(lambda one=one: toggle(one) for one in (*people, *people)))
    assert PostCount.objects.get(post=post).likes == Like.objects.filter(post=post).count()
    assert 0 < PostCount.objects.get(post=post).likes <= 4


def test_comments_replies_and_removals_are_counted_as_they_stand(requester: Person) -> None:
    post = factories.post(requester, factories.footage(requester))
    root = comments.say(author=requester, post_id=post.id, text="Root")

    def talk() -> None:
        someone = factories.person()
        said = [comments.say(author=someone, post_id=post.id, text="Hi", parent_id=root.id) for _ in range(3)]
        comments.remove(person=requester, comment_id=said[1].id)

    together(*[talk] * 4)
    assert PostCount.objects.get(post=post).comments == Comment.objects.filter(removed_at=None).count() == 9
    assert Comment.objects.get(id=root.id).replies == 8


def test_beacons_are_folded_once_while_they_come_and_several_workers_fold(requester: Person) -> None:
    posts = [factories.post(requester, factories.footage(requester)) for _ in range(3)]
    people = [factories.person() for _ in range(4)]

    def watch(someone: Person) -> None:
        viewings = [(post, opened(someone, post)) for post in posts]
        for step in range(1, 6):
            sent = [told(post, viewing, step * 200) for post, viewing in viewings]
            assert set(take(someone, *sent)) == {"accepted"}
            assert set(take(someone, *sent)) == {"duplicate"}

    def fold() -> None:
        for _ in range(8):
            counting.fold(seconds=0.1)

    together(*(lambda one=one: watch(one) for one in people), fold, fold)
    counting.fold()
    totals = [PostCount.objects.values_list("views", "watched_ms").get(post=post) for post in posts]
    assert totals == [(4, 4000)] * 3
    assert (View.objects.count(), View.objects.aggregate(all=Sum("watched_ms"))["all"]) == (12, 12_000)


def test_a_history_that_is_cleared_while_beacons_are_folded_stays_cleared(requester: Person, stranger: Person) -> None:
    post = factories.post(requester, factories.footage(requester))
    for _ in range(5):
        take(stranger, told(post, opened(stranger, post, timedelta(minutes=1)), 500))
        together(counting.fold, lambda: _clear(stranger))
        assert View.objects.count() == 0
    counting.fold()
    assert View.objects.count() == 0


def _clear(person: Person) -> None:
    history.clear(person)
