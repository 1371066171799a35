"""``verify_receipt.py``: what the service gives out holds, and nothing that was altered afterwards does.

``PROOFS=full`` alters 10,000 receipts and 1,000 exported logs; the plain run some hundreds.
"""

import base64
import copy
import io
import json
import os
import random
import string
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection

import verify_receipt
from accounts.models import Person
from consent import audit, gate, grants, keys, ledger, receipts, withdrawal
from consent.ledger import Entry
from consent.models import Grant, LedgerLeaf, LedgerNode
from consent.rules import Claim, Point
from consent.withdrawal import Scope
from tests import factories

FULL = os.environ.get("PROOFS") == "full"
RECEIPTS, LOGS = (10_000, 1_000) if FULL else (500, 100)
FAULTS = (ValueError, LookupError, TypeError, AttributeError)
FILE = Path(verify_receipt.__file__)

Draw = random.Random


def holds(text: str, *, log: bool = False, pem: str = "", earlier: tuple[str, ...] = ()) -> bool:
    """Whether the file's own check accepts the text."""
    key = (pem or keys.public_pem()).encode()
    try:
        said = verify_receipt.check_log(text, key, *earlier) if log else verify_receipt.check_receipt(text, key)
    except FAULTS:
        return False
    return "holds" in said


def story() -> list[str]:
    """Grants, uses and withdrawals; return the receipts that were handed out."""
    subject, one, two = factories.enrolled(), factories.person(), factories.person()
    first, second = factories.grant(subject, one), factories.grant(subject, two)
    for grant in (first, second, first):
        used(grant)
    grants.narrow(grant=Grant.objects.get(id=second.id), expires_at=None, max_uses=2)
    handed = [receipts.of_grant(first), receipts.of_grant(second)]
    ended = withdrawal.withdraw(subject=subject, scope=Scope(grant_id=first.id))
    used(second)
    handed += [ended.receipt, withdrawal.withdraw(subject=subject, scope=Scope()).receipt]
    return [json.dumps(receipt) for receipt in handed]


def used(grant: Grant) -> None:
    """Let the gate decide on opening something made under the grant."""
    claim = Claim(grant.subject_id, grant.id, grant.epoch)
    gate.use(point=Point.OPEN, requester_id=grant.grantee_id, claims=[claim], effect=lambda _: None)


def exported() -> str:
    """The whole ledger as an auditor receives it."""
    out = io.StringIO()
    audit.export(out)
    return out.getvalue()


def signed_by(foreign: Ed25519PrivateKey, content: dict[str, Any]) -> dict[str, str]:
    """A signature by another key, which says that it is by ours."""
    value = base64.b64encode(foreign.sign(keys.canonical(content))).decode()
    return {"algorithm": "Ed25519", "key_id": keys.key_id(), "value": value}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every member and item of a document."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way for name, part in members for way in [(*path, name), *places(part, (*path, name))]]


def altered(value: Any, draw: Draw) -> Any:
    """Another value of the same kind, or of another."""
    if isinstance(value, bool) or value is None:
        return draw.choice([not value, 0, "x"])
    if isinstance(value, int):
        return draw.choice([value + 1, value - 1, -value - 1, float(value), str(value), value + 2**32])
    if isinstance(value, str) and value:
        at = draw.randrange(len(value))
        other = draw.choice([c for c in string.ascii_letters + string.digits + "+/= " if c != value[at]])
        return draw.choice(
            [value[:at] + other + value[at + 1 :], value[:at] + value[at + 1 :], value + "=", value + " "]
        )
    return draw.choice(["x", 7, [value, value], {"x": value}, [[]]])


def mutated(text: str, draw: Draw) -> str:
    """The receipt with one member changed, dropped, added, or exchanged with another."""
    receipt = json.loads(text)
    *way, last = draw.choice(places(receipt))
    holder = receipt
    for name in way:
        holder = holder[name]
    kind = draw.randrange(5)
    if kind == 0:
        del holder[last]
    elif kind == 1 and isinstance(holder, dict):
        holder[f"{last}x"] = holder[last]
    elif kind == 2 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[last]))
    else:
        holder[last] = altered(holder[last], draw)
    return json.dumps(receipt)


@pytest.mark.proof
def test_no_altered_receipt_is_accepted(db: None) -> None:
    handed, draw = story(), Draw(7)
    assert all(holds(text) for text in handed)
    accepted = 0
    for number in range(RECEIPTS):
        text = handed[number % len(handed)]
        other = mutated(text, draw)
        assert json.loads(other) != json.loads(text) or other != text
        accepted += holds(other)
    assert accepted == 0


