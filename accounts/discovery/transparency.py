"""Signed roots over all tags: what discovery is committed to, and the proof of what it does not hold.

The leaves are kept nowhere but in the tags themselves, so that opting out leaves nothing; when somebody did since the
newest root, the next proof has a new one published. Proofs are given only for a number that was just proved: a free
one would tell anybody who is a member.
"""

from datetime import date
from typing import Any

from django.db import connection, transaction

from accounts.discovery import epochs, sorted_tree, statements
from accounts.discovery.epochs import LOCK_SPACE
from accounts.models import DiscoveryEnrolment, DiscoveryEpoch, DiscoveryTag, TransparencyRoot
from socialvideo.lib.clock import database_now, rfc3339

PUBLISHING = 2


def publish(epoch: DiscoveryEpoch) -> tuple[TransparencyRoot, list[bytes]]:
    """Publish the root over the tags that an epoch has now; return it with its keys, in order."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, PUBLISHING])
        DiscoveryTag.objects.filter(epoch=epoch, rooted=False).update(rooted=True)
        keys, now = _keys(epoch), database_now()
        root = TransparencyRoot(epoch=epoch, size=len(keys), root_hash=sorted_tree.root(keys), published_at=now)
        root.signature = statements.signature(_said(root))
        root.save(force_insert=True)
    return root, keys


def publish_due() -> int:
    """Publish today's root of each epoch in use that has none yet (UTC); return how many."""
    today = database_now().date()
    due = [epoch for epoch in epochs.usable() if _newest_date(epoch) != today]
    for epoch in due:
        publish(epoch)
    return len(due)


def present(epoch: DiscoveryEpoch) -> tuple[TransparencyRoot, list[bytes]]:
    """Return the newest root with its keys; a new one when somebody left since, or there is none."""
    root, keys = _newest(epoch), _keys(epoch)
    if root is None or bytes(root.root_hash) != sorted_tree.root(keys):
        return publish(epoch)
    return root, keys


def inclusion(enrolment: DiscoveryEnrolment) -> list[dict[str, Any]]:
    """Return, for each epoch in use, the proof that a member's own tag is under the newest root."""
    tags = {tag.epoch_id: bytes(tag.tag) for tag in DiscoveryTag.objects.filter(enrolment=enrolment)}
    return [_proof(epoch, tags[epoch.number]) for epoch in epochs.usable() if epoch.number in tags]


def shown(root: TransparencyRoot) -> dict[str, Any]:
    """Return a root as it was signed."""
    return statements.with_signature(_said(root), bytes(root.signature))


def shown_place(spot: sorted_tree.Place) -> dict[str, Any]:
    """Return a place in the tree as the API writes it."""
    return {"leaf": spot.key.hex(), "index": spot.index, "path": [step.hex() for step in spot.path]}


def _proof(epoch: DiscoveryEpoch, tag: bytes) -> dict[str, Any]:
    root, keys = present(epoch)
    key = sorted_tree.key_of(tag)
    if key not in keys:
        root, keys = publish(epoch)
    return {"tag": tag.hex(), "root": shown(root), "place": shown_place(sorted_tree.place(keys, keys.index(key)))}


def _said(root: TransparencyRoot) -> dict[str, object]:
    return {
        "id": str(root.id),
        "epoch": root.epoch_id,
        "public_key": bytes(root.epoch.public_key).hex(),
        "tree_size": root.size,
        "root_hash": bytes(root.root_hash).hex(),
        "published_at": rfc3339(root.published_at),
    }


def _keys(epoch: DiscoveryEpoch) -> list[bytes]:
    rows = DiscoveryTag.objects.filter(epoch=epoch, rooted=True).values_list("tag", flat=True)
    return sorted(sorted_tree.key_of(bytes(tag)) for tag in rows)


def _newest(epoch: DiscoveryEpoch) -> TransparencyRoot | None:
    return TransparencyRoot.objects.filter(epoch=epoch).select_related("epoch").order_by("-id").first()


def _newest_date(epoch: DiscoveryEpoch) -> date | None:
    newest = _newest(epoch)
    return newest.published_at.date() if newest else None
