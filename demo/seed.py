"""``python -m demo.seed URL``: the people of the walk with one published video, for ``make run``."""

import sys
import time

from demo import people, rendering
from demo.client import HTTPError, StepFailed, picture
from demo.people import Cast


def main(base: str) -> int:
    """Seed what is missing, print logins and addresses; return the exit status."""
    try:
        cast = people.gather(base)
        video = _published(cast)
        playback = cast.kim.send("GET", f"/videos/{video}/playback", 200).json()
    except (StepFailed, HTTPError) as failed:
        print(f"\nThe demo's people could not be seeded: {failed}")
        return 1
    print(farewell(base, f"The made video's file (as Kim; this address lives 5 minutes):\n  {playback['video_url']}"))
    return 0


def farewell(base: str, film: str) -> str:
    """Return the logins and addresses that a person wants next."""
    return f"""
Log in (same password for all: {people.password()})
  eileen  the person in the videos      sam  asks for videos
  kim     a stranger who follows sam    mona moderator, also in the admin panel
API docs     {base}/api/v1/docs
Schema       {base}/api/v1/schema
Admin panel  {base}/admin/
{film}
"""


def _published(cast: Cast) -> str:
    """Return the id of a video of Eileen's that Kim can watch; make one if there is none."""
    cast.kim.send("PUT", "/people/sam/follow", 200)
    posts = cast.kim.send("GET", "/people/sam/posts", 200).json()["data"]
    if posts:
        return str(posts[0]["video"]["id"])
    _granted(cast)
    video = rendering.make(cast.sam, "surfing a long wave at sunset")
    cast.sam.send("POST", "/posts", 201, json={"video": video, "audience": "followers", "caption": "First wave!"})
    return video


def _granted(cast: Cast) -> None:
    if cast.eileen.call("GET", "/me/likeness").status == 404:
        cast.eileen.send("PUT", "/me/likeness", 201, fields=picture("photo", people.PORTRAIT))
    # 409: a grant for Sam stands already.
    cast.eileen.send("POST", "/grants", 201, 409, json=terms())


def terms() -> dict[str, object]:
    """Return what Eileen grants Sam: videos for fun, for followers at most, for a week, ten of them."""
    expires_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7 * 86400))
    return {
        "grantee": "sam",
        "purposes": ["entertainment"],
        "audience": "followers",
        "may_remix": False,
        "may_download": False,
        "expires_at": expires_at,
        "max_uses": 10,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