def test_every_character_of_a_signature_counts(db: None) -> None:
    receipt = json.loads(story()[0])
    value = receipt["signature"]["value"]
    letters = string.ascii_letters + string.digits + "+/=\n"
    for at in range(len(value)):
        # In the last letter but the padding some bits mean nothing: there every letter is tried.
        for other in set(letters if at > len(value) - 5 else "Aa9=") - {value[at]}:
            receipt["signature"]["value"] = value[:at] + other + value[at + 1 :]
            assert not holds(json.dumps(receipt))


def test_a_receipt_of_another_service_or_of_another_place_is_not_accepted(db: None) -> None:
    handed = story()
    said = {name: part for name, part in json.loads(handed[0]).items() if name != "signature"}
    assert not holds(json.dumps({**said, "signature": signed_by(Ed25519PrivateKey.generate(), said)}))
    for name in ("terms", "ledger", "signature"):
        assert not holds(json.dumps({**json.loads(handed[0]), name: json.loads(handed[2])[name]}))


def test_a_receipt_signed_by_us_but_not_in_the_ledger_is_not_accepted(db: None) -> None:
    receipt = json.loads(story()[2])
    del receipt["signature"]
    assert holds(json.dumps(keys.signed(receipt)))
    for change in ({"leaf_index": 1}, {"tree_size": 99}, {"root_hash": "00" * 32}, {"inclusion_path": ""}):
        assert not holds(json.dumps(keys.signed({**receipt, "ledger": {**receipt["ledger"], **change}})))
    assert not holds(json.dumps(keys.signed({**receipt, "terms": {**receipt["terms"], "scope": "x"}})))


def test_a_member_that_stands_twice_is_not_accepted(db: None) -> None:
    text = story()[0]
    assert not holds(text[:-1] + ', "@type": "dpv:ConsentRecord"}')
    assert not holds('{"@type": "other", ' + text[1:])


# Exported logs.

Log = dict[str, Any]


def drop(log: Log, draw: Draw) -> None:
    """Leave a leaf out."""
    del log["leaves"][draw.randrange(len(log["leaves"]))]


def swap(log: Log, draw: Draw) -> None:
    """Exchange two leaves."""
    one, two = draw.sample(range(len(log["leaves"])), 2)
    log["leaves"][one], log["leaves"][two] = log["leaves"][two], log["leaves"][one]


def change(log: Log, draw: Draw) -> None:
    """Change a leaf."""
    at = draw.randrange(len(log["leaves"]))
    body = json.loads(log["leaves"][at])
    name = draw.choice(sorted(body))
    body[name] = altered(body[name], draw)
    log["leaves"][at] = keys.canonical(body).decode()


def insert(log: Log, draw: Draw) -> None:
    """Add a leaf, somewhere."""
    log["leaves"].insert(draw.randrange(len(log["leaves"]) + 1), draw.choice(log["leaves"]))


def truncate(log: Log, draw: Draw) -> None:
    """Leave out the last leaves, and say so in the checkpoint."""
    del log["leaves"][-draw.randint(1, len(log["leaves"]) - 1) :]
    log["checkpoints"][-1]["tree_size"] = draw.choice([len(log["leaves"]), log["checkpoints"][-1]["tree_size"]])


def sign_anew(log: Log, draw: Draw) -> None:
    """Change the log, and sign its right root with another key."""
    drop(log, draw)
    root = verify_receipt.root_of([ledger.leaf_hash(body.encode()) for body in log["leaves"]])
    point = {"tree_size": len(log["leaves"]), "root_hash": root.hex(), "timestamp": "2026-01-01T00:00:00Z"}
    log["checkpoints"] = [{**point, "signature": signed_by(Ed25519PrivateKey.generate(), point)}]


TAMPERINGS: list[Callable[[Log, Draw], None]] = [drop, swap, change, insert, truncate, sign_anew]


@pytest.mark.proof
def test_every_tampering_of_an_exported_log_is_found(db: None) -> None:
    story()
    text, draw, missed = exported(), Draw(11), 0
    assert holds(text, log=True)
    for number in range(LOGS):
        log = json.loads(text)
        TAMPERINGS[number % len(TAMPERINGS)](log, draw)
        missed += holds(json.dumps(log), log=True)
    assert missed == 0


