"""Promises of receipts and anchors, each a probe as in promises: what is kept outside proves what is inside."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

import verify_receipt
from consent import anchors, grants, keys, ledger, nodes, receipts
from consent.models import Grant, LedgerHead
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from tests import factories
from tests.consent.promises import granted, held, refuses, runs, withdrawn

# As the product means it: a mutant changes it.
EVERY = ledger.ANCHOR_EVERY


def offline(receipt: dict[str, Any]) -> dict[str, Any]:
    """Check a receipt as its holder does; return its terms."""
    text = json.dumps(receipt)
    verify_receipt.check_receipt(text, keys.public_pem().encode())
    terms: dict[str, Any] = json.loads(text)["terms"]
    return terms


def leaves(count: int) -> int:
    """Append so many leaves; return the size of the ledger."""
    return ledger.append([ledger.Entry("test", {"n": n}) for n in range(count)]).size


def anchored(size: int) -> None:
    """Keep the anchor of the first ``size`` leaves."""
    anchors.keep(size=size, root=nodes.root_at(size))


def due() -> list[str]:
    """What is to be anchored at the commit, by the names of the calls."""
    calls = [getattr(call, "func", call) for _, call, _ in connection.run_on_commit]
    connection.run_on_commit.clear()
    return [str(call.__name__) for call in calls]


# Receipts.


def a_receipt_of_a_grant_holds_offline() -> bool:
    # The way from a lone leaf to the root is empty.
    leaves(1)
    grant = granted()
    return offline(receipts.of_grant(grant))["grant"] == str(grant.id)


def a_receipt_of_a_withdrawal_names_what_ended() -> bool:
    grant = granted()
    factories.grant(grant.subject, factories.person())
    terms = offline(withdrawn(grant).receipt)
    ended = {one["grant"]: one["ended_epoch"] for one in terms["grants"]}
    return ended == {str(one.id): 1 for one in Grant.objects.filter(subject=grant.subject)}


def a_receipt_says_the_terms_that_hold_now() -> bool:
    grant = granted()
    sooner = database_now() + timedelta(hours=1)
    grants.narrow(grant=Grant.objects.get(id=grant.id), expires_at=sooner, max_uses=2)
    terms = offline(receipts.of_grant(grant))
    return terms["max_uses"] == 2 and terms == {**terms, **receipts.terms(Grant.objects.get(id=grant.id))}


def a_receipt_says_every_term() -> bool:
    wide = {"review": True, "may_remix": True, "may_stitch": True, "may_download": True, "text_rules": ("beach",)}
    grant = granted(**wide, denied_categories={"drugs"}, modalities={"voice"}, max_uses=3)
    said, beach = receipts.terms(grant), hashlib.sha256(bytes(grant.words_salt or b"") + b"beach").hexdigest()
    expected = {**wide, "text_rules": [beach], "denied_categories": ["drugs"], "modalities": ["voice"], "max_uses": 3}
    return said == {**said, **expected, "state": "given", "epoch": 1, "group": "", "rests_on": ""}


def what_was_never_recorded_has_no_receipt() -> bool:
    return refuses(lambda: receipts.of_grant(Grant()), Problem)


# Anchors.


def an_older_database_is_refused() -> bool:
    anchored(leaves(5))
    LedgerHead.objects.update(size=3)
    return refuses(anchors.check, anchors.Refused)


def another_ledger_is_refused() -> bool:
    size = leaves(5)
    anchors.keep(size=size, root=bytes(32))
    return refuses(anchors.check, anchors.Refused)


def the_ledger_itself_is_served() -> bool:
    anchored(leaves(5))
    leaves(3)
    return not refuses(anchors.check, anchors.Refused)


def an_anchor_never_goes_back() -> bool:
    anchored(leaves(5))
    anchored(3)
    beside = json.loads(settings.LEDGER_ANCHOR_FILE.read_bytes())
    anchor = anchors.newest()
    return anchor is not None and anchor.size == 5 and beside["tree_size"] == 5


def an_anchor_stands_in_two_places() -> bool:
    anchored(leaves(5))
    sizes = []
    for drop in (
        settings.LEDGER_ANCHOR_FILE.unlink,
        lambda: default_storage.delete("anchors/ledger-000000000000005.json"),
    ):
        anchored(5)
        drop()
        anchor = anchors.newest()
        sizes.append(anchor.size if anchor else 0)
    return sizes == [5, 5]


def _an_altered_anchor(write: Callable[[bytes], object]) -> bool:
    anchored(leaves(5))
    said = json.loads(settings.LEDGER_ANCHOR_FILE.read_bytes())
    write(keys.canonical({**said, "tree_size": 1}))
    return refuses(anchors.newest, anchors.Refused)


def an_altered_anchor_is_refused() -> bool:
    return _an_altered_anchor(settings.LEDGER_ANCHOR_FILE.write_bytes)


def an_anchor_that_cannot_be_read_is_refused() -> bool:
    return _an_altered_anchor(lambda _: settings.LEDGER_ANCHOR_FILE.write_bytes(b"{}"))


def an_anchor_of_another_ledger_is_not_replaced() -> bool:
    anchored(leaves(5))
    LedgerHead.objects.update(size=3)
    return refuses(lambda: anchors.keep(size=9, root=bytes(32)), Problem)


def another_key_is_refused() -> bool:
    leaves(1)
    LedgerHead.objects.update(key_id="0" * 16)
    return refuses(anchors.check, anchors.Refused) and refuses(lambda: leaves(1), keys.KeyChanged)


def a_refused_database_ends_the_process() -> bool:
    anchored(leaves(5))
    LedgerHead.objects.update(size=3)
    return refuses(anchors.guard, SystemExit)


def a_withdrawal_is_anchored_and_a_use_is_not() -> bool:
    grant = granted()
    due()
    runs(grant.grantee_id, held(grant))
    after_a_use = due()
    withdrawn(grant)
    return "keep" not in after_a_use and "keep" in due()


def uses_are_anchored_now_and_then() -> bool:
    grant = granted()
    size = LedgerHead.objects.get().size
    leaves(EVERY - 1 - size)
    due()
    runs(grant.grantee_id, held(grant))
    return "keep" in due()


def an_acceptance_of_a_loss_begins_anew() -> bool:
    anchored(leaves(5))
    LedgerHead.objects.update(size=3)
    anchors.reset(size=3, root=bytes(32))
    anchor = anchors.newest()
    return anchor is not None and anchor.size == 3
