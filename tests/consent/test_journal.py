"""The journal: what a subject reads of their own likeness, and the leaf that stands for each row."""

import hashlib
import json

from accounts.models import Person
from consent import gate, journal
from consent.models import Decision, Grant
from consent.rules import Allowed, Claim, Point, Wish
from socialvideo.lib.clock import rfc3339
from tests import factories


def opened(grant: Grant, viewer: Person) -> None:
    """Let ``viewer`` open something that rests on the grant."""
    gate.use(
        point=Point.OPEN,
        requester_id=viewer.id,
        claims=[Claim(grant.subject_id, grant.id, grant.epoch)],
        effect=lambda _: None,
    )


def test_the_leaf_of_a_decision_says_what_its_row_says(grant: Grant, requester: Person) -> None:
    opened(grant, requester)
    row = Decision.objects.select_related("leaf").get()
    body = bytes(row.leaf.body)
    assert json.loads(body) == {
        "kind": "use",
        "at": rfc3339(row.at),
        "decision": str(row.id),
        "point": "open",
        "verdict": "allowed",
        "reason": "",
        "subject": str(grant.subject_id),
        "requester": str(requester.id),
        "grant": str(grant.id),
        "epoch": 1,
        "job": "",
        "video": "",
        "purpose": "",
        "audience": "",
    }
    assert bytes(row.leaf.leaf_hash) == hashlib.sha256(b"\x00" + body).digest()


def test_a_leaf_names_ids_and_no_names(grant: Grant, requester: Person) -> None:
    opened(grant, requester)
    body = bytes(Decision.objects.get().leaf.body)
    assert b"eileen" not in body
    assert b"sam" not in body


def test_a_decision_about_several_writes_each_persons_own_row(grant: Grant, requester: Person) -> None:
    other = factories.enrolled()
    second = factories.grant(other, requester)
    facts = (grant.fact(), second.fact())
    journal.write(
        point=Point.SEAL,
        requester_id=requester.id,
        claims=[Claim(grant.subject_id), Claim(other.id)],
        wish=Wish(),
        about=journal.NOTHING,
        verdict=Allowed(facts),
    )
    assert [row.grant_id for row in journal.uses_of(other)] == [second.id]
    assert [row.grant_id for row in journal.uses_of(grant.subject)] == [grant.id]


def test_the_journal_is_the_subjects_own(grant: Grant, requester: Person, stranger: Person) -> None:
    opened(grant, stranger)
    assert [row.requester for row in journal.uses_of(grant.subject)] == [stranger]
    assert not journal.uses_of(requester).exists()
    assert not journal.uses_of(stranger).exists()
