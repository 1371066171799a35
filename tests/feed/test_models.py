"""What the table of posts refuses, whoever asks."""

import pytest
from django.db import IntegrityError, transaction

from feed.models import Post
from tests import factories
from worker.models import Video


def test_a_video_stands_published_once(video: Video) -> None:
    post = factories.post(video.owner, video)
    with pytest.raises(IntegrityError, match="post_once"), transaction.atomic():
        Post.objects.create(author=video.owner, video=video, sound=video, audience="private")
    assert Post.objects.get() == post


def test_an_unknown_audience_is_refused(video: Video) -> None:
    with pytest.raises(IntegrityError, match="post_audience_known"), transaction.atomic():
        Post.objects.create(author=video.owner, video=video, sound=video, audience="everybody")
    assert Post.objects.count() == 0


def test_a_post_names_itself(video: Video) -> None:
    post = factories.post(video.owner, video)
    assert str(post) == f"post {post.id}"
