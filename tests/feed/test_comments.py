"""Comments: who may say what where, who sees it, who is told, and what waits for the post's author."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import blocks, mutes
from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from consent.withdrawal import Scope
from feed import publishing
from feed.engagement import comments, rules, talk
from feed.models import Comment, CommentLike, Mention, Post, PostCount
from socialvideo.lib.errors import Problem
from tests import factories
from tests.accounts.noticing import shown, texts
from worker.models import Video


@pytest.fixture
def post(video: Video) -> Post:
    """Sam's public post, which shows eileen."""
    return factories.post(video.owner, video)


@pytest.fixture
def lou(db: None) -> Person:
    """One more who watches."""
    return factories.person("lou")


def say(someone: Person, post: Post, text: str = "Nice.", to: talk.Said | None = None) -> talk.Said:
    """Say something."""
    return comments.say(author=someone, post_id=post.id, text=text, parent_id=to.id if to else None)


def read(someone: Person, post: Post) -> list[str]:
    """What somebody reads under a post, without replies."""
    return [row.body["text"] for row in talk.roots(viewer=someone, post_id=post.id, after=None, limit=99)]


def count(post: Post) -> int:
    """How many comments are counted."""
    return PostCount.objects.get(post=post).comments


def refused(status: int, code: str, wish: Any) -> None:
    """Have something refused."""
    with pytest.raises(Problem) as caught:
        wish()
    assert (caught.value.status_code, caught.value.code) == (status, code)


def test_what_is_said_is_read_newest_first_and_replies_below_it_in_their_order(
    post: Post, stranger: Person, lou: Person
) -> None:
    first, second = say(stranger, post, "First"), say(lou, post, "Second")
    reply = say(lou, post, "A reply", to=first)
    deeper = say(stranger, post, "A deeper one", to=reply)
    assert read(lou, post) == ["Second", "First"]
    below = talk.replies(viewer=lou, root_id=first.id, after=None, limit=9)
    assert [row.body["text"] for row in below] == ["A reply", "A deeper one"]
    assert (deeper.body["root"], deeper.body["parent"]) == (first.id, reply.id)
    assert (count(post), talk.one(viewer=lou, comment_id=first.id).body["replies"], second.body["replies"]) == (4, 2, 0)


@pytest.mark.parametrize("end", ["withdrawn", "removed", "private", "off", "blocked"])
def test_where_one_may_not_see_or_speak_nothing_is_said_liked_or_read(
    post: Post, stranger: Person, grant: Grant, end: str
) -> None:
    said = say(stranger, post)
    match end:
        case "withdrawn":
            withdrawal.withdraw(subject=grant.subject, scope=Scope(grant_id=grant.id))
        case "removed":
            publishing.remove(author=post.author, post_id=post.id)
        case "blocked":
            blocks.block(blocker=post.author, blocked=stranger)
        case _:
            Post.objects.update(**({"comments_on": False} if end == "off" else {"audience": "private"}))
    gone = {"withdrawn": (410, "gone_consent"), "removed": (410, "gone_removed"), "off": (403, "comments_off")}
    status, code = gone.get(end, (404, "not_found"))
    refused(status, code, lambda: say(stranger, post, "More"))
    if end != "off":
        refused(status, code, lambda: comments.like(person=stranger, comment_id=said.id))
        refused(status, code, lambda: comments.edit(author=stranger, comment_id=said.id, text="Other"))
        refused(status, code, lambda: read(stranger, post))
        refused(status, code, lambda: talk.one(viewer=stranger, comment_id=said.id))
        assert talk.mine(person=stranger, after=None, limit=9) == []
    assert [(row.text, row.likes) for row in Comment.objects.all()] == [("Nice.", 0)]


def test_a_reply_needs_a_standing_comment_of_that_post(post: Post, stranger: Person, requester: Person) -> None:
    other = factories.post(requester, factories.footage(requester))
    elsewhere, removed = say(stranger, other), say(stranger, post)
    comments.remove(person=stranger, comment_id=removed.id)
    for parent in (elsewhere, removed):
        refused(404, "not_found", lambda parent=parent: say(stranger, post, to=parent))
    assert count(post) == 0


