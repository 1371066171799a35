"""Publishing under the gate, and taking a post away."""

from collections.abc import Callable

import pytest
from django.db.models.functions import Now

from accounts.models import Person
from consent import gate, withdrawal
from consent.models import Decision, Grant
from consent.rules import Audience
from feed import publishing
from feed.models import Post
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories
from worker import videos
from worker.models import Video


def publish(video: Video, author: Person | None = None, audience: Audience = Audience.PUBLIC) -> Post:
    return publishing.publish(author=author or video.owner, video_id=video.id, caption="Surf", audience=audience)


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        act()
    return refused.value.status_code, refused.value.code


def test_a_published_video_is_a_post_and_a_line_in_the_journal(video: Video, subject: Person, grant: Grant) -> None:
    post = publish(video)
    assert (post.author, post.video, post.caption, post.audience) == (video.owner, video, "Surf", "public")
    line = Decision.objects.get(point="publish")
    assert (line.verdict, line.subject, line.requester) == ("allowed", subject, video.owner)
    assert (line.video_id, line.grant, line.audience) == (video.id, grant, "public")


@pytest.mark.parametrize(
    ("granted", "wished"),
    [
        (Audience.PRIVATE, Audience.FOLLOWERS),
        (Audience.PRIVATE, Audience.PUBLIC),
        (Audience.FOLLOWERS, Audience.PUBLIC),
    ],
)
def test_a_wider_audience_than_the_grants_is_refused(video: Video, granted: Audience, wished: Audience) -> None:
    Grant.objects.update(audience=granted)
    assert refusal(lambda: publish(video, audience=wished)) == (403, "consent_unavailable")
    assert Post.objects.count() == 0
    line = Decision.objects.get(point="publish")
    assert (line.verdict, line.reason, line.audience) == ("denied", "audience", wished)


@pytest.mark.parametrize("audience", Audience)
def test_the_grants_own_audience_is_granted(video: Video, audience: Audience) -> None:
    Grant.objects.update(audience=audience)
    assert publish(video, audience=audience).audience == audience


def test_the_narrowest_of_two_grants_counts(grant: Grant, subject: Person, requester: Person) -> None:
    ben = factories.enrolled("ben")
    narrow = factories.grant(ben, requester)
    video = factories.video(requester, subject, ben)
    Grant.objects.filter(id=narrow.id).update(audience="followers")
    assert refusal(lambda: publish(video)) == (403, "consent_unavailable")
    assert Post.objects.count() == 0
    assert Decision.objects.get(point="publish").subject == ben
    assert publish(video, audience=Audience.FOLLOWERS).audience == "followers"


def withdrawn(video: Video) -> None:
    withdrawal.withdraw(subject=video.depictions.get().subject, scope=withdrawal.Scope())


def expired(video: Video) -> None:
    Grant.objects.update(not_before="2020-01-01T00:00Z", expires_at=Now())


def stale(video: Video) -> None:
    Grant.objects.update(epoch=2)


@pytest.mark.parametrize("end", [withdrawn, expired, stale])
def test_a_video_whose_grant_ended_cannot_be_published(video: Video, end: Callable[[Video], None]) -> None:
    end(video)
    with pytest.raises(gate.Denied):
        publish(video, audience=Audience.PRIVATE)
    assert Post.objects.count() == 0
    assert Decision.objects.get(point="publish").verdict == "denied"


def test_a_video_that_stands_published_cannot_be_published_again(video: Video) -> None:
    post = publish(video)
    assert refusal(lambda: publish(video, audience=Audience.PRIVATE)) == (409, "already_published")
    assert Post.objects.get() == post
    assert Decision.objects.filter(point="publish").count() == 1


def test_a_removed_post_may_be_followed_by_another(video: Video) -> None:
    first = publish(video)
    publishing.remove(author=video.owner, post_id=first.id)
    second = publish(video, audience=Audience.PRIVATE)
    assert set(Post.objects.filter(removed_at=None)) == {second}


def test_one_publishes_ones_own_videos_alone(video: Video, subject: Person, stranger: Person) -> None:
    for author in (subject, stranger):
        assert refusal(lambda author=author: publish(video, author)) == (404, "not_found")  # type: ignore[misc]
    assert refusal(lambda: publish(Video(id=new_id(), owner=stranger))) == (404, "not_found")
    assert Post.objects.count() == 0
    assert not Decision.objects.filter(point="publish").exists()


def test_a_video_taken_down_cannot_be_published(video: Video) -> None:
    videos.take_down(video.id)
    assert refusal(lambda: publish(video)) == (410, "taken_down")
    assert Post.objects.count() == 0


def test_one_removes_ones_own_standing_posts_alone(video: Video, subject: Person, stranger: Person) -> None:
    post = publish(video)
    for person in (subject, stranger):
        act = lambda person=person: publishing.remove(author=person, post_id=post.id)  # type: ignore[misc] # noqa: E731
        assert refusal(act) == (404, "not_found")
        assert Post.objects.get().removed_at is None


def test_removing_twice_is_refused_and_keeps_the_first_time(video: Video) -> None:
    post = publish(video)
    publishing.remove(author=video.owner, post_id=post.id)
    Post.objects.update(removed_at="2024-01-01T00:00Z")
    act = lambda: publishing.remove(author=video.owner, post_id=post.id)  # noqa: E731
    assert refusal(act) == (404, "not_found")
    assert Post.objects.get().removed_at.isoformat() == "2024-01-01T00:00:00+00:00"  # type: ignore[union-attr]
