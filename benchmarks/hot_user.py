"""One of the users of a hot grant, in a process of its own: ``python -m benchmarks.hot_user SUBJECT GRANTEE``.

It says ``using`` after its first turn, goes on until standard input ends, and then says how many uses it made and how
many turns were refused.
"""

import select
import sys
from uuid import UUID

import django

if __name__ == "__main__":
    django.setup()

from django.db import connection

from accounts.models import Person
from consent import permits
from consent.rules import Audience, Point
from feed import playback, publishing
from socialvideo.lib.errors import Problem
from tests import factories
from worker import jobs, pipeline
from worker.encoding import Encoded
from worker.models import Video

STEPS, OPENINGS = 4, 3
# The session lock that users hold shared for a turn, and the measurement exclusive to halt them.
GO = 1
FILM = "videos/hot.mp4"
RENDER = Encoded(width=90, height=160, fps=6, frames=6, duration_ms=1000, size_bytes=1, sha256=bytes(32).hex())
ENDED = (Problem, permits.Unusable, jobs.LeaseLost)


def lock(function: str) -> None:
    """Take or release the lock of the turns."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({GO})")


def take_turns(subject: Person, grantee: Person) -> tuple[int, int]:
    """Use the grant over and over; return how many uses there were, and how many turns were refused."""
    uses = refused = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        lock("pg_advisory_lock_shared")
        try:
            uses += take_turn(subject, grantee)
        except ENDED:
            refused += 1
        finally:
            lock("pg_advisory_unlock_shared")
    return uses, refused


def take_turn(subject: Person, grantee: Person) -> int:
    """Ask, start, make some steps, seal, publish and open; return how many uses that were."""
    job = factories.job(grantee, subject)
    claimed = jobs.claim(job.id)
    if claimed is None:
        raise jobs.LeaseLost
    redeemed = permits.redeem(permit_id=claimed.permit_id, digest=claimed.spec.digest, job_id=job.id)
    for _ in range(STEPS):
        permits.recheck(redeemed)
    pipeline._seal(claimed, redeemed, pipeline.engine("preview"), RENDER, [FILM, FILM])
    video = Video.objects.get(permit=claimed.permit_id)
    publishing.publish(author=grantee, video_id=video.id, caption="", audience=Audience.PUBLIC)
    for _ in range(OPENINGS):
        playback.ask_gate(video, grantee.id, Point.OPEN)
    return 4 + STEPS + OPENINGS


def main() -> None:
    """Take a first turn, say so, and go on until told to end."""
    subject, grantee = (Person.objects.get(id=UUID(one)) for one in sys.argv[1:])
    take_turn(subject, grantee)
    print("using", flush=True)
    print(*take_turns(subject, grantee))


if __name__ == "__main__":
    main()
