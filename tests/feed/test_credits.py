"""What a film was made of: credited to whom it is shown, to others a tombstone, and listed below its sources."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import blocks, graph
from accounts.models import Person
from consent import withdrawal
from feed import publishing
from feed.models import Post
from tests import factories
from worker import videos
from worker.compositions import Composition, Kind, Part
from worker.models import Source, Video


def stitched(owner: Person, *films: Video) -> Video:
    """A stitch of two films."""
    wish = Composition(Kind.STITCH, tuple(Part(film.id, 0, film.duration_ms) for film in films))
    return factories.video(owner, composition=wish)


@pytest.fixture
def source(stranger: Person) -> Video:
    """A film of kim's that shows nobody, published to all."""
    film = factories.footage(stranger)
    factories.post(stranger, film)
    return film


@pytest.fixture
def work(requester: Person, source: Video) -> Post:
    """Sam's stitch of it with something of their own, published to all."""
    return factories.post(requester, stitched(requester, source, factories.footage(requester)))


@pytest.fixture
def viewer(db: None) -> Person:
    """Somebody who watches."""
    return factories.person("vera")


def get(someone: Person, address: str) -> Any:
    """Read something."""
    return factories.client(someone).get(f"/api/v1/{address}")


def credited(someone: Person, post: Post) -> list[dict[str, Any]]:
    """What the post's film is made of, for this viewer."""
    found: list[dict[str, Any]] = get(someone, f"posts/{post.id}").json()["credits"]
    return found


def gone(role: str) -> dict[str, Any]:
    """A tombstone."""
    return {"role": role, "gone": True, "video": None, "author": None}


def test_a_post_credits_whom_its_film_is_made_of_wherever_it_is_shown(
    work: Post, source: Video, viewer: Person, requester: Person
) -> None:
    author = {"id": str(source.owner_id), "handle": "kim", "display_name": "Kim"}
    expected = [{"role": "original", "gone": False, "video": str(source.id), "author": author}]
    graph.follow(follower=viewer, followee=requester)
    assert credited(viewer, work) == expected
    for address in ("people/sam/posts", "feeds/following"):
        assert [row["credits"] for row in get(viewer, address).json()["data"]] == [expected]


def test_a_film_of_ones_own_is_credited_only_where_it_is_shown(work: Post, viewer: Person, requester: Person) -> None:
    assert [each["role"] for each in credited(viewer, work)] == ["original"]
    assert [each["role"] for each in credited(requester, work)] == ["original", "second"]
    factories.post(requester, Video.objects.get(works__video=work.video, owner=requester))
    assert [each["role"] for each in credited(viewer, work)] == ["original", "second"]


def removed(source: Video, viewer: Person) -> None:
    publishing.remove(author=source.owner, post_id=source.posts.get().id)


def narrowed(source: Video, viewer: Person) -> None:
    source.posts.update(audience="followers")


def blocked(source: Video, viewer: Person) -> None:
    blocks.block(blocker=source.owner, blocked=viewer)


def suspended(source: Video, viewer: Person) -> None:
    Person.objects.filter(id=source.owner_id).update(is_active=False)


@pytest.mark.parametrize("ends", [removed, narrowed, blocked, suspended])
def test_a_source_that_is_not_shown_is_a_tombstone_and_the_work_stays(
    work: Post, source: Video, viewer: Person, ends: Any
) -> None:
    ends(source, viewer)
    assert credited(viewer, work) == [gone("original")]
    lineage = get(viewer, f"videos/{work.video_id}/lineage")
    assert lineage.json() == {"sources": [{"depth": 1, **gone("original")}]}
    assert get(viewer, f"videos/{work.video_id}/playback").status_code == 200


def test_a_work_ends_with_a_source_that_is_taken_down(work: Post, source: Video, viewer: Person) -> None:
    videos.take_down(source.id)
    assert get(viewer, f"posts/{work.id}").json()["code"] == "gone_removed"
    assert get(viewer, f"videos/{work.video_id}/lineage").json()["code"] == "taken_down"


