"""The browsers that a person lets us push to: one a session, and over with it."""

import base64
import binascii
import hashlib
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import standing
from accounts.models import Person, PushSubscription, Session
from accounts.notices import addresses, encryption
from socialvideo.lib.errors import Problem, invalid

MOST = 10


def subscribe(*, session: Session, endpoint: str, p256dh: str, auth: str) -> PushSubscription:
    """Push to this browser from now on; what the session had before, and another's of this browser, ends.

    A person has at most ten: the oldest give way. 422 for an address that no push may go to and for keys that are none.
    """
    if addresses.parse(endpoint) is None:
        raise invalid(
            "/endpoint", "endpoint_unusable", "This is no address of a push service: https, and a public name."
        )
    public_key, secret = _raw(p256dh, "/keys/p256dh"), _raw(auth, "/keys/auth")
    try:
        encryption.read_point(public_key)
    except encryption.KeyWrong as error:
        raise invalid("/keys/p256dh", "key_unusable", "Send the browser's public key: a point of P-256.") from error
    if len(secret) != 16:
        raise invalid("/keys/auth", "key_unusable", "Send the browser's 16 bytes of authentication secret.")
    digest = hashlib.sha256(endpoint.encode()).digest()
    with transaction.atomic():
        # Two that come at once would both find nine.
        Person.objects.select_for_update(no_key=True).get(id=session.person_id)
        PushSubscription.objects.filter(endpoint_digest=digest).delete()
        PushSubscription.objects.filter(session=session).delete()
        row = PushSubscription.objects.create(
            session=session, endpoint=endpoint, endpoint_digest=digest, public_key=public_key, secret=secret
        )
        kept = of_person(session.person).order_by("-id").values_list("id", flat=True)[:MOST]
        PushSubscription.objects.filter(session__person=session.person_id).exclude(id__in=list(kept)).delete()
    return row


def end(*, person: Person, subscription_id: UUID) -> None:
    """Push there no more; 404 if it is none of the person's."""
    if not PushSubscription.objects.filter(id=subscription_id, session__person=person).delete()[0]:
        raise Problem(404, "not_found", "You have no push subscription of this id.")


def of_person(person: Person) -> QuerySet[PushSubscription]:
    """Return where the person is pushed to now."""
    return live().filter(session__person=person).select_related("session")


def live() -> QuerySet[PushSubscription]:
    """Return the subscriptions whose session goes on and whose person is in good standing."""
    of_good = PushSubscription.objects.filter(standing.good("session__person__"))
    return of_good.filter(session__ended_at=None, session__expires_at__gt=Now())


def forget_ended() -> int:
    """Remove those whose session has ended; return how many."""
    return PushSubscription.objects.exclude(id__in=live().values("id")).delete()[0]


def _raw(text: str, pointer: str) -> bytes:
    """Return the bytes of base64url, padded or not."""
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(pointer, "key_unusable", "Send base64url, as PushSubscription.toJSON() has it.") from error
