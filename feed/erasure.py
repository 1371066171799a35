"""What this room erases of somebody who left: what they published, with its words."""

from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now

from accounts.rights.erasers import Counts, Eraser, Kept
from feed.models import Post, TrendReview


def _count(person_id: UUID) -> Counts:
    return {"posts": _standing(person_id).count(), "captions": _worded(person_id).count()}


def _erase(person_id: UUID) -> None:
    theirs = Post.objects.filter(author=person_id)
    theirs.update(caption="", removed_at=Coalesce("removed_at", Now()), unlisted_at=Coalesce("unlisted_at", Now()))


def _standing(person_id: UUID) -> QuerySet[Post]:
    return Post.objects.filter(author=person_id, removed_at=None)


def _worded(person_id: UUID) -> QuerySet[Post]:
    return Post.objects.filter(author=person_id).exclude(caption="")


POSTS = Eraser(
    count=_count,
    erase=_erase,
    kept=(
        Kept(
            Post,
            lambda person_id: Post.objects.filter(author=person_id),
            "tombstones without words: that something was published and is gone; ids alone",
        ),
        Kept(
            TrendReview,
            lambda person_id: TrendReview.objects.filter(moderator=person_id),
            "what a moderator decided about posts that trend: decisions stay (DSA article 24)",
        ),
    ),
)
