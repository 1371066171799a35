"""Uploads in the running house: over links that are cut, while servers and workers are killed, of files that are traps.

Full size (``PROOFS=full``): 60 MB over a link that is cut twenty times.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from random import Random

import psycopg
import pytest

from demo.client import Caller
from tests.journeys.newcomers import Newcomers
from tests.journeys.phones import Phone
from tests.journeys.running import Running, wait_until
from tests.worker.footage import clip

pytestmark = [pytest.mark.journey, pytest.mark.proof]
IS_FULL = os.environ.get("PROOFS") == "full"
SIZE, CUTS = (60_000_000, 20) if IS_FULL else (6_000_000, 5)
STEP = 1024 * 1024
UPLOAD = "SELECT status, progress, attempts, received FROM worker_upload WHERE id = %s"
LADDER = "SELECT l.status, l.attempts FROM worker_ladder l JOIN worker_upload u USING (video_id) WHERE u.id = %s"
RENDITIONS = (
    "SELECT r.kind, r.rung, r.file FROM worker_rendition r JOIN worker_upload u USING (video_id) WHERE u.id = %s"
)
FILES = "SELECT file, poster, preview, sprite FROM worker_video"


@pytest.fixture
def phone(newcomers: Newcomers) -> Phone:
    """Somebody with a film that is large and tall enough for three sizes."""
    film = clip(seconds=4, width=720, height=1280, rate=30, size_bytes=SIZE)
    return Phone(newcomers.sign_up("filmer"), film).begin()


def row(running: Running, phone: Phone) -> tuple[object, ...]:
    """Status, progress, attempts and received bytes of the upload."""
    return running.query(UPLOAD, phone.address.rsplit("/", 1)[1])[0]


def stored(running: Running) -> set[str]:
    """All files of videos in storage."""
    media = running.house.var / "media"
    return {file.relative_to(media).as_posix() for file in (media / "videos").rglob("*") if file.is_file()}


def named(running: Running) -> set[str]:
    """All files of videos that the database knows, and those that a run still works on."""
    listed = [name for line in running.query(FILES) for name in line]
    listed += [line[0] for line in running.query("SELECT file FROM worker_rendition")]
    listed += [line[0] for line in running.query("SELECT name FROM worker_unsealed")]
    return {str(name) for name in listed if name}


@contextlib.contextmanager
def held(running: Running, table: str) -> Iterator[None]:
    """Let nobody write a table, so that what would write it next can be killed before it does."""
    with psycopg.connect(running.server.cluster.url()) as holder:
        holder.execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield


def test_a_clip_arrives_over_a_link_that_is_cut_and_to_a_server_that_is_killed(running: Running, phone: Phone) -> None:
    """And becomes a video though the worker is killed twice: while it makes the first size, and the others."""
    chance = Random(11)
    for number in range(CUTS):
        offset = phone.offset()
        phone.cut_after(offset, chance.randrange(1, 2 * (SIZE - offset) // (CUTS + 3)), hard=number % 2 == 1)
    before = phone.offset()
    thread = threading.Thread(target=phone.drip, args=(before, 0.02))
    thread.start()
    wait_until(lambda: int(str(row(running, phone)[3])) > before + STEP, 60)
    running.kill("api")
    thread.join()
    running.start("api")
    after = phone.offset()
    assert before + STEP <= after < SIZE
    assert phone.told == sorted(phone.told)

    with held(running, "worker_video"):
        phone.finish(after)
        sys.stdout.write(
            f"\n{SIZE} bytes in {CUTS} cuts and one kill: {phone.sent} sent ({phone.sent / SIZE:.3f} times)\n"
        )
        assert phone.sent < SIZE + (CUTS + 2) * 2 * STEP
        wait_until(lambda: int(str(row(running, phone)[1])) > 60, 60)
        running.kill("media")
    running.start("media")
    wait_until(lambda: row(running, phone)[0] == "ready", 120)
    shown = phone.read()
    assert (shown["status"], shown["progress"], row(running, phone)[2]) == ("ready", 100, 2)
    assert phone.caller.send("GET", f"/videos/{shown['video']}/playback", 200)

    ladder = phone.address.rsplit("/", 1)[1]
    wait_until(lambda: running.query(LADDER, ladder)[0][0] == "in_progress", 60)
    running.kill("media")
    running.start("media")
    wait_until(lambda: running.query(LADDER, ladder)[0][0] == "done", 180)
    kept = sorted((kind, rung) for kind, rung, _ in running.query(RENDITIONS, ladder))
    assert kept == [("hls", 270), ("hls", 480), ("hls", 720), ("mp4", 480), ("mp4", 720)]
    assert running.query(LADDER, ladder) == [("done", 2)]
    wait_until(lambda: not list((running.house.var / "uploads").rglob("*/*")), 10)
    assert stored(running) - named(running) == set()


def test_telephones_that_fall_silent_are_cut_and_keep_nobody_waiting(running: Running, newcomers: Newcomers) -> None:
    phone = Phone(newcomers.sign_up("silent"), clip()).begin()
    with contextlib.ExitStack() as lines:
        silent = [lines.enter_context(phone.connect(0, len(phone.content))) for _ in range(12)]
        for line in silent:
            line.sendall(phone.content[:1000])
        assert phone.read()["status"] == "receiving"
        wait_until(lambda: phone.offset() == 1000, 30)
        for line in silent:
            with contextlib.suppress(ConnectionError):
                assert line.recv(10_000)[:12] in (b"", b"HTTP/1.1 204", b"HTTP/1.1 409", b"HTTP/1.1 503")
    phone.finish(1000)
    wait_until(lambda: phone.read()["status"] == "ready", 60)


def end(caller: Caller, content: bytes, **declared: object) -> tuple[str, str]:
    """Upload a file; its last status and failure code."""
    phone = Phone(caller, content).begin(**declared)
    phone.finish(0)
    wait_until(lambda: phone.read()["status"] not in ("receiving", "processing"), 60)
    shown = phone.read()
    assert (shown["video"], bool(shown["failure_detail"])) == (None, True)
    return shown["status"], shown["failure_code"]


def test_a_file_that_is_a_trap_is_rejected_with_its_own_code(running: Running, newcomers: Newcomers) -> None:
    caller = newcomers.sign_up("trapper")
    before = stored(running)
    assert end(caller, b"#EXTM3U\n#EXTINF:1\nfile:///etc/passwd\n") == ("rejected", "playlist_refused")
    assert end(caller, b"GIF89a" + bytes(200)) == ("rejected", "not_a_video")
    assert end(caller, clip()[:2500]) == ("rejected", "truncated")
    assert end(caller, clip(), sha256="00" * 32) == ("rejected", "digest_mismatch")
    too_large = {"size_bytes": 2**40, "media_type": "video/mp4", "sha256": "00" * 32}
    assert caller.send("POST", "/uploads", 413, json=too_large).json()["code"] == "clip_too_large"
    wrong = {**too_large, "size_bytes": 9, "media_type": "application/x-sh"}
    assert caller.send("POST", "/uploads", 422, json=wrong).json()["errors"][0]["pointer"] == "/media_type"
    assert stored(running) <= before | named(running)
