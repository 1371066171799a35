"""The export: everything about one's own likeness, that anybody can check, and nothing that is somebody else's."""

import hashlib
import io
import json
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image
from rest_framework.test import APIClient

import verify_receipt
from accounts.models import Person
from consent import asks, expiry, exports, gate, groups, keys, ledger, likenesses, reviews, withdrawal
from consent.journal import content
from consent.models import Ask, Choice, Decision, Grant, LedgerLeaf, Likeness, Veto
from consent.rules import Category, Group, Point
from consent.withdrawal import Scope
from socialvideo.lib import archive, sealing
from socialvideo.lib.clock import database_now, rfc3339
from tests import factories
from tests.contract import stored
from worker import exports as making
from worker.models import Video

ADDRESS = "/api/v1/me/likeness/export"
PHOTO = b"\xff\xd8\xff a face"
ASKED: dict[str, Any] = {"purposes": ["personal"], "audience": "private", "message": "May I?"}


def files(person: Person) -> dict[str, bytes]:
    """The files of a person's export, over HTTP."""
    response = factories.client(person).get(ADDRESS)
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as read:  # type: ignore[arg-type]
        assert read.testzip() is None
        return {name: read.read(name) for name in read.namelist()}


def told(person: Person) -> dict[str, Any]:
    """What its ``likeness.json`` says."""
    said: dict[str, Any] = json.loads(files(person)["likeness.json"])
    return said


@pytest.fixture
def eileen(subject: Person) -> Person:
    """The person whose likeness it is, with a photo that is sealed but was never decoded."""
    key, nonce = AESGCM.generate_key(256), bytes(sealing.NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, PHOTO, subject.id.bytes)
    file = default_storage.save("likenesses/eileen", ContentFile(sealed))
    Likeness.objects.filter(subject=subject).update(file=file, key=key)
    return subject


@pytest.fixture
def story(db: None, eileen: Person, requester: Person, stranger: Person) -> Person:
    """One of everything around Eileen."""
    asks.ask(requester=requester, subject=eileen, **ASKED)
    asks.ask(requester=eileen, subject=stranger, **ASKED)
    factories.grant(eileen, requester, may_remix=True, text_rules=("my own rule",))
    film = factories.video(requester, eileen)
    reviews.accept(subject=eileen, video_id=film.id, digest=bytes(film.content_digest))
    vetoed = factories.video(requester, eileen)
    withdrawal.withdraw(subject=eileen, scope=Scope(video_id=vetoed.id))
    former = factories.grant(eileen, stranger)
    withdrawal.withdraw(subject=eileen, scope=Scope(grant_id=former.id))
    groups.choose(subject=eileen, person=stranger, kind=Choice.Kind.CHOSEN)
    factories.job(requester, eileen)
    return eileen


def test_it_tells_everything_there_is(story: Person, requester: Person) -> None:
    said = told(story)
    counts = {name: len(rows) for name, rows in said.items() if isinstance(rows, list)}
    assert counts == {
        "enrolments": 1,
        "grants_given": 2,
        "grants_received": 0,
        "people_chosen": 1,
        "asks_received": 1,
        "asks_made": 1,
        "uses": Decision.objects.filter(subject=story).count(),
        "withdrawals": 2,
        "acceptances": 1,
        "vetoes": 1,
        "jobs": 3,
        "videos": 2,
    }
    assert (said["person"]["handle"], said["photo"]) == ("eileen", "photo.jpg")
    assert files(story)["photo.jpg"] == PHOTO
    assert said["ledger"]["public_key"] == keys.public_pem()
    assert said["ledger"]["checkpoint"]["tree_size"] == ledger.size()


def test_its_rows_say_what_happened(story: Person) -> None:
    said, film = told(story), Video.objects.order_by("id")[0]
    given, former = said["grants_given"]
    assert (given["grantee_handle"], given["state"], given["text_rules"]) == ("sam", "given", ["my own rule"])
    assert (former["grantee_handle"], former["state"]) == ("kim", "withdrawn")
    assert [row["maker_handle"] for row in said["videos"]] == ["sam", "sam"]
    assert [row["state"] for row in said["videos"]] == ["available", "withdrawn"]
    assert (said["videos"][0]["id"], said["acceptances"][0]["video"]) == (str(film.id), str(film.id))
    assert said["vetoes"][0]["video"] == str(Veto.objects.get().video_id)
    assert [(row["requester_handle"], row["status"]) for row in said["jobs"]] == [
        ("sam", "completed"),
        ("sam", "completed"),
        ("sam", "queued"),
    ]
    assert (said["asks_received"][0]["requester_handle"], said["asks_made"][0]["subject_handle"]) == ("sam", "kim")
    assert (said["people_chosen"][0]["handle"], said["people_chosen"][0]["kind"]) == ("kim", "chosen")


def test_the_journal_is_told_row_by_row_as_the_ledger_has_it(story: Person) -> None:
    rows = Decision.objects.filter(subject=story).order_by("id")
    assert [
        {name: row[name] for name in row.keys() - {"requester_handle", "leaf_index"}} for row in told(story)["uses"]
    ] == [json.loads(json.dumps({"at": rfc3339(row.at), **content(row)})) for row in rows]


