"""Signed roots over the leaves of all members: what discovery is committed to, and the proof of what it does not hold.

Leaves are kept with the tags and nowhere else, so that opting out leaves nothing; when somebody did since the newest
root, the next proof has a new one published. Leaves are made of a number that was just proved, or of a member's own:
whoever could have others made would learn from the neighbours in their own proof who is a member.
"""

from datetime import date
from typing import Any

from django.db import transaction

from accounts.discovery import enrolments, epochs, locks, remote, sorted_tree, statements, voprf
from accounts.models import DiscoveryEnrolment, DiscoveryEpoch, DiscoveryTag, TransparencyRoot
from socialvideo.lib.clock import database_now, rfc3339
from socialvideo.lib.errors import Problem

UNOPENED = Problem(409, "number_unreadable", "Your number cannot be read any more. Prove it again.")


def publish(epoch: DiscoveryEpoch) -> tuple[TransparencyRoot, list[bytes]]:
    """Publish the root over the leaves that an epoch has now; return it with these, in order."""
    with transaction.atomic():
        locks.alone(locks.PUBLISHING)
        DiscoveryTag.objects.filter(epoch=epoch, rooted=False).update(rooted=True)
        leaves, now = _leaves(epoch), database_now()
        root = TransparencyRoot(epoch=epoch, size=len(leaves), root_hash=sorted_tree.root(leaves), published_at=now)
        root.signature = statements.signature(_said(root))
        root.save(force_insert=True)
    return root, leaves


def publish_due() -> int:
    """Publish today's root of each epoch in use that has none yet (UTC); return how many."""
    today = database_now().date()
    due = [epoch for epoch in epochs.usable() if _newest_date(epoch) != today]
    for epoch in due:
        publish(epoch)
    return len(due)


def present(epoch: DiscoveryEpoch) -> tuple[TransparencyRoot, list[bytes]]:
    """Return the newest root with its leaves; a new one when somebody left since, or there is none."""
    root, leaves = _newest(epoch), _leaves(epoch)
    if root is None or bytes(root.root_hash) != sorted_tree.root(leaves):
        return publish(epoch)
    return root, leaves


def inclusion(enrolment: DiscoveryEnrolment) -> list[dict[str, Any]]:
    """Return, for each epoch in use, the proof that a member's own leaf is under the newest root."""
    number = enrolments.number_of(enrolment)
    if number is None:
        raise UNOPENED
    there = set(DiscoveryTag.objects.filter(enrolment=enrolment).values_list("epoch", flat=True))
    return [_proof(epoch, number) for epoch in epochs.usable() if epoch.number in there]


def evidence(epoch: DiscoveryEpoch, number: str) -> tuple[bytes, dict[str, Any]]:
    """Return the leaf of a number, and how it was made: enough to make it again with the number and the public key."""
    blinded = voprf.blind(number.encode())
    answer = remote.evaluate(epoch.number, blinded.element, remote.LEAVES)
    (output,) = remote.finalised(bytes(epoch.leaf_key), [blinded], answer)
    evaluation = remote.split(answer)
    return output[: enrolments.TAG], {
        "epoch": epoch.number,
        "blind": blinded.blind.to_bytes(voprf.SCALAR, "little").hex(),
        "evaluated": evaluation.elements[0].hex(),
        "proof": evaluation.proof.hex(),
    }


def shown(root: TransparencyRoot) -> dict[str, Any]:
    """Return a root as it was signed."""
    return statements.with_signature(_said(root), bytes(root.signature))


def shown_place(spot: sorted_tree.Place) -> dict[str, Any]:
    """Return a place in the tree as the API writes it."""
    return {"leaf": spot.key.hex(), "index": spot.index, "path": [step.hex() for step in spot.path]}


def _proof(epoch: DiscoveryEpoch, number: str) -> dict[str, Any]:
    leaf, made = evidence(epoch, number)
    root, leaves = present(epoch)
    if leaf not in leaves:
        root, leaves = publish(epoch)
    if leaf not in leaves:  # opted out meanwhile
        raise enrolments.NOT_ENROLLED
    return {**made, "root": shown(root), "place": shown_place(sorted_tree.place(leaves, leaves.index(leaf)))}


def _said(root: TransparencyRoot) -> dict[str, object]:
    return {
        "id": str(root.id),
        "epoch": root.epoch_id,
        "public_key": bytes(root.epoch.public_key).hex(),
        "leaf_key": bytes(root.epoch.leaf_key).hex(),
        "tree_size": root.size,
        "root_hash": bytes(root.root_hash).hex(),
        "published_at": rfc3339(root.published_at),
    }


def _leaves(epoch: DiscoveryEpoch) -> list[bytes]:
    rows = DiscoveryTag.objects.filter(epoch=epoch, rooted=True).values_list("leaf", flat=True)
    return sorted(map(bytes, rows))


def _newest(epoch: DiscoveryEpoch) -> TransparencyRoot | None:
    return TransparencyRoot.objects.filter(epoch=epoch).select_related("epoch").order_by("-id").first()


def _newest_date(epoch: DiscoveryEpoch) -> date | None:
    newest = _newest(epoch)
    return newest.published_at.date() if newest else None