@pytest.mark.parametrize("text", ["", " \n ", "x" * 1001, "a\u202eb"])
def test_a_comment_says_something_that_can_be_read(post: Post, stranger: Person, text: str) -> None:
    api = factories.client(stranger)
    sent = api.post(f"/api/v1/posts/{post.id}/comments", {"text": text}, format="json")
    assert (sent.status_code, sent.json()["errors"][0]["pointer"]) == (422, "/text")
    assert Comment.objects.count() == 0


def test_its_writer_and_the_posts_author_may_remove_a_comment_and_nobody_else(
    post: Post, stranger: Person, lou: Person
) -> None:
    one, other = say(stranger, post, "One"), say(stranger, post, "Other")
    refused(404, "not_found", lambda: comments.remove(person=lou, comment_id=one.id))
    assert count(post) == 2
    comments.remove(person=stranger, comment_id=one.id)
    comments.remove(person=post.author, comment_id=other.id)
    refused(404, "not_found", lambda: comments.remove(person=stranger, comment_id=one.id))
    assert (read(lou, post), count(post)) == ([], 0)
    assert set(Comment.objects.values_list("removed_by", flat=True)) == {"writer", "author"}


def test_a_removed_comment_with_replies_stays_as_a_tombstone_and_its_words_are_forgotten(
    post: Post, stranger: Person, lou: Person
) -> None:
    root = say(stranger, post, "Regrettable @lou")
    say(lou, post, "A reply", to=root)
    comments.remove(person=stranger, comment_id=root.id)
    (body,) = [row.body for row in talk.roots(viewer=lou, post_id=post.id, after=None, limit=9)]
    assert (body["text"], body["author"], body["mentions"], body["removed"]) == ("", None, [], True)
    assert len(talk.replies(viewer=lou, root_id=root.id, after=None, limit=9)) == 1
    assert comments.forget() == 0
    Comment.objects.filter(id=root.id).update(removed_at="2020-01-01T00:00:00Z")
    assert (comments.forget(), comments.forget(), Comment.objects.get(id=root.id).text) == (1, 0, "")


def test_whom_one_blocks_or_mutes_is_not_read_and_whom_the_author_blocks_by_nobody(
    post: Post, stranger: Person, lou: Person, subject: Person
) -> None:
    for someone in (stranger, lou, subject):
        say(someone, post, someone.handle)
    mutes.mute(muter=subject, muted=lou)
    assert read(subject, post) == ["eileen", "kim"]
    blocks.block(blocker=stranger, blocked=lou)
    assert (read(stranger, post), read(lou, post)) == (["eileen", "kim"], ["eileen", "lou"])
    blocks.block(blocker=post.author, blocked=stranger)
    assert read(lou, post) == ["eileen", "lou"]
    assert read(factories.person(), post) == ["eileen", "lou"]


def test_a_word_of_the_authors_filter_holds_a_comment_until_the_author_releases_it(
    post: Post, stranger: Person, lou: Person
) -> None:
    assert comments.filter_by(person=post.author, words=["Spoiler", "spoiler", "buy  now"]) == ["spoiler", "buy now"]
    said = say(stranger, post, "SPOILER: @lou dies")
    assert (said.body["held"], read(stranger, post), read(post.author, post)) == (True, *[["SPOILER: @lou dies"]] * 2)
    assert (read(lou, post), count(post), texts(lou)) == ([], 0, [])
    assert "@kim commented on your post." not in texts(post.author)
    refused(404, "not_found", lambda: say(lou, post, to=said))
    refused(404, "not_found", lambda: comments.like(person=lou, comment_id=said.id))
    assert [row.id for row in talk.held(author=post.author, after=None, limit=9)] == [said.id]
    refused(404, "not_found", lambda: comments.release(author=lou, comment_id=said.id))
    for _ in range(2):
        comments.release(author=post.author, comment_id=said.id)
    assert (read(lou, post), count(post)) == (["SPOILER: @lou dies"], 1)
    assert texts(lou) == ["@kim mentioned you in a comment."]


def test_an_edit_is_filtered_anew_and_the_authors_own_words_never(post: Post, stranger: Person, lou: Person) -> None:
    comments.filter_by(person=post.author, words=["spoiler"])
    said = say(stranger, post, "Fine.")
    assert not say(post.author, post, "No spoiler here").body["held"]
    assert comments.edit(author=stranger, comment_id=said.id, text="A spoiler!").body["held"]
    assert (read(lou, post), count(post)) == (["No spoiler here"], 1)
    assert comments.edit(author=stranger, comment_id=said.id, text="Fine again.").body["held"]
    refused(404, "not_found", lambda: comments.edit(author=lou, comment_id=said.id, text="Mine"))
    assert Comment.objects.get(id=said.id).text == "Fine again."


