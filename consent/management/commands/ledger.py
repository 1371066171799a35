"""``manage.py ledger``: export, check and anchor the ledger; and the way forward after a loss."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent import anchors, audit, recovery
from socialvideo.lib.errors import Problem


class Command(BaseCommand):
    """What an operator does with the ledger; nothing here can give a grant."""

    help = "Export, check or anchor the ledger; accept-loss and new-key are for after a loss."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one verb with what it needs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        export = verbs.add_parser("export", help="write all leaves and the signed checkpoints, for an auditor")
        export.add_argument("file", type=Path)
        verbs.add_parser("check", help="recompute the tree and the journal from the database")
        verbs.add_parser("anchor", help="say whether this database may be served, and anchor it if it may")
        loss = verbs.add_parser("accept-loss", help="end all grants and likenesses after an older backup was restored")
        loss.add_argument("--size", type=int, required=True, help="leaves in the ledger now, as the refusal said")
        verbs.add_parser("new-key", help="sign with another key from here on, the old one being lost")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        verbs = {"export": _export, "check": _check, "anchor": _anchor, "accept-loss": _accept, "new-key": _new_key}
        try:
            self.stdout.write(verbs[options["verb"]](options))
        except (Problem, anchors.Refused) as refused:
            raise CommandError(str(refused)) from refused


def _export(options: dict[str, Any]) -> str:
    with options["file"].open("w", encoding="utf-8") as out:
        done = audit.export(out)
    return (
        f"{done.leaves} leaves and {done.checkpoints} checkpoints written to {options['file']}. Audit it with:"
        f" python verify_receipt.py --log {options['file']} --key key.pem"
    )


def _check(_: dict[str, Any]) -> str:
    found = audit.first()
    if found:
        raise CommandError("The ledger does not hold:\n" + "\n".join(found))
    return "The ledger holds: leaves, nodes, head and journal agree."


def _anchor(_: dict[str, Any]) -> str:
    return f"The ledger of {anchors.renew()} leaves goes on from its anchor, and is anchored."


def _accept(options: dict[str, Any]) -> str:
    loss = recovery.accept_loss(size=options["size"])
    return f"{loss.grants} grants ended, {loss.likenesses} likenesses erased, the ledger anchored anew. Start again."


def _new_key(_: dict[str, Any]) -> str:
    return f"From here on the key {recovery.new_key()} signs the ledger. Publish it, and keep the old public key."
