"""Wishes in words: said, kept as chips until they expire, taken back. They hold without history and a profile."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Person
from feed.control import grammar
from feed.control.grammar import Unclear
from feed.models import Steer
from socialvideo.lib.errors import Problem, invalid

MOST = 50


@dataclass(frozen=True)
class Heard:
    """What a sentence came to: the chips that stand by it, and what was not understood."""

    steers: list[Steer]
    unclear: tuple[Unclear, ...]


def say(*, person: Person, words: str) -> Heard:
    """Keep what somebody wishes; a new wish about a thing replaces the old one.

    422 where nothing of it was understood; 409 for one chip more than MOST.
    """
    reading = grammar.read(words)
    if not reading.wishes:
        ask = reading.unclear[0].ask if reading.unclear else "Say it as in: more cooking, less politics, no spiders."
        raise invalid("/said", "wish_unclear", ask)
    with transaction.atomic():
        of_person(person, expired=True).delete()
        for wish in reading.wishes:
            about = {"said": wish.said, "sign": wish.sign, "strength": wish.strength}
            times = {"created_at": Now(), "expires_at": Now() + wish.lasts}
            Steer.objects.update_or_create(person=person, term=wish.term, defaults={**about, **times})
        if of_person(person).count() > MOST:
            raise Problem(409, "too_many_wishes", f"You have {MOST} wishes. Take one back first.")
    terms = [wish.term for wish in reading.wishes]
    return Heard(list(of_person(person).filter(term__in=terms).order_by("-id")), reading.unclear)


def of_person(person: Person, *, expired: bool = False) -> QuerySet[Steer]:
    """Return somebody's wishes that hold, or those that hold no more."""
    mine = Steer.objects.filter(person=person)
    return mine.filter(expires_at__lte=Now()) if expired else mine.filter(expires_at__gt=Now())


def take_back(*, person: Person, steer_id: UUID) -> None:
    """End a wish; 404."""
    if not Steer.objects.filter(person=person, id=steer_id).delete()[0]:
        raise Problem(404, "not_found", "You have no wish of this id.")


def sweep() -> None:
    """Remove what expired a while ago."""
    Steer.objects.filter(expires_at__lt=Now() - timedelta(days=1)).delete()