@pytest.mark.parametrize(
    ("text", "is_held"),
    [
        ("a SPOILER!", True),
        ("spoilers", False),
        ("Buy\nnow", True),
        ("buy it now", False),
        ("很糟糕的", True),
        ("", False),
    ],
)
def test_a_filter_compares_words_and_not_parts_of_them(text: str, is_held: bool) -> None:
    assert rules.holds(text, ["spoiler", "buy now", "糟糕"]) is is_held


def test_whom_a_comment_concerns_is_told_once_and_no_longer_than_it_stands(
    post: Post, stranger: Person, lou: Person
) -> None:
    root = say(stranger, post, "Look, @lou and @sam and @kim!")
    reply = say(lou, post, "Indeed.", to=root)
    comments.like(person=lou, comment_id=root.id)
    assert texts(lou) == ["@kim mentioned you in a comment."]
    assert texts(stranger) == ["@lou likes your comment.", "@lou replied to your comment."]
    assert "@lou and @kim commented on your post." in texts(post.author)
    assert {row["thing"]["kind"] for row in shown(stranger)} == {"comment"}
    comments.remove(person=lou, comment_id=reply.id)
    comments.unlike(person=lou, comment_id=root.id)
    comments.remove(person=stranger, comment_id=root.id)
    assert (texts(lou), texts(stranger)) == ([], [])
    assert not [text for text in texts(post.author) if "commented" in text or "mentioned" in text]


def named(said: talk.Said) -> list[Any]:
    """Whom a comment names."""
    return list(Mention.objects.filter(comment=said.id).values_list("person", flat=True))


def test_nobody_is_named_who_may_not_see_the_post_or_be_written_to(post: Post, stranger: Person, lou: Person) -> None:
    tom, pri = factories.teen("tom"), factories.person("priya", is_private=True)
    ned = factories.person("ned")
    blocks.block(blocker=ned, blocked=stranger)
    said = say(stranger, post, "@tom @priya @ned @nobody_here @lou")
    assert ([one["handle"] for one in said.body["mentions"]], named(said)) == (["lou"], [lou.id])
    Post.objects.update(audience="followers")
    factories.mutual(post.author, stranger)
    factories.mutual(tom, stranger)
    assert named(say(stranger, post, "@tom @lou")) == []
    factories.mutual(post.author, tom)
    assert named(say(stranger, post, "@tom @lou")) == [tom.id]
    assert texts(pri) == []


def test_a_caption_names_people_and_an_edit_tells_only_whom_it_names_anew(
    video: Video, stranger: Person, lou: Person
) -> None:
    post = factories.post(video.owner, video, caption="With @kim")
    publishing.edit(author=video.owner, post_id=post.id, seen=1, changes={"caption": "With @kim and @lou"})
    assert texts(stranger) == texts(lou) == ["@sam mentioned you in a post."]
    publishing.edit(author=video.owner, post_id=post.id, seen=2, changes={"caption": "Alone"})
    assert Mention.objects.count() == 0


def test_a_comment_is_liked_once(post: Post, stranger: Person, lou: Person) -> None:
    said = say(stranger, post)
    for _ in range(2):
        comments.like(person=lou, comment_id=said.id)
    body = talk.one(viewer=lou, comment_id=said.id).body
    assert (body["likes"], body["liked"], CommentLike.objects.count()) == (1, True, 1)
    for _ in range(2):
        comments.unlike(person=lou, comment_id=said.id)
    assert talk.one(viewer=lou, comment_id=said.id).body["likes"] == 0


def test_reading_costs_the_same_for_two_comments_as_for_nine(
    post: Post, stranger: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api: APIClient = factories.client(stranger)
    first = say(stranger, post)
    for _ in range(2):
        for _ in range(4):
            say(factories.person(), post, "Hello @kim")
            say(factories.person(), post, "Hello @sam", to=first)
        for address in (f"posts/{post.id}/comments", f"comments/{first.id}/replies", "me/comments"):
            with django_assert_num_queries(3):
                assert len(api.get(f"/api/v1/{address}").json()["data"]) >= 1
