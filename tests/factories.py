"""People, grants, jobs and videos, made by the product's own domain calls."""

import base64
import hashlib
import hmac
import secrets
import struct
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from rest_framework.test import APIClient

from accounts import auth, factors, graph, guardians
from accounts.models import Guardianship, Person, Session, Totp
from consent import grants, likenesses, permits
from consent.grants import Terms
from consent.models import Grant, Likeness, Permit
from consent.rules import Audience, Claim, Group, Purpose
from feed import publishing
from feed.models import Post, Trend
from feed.reuse import Use
from socialvideo.lib.clock import wall_now
from socialvideo.lib.ids import new_id
from worker import jobs
from worker.jobs import Claimed
from worker.models import Depiction, Job, Source, Video
from worker.rules import Origin
from worker.specs import Spec

PORTRAIT = Path(__file__).resolve().parent.parent / "demo" / "portraits" / "collins.png"
PASSWORD = "correct horse battery"


def person(handle: str = "", **fields: Any) -> Person:
    """Return a fresh person who can log in with PASSWORD."""
    handle = handle or f"p{secrets.token_hex(6)}"
    known = {"verified_at": wall_now(), "birth_date": date(1990, 1, 1), "email": f"{handle}@example.org"}
    made = Person(handle=handle, display_name=handle.title(), **{**known, **fields})
    made.set_password(PASSWORD)
    made.save()
    return made


def teen(handle: str = "", years: int = 15) -> Person:
    """Return a person of this many years, private as they would begin."""
    return person(handle, birth_date=wall_now().date() - timedelta(days=years * 365 + years), is_private=True)


def guarded(handle: str = "") -> tuple[Person, Person, Guardianship]:
    """Return a teenager, their guardian and what binds them."""
    ward, guardian = teen(handle), person()
    link = guardians.invite(ward=ward, guardian=guardian)
    return ward, guardian, guardians.confirm(guardian=guardian, guardianship_id=link.id)


def mutual(one: Person, other: Person) -> None:
    """Let two people follow each other."""
    graph.follow(follower=one, followee=other)
    graph.follow(follower=other, followee=one)


def second_factor(someone: Person) -> bytes:
    """Turn the second factor on; return its secret."""
    secret, _ = factors.begin(someone)
    factors.confirm(someone, digits(base64.b32decode(secret)))
    Totp.objects.update(last_step=0)
    return base64.b32decode(secret)


def digits(secret: bytes, steps: int = 0) -> str:
    """Return what an authenticator shows now, or so many steps of 30 seconds later (RFC 6238, by hand)."""
    mac = hmac.digest(secret, struct.pack(">Q", int(time.time()) // 30 + steps), "sha1")
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def is_fresh(session: Session) -> bool:
    """Tell whether the session's person proved lately who they are."""
    return wall_now() - session.authenticated_at < timedelta(minutes=1)


def client(someone: Person) -> APIClient:
    """Return an API client that is signed in as ``someone``."""
    token, _ = auth.begin(person=someone, device="test")
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
        for place, (source_id, role) in enumerate(claimed.spec.sources):
            Source.objects.create(video=made, source_id=source_id, role=role, place=place)
        for claim in claims:
            _depict(made, claim)
        jobs.complete(claimed, video_id, review=review)
        return made

    return permits.spend(redeemed, video_id=video_id, effect=store)


def footage(owner: Person, content: bytes = b"the sea, and nobody" * 100) -> Video:
    """Store an upload that shows nobody."""
    video_id = new_id()
    fields: dict[str, Any] = {"owner": owner, "permit": None, "origin": "uploaded", "lineage": [video_id]}
    return Video.objects.create(id=video_id, depiction_count=0, **fields, **_film(video_id, content))


def post(author: Person, film: Video, audience: Any = Audience.PUBLIC, caption: str = "", **fields: Any) -> Post:
    """Publish a video, with which its author lets others do everything, unless ``fields`` say otherwise."""
    said = {use.value: True for use in Use} | fields.pop("said", {})
    words = {"caption": caption, "audience": audience}
    return publishing.publish(author=author, video_id=film.id, said=said, **words, **fields)


def trend(post: Post) -> None:
    """Add a place to the only ranking of trends there is: ids descend with the places."""
    place = Trend.objects.count()
    made = {"made_at": datetime(2026, 1, 1, tzinfo=UTC), "place": place, "score": 1}
    Trend.objects.create(id=UUID(int=(0x7000B << 60) + 10**6 - place), post=post, **made)


def _row(video_id: UUID, owner: Person, claimed: Claimed, content: bytes) -> Video:
    permit = Permit.objects.get(id=claimed.permit_id)
    return Video.objects.create(
        id=video_id,
        owner=owner,
        permit=permit,
        remix_of_id=next((source_id for source_id, _ in claimed.spec.sources), None),
        origin=Origin.COMPOSED if claimed.spec.composition else Origin.GENERATED,
        lineage=[*permit.lineage, video_id],
        depiction_count=permit.subject_count,
        **_film(video_id, content),
        engine="preview",
        is_preview=True,
        prompt="surfing at sunset",
    )


def _film(video_id: UUID, content: bytes) -> dict[str, Any]:
    return {
        "file": default_storage.save(f"videos/{video_id.hex}.mp4", ContentFile(content)),
        "poster": default_storage.save(f"videos/{video_id.hex}.jpg", ContentFile(b"poster")),
        "content_digest": hashlib.sha256(content).digest(),
        "size_bytes": len(content),
        "width": 90,
        "height": 160,
        "fps": 6,
        "duration_ms": 1000,
    }


def _depict(made: Video, claim: Claim) -> None:
    grant_id, epoch = claim.held
    Depiction.objects.create(video=made, subject_id=claim.subject_id, grant_id=grant_id, epoch=epoch)
