"""Publishing a video, changing what was published, and taking one's own post away."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import notices
from accounts.models import Person
from accounts.notices import Told
from consent import gate
from consent.rules import WIDTH, Allowed, Audience, Point, Wish
from feed import reuse
from feed.engagement import mentions, sounds, tags
from feed.models import Post
from socialvideo.lib import bus
from socialvideo.lib.errors import Problem, invalid
from socialvideo.lib.ids import new_id
from socialvideo.lib.prepared import Columns, Statement
from worker import covers, videos
from worker.models import Video

T = TypeVar("T")
_POST = Columns(Post)
_WRITE = Statement(f"""INSERT INTO feed_post (id, author_id, video_id, sound_id, grants, lineage, caption, audience,
        comments_on, may_remix, may_stitch, may_reuse_sound, may_download, version)
    VALUES (%(id)s::uuid, %(author)s::uuid, %(video)s::uuid, %(sound_id)s::uuid, %(grants)s::uuid[],
        %(lineage)s::uuid[], %(caption)s, %(audience)s, %(comments_on)s, %(may_remix)s, %(may_stitch)s,
        %(may_reuse_sound)s, %(may_download)s, 1) RETURNING {_POST.sql("feed_post")}""")


def nothing_more(_: Post) -> None:
    """Do nothing with a post."""


def publish(
    *,
    author: Person,
    video_id: UUID,
    caption: str,
    audience: Audience,
    comments_on: bool = True,
    said: reuse.Said = reuse.NOTHING_SAID,
    cover_ms: int | None = None,
    also: Callable[[Post], None] = nothing_more,
) -> Post:
    """Publish one's own video under the gate. 403 when a grant does not cover it, 409 while it stands published.

    ``said`` is what others may do with it, ``cover_ms`` of which moment the poster becomes; ``also`` is done in the
    same commit, or undoes it.
    """
    video = _own_film(author, video_id)
    if cover_ms is not None and cover_ms > video.duration_ms:
        raise invalid("/cover_ms", "outside_video", f"The video lasts {video.duration_ms} milliseconds.")
    fields = {"caption": caption, "audience": str(audience), "comments_on": comments_on}
    fields |= reuse.settled(author=author, audience=audience, said=said)

    def write(_: Allowed) -> Post:
        videos.require_screened(video_id)
        grants = [claim.held[0] for claim in video.claims()]
        copied = {"grants": grants, "lineage": video.lineage, "sound_id": sounds.heard(video)}
        ((*row,),) = _WRITE.rows(id=new_id(), author=author.id, video=video.id, **copied, **fields)
        post = _POST.instance(row)
        tags.write(post_id=post.id, caption=caption)
        _tell_named(author, post.id, mentions.write(author=author, text=caption, post_id=post.id))
        shown = {claim.subject_id for claim in video.claims() if claim.subject_id}
        notices.tell_all(kind=notices.Kind.PUBLISHED_WITH_YOU, events=[Told(one, author.id, post.id) for one in shown])
        if cover_ms is not None:
            covers.choose(video_id=video_id, cover_ms=cover_ms)
        also(post)
        return post

    try:
        return _asked(video, audience, write)
    except IntegrityError as error:
        raise Problem(409, "already_published", "This video stands published. Remove that post first.") from error


def edit(*, author: Person, post_id: UUID, seen: int, changes: Mapping[str, Any]) -> None:
    """Change columns of one's own post that is as it was ``seen`` (its version): 404, 412, 403 for who it would widen.

    A wider audience is asked of the gate like a publication; a narrower one cuts whoever watches, to be decided anew.
    """
    post = Post.objects.select_related("video").filter(id=post_id, author=author, removed_at=None).first()
    if post is None:
        raise _unknown()
    audience, former = Audience(changes.get("audience", post.audience)), Audience(post.audience)

    def write(_: Allowed) -> None:
        as_seen = Post.objects.filter(id=post_id, removed_at=None, version=seen, audience=former)
        if not as_seen.update(**changes, version=F("version") + 1, edited_at=Now()):
            raise Problem(412, "precondition_failed", "It changed since you read it. Read it again and decide anew.")
        if "caption" in changes:
            caption = changes["caption"]
            tags.rewrite(post_id=post_id, caption=caption)
            _tell_named(author, post_id, mentions.rewrite(author=author, text=caption, post_id=post_id))
        if WIDTH[audience] < WIDTH[former]:
            bus.announce("video", [post.video_id])

    if WIDTH[audience] > WIDTH[former]:
        _asked(post.video, audience, write)
    else:
        with transaction.atomic():
            write(Allowed(()))


def remove(*, author: Person, post_id: UUID) -> None:
    """Take one's own post out of every feed; 404 if it is not there. Whoever plays it is decided about anew."""
    with transaction.atomic():
        standing = Post.objects.select_for_update().filter(id=post_id, author=author, removed_at=None)
        post = standing.first()
        if post is None:
            raise _unknown()
        standing.update(removed_at=Now())
        bus.announce("video", [post.video_id])


def unlist(*, video_ids: list[UUID]) -> None:
    """Purge handler: take posts that nobody can see any more out of the index which lists walk."""
    Post.objects.filter(video__in=video_ids, unlisted_at=None).update(unlisted_at=Now())


def _tell_named(author: Person, post_id: UUID, named: list[UUID]) -> None:
    notices.tell_all(kind=notices.Kind.MENTIONED, events=[Told(one, author.id, post_id) for one in named])


def _own_film(author: Person, video_id: UUID) -> Video:
    video = videos.own(owner_id=author.id, video_id=video_id)
    if video is None:
        raise Problem(404, "not_found", "You have made no video of this id.")
    if video.taken_down_at:
        raise Problem(410, "taken_down", "A moderator took this video down. GET /api/v1/me/statements says why.")
    return video


def _asked(video: Video, audience: Audience, effect: Callable[[Allowed], T]) -> T:
    return gate.use(
        point=Point.PUBLISH,
        requester_id=video.owner_id,
        claims=video.claims(),
        wish=Wish(audience=audience),
        about=video.about(),
        effect=effect,
        nobody=video.shows_nobody,
    )


def _unknown() -> Problem:
    return Problem(404, "not_found", "You have no standing post of this id.")
