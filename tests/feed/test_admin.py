"""Posts in the panel."""

import re

import pytest
from django.test import Client

from accounts.models import Person
from feed import publishing
from feed.models import Post
from tests import factories
from worker import videos
from worker.models import Video


@pytest.fixture
def staff(client: Client, moderator: Person) -> Client:
    """A browser in which the moderator is logged in."""
    client.force_login(moderator)
    return client


@pytest.fixture
def post(video: Video) -> Post:
    """The video, published."""
    return factories.post(video.owner, video, caption="Eileen surfs")


def badges(shown: str) -> list[str]:
    """Return the words on a coloured ground."""
    return re.findall(r'text-\[11px\] uppercase[^"]*"\s*>\s*([^<>]+?)\s*</span>', shown)


def test_a_post_says_whether_it_stands(staff: Client, post: Post, video: Video) -> None:
    address = f"/admin/feed/post/{post.id}/change/"
    assert badges(staff.get(address).content.decode()) == ["published"]
    publishing.remove(author=video.owner, post_id=post.id)
    assert badges(staff.get(address).content.decode()) == ["removed"]
    videos.take_down(video.id)
    assert badges(staff.get(address).content.decode()) == ["taken down"]


def test_posts_of_a_video_are_listed(staff: Client, post: Post, requester: Person, subject: Person) -> None:
    factories.post(requester, factories.video(requester, subject))
    rows = staff.get("/admin/feed/post/", {"video": post.video_id}).context["cl"].result_list
    assert list(rows) == [post]


def test_staff_cannot_change_a_caption(staff: Client, post: Post) -> None:
    assert staff.post(f"/admin/feed/post/{post.id}/change/", {"caption": "changed"}).status_code == 403
    post.refresh_from_db()
    assert post.caption == "Eileen surfs"
