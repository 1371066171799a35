"""The ticket of an opened video: what the stream server is shown, and what the decision behind it rests on."""

import base64
import binascii
import time
import zlib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from uuid import UUID

import orjson
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.crypto import salted_hmac

from feed.renditions import Stored
from socialvideo.lib.errors import Problem

# A remix of a remix of a remix rests on more than an address can carry; its tickets go without.
MOST_KEYS = 20


@dataclass(frozen=True)
class Basis:
    """What ends a decision: each of ``keys``, and a moment.

    ``ends_at`` and ``decided_at`` are seconds of the database's clock; whatever ended before ``decided_at`` was
    seen by the decision.
    """

    keys: tuple[str, ...]
    ends_at: float
    decided_at: float


@dataclass(frozen=True)
class Viewing:
    """One opening: who plays what, in which session, since when (wall clock, seconds), of a film of ``seconds``."""

    video_id: UUID
    viewer_id: UUID
    session_id: UUID
    download: bool = False
    seconds: int = field(default=0, compare=False)
    opened_at: int = field(default_factory=lambda: int(time.time()), compare=False)
    basis: Basis | None = field(default=None, compare=False)

    @property
    def ends_at(self) -> int:
        """When its tickets end, all at once: the film can be played to its end by one that is opened at the last."""
        return self.opened_at + settings.PLAYBACK_SECONDS + self.seconds

    def ticket(self, part: str, stored: Stored | None = None) -> str:
        """Return the ticket for one part of the video, as it stands in an address; encrypted, for it names grants."""
        basis = self.basis if self.basis and len(self.basis.keys) <= MOST_KEYS else None
        file = stored and (stored.name, stored.size, stored.tag)
        parts = [self.video_id, self.viewer_id, self.session_id, self.download, self.seconds, part, file, basis]
        small = zlib.compress(orjson.dumps(parts))
        return _cipher(settings.SECRET_KEY).encrypt_at_time(small, self.opened_at).decode()


@dataclass(frozen=True)
class Ticket:
    """One part of one viewing, and the file behind it (None: a text, made when it is asked for)."""

    viewing: Viewing
    part: str
    stored: Stored | None

    @classmethod
    def read(cls, text: str, video_id: UUID, part: str) -> "Ticket":
        """Return the ticket; 403 if it is altered, past its time, or for anything but this part of this video."""
        try:
            ticket = _decrypted(text, settings.SECRET_KEY)
        except (InvalidToken, binascii.Error, ValueError) as error:
            raise _invalid() from error
        if ticket.viewing.ends_at < time.time():
            raise _invalid()
        if (ticket.viewing.video_id, ticket.part) != (video_id, part):
            raise Problem(403, "ticket_invalid", "This address was made for another video, or another form of it.")
        return ticket


def _invalid() -> Problem:
    return Problem(403, "ticket_invalid", "Get a fresh address at GET /api/v1/videos/{id}/playback.")


# A player asks for one film many times, a part at a time.
@lru_cache(4096)
def _decrypted(text: str, secret: str) -> Ticket:
    """Return a ticket; what is none of ours raises."""
    # Of several spellings of the same bytes only one is a ticket.
    if base64.urlsafe_b64encode(base64.urlsafe_b64decode(text)) != text.encode():
        raise InvalidToken
    cipher = _cipher(secret)
    video, viewer, session, download, seconds, part, file, basis = orjson.loads(zlib.decompress(cipher.decrypt(text)))
    ids = UUID(video), UUID(viewer), UUID(session)
    viewing = Viewing(*ids, download, seconds, cipher.extract_timestamp(text), _basis(basis))
    return Ticket(viewing, part, file and Stored(*file))


def _basis(parts: dict[str, object] | None) -> Basis | None:
    if parts is None:
        return None
    return Basis(**{**parts, "keys": tuple(parts["keys"])})  # type: ignore[arg-type]


@cache
def _cipher(secret: str) -> Fernet:
    return Fernet(
        base64.urlsafe_b64encode(salted_hmac("playback", "ticket", secret=secret, algorithm="sha256").digest())
    )
