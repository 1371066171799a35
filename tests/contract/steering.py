"""In the world: the requester wished something, and was shown something."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from accounts.models import Person
from feed.models import Impression, Post, Steer
from socialvideo.lib.ids import new_id


@dataclass(frozen=True)
class Steering:
    """A wish, and an item that was shown in order of time."""

    steer: Steer
    impression: Impression
    bodies: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "PATCH /me/feed-settings": {
                "profiling": False,
                "ai_share": 50,
                "mood": "calm",
                "budget_minutes": 45,
                "break_minutes": 15,
                "quiet_from": "22:30",
                "quiet_to": "06:30",
            },
            "POST /me/wishes": {"said": "more cooking, less politics"},
        }
    )


def made(person: Person, post: Post) -> Steering:
    """Make them."""
    shown = {"request_id": new_id(), "position": 0, "sources": ["newest"], "propensity": 1.0, "rung": "chronological"}
    return Steering(
        wished(person, "surfing"),
        Impression.objects.create(person=person, post=post, features=b"", score=0.0, **shown),
    )


def wished(person: Person, term: str) -> Steer:
    """A wish for more of something."""
    holds = {"sign": 1, "strength": 2, "expires_at": Now() + timedelta(days=9)}
    return Steer.objects.create(person=person, said=f"more {term}", term=term, **holds)
