"""What this room erases of somebody who left: what they published and said, with its words."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, Now

from accounts.rights.erasers import Counts, Eraser, Kept
from feed.models import Comment, Mention, Post, PostTag, TrendReview


def _count(person_id: UUID) -> Counts:
    return {
        "posts": _standing(person_id).count(),
        "captions": _worded(person_id).count(),
        "hashtags": PostTag.objects.filter(post__author=person_id).count(),
        "words of comments": _said(person_id).count(),
    }


def _erase(person_id: UUID) -> None:
    theirs = Post.objects.filter(author=person_id)
    theirs.update(caption="", removed_at=Coalesce("removed_at", Now()), unlisted_at=Coalesce("unlisted_at", Now()))
    PostTag.objects.filter(post__author=person_id).delete()
    Mention.objects.filter(Q(post__author=person_id) | Q(comment__author=person_id)).delete()
    said = _said(person_id)
    said.filter(removed_at=None).update(removed_at=Now(), removed_by=Comment.RemovedBy.WRITER)
    said.update(text="")


def _standing(person_id: UUID) -> QuerySet[Post]:
    return Post.objects.filter(author=person_id, removed_at=None)


def _worded(person_id: UUID) -> QuerySet[Post]:
    return Post.objects.filter(author=person_id).exclude(caption="")


def _said(person_id: UUID) -> QuerySet[Comment]:
    return Comment.objects.filter(author=person_id).exclude(text="")


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
            Comment,
            lambda person_id: Comment.objects.filter(author=person_id),
            "tombstones without words, below which others replied; ids alone",
        ),
        Kept(
            TrendReview,
            lambda person_id: TrendReview.objects.filter(moderator=person_id),
            "what a moderator decided about posts that trend: decisions stay (DSA article 24)",
        ),
    ),
)
