"""What this room adds to an export: profile, devices, keys, graph, discovery, guardians and the letters we wrote."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from accounts import pictures, requests
from accounts.models import (
    Block,
    CloseFriend,
    DiscoveryEnrolment,
    Dismissal,
    Follow,
    Guardianship,
    Mail,
    Mute,
    Notice,
    NoticeChoice,
    NoticePlan,
    Passkey,
    Person,
    Session,
    Summary,
    Suspension,
)
from socialvideo.lib.archive import Archive, document
from socialvideo.lib.errors import Problem

README = """Everything that socialvideo holds about your account.

account/    profile, picture, devices, passkeys, whom you follow and who follows you, blocks, mutes,
            close friends, discovery, guardians, notices and their settings, letters
likeness/   the photo that you enrolled, your grants, asks and receipts, and every use (README.txt there says more)
videos/     the videos that show nobody but you. Others' likenesses are theirs: videos of them are listed in
            videos/videos.json, and each is downloaded in the app as long as they permit it
posts/      what you published, said, liked, kept, shared, hid and watched
reports/   what you reported, and what moderators told you
manifest.json   the SHA-256 of every file here, signed by likeness/ledger-key.pem

To check the files and the signature: python verify_export.py FOLDER
"""
SECTIONS: dict[str, Callable[[Person], Iterable[dict[str, Any]]]] = {
    "devices": lambda person: _rows(
        Session.objects.filter(person=person), "id", "device", "created_at", "last_seen_at", "expires_at", "ended_at"
    ),
    "passkeys": lambda person: _rows(
        Passkey.objects.filter(person=person), "id", "name", "is_synced", "created_at", "last_used_at"
    ),
    "follows": lambda person: _rows(
        Follow.objects.filter(follower=person).order_by("id"), "followee__handle", "created_at"
    ),
    "followed_by": lambda person: _rows(
        Follow.objects.filter(followee=person).order_by("id"), "follower__handle", "created_at"
    ),
    "follow_requests": lambda person: _rows(requests.made(person), "followee__handle", "asked_at"),
    "follow_requests_received": lambda person: _rows(requests.waiting(person), "follower__handle", "asked_at"),
    "blocks": lambda person: _rows(Block.objects.filter(blocker=person), "blocked__handle", "created_at"),
    "mutes": lambda person: _rows(Mute.objects.filter(muter=person), "muted__handle", "created_at"),
    "close_friends": lambda person: _rows(CloseFriend.objects.filter(person=person), "friend__handle", "created_at"),
    "dismissed_suggestions": lambda person: _rows(
        Dismissal.objects.filter(person=person), "dismissed__handle", "created_at"
    ),
    "guardianships": lambda person: _rows(
        Guardianship.objects.filter(Q(ward=person) | Q(guardian=person)),
        *("ward__handle", "guardian__handle", "created_at", "confirmed_at", "ended_at"),
    ),
    "suspensions": lambda person: _rows(
        Suspension.objects.filter(person=person), "reason", "began_at", "until", "lifted_at"
    ),
    "discovery": lambda person: _rows(DiscoveryEnrolment.objects.filter(person=person), "opted_in_at", "forgotten_at"),
    "notices": lambda person: _rows(
        Notice.objects.filter(recipient=person, removed_at=None), "kind", "created_at", "newest_at", "read_at"
    ),
    "notice_choices": lambda person: _rows(NoticeChoice.objects.filter(person=person), "kind", "channel", "is_on"),
    "notice_plan": lambda person: _rows(
        NoticePlan.objects.filter(person=person), "time_zone", "quiet_hours", "quiet_from", "quiet_until", "summary"
    ),
    "summaries": lambda person: _rows(Summary.objects.filter(person=person), "ends_at", "created_at"),
    "letters": lambda person: _rows(Mail.objects.filter(person=person), "kind", "event", "to", "created_at", "sent_at"),
}


def export(person: Person, archive: Archive) -> None:
    """Add them."""
    archive.add("README.txt", [README.encode()])
    archive.add("account/profile.json", document({"asked_for_at": _now(person), **_profile(person)}))
    for name, rows in SECTIONS.items():
        archive.add(f"account/{name}.json", document({name: iter(rows(person))}))
    with suppress(Problem):  # there is none, or it was replaced at this moment
        archive.add(
            "account/picture.jpg", [pictures.read_picture(person=person, side=max(pictures.SIZES), kind="jpeg")]
        )


def _profile(person: Person) -> dict[str, Any]:
    names = ("id", "handle", "email", "verified_at", "display_name", "pronouns", "bio", "links", "birth_date")
    more = ("is_private", "is_staff", "created_at", "suspended_until")
    return {name: getattr(person, name) for name in (*names, *more)}


def _now(person: Person) -> Any:
    return Person.objects.filter(id=person.id).values_list(Now(), flat=True).get()


def _rows(rows: Any, *columns: str) -> Iterator[dict[str, Any]]:
    names = [column.replace("__", "_") for column in columns]
    for row in rows.order_by("pk").values_list(*columns).iterator(500):
        yield dict(zip(names, row, strict=True))
