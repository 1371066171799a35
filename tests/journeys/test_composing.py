"""A friend's film is stitched by the real worker, published, remixed; the friend withdraws, and all of it is gone."""

from typing import Any

import pytest

from demo import rendering, seed
from demo.client import Caller, picture
from demo.people import PORTRAIT, Cast
from tests.journeys.running import Running
from tests.journeys.streams import lengthen
from tests.journeys.viewers import Crowd, Viewer

pytestmark = pytest.mark.journey
LIMIT = 256 * 1024
RIGHTS = {"audience": "public", "may_remix": True, "may_stitch": True}


def publish(who: Caller, video: str) -> str:
    """Publish a film for all; return the post's id."""
    post: dict[str, Any] = who.send("POST", "/posts", 201, json={"video": video, "audience": "public"}).json()
    return str(post["id"])


def made(who: Caller, address: str, **wish: Any) -> str:
    """Ask for a film of films, wait for it, and return its id."""
    job = who.send("POST", address, 202, json={"audience": "public", **wish}).json()
    job = rendering.wait(who, job["id"])
    assert job["status"] == "completed", job
    return str(job["video"])


def test_a_stitch_and_its_remix_are_gone_everywhere_with_the_word_of_who_is_in_them(
    running: Running, cast: Cast
) -> None:
    cast.eileen.send("POST", "/withdrawals", 201, json={"scope": "everything"})
    cast.eileen.send("PUT", "/me/likeness", 201, fields=picture("photo", PORTRAIT))
    for grantee in ("sam", "kim"):
        cast.eileen.send("POST", "/grants", 201, json={**seed.terms(), **RIGHTS, "grantee": grantee})
    theirs = rendering.make(cast.sam, "a long wave", "public")
    own = rendering.make(cast.kim, "a short wave", "public")
    posts = [publish(cast.sam, theirs)]

    stitch = made(cast.kim, f"/videos/{theirs}/stitches", video=own, end_ms=1000)
    posts.append(publish(cast.kim, stitch))
    remix = made(cast.sam, f"/videos/{stitch}/remixes", prompt="at night")
    posts.append(publish(cast.sam, remix))
    shown = cast.mona.send("GET", f"/posts/{posts[1]}", 200).json()
    assert [(row["role"], row["author"]["handle"]) for row in shown["credits"]] == [("original", "sam")]
    listed = cast.mona.send("GET", f"/posts/{posts[0]}/remixes", 200).json()["data"]
    assert [row["id"] for row in listed] == [posts[1]]

    ((file,),) = running.query("SELECT file FROM worker_video WHERE id = %s", stitch)
    lengthen(running.house.var / "media" / str(file))
    address = cast.mona.send("GET", f"/videos/{stitch}/playback", 200).json()["video_url"]
    with Crowd([Viewer(address, pace=2 * LIMIT)]) as crowd:
        crowd.watch_until(LIMIT // 4)
        cast.eileen.send("POST", "/withdrawals", 201, json={"scope": "grantee", "grantee": "sam"})
        crowd.watch_to_the_end()
    assert {viewer.end for viewer in crowd.viewers} <= {"reset", "short"}

    for post, video in zip(posts, (theirs, stitch, remix), strict=True):
        assert cast.mona.call("GET", f"/posts/{post}").json()["code"] == "gone_consent"
        assert cast.mona.call("GET", f"/videos/{video}/playback").status == 410
    for handle in ("sam", "kim"):
        assert cast.mona.send("GET", f"/people/{handle}/posts", 200).json()["data"] == []
    assert cast.mona.call("GET", address).status == 410
    # What Kim made with a grant of their own stands.
    assert cast.kim.send("GET", f"/videos/{own}", 200).json()["id"] == own
    assert cast.kim.call("POST", f"/videos/{theirs}/stitches", json={"video": own}).status == 410
