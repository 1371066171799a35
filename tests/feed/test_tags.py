"""Which hashtags and people a caption names, and whose sound is heard."""

import pytest

from accounts.models import Person
from feed import publishing
from feed.engagement import rules
from feed.models import PostCount, PostTag
from tests import factories
from worker.compositions import Composition, Kind, Part
from worker.models import Video


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#Surf at #sunset!", ["surf", "sunset"]),
        ("#surf #SURF #\uff33\uff55\uff52\uff46", ["surf"]),
        ("#Straße and #STRASSE", ["strasse"]),
        ("Zürich: #Zu\u0308rich, #東京 #café_au_lait", ["zürich", "東京", "café_au_lait"]),
        ("no#tag, #1, #, #_, https://example.org/#part, &#39;", []),
        ("#" + "a" * 60 + " #" + "b" * 61, ["a" * 60]),
        ("#one#two", ["one"]),
    ],
)
def test_the_hashtags_of_a_text_are_those_that_a_reader_sees(text: str, tags: list[str]) -> None:
    assert rules.tags_in(text) == tags


def test_of_very_many_hashtags_the_first_count() -> None:
    assert rules.tags_in(" ".join(f"#t{n}" for n in range(99))) == [f"t{n}" for n in range(rules.MOST_TAGS)]


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("with @Ana and (@ben), @ana.", ["ana", "ben"]),
        ("mail ana@example.org, @ab, @1st, @@ana, see example.org/@ana", []),
        ("@" + "a" * 31, []),
    ],
)
def test_the_handles_of_a_text_are_those_that_a_reader_sees(text: str, handles: list[str]) -> None:
    assert rules.handles_in(text) == handles


def test_a_post_has_the_hashtags_of_its_caption_and_counts_of_nought(video: Video) -> None:
    post = factories.post(video.owner, video, caption="#Surf, #surf and #sea")
    assert set(PostTag.objects.filter(post=post).values_list("tag", flat=True)) == {"surf", "sea"}
    assert PostCount.objects.values("views", "likes", "comments").get(post=post) == {
        "views": 0,
        "likes": 0,
        "comments": 0,
    }


def test_an_edited_caption_takes_its_hashtags_along(video: Video) -> None:
    post = factories.post(video.owner, video, caption="#surf #sea")
    publishing.edit(author=video.owner, post_id=post.id, seen=1, changes={"caption": "#sea #sand"})
    assert set(PostTag.objects.values_list("tag", flat=True)) == {"sea", "sand"}
    publishing.edit(author=video.owner, post_id=post.id, seen=2, changes={"comments_on": False})
    assert PostTag.objects.count() == 2


def test_a_post_sounds_like_its_own_film_or_like_the_one_whose_sound_was_reused_last(requester: Person) -> None:
    first, picture = factories.footage(requester), factories.footage(requester)
    second = _sounding(requester, picture, first)
    third = _sounding(requester, picture, second)
    assert [factories.post(requester, film).sound for film in (picture, second, third)] == [picture, first, first]


def _sounding(owner: Person, picture: Video, sound: Video) -> Video:
    """Compose a film of the pictures of one and the sound of another."""
    parts = (Part(picture.id, 0, 500), Part(sound.id, 0, 500))
    return factories.video(owner, composition=Composition(Kind.SOUND, parts))
