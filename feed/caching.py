"""What caches that everybody shares may keep: a public post of a film that shows nobody. Off without a CACHE_PURGER.

Such a film has a second kind of address, without a viewer. Its token changes with everything that ends it, and whatever
ends it has the caches told to forget it (``socialvideo.lib.caches``). The origin decides each request that reaches it.
"""

import hmac
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

from consent.rules import NOBODY
from feed import visibility
from socialvideo.lib import caches
from socialvideo.lib.bus import keys
from socialvideo.lib.errors import Problem
from worker.models import Video
from worker.rules import Screening
from worker.standing import standing


@dataclass(frozen=True)
class Cacheable:
    """A film that shared caches may keep, and by what they are told to forget it."""

    video_id: UUID
    token: str
    keys: tuple[str, ...]

    def address(self, part: str) -> str:
        """Return where anybody gets this part of it."""
        return f"{settings.CDN_URL}/public/{self.video_id}/{self.token}{part}"

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """What tells caches how long to keep it, and under which names."""
        names = [key.replace(":", "-").encode() for key in self.keys]
        return (
            (b"cache-control", f"public, max-age={settings.CACHE_SECONDS}".encode()),
            (b"surrogate-key", b" ".join(names)),
            (b"cache-tag", b",".join(names)),
        )


def cacheable(video_id: UUID) -> Cacheable | None:
    """Return how this film may be kept by caches now; None if it may not, which is nearly always."""
    if not settings.CACHE_PURGER:
        return None
    film = Video.objects.filter(standing(), id=video_id, depiction_count=0, depictions=None, screening=Screening.CLEAR)
    row = film.filter(purged_at=None).values_list("lineage", "owner").first()
    if row is None or not visibility.may_watch(viewer=NOBODY, video_id=video_id):
        return None
    held = (*keys("video", row[0]), *keys("person", [row[1]]))
    return Cacheable(video_id, _token(video_id, caches.times(held)), held)


def require(video_id: UUID, token: str) -> Cacheable:
    """Return the film that an address without a viewer names; 404 if it is not, or no longer, good."""
    found = cacheable(video_id)
    if found is None or not hmac.compare_digest(found.token, token):
        raise Problem(404, "not_found", "This address is good no more. Get one at GET /api/v1/videos/{id}/playback.")
    return found


def _token(video_id: UUID, times: int) -> str:
    return salted_hmac("public", f"{video_id} {times}", algorithm="sha256").hexdigest()[:32]
