"""The signer: its keys on disk, who may ask it, what it refuses; and that it is a process without a database."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.discovery import signer as signers
from accounts.discovery import voprf
from accounts.discovery.signer import Keys, Limit, Signer
from tests.accounts.discovering import Replies

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the keys will be."""
    return tmp_path / "keys"


@pytest.fixture
def replies(folder: Path) -> Replies:
    """A signer with a small quota, and what it answers."""
    return Replies(Signer(Keys(folder), "token", Limit(10)))


def test_a_key_is_made_once_and_readable_by_its_owner_alone(replies: Replies, folder: Path) -> None:
    first, again = replies.ask("PUT", "/epochs/1"), replies.ask("PUT", "/epochs/1")
    assert first == again
    assert first[0] == 200
    (file,) = folder.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode), file.stat().st_size) == ("epoch-1.seed", 0o600, 32)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert replies.ask("PUT", "/epochs/2")[1] != first[1]


def test_it_evaluates_with_the_key_that_it_published(replies: Replies) -> None:
    public, blinded = replies.ask("PUT", "/epochs/1")[1][:32], [voprf.blind(b"+1"), voprf.blind(b"+2")]
    status, body = replies.ask("POST", "/epochs/1/tags", b"".join(each.element for each in blinded))
    evaluation = voprf.Evaluation((body[:32], body[32:64]), body[64:])
    assert status == 200
    assert len(voprf.finalise(public, blinded, evaluation)) == 2


def test_tags_and_leaves_are_made_with_two_keys(replies: Replies) -> None:
    keys, blinded = replies.ask("PUT", "/epochs/1")[1], voprf.blind(b"+1")
    outputs = set()
    for use, public in (("tags", keys[:32]), ("leaves", keys[32:])):
        body = replies.ask("POST", f"/epochs/1/{use}", blinded.element)[1]
        outputs.update(voprf.finalise(public, [blinded], voprf.Evaluation((body[:32],), body[32:])))
    assert len(outputs) == 2


def test_a_destroyed_key_evaluates_nothing_any_more(replies: Replies, folder: Path) -> None:
    replies.ask("PUT", "/epochs/1")
    assert [replies.ask("DELETE", "/epochs/1")[0] for _ in range(2)] == [204, 204]
    assert replies.ask("POST", "/epochs/1/tags", voprf.blind(b"+1").element) == (404, b"")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("token", ["", "toke", "tokens", "t\u00f6ken"])
def test_without_the_token_nothing_is_made_evaluated_or_destroyed(replies: Replies, folder: Path, token: str) -> None:
    replies.ask("PUT", "/epochs/1")
    for method, path in (("PUT", "/epochs/2"), ("DELETE", "/epochs/1"), ("POST", "/epochs/1/tags")):
        assert replies.ask(method, path, voprf.blind(b"+1").element, token=token) == (401, b"")
    assert [file.name for file in folder.iterdir()] == ["epoch-1.seed"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 413),
        (bytes(31), 413),
        (bytes(33), 413),
        (bytes(32 * 1001), 413),
        (bytes(32), 422),
        (b"\xff" * 32, 422),
    ],
    ids=["empty", "31", "33", "1,001 elements", "identity", "no element"],
)
def test_what_is_no_batch_of_elements_is_refused(replies: Replies, body: bytes, status: int) -> None:
    replies.ask("PUT", "/epochs/1")
    replies.application.limit.quota = 10_000
    assert replies.ask("POST", "/epochs/1/tags", body)[0] == status


@pytest.mark.parametrize("path", ["/", "/epochs", "/epochs/0", "/epochs/01", "/epochs/../1", "/epochs/1/x", "/keys"])
def test_an_unknown_place_is_not_there(replies: Replies, path: str) -> None:
    assert replies.ask("PUT", path) == (404, b"")


def test_more_than_the_hour_allows_is_refused_until_the_next_hour() -> None:
    now = [0.0]
    limit = Limit(10, lambda: now[0])
    assert [limit.take(6), limit.take(5), limit.take(4), limit.take(1)] == [True, False, True, False]
    now[0] = signers.HOUR_S
    assert limit.take(10)


def test_over_its_own_quota_it_evaluates_nothing(replies: Replies) -> None:
    replies.ask("PUT", "/epochs/1")
    element = voprf.blind(b"+1").element
    statuses = [replies.ask("POST", "/epochs/1/tags", element * count)[0] for count in (8, 3, 2, 1)]
    assert statuses == [200, 429, 200, 429]


def test_it_says_that_it_lives_to_anybody(replies: Replies) -> None:
    assert replies.ask("GET", "/livez", token="") == (200, b"alive\n")


def test_its_process_knows_neither_django_nor_a_database(tmp_path: Path) -> None:
    program = (
        "import sys; from accounts.discovery.signer import from_environment as made; made().keys.make(1);"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'django', 'psycopg', 'celery', 'consent'}))"
    )
    environment = {"VAR": str(tmp_path), "PATH": "", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert [file.name for file in (tmp_path / "discovery-keys").iterdir()] == ["epoch-1.seed"]
