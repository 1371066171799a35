"""The operator's way forward after a loss: of withdrawals with an older backup, or of the key that signs the ledger.

Both say so in the ledger itself, where every auditor reads it, and both put the old anchors aside.
"""

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F

from accounts.rights import exports
from consent import anchors, keys, ledger
from consent.models import Grant, LedgerHead, Likeness
from consent.rules import State
from socialvideo.lib import bus
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem

IN_A_LEAF = 500


@dataclass(frozen=True)
class Loss:
    """What accepting a loss ended."""

    grants: int
    likenesses: int


def accept_loss(*, size: int) -> Loss:
    """End every standing grant and erase every likeness, for nobody can tell which were withdrawn; then anchor anew.

    ``size`` is the ledger's present size, so that nobody does this by mistake: 409 for another one.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            # Processes that still run read no grant from here on, and after the commit only ended ones.
            cursor.execute("LOCK TABLE consent_grant, consent_likeness IN ACCESS EXCLUSIVE MODE")
        if ledger.size() != size:
            raise Problem(409, "size_differs", f"The ledger has {ledger.size()} leaves, not {size}.")
        now = database_now()
        standing = list(Grant.objects.filter(state=State.GIVEN).order_by("id").values_list("id", "epoch"))
        ids = [grant_id for grant_id, _ in standing]
        Grant.objects.filter(id__in=ids).update(
            state=State.INVALIDATED, epoch=F("epoch") + 1, version=F("version") + 1, ended_at=now
        )
        erased = Likeness.objects.filter(erased_at=None).update(key=None, photo_digest=None, erased_at=now)
        exports.void_all()
        bus.announce("grant", ids)
        ended = [{"grant": str(grant_id), "ended_epoch": epoch} for grant_id, epoch in standing]
        chunks = [ended[start : start + IN_A_LEAF] for start in range(0, len(ended), IN_A_LEAF)] or [[]]
        lost: dict[str, object] = {"size": size, "likenesses": erased}
        appended = ledger.append([ledger.Entry("loss", {**lost, "grants": chunk}) for chunk in chunks], anchored=False)
    anchors.reset(size=appended.size, root=appended.root)
    return Loss(len(ended), erased)


def new_key() -> str:
    """Let the present key (a fresh one, if its file is gone) sign the ledger from here on; return its id."""
    with transaction.atomic(durable=True):
        old = LedgerHead.objects.select_for_update().get(id=1).key_id
        LedgerHead.objects.filter(id=1).update(key_id="")
        said = {"old_key_id": old, "key_id": keys.key_id(), "public_key": keys.public_pem()}
        appended = ledger.append([ledger.Entry("key", said)], anchored=False)
    anchors.reset(size=appended.size, root=appended.root)
    return keys.key_id()