def test_a_log_that_was_shortened_and_signed_anew_does_not_contain_the_checkpoint_of_before(db: None) -> None:
    story()
    kept = json.dumps(ledger.checkpoint())
    log = json.loads(exported())
    assert holds(json.dumps(log), log=True, earlier=(kept,))
    del log["leaves"][-1]
    root = verify_receipt.root_of([ledger.leaf_hash(body.encode()) for body in log["leaves"]]).hex()
    log["checkpoints"] = [keys.signed({"tree_size": len(log["leaves"]), "root_hash": root, "timestamp": "x"})]
    assert holds(json.dumps(log), log=True)
    assert not holds(json.dumps(log), log=True, earlier=(kept,))


@pytest.mark.parametrize(
    ("epoch", "verdict", "fine"), [(1, "allowed", False), (2, "allowed", True), (1, "denied", True)]
)
def test_a_use_that_was_allowed_after_the_withdrawal_is_found(
    grant: Grant, epoch: int, verdict: str, fine: bool
) -> None:
    withdrawal.withdraw(subject=grant.subject, scope=Scope())
    ledger.append([Entry("use", {"grant": str(grant.id), "epoch": epoch, "verdict": verdict})])
    assert holds(exported(), log=True) is fine


def test_an_empty_ledger_holds_and_an_export_without_a_checkpoint_does_not(db: None) -> None:
    assert holds(exported(), log=True)
    assert not holds(json.dumps({"leaves": [], "checkpoints": []}), log=True)


# The commands.


def verify(*arguments: str | Path) -> tuple[int, str]:
    """Run the file as a person does; return its exit status and what it says."""
    done = subprocess.run([sys.executable, FILE, *map(str, arguments)], capture_output=True, text=True, cwd="/")
    return done.returncode, done.stdout + done.stderr


def test_a_person_checks_a_receipt_and_an_auditor_a_log_from_the_command_line(db: None, tmp_path: Path) -> None:
    text = story()[2]
    (tmp_path / "key.pem").write_text(keys.public_pem())
    (tmp_path / "receipt.json").write_text(json.dumps(json.loads(text), indent=2))
    (tmp_path / "bad.json").write_text(text.replace('"withdrawal"', '"grant"'))
    call_command("ledger", "export", str(tmp_path / "log.json"), stdout=io.StringIO())
    key = ("--key", tmp_path / "key.pem")
    assert verify(tmp_path / "receipt.json", *key)[0] == 0
    assert verify(tmp_path / "bad.json", *key) == (1, "Does NOT hold: it was changed after it was signed\n")
    status, said = verify("--log", tmp_path / "log.json", *key)
    assert (status, said.startswith("The log holds: ")) == (0, True)
    assert verify("--log", tmp_path / "receipt.json", *key)[0] == 1


def test_the_file_stands_alone_in_120_lines() -> None:
    lines = FILE.read_text().splitlines()
    assert len(lines) <= 120
    imported = {line.split()[1].split(".")[0] for line in lines if line.strip().startswith(("import ", "from "))}
    assert imported <= {*sys.stdlib_module_names, "cryptography", "the"}


def test_the_ledger_agrees_with_its_database(grant: Grant, requester: Person) -> None:
    factories.video(requester, grant.subject)
    story()
    assert audit.first() == []
    out = io.StringIO()
    call_command("ledger", "check", stdout=out)
    assert out.getvalue() == "The ledger holds: leaves, nodes, head and journal agree.\n"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE consent_ledgerleaf SET body = body || ' ' WHERE index = 1", "leaf 1 is not what its hash says"),
        ("DELETE FROM consent_ledgernode WHERE level = 1 AND index = 0", "node (1, 0) is wrong"),
        ("INSERT INTO consent_ledgernode VALUES (9, 9, '\\x00')", "node (9, 9) stands above no leaves"),
        ("UPDATE consent_ledgerhead SET size = size - 1", "the head says"),
        ("UPDATE consent_decision SET point = 'share' WHERE leaf_id = 2", "the journal's row"),
        ("DELETE FROM consent_decision WHERE leaf_id = 2", "the ledger holds 4 uses, the journal 3"),
    ],
)
def test_the_check_finds_what_was_changed_past_the_triggers(db: None, statement: str, fault: str) -> None:
    story()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert any(fault in found for found in audit.first())
    with pytest.raises(CommandError, match="does not hold"):
        call_command("ledger", "check")
    assert LedgerLeaf.objects.exists()
    assert LedgerNode.objects.exists()
