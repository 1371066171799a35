"""From what a requester sent to a frozen spec."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings

from accounts.models import Person
from consent.rules import NOBODY, Audience, Purpose
from socialvideo.lib.errors import invalid
from worker.specs import Spec


def freeze(
    *,
    subjects: Sequence[str],
    prompt: str,
    purpose: str,
    audience: str,
    seed: int | None = None,
    remix_of: UUID | None = None,
) -> Spec:
    """Return the spec for these handles; a seed is drawn if none is given. 422 for a handle named twice.

    An unknown handle becomes NOBODY, who is refused like anybody without a grant: in the same words, after the same
    statements, with a row and a leaf.
    """
    handles = [handle.lower().removeprefix("@") for handle in subjects]
    if len(set(handles)) < len(handles):
        raise invalid("/subjects", "subject_twice", "Name each person once.")
    known = dict(Person.objects.filter(handle__in=handles).values_list("handle", "id"))
    return Spec(
        subjects=tuple(known.get(handle, NOBODY) for handle in handles),
        prompt=prompt,
        seed=secrets.randbelow(2**31) if seed is None else seed,
        engine=settings.ENGINE,
        purpose=Purpose(purpose),
        audience=Audience(audience),
        remix_of=remix_of,
    )
