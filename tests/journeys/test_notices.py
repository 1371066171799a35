"""Notices over real HTTP: into the inbox, to a browser by a push service, and summed up by mail until one click."""

import email
from email.message import Message
from typing import Any

import pytest

from demo.client import Caller
from tests.accounts.noticing import Browser, PushService, serving
from tests.journeys.newcomers import Newcomers
from tests.journeys.running import Running, wait_until

pytestmark = pytest.mark.journey
YESTERDAY = """UPDATE accounts_notice SET created_at = y.at, newest_at = y.at
FROM (SELECT (date_trunc('day', now() AT TIME ZONE 'UTC') - interval '1 hour') AT TIME ZONE 'UTC' AS at) y
WHERE recipient_id = (SELECT id FROM accounts_person WHERE handle = %s) RETURNING 1"""


def inbox(person: Caller) -> list[dict[str, Any]]:
    """What a person's inbox shows."""
    rows: list[dict[str, Any]] = person.send("GET", "/me/notices", 200).json()["data"]
    return rows


def follow(person: Caller, newcomers: Newcomers, name: str) -> Caller:
    """Have a newcomer follow somebody, who had read what was there before."""
    if rows := inbox(person):
        person.send("PUT", "/me/notices/read", 204, json={"up_to": rows[0]["position"]})
    follower = newcomers.sign_up(name)
    follower.send("PUT", f"/people/{person.handle}/follow", 204)
    assert person.send("GET", "/me/notices/unread", 200).json() == {"unread": 1}
    return follower


def wish(person: Caller, **choice: Any) -> None:
    """Change where followers are told."""
    person.send("PATCH", "/me/notice-settings", 200, json={"choices": [{"kind": "followed", **choice}]})


def pushed(service: PushService, count: int) -> None:
    """Wait until so many pushes came."""
    wait_until(lambda: len(service.received) >= count, 30)


def letters(running: Running, to: str, subject: str) -> list[Message]:
    """The mails of this subject to somebody."""
    files = (running.house.var / "mail").glob("*.log")
    read = [email.message_from_bytes(file.read_bytes()) for file in files]
    return [one for one in read if one["To"].startswith(f"{to}@") and one["Subject"].startswith(subject)]


def test_a_follow_is_told_in_the_inbox_in_the_browser_and_by_mail_until_it_is_silenced(
    running: Running, newcomers: Newcomers
) -> None:
    ana, browser = newcomers.sign_up("ana"), Browser()
    with serving() as service:
        ana.send("POST", "/me/push-subscriptions", 201, json={"endpoint": service.url, "keys": browser.keys})
        ben = follow(ana, newcomers, "ben")
        (row,) = inbox(ana)
        assert row["text"] == f"@{ben.handle} follows you."
        pushed(service, 1)
        (said,) = service.says(browser)
        assert said == {"id": row["id"], "kind": "followed", "text": "You have a new follower."}
        key = ana.send("GET", "/me/push-key", 200).json()["public_key"]
        assert service.received[0].headers["Authorization"].endswith(f", k={key}")

        wish(ana, channel="push", is_on=False)
        follow(ana, newcomers, "cleo")
        wait_until(lambda: running.query("SELECT 1 FROM accounts_notice WHERE spread_at IS NULL") == [], 30)
        wish(ana, channel="push", is_on=True)
        follow(ana, newcomers, "dan")
        pushed(service, 2)
        assert inbox(ana)[0]["count"] == 3
        assert len(service.received) == 2

    ana.send("PATCH", "/me/notice-settings", 200, json={"summary": "daily"})
    assert running.query(YESTERDAY, ana.handle) == [(1,)]
    wait_until(lambda: bool(letters(running, ana.handle, "What is new")), 30)
    (letter,) = letters(running, ana.handle, "What is new")
    assert "- You have a new follower. (3)" in letter.get_payload()
    stop = letter["List-Unsubscribe"].strip().strip("<>")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    nobody = newcomers.caller("nobody")
    nobody.send("POST", stop, 202, fields={"List-Unsubscribe": "One-Click"}, encode_multipart=False)
    assert ana.send("GET", "/me/notice-settings", 200).json()["summary"] == "off"


def test_a_browser_whose_device_is_signed_out_is_pushed_to_no_more(running: Running, newcomers: Newcomers) -> None:
    eva, browser = newcomers.sign_up("eva"), Browser()
    away = Caller(running.house.api_url, eva.handle)
    newcomers.callers.append(away)
    away.log_in(newcomers.password)
    with serving() as lost, serving() as kept:
        for caller, service in ((away, lost), (eva, kept)):
            where = {"endpoint": service.url, "keys": browser.keys}
            caller.send("POST", "/me/push-subscriptions", 201, json=where)
        eva.send("DELETE", "/sessions", 204)
        follow(eva, newcomers, "finn")
        wait_until(lambda: {"followed"} <= {said["kind"] for said in kept.says(browser)}, 30)
        assert "followed" not in {said["kind"] for said in lost.says(browser)}
