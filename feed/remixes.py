"""Remixing what one may watch. The remix inherits everybody depicted, who must each have granted that right."""

from uuid import UUID

from accounts.models import Person
from consent.rules import Point
from feed import playback, reuse
from worker import jobs, wishes
from worker.models import Job


def remix(*, requester: Person, video_id: UUID, prompt: str, purpose: str, audience: str, seed: int | None) -> Job:
    """Queue a remix. 404 for a video that the requester may not watch, 410 once it is gone.

    403 unless everybody in it granted that right, and its author lets others remix it.
    """
    video = playback.entitled(requester.id, video_id)
    playback.ask_gate(video, requester.id, Point.OPEN)
    spec = wishes.freeze(subjects=[], prompt=prompt, purpose=purpose, audience=audience, seed=seed, remix_of=video.id)
    barred = reuse.is_barred(person_id=requester.id, video=video, use=reuse.Use.REMIX)
    return jobs.submit(requester=requester, spec=spec, barred=barred)
