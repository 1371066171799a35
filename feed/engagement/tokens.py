"""The viewing that playback hands out with an opened video, and that beacons show: whose, of which video, since when.

``viewing | video | mac``: 48 bytes and no row. The viewing's UUIDv7 says when it was opened.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.utils.crypto import salted_hmac

from socialvideo.lib.ids import new_id

MAC = 16


@dataclass(frozen=True)
class Opening:
    """One opening of one video by the person whom the token was made for."""

    viewing: UUID
    video: UUID

    @property
    def at(self) -> datetime:
        """When it was opened, by this machine's clock."""
        return datetime.fromtimestamp((self.viewing.int >> 80) / 1000, UTC)


def issue(*, viewer_id: UUID, video_id: UUID, viewing: UUID | None = None) -> str:
    """Return the token of a video that this viewer opens now, or of the ``viewing`` that is given (a UUIDv7)."""
    named = (viewing or new_id()).bytes + video_id.bytes
    return base64.urlsafe_b64encode(named + _mac(named, viewer_id)).decode()


def read(text: str, *, viewer_id: UUID) -> Opening | None:
    """Return what a token says; None for one that we did not make for this viewer."""
    try:
        raw = base64.b64decode(text.encode("ascii"), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    named, mac = raw[:32], raw[32:]
    if len(raw) != 32 + MAC or not hmac.compare_digest(mac, _mac(named, viewer_id)):
        return None
    return Opening(UUID(bytes=named[:16]), UUID(bytes=named[16:]))


def _mac(named: bytes, viewer_id: UUID) -> bytes:
    return salted_hmac("viewing", named + viewer_id.bytes, algorithm="sha256").digest()[:MAC]
