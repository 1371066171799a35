"""Publishing a video, and taking one's own post away."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts import notices
from accounts.models import Person
from accounts.notices import Told
from consent import gate
from consent.rules import Allowed, Audience, Point, Wish
from feed.models import Post
from socialvideo.lib import bus
from socialvideo.lib.errors import Problem
from worker import videos
from worker.models import Video


def publish(*, author: Person, video_id: UUID, caption: str, audience: Audience) -> Post:
    """Publish one's own video under the gate. 403 when a grant does not cover it, 409 while it stands published."""
    video = Video.objects.prefetch_related("depictions").filter(id=video_id, owner=author).first()
    if video is None:
        raise Problem(404, "not_found", "You have made no video of this id.")
    if video.taken_down_at:
        raise Problem(410, "taken_down", "A moderator took this video down. GET /api/v1/me/statements says why.")

    def write(_: Allowed) -> Post:
        videos.require_screened(video_id)
        grants = [claim.held[0] for claim in video.claims()]
        fields = {"caption": caption, "audience": audience, "grants": grants, "lineage": video.lineage}
        post = Post.objects.create(author=author, video=video, **fields)
        shown = {claim.subject_id for claim in video.claims() if claim.subject_id}
        notices.tell_all(kind=notices.Kind.PUBLISHED_WITH_YOU, events=[Told(one, author.id, post.id) for one in shown])
        return post

    try:
        return gate.use(
            point=Point.PUBLISH,
            requester_id=author.id,
            claims=video.claims(),
            wish=Wish(audience=audience),
            about=video.about(),
            effect=write,
            nobody=video.shows_nobody,
        )
    except IntegrityError as error:
        raise Problem(409, "already_published", "This video stands published. Remove that post first.") from error


def remove(*, author: Person, post_id: UUID) -> None:
    """Take one's own post out of every feed; 404 if it is not there. Whoever plays it is decided about anew."""
    with transaction.atomic():
        standing = Post.objects.select_for_update().filter(id=post_id, author=author, removed_at=None)
        post = standing.first()
        if post is None:
            raise Problem(404, "not_found", "You have no standing post of this id.")
        standing.update(removed_at=Now())
        bus.announce("video", [post.video_id])


def unlist(*, video_ids: list[UUID]) -> None:
    """Purge handler: take posts that nobody can see any more out of the index which lists walk."""
    Post.objects.filter(video__in=video_ids, unlisted_at=None).update(unlisted_at=Now())
