"""Drafts: what somebody prepares, keeps, and publishes themselves or at a time. Whatever fails, the words stay.

Rows of their own and no posts in another state: what every list walks and every predicate asks stays as it is
(decision 7).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from accounts.models import Person
from consent.rules import Audience
from feed import publishing, reuse
from feed.models import Draft, Post
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem, invalid
from worker.models import Upload, Video
from worker.rules import UploadStatus

SOONEST, LATEST = timedelta(minutes=1), timedelta(days=90)
UNDER_WAY = (UploadStatus.RECEIVING, UploadStatus.PROCESSING)
CHANGED = "draft_changed"


def create(*, owner: Person, sent: Mapping[str, Any]) -> Draft:
    """Keep a draft of one of the owner's videos or uploads. 404 for another's, 422 for a time that cannot be."""
    return Draft.objects.create(owner=owner, **_checked(owner, sent))


def of_person(person: Person) -> QuerySet[Draft]:
    """Return the drafts that are to be published."""
    return Draft.objects.filter(owner=person).exclude(state=Draft.State.PUBLISHED).select_related("upload")


def find(person: Person, draft_id: UUID) -> Draft:
    """Return one of the person's drafts, or what came of it; else the 404 problem."""
    draft = Draft.objects.select_related("owner", "upload").filter(id=draft_id, owner=person).first()
    if draft is None:
        raise Problem(404, "not_found", "None of your drafts has this id.")
    return draft


def edit(*, owner: Person, draft_id: UUID, sent: Mapping[str, Any]) -> Draft:
    """Change what is sent, and forget why it failed; 404, 409 once it is published.

    With ``publish_at`` it is scheduled, or with None a draft again.
    """
    draft = find(owner, draft_id)
    changes = {**_checked(owner, sent), "failure_code": "", "failure_detail": "", "version": F("version") + 1}
    if not _open(draft).update(**changes):
        raise Problem(409, "already_published", "This draft is published. Edit its post.")
    return find(owner, draft_id)


def remove(*, owner: Person, draft_id: UUID) -> None:
    """Throw a draft away; its video or upload stays. 404, 409 once it is published."""
    if not _open(find(owner, draft_id)).delete()[0]:
        raise Problem(409, "already_published", "This draft is published. Remove its post.")


def publish(*, draft: Draft) -> Post:
    """Publish a draft, through the gate, once: 409 once it is published, and while its film is not there.

    What is published is what was read: 409 ``draft_changed`` when it was edited meanwhile.
    """
    if draft.state == Draft.State.PUBLISHED:
        raise Problem(409, "already_published", "This draft is published.")

    def done(post: Post) -> None:
        over = {"state": Draft.State.PUBLISHED, "post": post, "caption": "", "ended_at": Now(), "failure_code": ""}
        if not _open(draft).filter(version=draft.version).update(**over, failure_detail=""):
            raise Problem(409, CHANGED, "The draft was changed meanwhile. Look at it again.")

    return publishing.publish(
        author=draft.owner,
        video_id=_film(draft),
        caption=draft.caption,
        audience=Audience(draft.audience),
        comments_on=draft.comments_on,
        said={use.value: getattr(draft, use) for use in reuse.Use},
        cover_ms=draft.cover_ms,
        also=done,
    )


def _open(draft: Draft) -> QuerySet[Draft]:
    return Draft.objects.filter(id=draft.id).exclude(state=Draft.State.PUBLISHED)


def _film(draft: Draft) -> UUID:
    """Return the video; the 409 problem while, or because, there is none."""
    upload = draft.upload
    video_id = draft.video_id or (upload and upload.video_id)
    if video_id:
        return video_id
    if upload is None:
        raise Problem(409, "no_video", "There is no video to publish. Name one of yours, or another upload.")
    if upload.status in UNDER_WAY:
        raise Problem(409, "still_processing", "The upload is not ready yet. Try again when it is.")
    why = upload.failure_detail or f"It is {upload.status}."
    raise Problem(409, "upload_failed", f"Nothing came of the upload. {why} The draft is kept: name another.")


def _checked(owner: Person, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns for what was sent."""
    fields = {name: value for name, value in sent.items() if name not in ("video", "upload")}
    if "publish_at" in sent:
        fields["state"] = Draft.State.SCHEDULED if _timely(sent["publish_at"]) else Draft.State.DRAFT
    named = {name: sent[name] for name in ("video", "upload") if sent.get(name)}
    if len(named) > 1:
        raise invalid("/upload", "two_films", "Name a video or an upload, not both.")
    if "video" in named and not Video.objects.filter(id=named["video"], owner=owner).exists():
        raise Problem(404, "not_found", "You have made no video of this id.")
    if "upload" in named and not Upload.objects.filter(id=named["upload"], owner=owner).exists():
        raise Problem(404, "not_found", "None of your uploads has this id.")
    if named:
        fields |= {"video_id": named.get("video"), "upload_id": named.get("upload")}
    return fields


def _timely(publish_at: datetime | None) -> bool:
    """Tell whether it is scheduled; 422 unless that is far enough ahead, and not too far, by the database's clock."""
    if publish_at is None:
        return False
    now = database_now()
    if not now + SOONEST <= publish_at <= now + LATEST:
        raise invalid("/publish_at", "time_outside", "Choose a time from one minute to 90 days ahead.")
    return True
