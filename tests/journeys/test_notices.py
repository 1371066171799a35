"""Notices over real HTTP: into the inbox, to a browser by a push service, and summed up by mail until one click."""

import email
import os
from email.message import Message
from typing import Any

import pytest

from demo.client import Caller
from tests.accounts.noticing import Browser, PushService, serving
from tests.journeys.members import Member
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


def follow(person: Caller, running: Running) -> Member:
    """Have somebody new follow a person, who had read what was there before."""
    if rows := inbox(person):
        person.send("PUT", "/me/notices/read", 204, json={"up_to": rows[0]["position"]})
    follower = Member(running).sign_up()
    assert follower.ask("PUT", f"people/{person.handle}/follow").status == 200
    follower.pool.clear()
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
        ben = follow(ana, running)
        (row,) = inbox(ana)
        assert row["text"] == f"@{ben.handle} follows you."
        pushed(service, 1)
        (said,) = service.says(browser)
        assert said == {"id": row["id"], "kind": "followed", "text": "You have a new follower."}
        key = ana.send("GET", "/me/push-key", 200).json()["public_key"]
        assert service.received[0].headers["Authorization"].endswith(f", k={key}")

        wish(ana, channel="push", is_on=False)
        follow(ana, running)
        wait_until(lambda: running.query("SELECT 1 FROM accounts_notice WHERE spread_at IS NULL") == [], 30)
        wish(ana, channel="push", is_on=True)
        follow(ana, running)
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
        follow(eva, running)
        wait_until(lambda: {"followed"} <= {said["kind"] for said in kept.says(browser)}, 30)
        assert "followed" not in {said["kind"] for said in lost.says(browser)}


@pytest.mark.proof
@pytest.mark.skipif(os.environ.get("PROOFS") != "full", reason="a long proof: PROOFS=full runs it")
def test_a_worker_that_is_killed_in_the_middle_of_a_push_loses_none(running: Running, newcomers: Newcomers) -> None:
    gus, browser = newcomers.sign_up("gus"), Browser()
    states = (
        "SELECT d.state FROM accounts_pushdelivery d JOIN accounts_notice n ON n.id = d.notice_id WHERE n.kind = %s"
    )
    states += " AND n.recipient_id = (SELECT id FROM accounts_person WHERE handle = %s)"
    with serving() as service:
        gus.send("POST", "/me/push-subscriptions", 201, json={"endpoint": service.url, "keys": browser.keys})
        service.hangs.clear()
        follow(gus, running)
        pushed(service, 1)
        running.kill("worker")
        service.hangs.set()
        assert running.query(states, "followed", gus.handle) == [("due",)]
        running.query("UPDATE accounts_pushdelivery SET lease_until = now() WHERE state = 'due' RETURNING 1")
        running.start("worker")
        follow(gus, running)
        wait_until(lambda: running.query(states, "followed", gus.handle) == [("sent",), ("sent",)], 60)
        assert {said["id"] for said in service.says(browser)} == {inbox(gus)[0]["id"]}
        assert len({request.headers["Topic"] for request in service.received}) == 1
