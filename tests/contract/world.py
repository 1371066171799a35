"""A small world with one of everything, and for every route a request that its rightful caller may make in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from PIL import Image
from rest_framework.test import APIClient

from accounts import graph, unsubscribing
from accounts.discovery import codes, epochs, pacing, prefixes, transparency, voprf
from accounts.models import Notice, Person, PushSubscription, Session
from consent import asks, withdrawal
from consent.models import Ask, Grant, Withdrawal
from consent.withdrawal import Scope
from feed.engagement import comments, tokens
from feed.models import Comment, Draft, Hidden, Post, View
from moderation import reports
from socialvideo.lib.etags import etag
from socialvideo.lib.ids import new_id
from tests import factories
from tests.accounts import discovering, noticing
from tests.accounts.noticing import Browser
from tests.contract import rights, security, steering, uploads
from tests.contract.rights import Rights
from tests.contract.routes import Route
from tests.contract.security import Security
from tests.contract.steering import Steering
from tests.contract.uploads import Uploads
from worker.models import Job, Subtitles, Video

ANONYMOUS = "anonymous"
OCTETS = "application/octet-stream"
WITH_OCTETS = ("POST /contacts/evaluations", "PUT /contacts/edges", "PATCH /uploads/{upload_id}")
WITH_BODY = (
    "PUT /contacts/enrolment",
    *security.WITH_BODY,
    "PUT /me/notices/read",
    "PUT /asks/{ask_id}/answer",
    "PUT /videos/{video_id}/review",
    "PUT /me/likeness/people/{handle}",
    "PUT /departures",
    "PUT /uploads/{upload_id}/completion",
    *("PUT /posts/{post_id}/share", "PUT /me/comment-filter", "PUT /me/hidden"),
    "PUT /guardianships/{guardianship_id}/feed-limits",
)
WITHOUT_BODY = (
    *security.WITHOUT_BODY,
    *("POST /me/exports", "POST /unsubscriptions", "POST /uploads/{upload_id}/retries"),
    "POST /drafts/{draft_id}/publish",
)
VTT = "text/vtt"
WITH_VTT = ("PUT /videos/{video_id}/subtitles/{language}",)
BROWSER = Browser()
WHO = (ANONYMOUS, "stranger", "subject", "requester", "moderator")


@dataclass(frozen=True)
class World:
    """Who and what is there. The requester's video of the subject is published to followers; one more is a draft.

    The stranger is private, and the requester asked to follow them.
    """

    people: dict[str, Person]
    grant: Grant
    ask: Ask
    job: Job
    video: Video
    draft: Video
    post: Post
    kept: Draft
    comment: Comment
    hidden: Hidden
    withdrawal: Withdrawal
    session: Session
    proofs: dict[str, dict[str, str]]
    security: Security
    rights: Rights
    uploads: Uploads
    steering: Steering
    notice: Notice
    subscription: PushSubscription


def made() -> World:
    """Make it: eileen is the subject, sam the requester, kim the stranger, mona the moderator."""
    subject, requester, stranger = (
        factories.enrolled("eileen"),
        factories.person("sam"),
        factories.person("kim", is_private=True),
    )
    moderator = factories.person("mona", is_staff=True)
    former = factories.grant(subject, factories.person("lou"))
    ended = withdrawal.withdraw(subject=subject, scope=Scope(grant_id=former.id))
    grant = factories.grant(subject, requester, max_uses=60, may_remix=True, may_stitch=True, may_download=True)
    wish: dict[str, Any] = {"purposes": ["personal"], "audience": "private", "message": ""}
    ask = asks.ask(requester=requester, subject=subject, **wish)
    factories.mutual(subject, requester)
    graph.follow(follower=requester, followee=stranger)
    for member in (subject, requester):
        discovering.enrolled(person=member)
    discovering.befriend(subject, requester)
    transparency.publish(epochs.usable()[-1])
    film, draft = factories.video(requester, subject), factories.video(requester, subject)
    post = factories.post(requester, film, audience="followers")
    Subtitles.objects.create(video=film, language="en", text="WEBVTT\n")
    said = comments.say(author=requester, post_id=post.id, text="The sea was cold.")
    hiding = {"person": requester, "kind": "tag", "thing": "surf", "strength": "less"}
    View.objects.create(person=subject, post=post, plays=1, watched_ms=900, furthest=0.9)
    kept = Draft.objects.create(owner=requester, video=draft, audience="public", caption="Look.")
    reports.report(reporter=requester, video_id=film.id, category="other", detail="")
    with_picture(requester)
    factories.client(requester)
    people = {"subject": subject, "requester": requester, "stranger": stranger, "moderator": moderator}
    noticing.told(requester, stranger)
    people |= {"teen": factories.teen("tom"), "newcomer": factories.person("nora", verified_at=None)}
    return World(
        people=people,
        grant=Grant.objects.get(id=grant.id),
        ask=ask,
        job=factories.job(requester, subject),
        video=film,
        draft=draft,
        kept=kept,
        comment=Comment.objects.get(id=said.id),
        hidden=Hidden.objects.create(**hiding),
        post=post,
        withdrawal=ended,
        session=Session.objects.get(person=requester),
        proofs=proofs_of_numbers(requester),
        security=security.made(subject, requester),
        rights=rights.made(requester),
        uploads=uploads.made(requester),
        steering=steering.made(requester, post),
        notice=Notice.objects.get(recipient=requester, kind="followed"),
        subscription=noticing.subscribed(requester, Browser(), "https://push.example.org/requester"),
    )


def proofs_of_numbers(requester: Person) -> dict[str, dict[str, str]]:
    """A code that proves a number of the requester's, and one that proves nobody's."""
    pacing._sent.clear()
    found = {}
    for purpose, person in ((codes.Purpose.ENROLMENT, requester), (codes.Purpose.ABSENCE, None)):
        sent = codes.send(number="+447400999999", purpose=purpose, person=person)
        found[str(purpose)] = {"challenge": sent.challenge, "code": discovering.code()}
    return found


@contextmanager
def undone() -> Iterator[None]:
    """Take back what happens inside, so that several callers meet the same world."""
    place = transaction.savepoint()
    yield
    transaction.savepoint_rollback(place)


def with_picture(person: Person) -> None:
    """Give somebody a profile picture, undecoded."""
    name = default_storage.save(f"pictures/{person.handle}-256.webp", ContentFile(b"RIFF"))
    person.picture, person.picture_side, person.picture_blurhash = name.removesuffix("-256.webp"), 256, "U" * 36
    person.save(update_fields=["picture", "picture_side", "picture_blurhash"])


def picture() -> bytes:
    """The smallest picture that is taken."""
    buffer = BytesIO()
    Image.new("RGB", (64, 64), (200, 120, 40)).save(buffer, "PNG")
    return buffer.getvalue()


def client(world: World, who: str) -> APIClient:
    """A client signed in as one of WHO."""
    return APIClient() if who == ANONYMOUS else factories.client(world.people[who])


def address(world: World, route: Route) -> str:
    """The address of a route in this world: the requester's things, and the subject's."""
    values = {
        "handle": "sam",
        "ask_id": world.ask.id,
        "export_id": world.rights.export.id,
        "draft_id": world.kept.id,
        "language": "en",
        "grant_id": world.grant.id,
        "guardianship_id": world.security.guardianship.id,
        "passkey_id": world.security.passkey.id,
        "ward_grant_id": world.security.ward_grant.id,
        "job_id": world.job.id,
        "leaf_index": 0,
        "post_id": world.post.id,
        "comment_id": world.comment.id,
        "hidden_id": world.hidden.id,
        "session_id": world.session.id,
        "tag": "surf",
        "video_id": world.video.id,
        "withdrawal_id": world.withdrawal.id,
        "notice_id": world.notice.id,
        "subscription_id": world.subscription.id,
        "steer_id": world.steering.steer.id,
        "impression_id": world.steering.impression.id,
        "upload_id": world.uploads.named_by(route.address).id,
    }
    query = f"?epoch={epochs.usable()[-1].number}" if str(route) in WITH_OCTETS else ""
    if route.address.startswith("/search/"):
        query = "?q=sam"
    if route.address == "/unsubscriptions":
        query = unsubscribing.address(world.people["requester"].id, "summary").partition("unsubscriptions")[2]
    return "/api/v1" + route.address.format(**values) + query


def body(world: World, route: Route) -> dict[str, Any]:
    """A body that the rightful caller may send."""
    grant = {"purposes": ["entertainment"], "audience": "public"}
    job = {"prompt": "surfing at sunset", "purpose": "entertainment", "audience": "public", "seed": 7}
    bodies: dict[str, dict[str, Any]] = {
        "PUT /me/likeness/people/{handle}": {"choice": "chosen"},
        **world.security.bodies,
        **world.rights.bodies,
        **world.steering.bodies,
        "PUT /me/notices/read": {"up_to": str(world.notice.position)},
        "PATCH /me/notice-settings": {
            "choices": [{"kind": "followed", "channel": "push", "is_on": False}],
            "time_zone": "Europe/Berlin",
            "quiet_hours": True,
            "quiet_from": "22:30",
            "quiet_until": "06:30",
            "summary": "daily",
        },
        "POST /me/push-subscriptions": {
            "endpoint": "https://push.example.org/fresh",
            "keys": BROWSER.keys,
            "time_zone": "Europe/Berlin",
        },
        "POST /people": {
            "handle": "ada",
            "email": "ada@example.org",
            "birth_date": "1990-12-10",
            "password": factories.PASSWORD,
        },
        "POST /sessions": {"handle": "sam", "password": factories.PASSWORD, "device": "telephone"},
        "PATCH /me": {"bio": "I make videos."},
        "POST /asks": {"subject": "eileen", **grant, "message": "May I?"},
        "PUT /asks/{ask_id}/answer": {"answer": "deferred"},
        "POST /grants": {"grantee": "kim", **grant, "max_uses": 3},
        "PATCH /grants/{grant_id}": {"max_uses": 10},
        "POST /withdrawals": {"scope": "grant", "grant": str(world.grant.id)},
        "POST /jobs": {"subjects": ["eileen"], **job},
        "POST /jobs/dry-run": {"subjects": ["eileen"], **job},
        "POST /grants/{grant_id}/trial": {"prompt": "surfing", "purpose": "entertainment", "audience": "public"},
        "POST /grants/{grant_id}/renewals": {"more_uses": 2},
        "POST /videos/{video_id}/remixes": {**job, "prompt": "at night"},
        "PUT /videos/{video_id}/review": {"answer": "accept", "sha256": bytes(world.video.content_digest).hex()},
        "POST /posts": {"video": str(world.draft.id), "caption": "Look.", "audience": "public"},
        "PATCH /posts/{post_id}": {"caption": "Look!", "comments_on": False, "may_remix": False},
        "PUT /posts/{post_id}/share": {"channel": "link"},
        "POST /posts/{post_id}/comments": {"text": "Nice."},
        "PATCH /comments/{comment_id}": {"text": "The sea was warm."},
        "PUT /guardianships/{guardianship_id}/feed-limits": {
            "ai_share": 20,
            "budget_minutes": 30,
            "break_minutes": None,
            "quiet_from": "21:00",
            "quiet_to": "07:00",
        },
        "PUT /me/comment-filter": {"words": ["spoiler"]},
        "PUT /me/hidden": {"kind": "tag", "thing": "#cats", "strength": "hide"},
        "POST /beacons": {"beacons": [beacon(world)]},
        "POST /drafts": {"video": str(world.draft.id), "caption": "Soon.", "audience": "public"},
        "PATCH /drafts/{draft_id}": {"caption": "Sooner."},
        "POST /videos/{video_id}/trims": {"start_ms": 100, "end_ms": 600},
        "POST /videos/{video_id}/stitches": {"video": str(world.draft.id), "end_ms": 500, "audience": "public"},
        "POST /videos/{video_id}/duets": {"video": str(world.draft.id), "layout": "stacked"},
        "POST /videos/{video_id}/sounds": {"video": str(world.draft.id), "own_gain": 50},
        "POST /contacts/enrolment/code": {"number": "+44 7400 123456"},
        "PUT /contacts/enrolment": world.proofs["enrolment"],
        "POST /contacts/absence/code": {"number": "+44 7400 123457"},
        "POST /contacts/absence": world.proofs["absence"],
        "POST /uploads": {**uploads.DECLARED, "name": "the sea"},
        "PUT /uploads/{upload_id}/completion": {"parts": [{"number": 1, "etag": '"ab"'}]},
        "POST /reports": {"video": str(world.video.id), "category": "likeness", "detail": "This is me."},
        "POST /moderation/actions": {
            "video": str(world.video.id),
            "kind": "takedown",
            "category": "likeness",
            "reasons": "It shows somebody who did not agree.",
        },
    }
    return bodies[str(route)]


def beacon(world: World) -> dict[str, Any]:
    """What a player may tell; it is refused with a verdict, for the requester does not watch their own film."""
    viewing = tokens.issue(viewer_id=world.people["requester"].id, video_id=world.video.id)
    told = {"watched_ms": 900, "plays": 1, "position_ms": 900, "ended": False, "at": "2026-01-01T00:00:00Z"}
    return {"id": str(new_id()), "post": str(world.post.id), "impression": None, "viewing": viewing, **told}


def octets(route: Route) -> bytes:
    """A body of plain bytes that the rightful caller may send."""
    element = voprf.blind(b"+447400123456").element
    return {
        "POST /contacts/evaluations": element,
        "PUT /contacts/edges": prefixes.encode([1, 2]),
        "PATCH /uploads/{upload_id}": uploads.CONTENT[:9],
    }[str(route)]


def headers(world: World) -> dict[str, str]:
    """What every request here carries beside its token."""
    grant = Grant.objects.get(id=world.grant.id)
    post = Post.objects.get(id=world.post.id)
    match = f"{etag(grant.id, grant.version, grant.uses)}, {etag(post.id, post.version)}"
    return {"If-Match": match, "Upload-Offset": "0"}


def send(world: World, route: Route, api: APIClient, **other: Any) -> HttpResponse:
    """Make the request of a route as it should be, or with ``other`` content."""
    if "data" in other:
        content = other
    elif route.address in ("/me/picture", "/me/likeness") and route.method == "PUT":
        name = "picture" if route.address == "/me/picture" else "photo"
        content = {"data": {name: SimpleUploadedFile("me.png", picture())}, "format": "multipart"}
    elif str(route) in WITH_OCTETS:
        content = {"data": octets(route), "content_type": OCTETS}
    elif str(route) in WITH_VTT:
        content = {"data": b"WEBVTT\n\n00:01.000 --> 00:02.000\nWaves.\n", "content_type": VTT}
    elif str(route) in WITH_BODY or (route.method in ("POST", "PATCH") and str(route) not in WITHOUT_BODY):
        content = {"data": body(world, route), "format": "json"}
    else:
        content = {}
    response: HttpResponse = getattr(api, route.method.lower())(
        address(world, route), **content, headers=headers(world), follow=False
    )
    if response.streaming:  # read to its end, as a client does, for only then it is closed
        b"".join(response)
    return response
