"""What the following feed is held against (``benchmarks.feed_speed``), under the same server. Never deployed.

``/orm`` is the list that anybody would write with DRF and the ORM, ``/bare`` one SQL statement of the same rows. Both
ask who the token belongs to, as all views do, and neither asks for consent, blocks, audiences or mutes.
"""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialvideo.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 (Django must be set up before)
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Exists, OuterRef  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.generics import ListAPIView  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from accounts.models import Follow, Person  # noqa: E402
from feed.models import Post  # noqa: E402
from socialvideo.lib import health  # noqa: E402
from worker.models import Video  # noqa: E402

BARE = """SELECT p.id, p.caption, p.audience, p.published_at, p.edited_at, p.comments_on, a.id, a.handle,
    a.display_name, v.id, v.width, v.height, v.duration_ms, v.engine, v.is_preview
    FROM accounts_follow f JOIN feed_post p ON p.author_id = f.followee_id
    JOIN accounts_person a ON a.id = p.author_id JOIN worker_video v ON v.id = p.video_id
    WHERE f.follower_id = %(viewer)s AND p.removed_at IS NULL ORDER BY p.id DESC LIMIT 20"""


class AuthorShape(serializers.ModelSerializer[Person]):
    """Who published."""

    class Meta:
        """The card."""

        model = Person
        fields = ("id", "handle", "display_name")


class VideoShape(serializers.ModelSerializer[Video]):
    """What is published."""

    class Meta:
        """What a player must know."""

        model = Video
        fields = ("id", "width", "height", "duration_ms", "engine", "is_preview")


class PostShape(serializers.ModelSerializer[Post]):
    """A post."""

    author = AuthorShape()
    video = VideoShape()

    class Meta:
        """Nested, as anybody would."""

        model = Post
        fields = ("id", "caption", "audience", "published_at", "edited_at", "comments_on", "author", "video")


class OrmView(ListAPIView[Post]):
    """The newest posts of those one follows, by the ORM and a serializer."""

    serializer_class = PostShape

    def get_queryset(self) -> Any:
        """Return the newest twenty."""
        followed = Follow.objects.filter(follower=self.request.user.pk, followee=OuterRef("author"))
        rows = Post.objects.filter(Exists(followed), removed_at=None).select_related("author", "video")
        return rows.order_by("-id")[:20]


class BareView(APIView):
    """The same by one statement, as rows."""

    def get(self, request: Request) -> Response:
        """Return the rows."""
        with connection.cursor() as cursor:
            cursor.execute(BARE, {"viewer": request.user.pk})
            return Response(cursor.fetchall())


urlpatterns = [path("livez", health.alive), path("orm", OrmView.as_view()), path("bare", BareView.as_view())]
settings.ROOT_URLCONF = __name__
application = WSGIHandler()