def test_a_remix_is_credited_too(subject: Person, requester: Person, stranger: Person, viewer: Person) -> None:
    factories.grant(subject, requester, may_remix=True)
    original = factories.video(requester, subject)
    factories.post(requester, original)
    remix = factories.post(stranger, factories.video(stranger, remix_of=original.id))
    assert [(each["role"], each["author"]["handle"]) for each in credited(viewer, remix)] == [("original", "sam")]
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert get(viewer, f"videos/{remix.video_id}/lineage").json()["code"] == "gone_consent"


def test_the_lineage_goes_up_to_the_first_film(work: Post, source: Video, viewer: Person) -> None:
    again = factories.post(viewer, stitched(viewer, work.video, factories.footage(viewer)))
    rows = get(factories.person(), f"videos/{again.video_id}/lineage").json()["sources"]
    assert [(row["depth"], row["role"], row["author"]["handle"]) for row in rows] == [
        (1, "original", "sam"),
        (2, "original", "kim"),
    ]


def test_a_film_that_is_stitched_with_itself_again_and_again_has_each_line_once_a_depth(requester: Person) -> None:
    film = factories.footage(requester)
    for _ in range(6):
        film = stitched(requester, film, film)
    rows = get(requester, f"videos/{film.id}/lineage").json()["sources"]
    assert [row["depth"] for row in rows] == [depth for depth in range(1, 7) for _ in range(2)]


def test_a_lineage_is_told_to_nobody_who_may_not_watch(requester: Person, source: Video, viewer: Person) -> None:
    draft = stitched(requester, source, factories.footage(requester))
    assert get(viewer, f"videos/{draft.id}/lineage").status_code == 404
    assert get(requester, f"videos/{draft.id}/lineage").status_code == 200


def test_what_was_made_of_a_post_is_listed_as_far_as_the_viewer_may_see_it(
    work: Post, source: Video, viewer: Person, requester: Person
) -> None:
    hidden = factories.post(requester, stitched(requester, source, factories.footage(requester)), audience="private")
    address = f"posts/{source.posts.get().id}/remixes"
    assert [row["id"] for row in get(viewer, address).json()["data"]] == [str(work.id)]
    assert [row["id"] for row in get(requester, address).json()["data"]] == [str(hidden.id), str(work.id)]
    removed(source, viewer)
    assert get(viewer, address).json()["code"] == "gone_removed"


def test_what_was_made_of_it_goes_on_page_by_page(requester: Person, source: Video, viewer: Person) -> None:
    own = factories.footage(requester)
    made = [str(factories.post(requester, stitched(requester, source, own)).id) for _ in range(5)]
    api, found, place = factories.client(viewer), [], f"/api/v1/posts/{source.posts.get().id}/remixes?limit=2"
    while place:
        page = api.get(place).json()
        found += [row["id"] for row in page["data"]]
        place = (
            page["next_cursor"]
            and f"/api/v1/posts/{source.posts.get().id}/remixes?limit=2&cursor={page['next_cursor']}"
        )
    assert found == made[::-1]


@pytest.mark.parametrize("count", [1, 4])
def test_credits_cost_no_statement_of_their_own_however_many_there_are(
    count: int, requester: Person, source: Video, viewer: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    own, api = factories.footage(requester), factories.client(viewer)
    for _ in range(count):
        factories.post(requester, stitched(requester, source, own))
    addresses = {f"posts/{source.posts.get().id}/remixes": 4, "people/sam/posts": 4}
    for address, queries in addresses.items():
        with django_assert_num_queries(queries):
            assert len(api.get(f"/api/v1/{address}").json()["data"]) == count
    with django_assert_num_queries(8):
        api.get(f"/api/v1/videos/{Source.objects.filter(source=source)[:1].get().video_id}/lineage")
