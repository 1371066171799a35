"""What a person's export tells of their feed: how they want it, and what they were shown, with its reasons."""

from typing import Any

from accounts.models import Person
from feed.control import choices, guarding
from feed.models import Choice, Impression, Sitting, Steer
from feed.ranking import features
from socialvideo.lib.archive import Archive, document


def add_feed(person: Person, archive: Archive) -> None:
    """Add settings, wishes, times, and each item shown with all that its score depended on: the whole profile."""
    archive.add("feed/settings.json", document({"feed_settings": iter([_settings(person)])}))
    steers = Steer.objects.filter(person=person).order_by("id").iterator(500)
    archive.add("feed/wishes.json", document({"wishes": map(_steer, steers)}))
    shown = Impression.objects.filter(person=person).order_by("id").iterator(500)
    archive.add("feed/shown.json", document({"shown": map(_impression, shown)}))


def _settings(person: Person) -> dict[str, Any]:
    row = Choice.objects.filter(person=person).first() or Choice(person=person)
    sitting = Sitting.objects.filter(person=person).values("day", "spent_s", "began_at", "last_at").first()
    guarded = guarding.over(person)
    by_guardian = guarded and {name: getattr(guarded, name) for name in guarding.FIELDS}
    own = {name: getattr(row, name) for name in (*choices.FIELDS, "reset_at")}
    return own | {"sitting": sitting, "set_by_guardian": by_guardian}


def _steer(row: Steer) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("said", "term", "sign", "strength", "created_at", "expires_at")}


def _impression(row: Impression) -> dict[str, Any]:
    names = ("id", "request_id", "post_id", "position", "sources", "propensity", "model", "rung", "score", "arm")
    known = features.told(features.unpacked(bytes(row.features)))
    return {name: getattr(row, name) for name in names} | {"served_at": row.served_at, "features": known}
