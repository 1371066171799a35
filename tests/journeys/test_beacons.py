"""Players tell one API process what they play, faster than anybody folds: none is lost, none counts twice.

``PROOFS=full`` sends 1,000 beacons a second for a minute and prints what it found; the plain run sends some hundreds
and holds the counts alone.
"""

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from demo.client import Caller
from demo.people import Cast
from tests.journeys.newcomers import Newcomers
from tests.journeys.running import Running, wait_until
from tests.journeys.streams import publish

pytestmark = [pytest.mark.journey, pytest.mark.proof]
FULL = os.environ.get("PROOFS") == "full"
RATE, SECONDS = (1000, 60) if FULL else (400, 4)
PLAYERS, VIEWINGS, BATCH = 4, 25, 100
# Of so many batches one is sent again, as by a client that missed the answer.
AGAIN = 5


@dataclass
class Player:
    """Somebody who plays a film many times over, and what of it was taken."""

    caller: Caller
    post: str
    duration_ms: int
    viewings: list[str] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    watched: list[int] = field(default_factory=list)
    taken: int = 0
    repeated: int = 0
    refused: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def open(self, video: str) -> None:
        """Open the film so many times."""
        for _ in range(VIEWINGS):
            self.opened.append(time.time())
            self.viewings.append(self.caller.send("GET", f"/videos/{video}/playback", 200).json()["viewing"])
            self.watched.append(0)

    def beacon(self, place: int) -> dict[str, Any]:
        """What the player tells of one viewing now: as long as it has been open, in as many plays."""
        watched = int((time.time() - self.opened[place]) * 1000)
        told = {"id": str(uuid4()), "post": self.post, "viewing": self.viewings[place], "watched_ms": watched}
        told |= {"plays": 1 + watched // self.duration_ms, "position_ms": watched % self.duration_ms}
        self.watched[place] = max(self.watched[place], watched)
        return {**told, "ended": False, "at": datetime.now(UTC).isoformat()}

    def tell(self, number: int) -> None:
        """Send a batch of beacons, every few batches twice."""
        sent = [self.beacon(place % VIEWINGS) for place in range(BATCH)]
        for verdicts in (self._send(sent) for _ in range(1 + (number % AGAIN == 0))):
            self.taken += verdicts.count("accepted")
            self.repeated += verdicts.count("duplicate")
            self.refused += [verdict for verdict in verdicts if verdict == "refused"]

    def _send(self, sent: list[dict[str, Any]]) -> list[str]:
        begun = time.monotonic()
        answer = self.caller.send("POST", "/beacons", 202, json={"beacons": sent}).json()
        self.seconds.append(time.monotonic() - begun)
        return [verdict["verdict"] for verdict in answer["verdicts"]]


def counted(running: Running, post: str) -> tuple[object, ...]:
    """Views and milliseconds of a post, and how many beacons of it there are, and wait."""
    counts = "SELECT views, watched_ms FROM feed_postcount WHERE post_id = %s"
    rows = "SELECT count(*), count(*) FILTER (WHERE folded_at IS NULL) FROM feed_beacon WHERE post_id = %s"
    return (*running.query(counts, post)[0], *running.query(rows, post)[0])


def paced(player: Player, batches: int, start: threading.Barrier) -> float:
    """Send so many batches, each at its time; return how many seconds that took."""
    start.wait()
    begun, pause = time.monotonic(), BATCH * PLAYERS / RATE
    for number in range(batches):
        time.sleep(max(0.0, begun + number * pause - time.monotonic()))
        player.tell(number)
    return time.monotonic() - begun


def test_a_thousand_beacons_a_second_are_all_counted_and_each_once(
    running: Running, cast: Cast, newcomers: Newcomers
) -> None:
    video = publish(running, cast)
    ((post, duration),) = running.query(
        "SELECT p.id::text, v.duration_ms FROM feed_post p JOIN worker_video v ON v.id = p.video_id WHERE v.id = %s",
        video,
    )
    players = [Player(newcomers.sign_up(f"player{n}"), str(post), int(str(duration))) for n in range(PLAYERS)]
    for player in players:
        player.open(video)
    batches, start = RATE * SECONDS // (BATCH * PLAYERS) or 1, threading.Barrier(PLAYERS)
    with ThreadPoolExecutor(PLAYERS) as pool:
        lasted = max(pool.map(lambda player: paced(player, batches, start), players))
    told = batches * BATCH * PLAYERS
    again = PLAYERS * BATCH * len(range(0, batches, AGAIN))
    assert [sum(player.taken for player in players), sum(player.repeated for player in players)] == [told, again]
    assert [verdict for player in players for verdict in player.refused] == []

    watched = sum(sum(player.watched) for player in players)
    expected = (PLAYERS * VIEWINGS, watched, told, 0)
    wait_until(lambda: counted(running, str(post))[3] == 0, 120)
    assert counted(running, str(post)) == expected
    cast.eileen.send("POST", "/withdrawals", 201, json={"scope": "everything"})
    late = players[0].caller.send("POST", "/beacons", 202, json={"beacons": [players[0].beacon(0)]}).json()["verdicts"]
    assert [(verdict["verdict"], verdict["code"]) for verdict in late] == [("refused", "gone_consent")]
    assert counted(running, str(post)) == expected

    slowest = sorted(seconds for player in players for seconds in player.seconds)
    sys.stdout.write(
        f"\n{told + again} beacons ({again} of them again) in {lasted:.1f} s: {(told + again) / lasted:.0f} a second; "
        f"{BATCH} are answered in {1000 * slowest[len(slowest) // 2]:.0f} ms (median), at most {slowest[-1]:.1f} s\n"
    )
    if FULL:
        assert told / lasted >= 0.95 * RATE
