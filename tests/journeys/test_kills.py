"""Kill -9: no job is lost or done twice, and a withdrawal happens wholly or not at all."""

import contextlib
import threading

import psycopg
import pytest

from demo import rendering, seed
from demo.client import Caller, HTTPError, picture
from demo.people import PORTRAIT, Cast
from tests.journeys.running import Running, wait_until

pytestmark = pytest.mark.journey
STANDING = "SELECT count(*) FROM consent_grant WHERE state = 'given'"
WITHDRAWN = "SELECT count(*) FROM consent_withdrawal"


def grant(cast: Cast) -> str:
    """Leave exactly one standing grant of Eileen's, for Sam; return its id."""
    cast.eileen.send("POST", "/withdrawals", 201, json={"scope": "everything"})
    cast.eileen.send("PUT", "/me/likeness", 201, fields=picture("photo", PORTRAIT))
    return str(cast.eileen.send("POST", "/grants", 201, json=seed.terms()).json()["id"])


def videos(running: Running) -> int:
    """Count the videos that exist."""
    return int(str(running.query("SELECT count(*) FROM worker_video")[0][0]))


def test_a_job_whose_worker_is_killed_is_finished_by_the_next_and_makes_one_video(running: Running, cast: Cast) -> None:
    grant(cast)
    before = videos(running)
    job = cast.sam.send("POST", "/jobs", 202, json=rendering.wish("a long wave")).json()["id"]
    rendering.wait(cast.sam, job, percent=5)

    running.kill("generation")
    assert cast.sam.send("GET", f"/jobs/{job}", 200).json()["status"] == "in_progress"
    running.start("generation")

    done = rendering.wait(cast.sam, job)
    assert (done["status"], done["attempts"]) == ("completed", 2)
    assert videos(running) == before + 1
    permit = "SELECT p.state FROM worker_job j JOIN consent_permit p ON p.id = j.permit_id WHERE j.id = %s"
    assert running.query(permit, job) == [("spent",)]


def withdraw_meanwhile(eileen: Caller) -> threading.Thread:
    """Send a withdrawal that somebody will interrupt."""

    def send() -> None:
        with contextlib.suppress(HTTPError):
            eileen.call("POST", "/withdrawals", json={"scope": "everything"})

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "hold",
    [
        "SELECT pg_advisory_xact_lock_shared(k) FROM (SELECT ('x' || translate(right(id::text, 17), '-', ''))::bit(64)"
        "::bigint AS k FROM accounts_person WHERE handle = 'eileen') AS keys",
        "SELECT 1 FROM consent_ledgerhead FOR UPDATE",
    ],
    ids=["waiting for the lock", "grants ended, ledger not yet written"],
)
def test_a_web_server_killed_before_the_commit_has_withdrawn_nothing(running: Running, cast: Cast, hold: str) -> None:
    grant(cast)
    receipts = running.query(WITHDRAWN)
    with psycopg.connect(running.server.cluster.url()) as holder:
        holder.execute(hold)
        sent = withdraw_meanwhile(cast.eileen)
        wait_until(lambda: bool(running.query("SELECT 1 FROM pg_locks WHERE NOT granted")), 10)
        running.kill("api")
        sent.join()
    running.start("api")
    wait_until(lambda: not running.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"), 10)
    assert running.query(STANDING) == [(1,)]
    assert running.query(WITHDRAWN) == receipts


@pytest.mark.parametrize("delay_ms", [2, 6, 10, 14])
def test_a_web_server_killed_at_any_moment_has_withdrawn_wholly_or_not_at_all(
    running: Running, cast: Cast, delay_ms: int
) -> None:
    granted = grant(cast)
    sent = withdraw_meanwhile(cast.eileen)
    threading.Event().wait(delay_ms / 1000)
    running.kill("api")
    sent.join()
    running.start("api")

    ((state, epoch),) = running.query("SELECT state, epoch FROM consent_grant WHERE id = %s", granted)
    receipts = running.query(
        "SELECT count(*) FROM consent_withdrawal w JOIN consent_ledgerleaf l ON l.index = w.leaf_id"
        " WHERE w.receipt::text LIKE %s",
        f"%{granted}%",
    )
    assert (state, epoch, receipts) in [("given", 1, [(0,)]), ("withdrawn", 2, [(1,)])]
