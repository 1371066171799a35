"""A film that shows nobody needs nobody's permission; one that lost a depiction has none."""

import pytest

from accounts import auth, graph
from accounts.models import Person
from consent import gate, permits
from consent.models import Decision, Permit, PermitSubject
from consent.rules import ANY, Allowed, Audience, Claim, Point, Wish
from feed import playback, publishing
from feed.lists import chronological, following
from feed.models import Post
from feed.tickets import Viewing
from socialvideo.lib.errors import Problem
from tests import factories
from worker import videos
from worker.models import Depiction, Video


def opened(viewer: Person, film: Video) -> Viewing:
    session = auth.log_in(handle=viewer.handle, password=factories.PASSWORD, device="")[1]
    return playback.open_video(viewer=viewer, session=session, video_id=film.id)


def composed(owner: Person, film: Video, effect: object = lambda permit: permit) -> Permit:
    """Issue a permit for something made of ``film`` alone."""
    origin = permits.Origin(film.claims(), tuple(film.lineage))
    wish = {"requester": owner, "subjects": [], "digest": bytes(32), "wish": ANY, "job_id": film.id}
    return permits.issue(**wish, effect=effect, origin=origin)  # type: ignore[arg-type]


def test_it_is_published_listed_and_watched_and_no_journal_has_a_line(requester: Person, stranger: Person) -> None:
    film = factories.footage(requester)
    post = factories.post(requester, film)
    graph.follow(follower=stranger, followee=requester)
    assert [shown.id for shown in following.following(viewer=stranger.id, after=None, limit=9)] == [post.id]
    ticket = opened(stranger, film)
    assert ticket.basis
    assert ticket.basis.ends_at == playback.NEVER
    assert playback.reopen(ticket).keys
    assert not Decision.objects.exists()


def test_its_audience_rules_as_ever(requester: Person, stranger: Person) -> None:
    film = factories.footage(requester)
    factories.post(requester, film, Audience.FOLLOWERS)
    with pytest.raises(Problem) as refused:
        opened(stranger, film)
    assert refused.value.status_code == 404


def test_a_film_that_lost_a_depiction_is_not_one_of_nobody(video: Video, requester: Person, stranger: Person) -> None:
    factories.post(requester, video)
    Depiction.objects.all().delete()
    video = Video.objects.get()
    assert [claim.grant_id for claim in video.claims()] == [None]
    assert chronological.grid(viewer=stranger.id, author=requester.id, after=None, limit=9) == []
    with pytest.raises(Problem) as refused:
        opened(requester, video)
    assert refused.value.code == "gone_consent"


def test_nor_is_it_published(video: Video, requester: Person) -> None:
    Depiction.objects.all().delete()
    with pytest.raises(gate.Denied):
        publishing.publish(author=requester, video_id=video.id, caption="", audience=Audience.PRIVATE)
    assert not Post.objects.exists()


def test_it_is_taken_down_like_any_other(requester: Person) -> None:
    film = factories.footage(requester)
    videos.take_down(film.id)
    with pytest.raises(Problem) as refused:
        opened(requester, film)
    assert refused.value.code == "taken_down"


def test_what_is_made_of_it_has_a_permit_for_nobody_that_is_redeemed_and_spent_once(requester: Person) -> None:
    permit = composed(requester, factories.footage(requester))
    redeemed = permits.redeem(permit_id=permit.id, digest=bytes(32), job_id=permit.job_id)
    assert (permit.subject_count, redeemed.nobody, redeemed.claims) == (0, True, ())
    permits.recheck(redeemed)
    assert permits.spend(redeemed, video_id=permit.id, effect=lambda claims, review: (claims, review)) == ((), False)
    with pytest.raises(permits.Unusable):
        permits.spend(redeemed, video_id=permit.id, effect=lambda *_: pytest.fail("spent twice"))


def test_a_permit_that_lost_its_subject_is_for_nobody_no_more(video: Video, requester: Person) -> None:
    spent = Permit.objects.get()
    PermitSubject.objects.all().delete()
    with pytest.raises(permits.Unusable, match="lost somebody"):
        permits.redeem(permit_id=spent.id, digest=bytes(spent.digest), job_id=spent.job_id)


def test_a_wish_for_nobody_that_is_made_of_nothing_is_a_fault_of_ours(requester: Person) -> None:
    wish = {"requester": requester, "subjects": [], "digest": bytes(32), "wish": ANY, "job_id": requester.id}
    with pytest.raises(ValueError, match="names its subjects"):
        permits.issue(**wish, effect=lambda permit: permit)  # type: ignore[arg-type]
    assert not Permit.objects.exists()


def test_the_gate_lets_nobody_through_only_where_it_was_said_and_nobody_is_claimed(
    subject: Person, requester: Person
) -> None:
    done: list[Allowed] = []
    ask = {"point": Point.OPEN, "requester_id": requester.id, "wish": Wish(), "effect": done.append}
    with pytest.raises(ValueError, match="names its subjects"):
        gate.use(claims=(), **ask)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="nobody and somebody"):
        gate.use(claims=[Claim(subject.id)], nobody=True, **ask)  # type: ignore[arg-type]
    assert done == []
    gate.use(claims=(), nobody=True, **ask)  # type: ignore[arg-type]
    assert done == [Allowed(())]