def test_the_photo_is_the_one_that_was_enrolled(requester: Person) -> None:
    likenesses.enrol(subject=requester, upload=factories.PORTRAIT.read_bytes())
    photo = files(requester)["photo.jpg"]
    assert Image.open(io.BytesIO(photo)).convert("RGB").tobytes() == likenesses.unseal(Likeness.objects.get()).tobytes()


def test_every_receipt_is_a_file_that_can_be_checked_offline_with_the_key_beside_it(story: Person) -> None:
    found = files(story)
    receipts = {name: text for name, text in found.items() if name.startswith("receipts/")}
    assert len(receipts) == 4
    for text in receipts.values():
        assert "holds" in verify_receipt.check_receipt(text.decode(), found["ledger-key.pem"])
    said = json.loads(found["likeness.json"])
    assert {row["receipt"] for row in said["grants_given"] + said["withdrawals"]} == set(receipts)


def test_the_manifest_names_every_other_file_by_its_hash_and_is_signed(story: Person) -> None:
    found = files(story)
    manifest = json.loads(found.pop("manifest.json"))
    named = {member["name"]: (member["size"], member["sha256"]) for member in manifest["files"]}
    assert named == {name: (len(text), hashlib.sha256(text).hexdigest()) for name, text in found.items()}
    assert (keys.holds(manifest), manifest["person"]) == (True, str(story.id))


# What is somebody else's


def test_nothing_of_other_peoples_settings_is_told(eileen: Person, requester: Person) -> None:
    ben = factories.enrolled("ben")
    secrets = {"text_rules": ("zanzibar",), "denied_categories": frozenset({Category.MEDICAL, Category.RELIGION})}
    factories.grant(ben, eileen, **secrets)
    factories.grant(eileen, requester)
    factories.grant(ben, requester, **secrets)
    for prompt in ("at Zanzibar", "in a hospital"):
        with pytest.raises(gate.Denied):
            factories.job(eileen, ben, prompt=prompt)
    factories.video(requester, eileen, ben)
    groups.choose(subject=factories.enrolled("cat"), person=eileen, kind=Choice.Kind.EXCEPTED)
    refused = asks.ask(requester=eileen, subject=ben, **ASKED)
    asks.answer(subject=ben, ask_id=refused.id, state=Ask.State.REFUSED)
    found = files(eileen)
    text = b"\n".join(part for name, part in found.items() if name != "photo.jpg").decode()
    for secret in ("zanzibar", 'text_rule"', "category", "example.org", 'cat"', "excepted", "answered_at"):
        assert secret.lower() not in text.lower().replace("denied_categories", "").replace("text_rules", ""), secret
    (received,) = json.loads(found["likeness.json"])["grants_received"]
    assert set(received) == {*exports.RECEIVED, "subject_handle", "uses", "ended_at"}
    assert not {"denied_categories", "text_rules"} & set(exports.RECEIVED)


def test_a_stranger_to_it_all_exports_nothing_of_others(story: Person) -> None:
    nora = factories.person("nora")
    found = files(nora)
    said = json.loads(found["likeness.json"])
    assert [name for name, rows in said.items() if isinstance(rows, list) and rows] == []
    assert (said["photo"], set(found)) == (
        None,
        {"README.txt", "likeness.json", "ledger-key.pem", "manifest.json"},
    )


def test_the_requesters_own_export_has_no_receipt_journal_or_photo_of_the_subject(
    story: Person, requester: Person
) -> None:
    found = files(requester)
    said = json.loads(found["likeness.json"])
    assert (said["uses"], said["videos"], said["jobs"], said["photo"]) == ([], [], [], None)
    assert [name for name in found if name.startswith("receipts/")] == []
    assert len(said["grants_received"]) == 1
    assert b"my own rule" not in found["likeness.json"]


# Ends


@pytest.mark.parametrize("gone", ["erased", "the file alone"])
def test_without_a_photo_the_rest_is_told(story: Person, gone: str) -> None:
    if gone == "erased":
        withdrawal.withdraw(subject=story, scope=Scope(), mode=withdrawal.Mode.ERASE)
    else:
        default_storage.delete(Likeness.objects.get().file)
    found = files(story)
    assert ("photo.jpg" in found, json.loads(found["likeness.json"])["photo"]) == (False, None)
    assert len(json.loads(found["likeness.json"])["enrolments"]) == 1


def test_a_grant_that_expired_and_an_offer_that_was_taken_up_have_their_receipts(
    eileen: Person, requester: Person
) -> None:
    now = database_now()
    lapsed = factories.grant(eileen, requester)
    Grant.objects.filter(id=lapsed.id).update(not_before=now - timedelta(days=2), expires_at=now)
    expiry.sweep()
    factories.grant(eileen, Group.EVERYONE, review=True)  # type: ignore[arg-type]
    factories.video(requester, eileen)
    said, found = told(eileen), files(eileen)
    assert [(row["state"], row["group"], row["grantee_handle"]) for row in said["grants_given"]] == [
        ("expired", "", "sam"),
        ("given", "everyone", None),
        ("given", "", "sam"),
    ]
    pem = found["ledger-key.pem"]
    held = [verify_receipt.check_receipt(found[row["receipt"]].decode(), pem) for row in said["grants_given"]]
    assert ["expiry" in held[0], "a grant" in held[1], "a grant" in held[2]] == [True] * 3


