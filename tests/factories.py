"""People, grants, jobs and videos, made by the product's own domain calls."""

import hashlib
import secrets
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from rest_framework.test import APIClient

from accounts import auth
from accounts.models import Person
from consent import grants, likenesses, permits
from consent.grants import Terms
from consent.models import Grant, Likeness, Permit
from consent.rules import Audience, Claim, Group, Purpose
from feed import publishing
from feed.models import Post
from socialvideo.lib.ids import new_id
from worker import jobs
from worker.jobs import Claimed
from worker.models import Depiction, Job, Video
from worker.specs import Spec

PORTRAIT = Path(__file__).resolve().parent.parent / "demo" / "portraits" / "collins.png"
PASSWORD = "correct horse battery"


def person(handle: str = "", **fields: Any) -> Person:
    """Return a fresh person who can log in with PASSWORD."""
    handle = handle or f"p{secrets.token_hex(6)}"
    made = Person(handle=handle, email=f"{handle}@example.org", display_name=handle.title(), **fields)
    made.set_password(PASSWORD)
    made.save()
    return made


def client(someone: Person) -> APIClient:
    """Return an API client that is signed in as ``someone``."""
    token, _ = auth.log_in(handle=someone.handle, password=PASSWORD, device="test")
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return api


def likeness(subject: Person) -> Likeness:
    """Enrol a likeness without decoding a photo: the row and its sealed file as ``enrol`` would leave them."""
    return Likeness.objects.create(
        subject=subject,
        file="likenesses/none",
        key=secrets.token_bytes(32),
        photo_digest=bytes(32),
        width=64,
        height=64,
    )


def enrolled(handle: str = "") -> Person:
    """Return a person with a likeness."""
    made = person(handle)
    likeness(made)
    return made


def portrayed(handle: str = "") -> Person:
    """Return a person whose likeness is the real portrait, ready to be rendered."""
    made = person(handle)
    likenesses.enrol(subject=made, upload=PORTRAIT.read_bytes())
    return made


def grant(subject: Person, grantee: Person | Group, **terms: Any) -> Grant:
    """Give a grant; by default for entertainment, public, five uses."""
    wanted = {
        "purposes": frozenset({Purpose.ENTERTAINMENT}),
        "audience": Audience.PUBLIC,
        "may_remix": False,
        "may_download": False,
        "expires_at": None,
        "max_uses": 5,
    }
    return grants.give(subject=subject, grantee=grantee, terms=Terms(**{**wanted, **terms}), ask_id=None)


def spec(*subjects: Person, **fields: Any) -> Spec:
    """Return a frozen wish for these subjects."""
    wanted: dict[str, Any] = {
        "prompt": "surfing at sunset",
        "seed": 7,
        "engine": "preview",
        "purpose": Purpose.ENTERTAINMENT,
        "audience": Audience.PUBLIC,
    }
    return Spec(subjects=tuple(subject.id for subject in subjects), **{**wanted, **fields})


def job(requester: Person, *subjects: Person, **fields: Any) -> Job:
    """Submit a job; the grants must stand."""
    return jobs.submit(requester=requester, spec=spec(*subjects, **fields))


def video(owner: Person, *subjects: Person, content: bytes = b"not really a film" * 100, **fields: Any) -> Video:
    """Seal a video through the real permit path, with ``content`` for a film; the grants must stand.

    With ``remix_of`` and no subjects it is a remix.
    """
    submitted = job(owner, *subjects, **fields)
    claimed = jobs.claim(submitted.id)
    assert claimed
    redeemed = permits.redeem(permit_id=claimed.permit_id, digest=claimed.spec.digest, job_id=claimed.job_id)
    video_id = new_id()

    def store(claims: Any, review: bool) -> Video:
        made = _row(video_id, owner, claimed, content)
        for claim in claims:
            _depict(made, claim)
        jobs.complete(claimed, video_id, review=review)
        return made

    return permits.spend(redeemed, video_id=video_id, effect=store)


def post(author: Person, film: Video, audience: Audience = Audience.PUBLIC, caption: str = "") -> Post:
    """Publish a video."""
    return publishing.publish(author=author, video_id=film.id, caption=caption, audience=audience)


def _row(video_id: UUID, owner: Person, claimed: Claimed, content: bytes) -> Video:
    permit = Permit.objects.get(id=claimed.permit_id)
    return Video.objects.create(
        id=video_id,
        owner=owner,
        permit=permit,
        remix_of_id=claimed.spec.remix_of,
        lineage=[*permit.lineage, video_id],
        file=default_storage.save(f"videos/{video_id.hex}.mp4", ContentFile(content)),
        poster=default_storage.save(f"videos/{video_id.hex}.jpg", ContentFile(b"poster")),
        content_digest=hashlib.sha256(content).digest(),
        size_bytes=len(content),
        width=90,
        height=160,
        fps=6,
        duration_ms=1000,
        engine="preview",
        is_preview=True,
        prompt="surfing at sunset",
    )


def _depict(made: Video, claim: Claim) -> None:
    grant_id, epoch = claim.held
    Depiction.objects.create(video=made, subject_id=claim.subject_id, grant_id=grant_id, epoch=epoch)
