"""A film in a real browser: Chromium plays it by HLS from a page on another origin, until whom it shows withdraws."""

from pathlib import Path
from uuid import uuid4

import pytest

from demo.people import Cast
from tests.feed import films
from tests.journeys import browser, streams
from tests.journeys.browser import Page, needs_browser
from tests.journeys.running import Running

pytestmark = [pytest.mark.journey]
SECONDS, WIDTH = 14, 180


@pytest.fixture
def video(running: Running, cast: Cast) -> str:
    """A film of Eileen's by Sam, with two rungs of its own."""
    made = streams.publish(running, cast)
    film = films.made(SECONDS)
    running.query("UPDATE worker_video SET duration_ms = %s WHERE id = %s RETURNING id", film.facts.duration_ms, made)
    for one, content, _ in film.rendered:
        name = f"videos/{uuid4().hex}.mp4"
        Path(running.house.var / "media" / name).write_bytes(content)
        known = {"width": one.width, "height": one.height, "bandwidth": one.bandwidth, "codecs": one.codecs}
        cut = [[*one.init, 0.0], *one.segments]
        streams.rung(running, made, name, rung=int(one.rung.name), size_bytes=len(content), segments=cut, **known)
    return made


def segments(page: Page) -> list[int]:
    """The segments of the rung that the browser has loaded, without the initialisation."""
    return [one["segment"] for one in list(page.said) if one.get("rung") == WIDTH and one["segment"] != "initSegment"]


def plays_on(page: Page, seconds: float) -> bool:
    """Whether the film has come so far, in the rung that was chosen."""
    return any(one.get("at", 0) >= seconds and one["width"] == WIDTH for one in list(page.said))


@needs_browser
def test_a_browser_plays_a_film_until_whom_it_shows_withdraws(running: Running, cast: Cast, video: str) -> None:
    film = cast.kim.send("GET", f"/videos/{video}/playback", 200).json()["hls_url"]
    with browser.opened(running.page_port, "watch.html", film=film, width=str(WIDTH)) as page:
        page.wait(lambda page: plays_on(page, 3.0))
        assert {(one["width"], one["height"]) for one in page.all("levels")[0]} >= {(180, 320), (240, 426)}
        assert page.all("error") == []
        cast.eileen.send("POST", "/withdrawals", 201, json={"scope": "everything"})
        loaded = len(segments(page))
        page.wait(lambda page: 410 in page.all("status"))
        stopped_at = max(page.all("at"))
        page.wait(lambda page: page.all("at")[-5:] == page.all("at")[-1:] * 5)
        assert len(segments(page)) <= loaded + 1
        assert max(page.all("at")) < SECONDS - 4
        assert not any(page.all("ended"))
        assert page.all("stranger") == ["kept out"]
        assert stopped_at > 3.0
    assert cast.kim.call("GET", film).status == 410
    lines = "SELECT count(*) FROM consent_decision WHERE video_id = %s AND point = 'open' AND verdict = 'allowed'"
    assert running.query(lines, video) == [(1,)]