def test_all_receipts_come_though_there_are_more_than_are_read_at_once(
    eileen: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    given = [factories.grant(eileen, factories.person()) for _ in range(5)]
    found = files(eileen)
    pem = found["ledger-key.pem"]
    assert all(verify_receipt.check_receipt(found[f"receipts/grant-{one.id}.json"].decode(), pem) for one in given)


# The reply


def test_the_reply_is_a_file_that_no_cache_keeps(story: Person) -> None:
    for accept in ("*/*", "application/zip", "application/json"):
        reply = factories.client(story).get(ADDRESS, headers={"Accept": accept})
        body = b"".join(reply)  # type: ignore[arg-type]
        assert (reply.status_code, reply["Content-Type"]) == (200, "application/zip")
        assert reply["Cache-Control"] == "private, no-store"
        assert reply["Content-Disposition"] == 'attachment; filename="likeness.zip"'
        assert int(reply["Content-Length"]) == len(body)


def test_it_is_for_whoever_is_signed_in_ten_times_an_hour(story: Person, settings: Any) -> None:
    assert APIClient().get(ADDRESS).status_code == 401
    settings.RATE_LIMIT_FACTOR = 1
    api = factories.client(story)
    assert [len(b"".join(api.get(ADDRESS))) > 1000 for _ in range(10)] == [True] * 10  # type: ignore[arg-type]
    limited = api.get(ADDRESS)
    assert (limited.status_code, limited["Content-Type"]) == (429, "application/problem+json")
    assert api.get("/api/v1/me/likeness").status_code == 200


def test_exporting_changes_nothing(story: Person) -> None:
    api = factories.client(story)
    with stored.unchanged():
        b"".join(api.get(ADDRESS))  # type: ignore[arg-type]


def test_nothing_is_sent_when_the_key_cannot_be_read(story: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(_: object) -> None:
        raise OSError("no key")

    monkeypatch.setattr(keys, "signed", fault)
    with pytest.raises(OSError, match="no key"):
        factories.client(story).get(ADDRESS)


# What it costs


def cost(person: Person) -> int:
    """How many queries an export takes."""
    api = factories.client(person)
    with CaptureQueriesContext(connection) as captured:
        b"".join(api.get(ADDRESS))  # type: ignore[arg-type]
    return len([query for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]])


def test_it_takes_the_same_queries_for_one_of_everything_and_for_eight(story: Person, requester: Person) -> None:
    few = cost(story)
    for _ in range(7):
        other = factories.enrolled()
        asks.ask(requester=other, subject=story, **ASKED)
        asks.ask(requester=story, subject=other, **ASKED)
        factories.grant(other, story)
        given = factories.grant(story, other)
        film = factories.video(other, story)
        reviews.accept(subject=story, video_id=film.id, digest=bytes(film.content_digest))
        withdrawal.withdraw(subject=story, scope=Scope(grant_id=given.id))
        groups.choose(subject=story, person=other, kind=Choice.Kind.CHOSEN)
    assert (cost(story), few) == (few, 21)


def test_a_long_journal_takes_no_more_memory_than_a_short_one(
    eileen: Person, requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 20)
    monkeypatch.setattr(archive, "IN_MEMORY", 1000)
    peaks = []
    for rows in (1600, 3200):
        lengthen(eileen, requester, rows)
        tracemalloc.start()
        making.export(eileen).close()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0], peaks


def lengthen(subject: Person, requester: Person, rows: int) -> None:
    """Let the journal have this many rows more, with leaves that nobody checks here."""
    first = LedgerLeaf.objects.count()
    leaves = [LedgerLeaf(index=first + n, kind="use", body=b"{}", leaf_hash=bytes(32)) for n in range(rows)]
    LedgerLeaf.objects.bulk_create(leaves)
    denied = {"point": Point.REQUEST, "verdict": "denied", "reason": "no_grant"}
    Decision.objects.bulk_create(Decision(subject=subject, requester=requester, leaf=leaf, **denied) for leaf in leaves)


@pytest.mark.django_db(transaction=True)
def test_it_tells_one_state_though_others_go_on_writing(story: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    photo, size = exports.photo, ledger.size()

    def withdraw() -> None:
        withdrawal.withdraw(subject=story, scope=Scope())
        connection.close()

    def then_withdraw(person: Person) -> bytes | None:
        found = photo(person)
        with ThreadPoolExecutor(1) as beside:
            beside.submit(withdraw).result(10)
        return found

    monkeypatch.setattr(exports, "photo", then_withdraw)
    said = told(story)
    assert (said["grants_given"][0]["state"], len(said["withdrawals"])) == ("given", 2)
    assert said["ledger"]["checkpoint"]["tree_size"] == size
    assert not Grant.objects.filter(state="given").exists()
