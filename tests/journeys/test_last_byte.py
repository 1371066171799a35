"""From a withdrawal to the last byte: live streams of real viewers, read fast and slowly, whole and in part, over two
stream servers, while the subject withdraws at another API server.

``PROOFS=full`` takes 200 streams and holds the times to a second; the plain run takes 20 and holds the bytes.
"""

import contextlib
import os
import signal
import statistics
import sys
from collections.abc import Callable, Iterator

import pytest

from demo.client import Caller
from demo.people import Cast
from socialvideo.embedded.processes import House
from tests.journeys.running import PASSWORD, Running, wait_until
from tests.journeys.streams import FILM_BYTES, long_rung, publish, segments_of
from tests.journeys.viewers import Crowd, Viewer

pytestmark = [pytest.mark.journey, pytest.mark.proof]
FULL = os.environ.get("PROOFS") == "full"
STREAMS = 200 if FULL else 20
LIMIT = 256 * 1024
# A player of 4 Mbit/s, as a telephone's.
PACE = 512 * 1024
EARS = "FROM pg_stat_activity WHERE application_name = 'socialvideo ear'"


@pytest.fixture(scope="module")
def viewers(running: Running) -> list[Caller]:
    """People who watch, each on four devices."""
    made = [Caller(running.house.api_url, f"viewer{number}") for number in range(STREAMS // 4)]
    for one in made:
        account = {"handle": one.handle, "email": f"{one.handle}@example.org", "password": PASSWORD[:16]}
        account["birth_date"] = "1990-01-01"
        one.send("POST", "/people", 201, json={**account, "display_name": one.handle})
        one.log_in(PASSWORD[:16])
    return made


@pytest.fixture(scope="module")
def beside(running: Running) -> Iterator[House]:
    """A second stream server and a second API server."""
    stream, api = running.another("stream"), running.another("api")
    yield House(running.house.var, api.api_port, stream.stream_port, running.house.signer_port)
    running.kill("another stream")
    running.kill("another api")


def published(running: Running, cast: Cast) -> str:
    """A long film with a long rung."""
    video = publish(running, cast)
    long_rung(running, video)
    return video


def watching(running: Running, beside: House, viewers: list[Caller], video: str, fast: int | None = None) -> Crowd:
    """Have everybody open the film and watch it: every second slowly, every third from its middle, at both servers;
    two of five by the segments of a rung."""
    crowd = []
    for number, one in enumerate(viewers * 4):
        opened = one.send("GET", f"/videos/{video}/playback", 200).json()
        address = segments_of(one, opened["hls_url"]) if number % 5 < 2 else opened["video_url"]
        if number % 4 < 2:
            address = address.replace(running.house.stream_url, beside.stream_url)
        start = FILM_BYTES // 4 if number % 3 == 0 else 0
        crowd.append(Viewer(address, pace=PACE if number % 2 else fast, start=start))
    return Crowd(crowd)


def withdraw(crowd: Crowd, cast: Cast, house: House) -> float:
    """Withdraw everything while all watch; return the moment of the reply."""
    authorization = cast.eileen.headers["Authorization"]
    status, moment = crowd.post(f"{house.api_url}/api/v1/withdrawals", authorization, {"scope": "everything"})
    assert status == 201
    return moment


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str, list[float]], float]:
    """Writes the median, p99 and maximum, for all to see in a proof of full size; returns p99."""

    def write(what: str, values: list[float]) -> float:
        p99 = statistics.quantiles(values, n=100, method="inclusive")[98]
        with capsys.disabled() if FULL else contextlib.nullcontext():
            sys.stdout.write(f"\n{what}: p50 {statistics.median(values):.1f}, p99 {p99:.1f}, max {max(values):.1f}")
        return p99

    return write


def test_after_a_withdrawal_every_stream_stops_within_256_kib_and_none_begins(
    running: Running, cast: Cast, viewers: list[Caller], beside: House, tell: Callable[[str, list[float]], float]
) -> None:
    video = published(running, cast)
    opened = cast.kim.send("GET", f"/videos/{video}/playback", 200).json()
    with watching(running, beside, viewers, video) as crowd:
        crowd.watch_until(LIMIT // 4)
        assert all(viewer.is_live for viewer in crowd.viewers)
        replied = withdraw(crowd, cast, beside)
        crowd.watch_to_the_end()
        crowd.settle()
    late = [viewer.end_at - replied for viewer in crowd.viewers]
    p99 = tell(f"{STREAMS} live streams, ms from the reply to the end of each", [seconds * 1000 for seconds in late])
    tell("KiB that each received after the reply", [viewer.after / 1024 for viewer in crowd.viewers])
    assert {viewer.end for viewer in crowd.viewers} <= {"reset", "short"}
    assert max(viewer.after for viewer in crowd.viewers) <= LIMIT
    assert p99 < (1000 if FULL else 10_000)
    master = opened["hls_url"]
    for address in [master, *(viewer.address for viewer in crowd.viewers[:4])]:
        assert cast.kim.call("GET", address).status == 410


def few(running: Running, beside: House, viewers: list[Caller], video: str) -> Crowd:
    """Have one person watch on four devices, at both servers."""
    return watching(running, beside, viewers[:1], video, fast=8 * PACE)


def test_a_server_whose_ear_is_cut_off_stops_every_stream_and_plays_again_when_it_hears(
    running: Running, cast: Cast, viewers: list[Caller], beside: House
) -> None:
    video = published(running, cast)
    with few(running, beside, viewers, video) as crowd:
        crowd.watch_until(LIMIT // 4)
        assert len(running.query(f"SELECT pg_terminate_backend(pid) {EARS}")) == 2
        crowd.watch_to_the_end()
    assert {viewer.end for viewer in crowd.viewers} <= {"reset", "short"}
    for house in (running.house, beside):
        wait_until(house.stream().ready or bool, 30)
    with few(running, beside, viewers, video) as crowd:
        crowd.watch_until(LIMIT // 4)


def test_a_server_whose_ear_hangs_lets_no_stream_go_on(
    running: Running, cast: Cast, viewers: list[Caller], beside: House, tell: Callable[[str, list[float]], float]
) -> None:
    video = published(running, cast)
    ears = [int(str(ear)) for (ear,) in running.query(f"SELECT pid {EARS}")]
    with few(running, beside, viewers, video) as crowd:
        crowd.watch_until(LIMIT // 4)
        for ear in ears:
            os.kill(ear, signal.SIGSTOP)
        try:
            replied = withdraw(crowd, cast, beside)
            crowd.watch_until_still(1.0)
        finally:
            for ear in ears:
                os.kill(ear, signal.SIGCONT)
        still_after = [(viewer.last_byte_at - replied) * 1000 for viewer in crowd.viewers]
        crowd.watch_to_the_end()
    assert {viewer.end for viewer in crowd.viewers} <= {"reset", "short"}
    # What was heard is stale after 0.8 s; what is on its way by then, a slow viewer still reads.
    tell("an ear that hangs, ms from the reply to the last byte", still_after)
    assert max(still_after) < 4000
