"""What an author lets others do with a post: remix, stitch and duet, reuse its sound, download.

Beside the rights of everybody whom it shows, and for films that show nobody the only one. What an author says of
one's film is no grant: it counts when somebody asks, and what was made lawfully stays when it is taken back.
"""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from accounts import people
from accounts.models import Person
from consent.rules import Audience
from feed.models import Post
from worker.models import Video


class Use(StrEnum):
    """What may be done, by the column of the post that says so."""

    REMIX = "may_remix"
    STITCH = "may_stitch"
    SOUND = "may_reuse_sound"
    DOWNLOAD = "may_download"


Said = Mapping[str, bool | None]
"""What an author says, by ``Use``; what is left out, or None, is as usual."""
NOTHING_SAID: Said = {}


def settled(*, author: Person, audience: str, said: Said) -> dict[str, bool]:
    """Return what holds for a post: as its author says, else yes for what a grown-up shows to all, and no otherwise."""
    usual = audience == Audience.PUBLIC and not author.is_private and not people.is_teen(author)
    words = {use.value: said.get(use.value) for use in Use}
    return {name: usual if word is None else word for name, word in words.items()}


def is_barred(*, person_id: UUID, video: Video, use: Use) -> bool:
    """Tell whether the video's author keeps this person from that use: unless they made it, or its post lets them."""
    if video.owner_id == person_id:
        return False
    return not Post.objects.filter(video=video, removed_at=None, **{use.value: True}).exists()
