"""The graph over real HTTP: who is let in and removed again, and how far a block reaches."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from demo.client import Caller
from demo.people import Cast
from tests.journeys.newcomers import Newcomers
from tests.journeys.running import Running
from tests.journeys.streams import publish
from tests.journeys.viewers import Crowd, Viewer

pytestmark = pytest.mark.journey


@contextmanager
def private(caller: Caller) -> Iterator[None]:
    """Have an account be private for a while; the others in the house are to find it as it was."""
    caller.send("PATCH", "/me", 200, json={"is_private": True})
    try:
        yield
    finally:
        caller.send("PATCH", "/me", 200, json={"is_private": False})


def handles(caller: Caller, path: str) -> list[str]:
    """The people in a list."""
    return [row["person"]["handle"] for row in caller.send("GET", path, 200).json()["data"]]


def cut_by(end: Caller, method: str, path: str, *watching: str) -> float:
    """Play some films, let somebody do something, and return after how many seconds the last stream had ended."""
    with Crowd([Viewer(address, pace=512 * 1024) for address in watching]) as crowd:
        crowd.watch_until(64 * 1024)
        assert all(viewer.is_live for viewer in crowd.viewers)
        end.send(method, path, 204)
        ended_at = time.monotonic()
        crowd.watch_to_the_end()
    assert {viewer.end for viewer in crowd.viewers} <= {"reset", "short"}
    return max(viewer.end_at for viewer in crowd.viewers) - ended_at


def test_a_private_account_is_seen_by_whom_it_lets_in_and_no_longer_than_it_wishes(
    running: Running, cast: Cast, newcomers: Newcomers
) -> None:
    video, sam = publish(running, cast), cast.sam
    ada, bob = newcomers.sign_up("ada"), newcomers.sign_up("bob")
    with private(sam):
        for asker in (ada, bob):
            assert asker.send("PUT", "/people/sam/follow", 202).json() == {"state": "requested"}
            assert asker.send("GET", "/people/sam/posts", 200).json()["data"] == []
            asker.send("GET", f"/videos/{video}/playback", 404)
            assert asker.send("GET", "/people/sam/followers", 404).json()["code"] == "account_private"
        assert set(handles(sam, "/me/follow-requests")) >= {ada.handle, bob.handle}

        sam.send("PUT", f"/me/follow-requests/{ada.handle}", 204)
        sam.send("DELETE", f"/me/follow-requests/{bob.handle}", 204)
        assert bob.send("GET", "/people/sam", 200).json()["relation"]["requested"] is True
        assert bob.send("PUT", "/people/sam/follow", 202).json() == {"state": "requested"}
        assert bob.handle not in handles(sam, "/me/follow-requests")
        (post,) = [
            row for row in ada.send("GET", "/feeds/following", 200).json()["data"] if row["video"]["id"] == video
        ]
        assert ada.send("GET", f"/posts/{post['id']}", 200).json()["author"]["handle"] == "sam"

        address = ada.send("GET", f"/videos/{video}/playback", 200).json()["video_url"]
        assert cut_by(sam, "DELETE", f"/me/followers/{ada.handle}", address) < 5
        assert ada.call("GET", address).status == 404
        ada.send("GET", f"/posts/{post['id']}", 404)
        ada.send("PUT", "/people/sam/follow", 202)
    assert ada.send("PUT", "/people/sam/follow", 200).json() == {"state": "following"}
    assert bob.send("GET", "/people/sam", 200).json()["relation"]["following"] is False


def test_a_block_ends_what_was_granted_for_everybody_and_makes_two_people_nobody_to_each_other(
    running: Running, cast: Cast, newcomers: Newcomers
) -> None:
    video, eileen, sam = publish(running, cast), cast.eileen, cast.sam
    for one, other in ((eileen, "sam"), (sam, "eileen")):
        one.send("PUT", f"/people/{other}/follow", 200)
    ada = newcomers.sign_up("ada")
    ada.send("PUT", "/people/sam/follow", 200)
    addresses = [one.send("GET", f"/videos/{video}/playback", 200).json()["video_url"] for one in (ada, sam)]

    assert cut_by(eileen, "PUT", "/me/blocks/sam", *addresses) < 5
    for one, address in zip((ada, sam), addresses, strict=True):
        assert one.call("GET", address).status == 410
        assert one.send("GET", f"/videos/{video}/playback", 410).json()["code"] == "gone_consent"
    assert video not in str(ada.send("GET", "/people/sam/posts", 200).json())
    for one, other in ((eileen, "sam"), (sam, "eileen")):
        for path in ("", "/posts", "/followers"):
            hidden = one.send("GET", f"/people/{other}{path}", 404)
            assert hidden.json() == one.send("GET", f"/people/nobody_here{path}", 404).json()
        one.send("PUT", f"/people/{other}/follow", 404)
    wish = {"subjects": ["eileen"], "prompt": "surfing", "audience": "public", "purpose": "entertainment"}
    refused = sam.send("POST", "/jobs", 403, json=wish).json()
    assert refused == sam.send("POST", "/jobs", 403, json={**wish, "subjects": ["nobody_here"]}).json()
    (use, *_) = eileen.send("GET", "/me/likeness/uses", 200).json()["data"]
    assert (use["requester"]["handle"], use["verdict"]) == ("sam", "denied")

    eileen.send("DELETE", "/me/blocks/sam", 204)
    assert not any(sam.send("GET", "/people/eileen", 200).json()["relation"].values())
    sam.send("GET", f"/videos/{video}/playback", 410)
