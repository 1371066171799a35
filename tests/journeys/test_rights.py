"""Rights over real HTTP: a copy of everything, checked offline; and leaving, after which nothing of one is left."""

import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from demo import rendering, seed
from demo.client import Caller, picture
from demo.people import PORTRAIT, Cast
from tests.journeys.running import PASSWORD, Running, wait_until
from tests.journeys.streams import lengthen
from tests.journeys.test_accounts import Newcomers
from tests.journeys.viewers import Crowd, Viewer

pytestmark = pytest.mark.journey
TABLES = """SELECT format('%%I.%%I', table_schema, table_name) FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"""
BIO = "I keep quokkas."


def settled(newcomers: Newcomers, handle: str) -> Caller:
    """Somebody with a profile, a picture and a photo."""
    someone = newcomers.sign_up(handle)
    link = {"label": "Quokkas", "url": "https://quokkas.example/zara"}
    someone.send("PATCH", "/me", 200, json={"bio": BIO, "pronouns": "she/her", "links": [link]})
    part = {"x": "10", "y": "20", "size": "300"}
    someone.send("PUT", "/me/picture", 200, fields={**picture("picture", PORTRAIT), **part})
    someone.send("PUT", "/me/likeness", 201, fields=picture("photo", PORTRAIT))
    return someone


def film_of(running: Running, subject: Caller, maker: Caller) -> tuple[str, str]:
    """A published film of somebody; its id, and the file in which it lies."""
    subject.send("POST", "/grants", 201, json={**seed.terms(), "grantee": maker.handle, "audience": "public"})
    wish = {**rendering.wish("with quokkas", "public"), "subjects": [subject.handle]}
    video = str(rendering.wait(maker, maker.send("POST", "/jobs", 202, json=wish).json()["id"])["video"])
    maker.send("POST", "/posts", 201, json={"video": video, "audience": "public", "caption": ""})
    ((file,),) = running.query("SELECT file FROM worker_video WHERE id = %s", video)
    return video, str(file)


def where(running: Running, words: list[str]) -> dict[str, set[str]]:
    """For each word, the tables of the whole database, the broker's too, in which it stands as text or as bytes."""
    found: dict[str, set[str]] = {word: set() for word in words}
    for (table,) in running.query(TABLES):
        for (row,) in running.query(f"SELECT t::text FROM {table} t"):
            for word in words:
                if word in str(row) or word.encode().hex() in str(row):
                    found[word].add(str(table))
    return found


def stored(running: Running) -> dict[str, bytes]:
    """The beginning of every stored file."""
    media = running.house.var / "media"
    return {str(file.relative_to(media)): _begin(file) for file in media.rglob("*") if file.is_file()}


def _begin(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(65536)


def unpacked(someone: Caller, folder: Path) -> set[str]:
    """Ask for an export, wait for it, fetch and unpack it; the names of its files."""
    export = someone.send("POST", "/me/exports", 202).json()
    address = f"/me/exports/{export['id']}"
    wait_until(lambda: someone.send("GET", address, 200).json()["state"] == "completed", 30)
    content = someone.send("GET", f"{address}/archive", 200).data
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
        return set(archive.namelist())


def report(newcomers: Newcomers, token: str) -> dict[str, Any]:
    """The erasure report."""
    told: dict[str, Any] = newcomers.caller("").send("POST", "/departures/report", 200, json={"token": token}).json()
    return told


def test_an_export_is_everything_and_leaving_leaves_nothing(
    running: Running, cast: Cast, newcomers: Newcomers, tmp_path: Path
) -> None:
    before = set(stored(running))
    zara = settled(newcomers, "zara")
    video, film = film_of(running, zara, cast.sam)
    cast.kim.send("PUT", f"/people/{zara.handle}/follow", 200)
    kept = running.query("SELECT id::text, handle, bio, picture FROM accounts_person WHERE handle = 'kim'")

    names = unpacked(zara, tmp_path)
    assert {"account/profile.json", "account/picture.jpg", "likeness/photo.jpg", "manifest.json"} <= names
    check = [sys.executable, "verify_export.py", str(tmp_path)]
    ran = subprocess.run(check, capture_output=True, text=True, check=False)
    assert "The export holds" in ran.stdout, ran.stderr

    words = [zara.handle, f"{zara.handle}@example.org", BIO, "quokkas.example"]
    assert all(where(running, words).values())
    theirs = {name: content for name, content in stored(running).items() if name not in before}
    assert {name.split("/")[0] for name in theirs} >= {"pictures", "likenesses", "videos", "exports"}
    lengthen(running.house.var / "media" / film)

    address = cast.kim.send("GET", f"/videos/{video}/playback", 200).json()["video_url"]
    with Crowd([Viewer(address, pace=512 * 1024)]) as crowd:
        crowd.watch_until(64 * 1024)
        left = zara.send("DELETE", "/me?at_once=true", 202).json()
        left_at = time.monotonic()
        crowd.watch_to_the_end()
    assert crowd.viewers[0].end in {"reset", "short"}
    assert crowd.viewers[0].end_at - left_at < 5
    zara.send("GET", "/me", 401)
    assert zara.call("POST", "/sessions", json={"handle": zara.handle, "password": PASSWORD[:16]}).status == 401
    cast.kim.send("GET", f"/people/{zara.handle}", 404)
    cast.kim.send("GET", f"/videos/{video}/playback", 404, 410)
    cast.sam.send("GET", f"/videos/{video}", 410)

    wait_until(lambda: report(newcomers, left["token"])["state"] == "erased", 60)
    told = report(newcomers, left["token"])
    removed = {each["what"]: each["count"] for each in told["removed"]}
    once = ("follows", "likenesses", "profile pictures", "exports", "videos", "sessions")
    assert [removed[what] for what in once] == [1] * len(once)
    assert {"grants", "decisions"} <= {each["what"] for each in told["kept"]}
    wait_until(lambda: not theirs.keys() & stored(running).keys() - {"anchors"}, 20)
    assert not set(theirs.values()) & set(stored(running).values())
    assert {word: tables for word, tables in where(running, words).items() if tables} == {}
    assert running.query("SELECT id::text, handle, bio, picture FROM accounts_person WHERE handle = 'kim'") == kept
    letters = [file.read_text(errors="replace") for file in (running.house.var / "mail").glob("*.log")]
    assert [text for text in letters if f"To: {zara.handle}@" in text and "This stays, without your name" in text]


def test_a_worker_that_is_killed_is_followed_by_one_that_ends_it(running: Running, newcomers: Newcomers) -> None:
    yan = newcomers.sign_up("yan")
    running.kill("worker")
    token = yan.send("DELETE", "/me?at_once=true", 202).json()["token"]
    assert report(newcomers, token)["state"] == "waiting"
    running.start("worker")
    wait_until(lambda: report(newcomers, token)["state"] == "erased", 60)
    assert {word: tables for word, tables in where(running, [yan.handle]).items() if tables} == {}
