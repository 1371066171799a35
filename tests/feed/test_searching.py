"""Searching posts and hashtags: by beginnings, by what is nearly that, and only what the viewer may see."""

import pytest
from rest_framework.test import APIClient

from accounts.models import Person
from consent import withdrawal
from feed import publishing
from feed.lists import searching
from feed.models import Like, Post, PostTag, PostText, SearchTerm
from tests import factories
from worker.models import Video


def post(author: Person, caption: str, **fields: object) -> Post:
    return factories.post(author, factories.footage(author), caption=caption, **fields)  # type: ignore[arg-type]


def found(viewer: Person, text: str) -> list[str]:
    return [row.body["caption"] for row in searching.posts(viewer=viewer.id, text=text, limit=20)]


@pytest.mark.parametrize("text", ["sunset", "SUNSET", "sun", "beach sun", "Sunset at", "\uff53\uff55\uff4e"])
def test_a_caption_is_found_by_the_beginnings_of_its_words(requester: Person, stranger: Person, text: str) -> None:
    post(requester, "Sunset at the beach")
    post(requester, "Pasta")
    assert found(stranger, text) == ["Sunset at the beach"]


@pytest.mark.parametrize("text", ["sunsett", "sunst", "beech", "the snuset"])
def test_a_caption_is_found_in_spite_of_a_slip(requester: Person, stranger: Person, text: str) -> None:
    post(requester, "Sunset at the beach")
    post(requester, "Pasta")
    assert found(stranger, text) == ["Sunset at the beach"]


@pytest.mark.parametrize("text", ["mountain", "sunset pasta", "' & !", "':*", "\\", "%"])
def test_what_nobody_wrote_finds_nothing(requester: Person, stranger: Person, text: str) -> None:
    post(requester, "Sunset at the beach")
    assert found(stranger, text) == []


def test_what_is_liked_comes_first_among_captions_that_fit_alike(requester: Person, stranger: Person) -> None:
    post(requester, "Surf one")
    liked = post(requester, "Surf two")
    post(requester, "Surf three")
    Like.objects.create(person=stranger, post=liked)
    assert found(stranger, "surf")[0] == "Surf two"


def test_what_a_viewer_may_not_see_is_not_found_by_them(requester: Person, stranger: Person) -> None:
    post(requester, "Surf for me", audience="private")
    post(requester, "Surf for followers", audience="followers")
    assert found(stranger, "surf") == found(stranger, "surv") == []
    assert len(found(requester, "surf")) == 2


@pytest.mark.django_db(transaction=True)
def test_what_was_withdrawn_is_not_found_any_more() -> None:
    subject, owner, viewer = factories.enrolled(), factories.person(), factories.person()
    factories.grant(subject, owner)
    factories.post(owner, factories.video(owner, subject), caption="Surf with her")
    assert found(viewer, "surf") == ["Surf with her"]
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    assert found(viewer, "surf") == found(owner, "surf") == []


def test_an_edit_is_found_by_its_new_words_and_old_ones_are_forgotten(requester: Person, stranger: Person) -> None:
    one = post(requester, "Surf with Kimberley")
    publishing.edit(author=requester, post_id=one.id, seen=1, changes={"caption": "Pasta"})
    assert (found(stranger, "kimberley"), found(stranger, "pasta")) == ([], ["Pasta"])
    assert set(SearchTerm.objects.values_list("term", flat=True)) == {"pasta"}


def test_a_word_that_others_wrote_too_is_kept(requester: Person) -> None:
    one = post(requester, "Surf")
    post(requester, "Surf again")
    publishing.edit(author=requester, post_id=one.id, seen=1, changes={"caption": ""})
    assert PostText.objects.count() == 1
    assert set(SearchTerm.objects.values_list("term", flat=True)) == {"surf", "again"}


def test_hashtags_are_found_by_their_beginning_the_most_used_first(requester: Person, stranger: Person) -> None:
    tagged(post(requester, ""), "surfing")
    for _ in range(2):
        tagged(post(requester, ""), "surf")
    tagged(post(requester, ""), "pasta")
    for text in ("sur", "#SUR", "surf"):
        assert searching.hashtags(viewer=stranger.id, text=text, limit=9) == ["surf", "surfing"]
    assert searching.hashtags(viewer=stranger.id, text="psta", limit=9) == ["pasta"]
    assert searching.hashtags(viewer=stranger.id, text="%", limit=9) == []


def test_a_hashtag_that_stands_on_nothing_visible_is_not_told(requester: Person, stranger: Person) -> None:
    tagged(post(requester, "", audience="private"), "secret")
    assert searching.hashtags(viewer=stranger.id, text="sec", limit=9) == []
    assert searching.hashtags(viewer=requester.id, text="sec", limit=9) == ["secret"]


def tagged(one: Post, tag: str) -> None:
    PostTag.objects.create(post=one, tag=tag)


@pytest.fixture
def api(stranger: Person) -> APIClient:
    return factories.client(stranger)


@pytest.mark.parametrize("address", ["people", "posts", "hashtags"])
@pytest.mark.parametrize("q", ["", "x" * 101])
def test_a_search_for_nothing_or_too_much_is_refused(api: APIClient, address: str, q: str) -> None:
    reply = api.get(f"/api/v1/search/{address}", {"q": q})
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid_q")


@pytest.mark.parametrize("address", ["people", "posts", "hashtags"])
@pytest.mark.parametrize("q", ["\0", "🏄", "%_\\", "'; DROP TABLE feed_post --", "a" * 99, "#", "@"])
def test_whatever_is_written_is_answered(api: APIClient, video: Video, address: str, q: str) -> None:
    reply = api.get(f"/api/v1/search/{address}", {"q": q + " "})
    assert (reply.status_code, reply.json()["data"]) == (200, [])


def test_a_search_costs_the_same_statements_however_much_it_finds(
    api: APIClient, requester: Person, django_assert_num_queries: object
) -> None:
    for count in (1, 5):
        for _ in range(count):
            tagged(post(requester, "Surf"), "surf")
        with django_assert_num_queries(2 + 2):  # type: ignore[operator]
            assert api.get("/api/v1/search/posts", {"q": "surf", "limit": 1}).json()["data"]
        with django_assert_num_queries(2 + 1):  # type: ignore[operator]
            assert api.get("/api/v1/search/hashtags", {"q": "surf"}).json()["data"] == [{"tag": "surf"}]
