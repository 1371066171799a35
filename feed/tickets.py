"""The ticket of an opened video: what the stream server is shown, and what the decision behind it rests on."""

import base64
import binascii
import time
from dataclasses import dataclass, field
from functools import cache, lru_cache
from uuid import UUID

import orjson
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.crypto import salted_hmac

from socialvideo.lib.errors import Problem

# A remix of a remix of a remix rests on more than an address can carry; its tickets go without.
MOST_KEYS = 20


@dataclass(frozen=True)
class Basis:
    """The bytes that a decision was about, and what ends it: each of ``keys``, and a moment.

    ``ends_at`` and ``decided_at`` are seconds of the database's clock; whatever ended before ``decided_at`` was
    seen by the decision.
    """

    file: str
    poster: str
    tag: str
    keys: tuple[str, ...]
    ends_at: float
    decided_at: float


@dataclass(frozen=True)
class Ticket:
    """Who may play what, in which session. Encrypted, signed and short-lived; checked anew at every use."""

    video_id: UUID
    viewer_id: UUID
    session_id: UUID
    download: bool = False
    basis: Basis | None = field(default=None, compare=False)

    def signed(self) -> str:
        """Return the ticket as it stands in an address; encrypted, for it names grants."""
        basis = self.basis if self.basis and len(self.basis.keys) <= MOST_KEYS else None
        parts = [self.video_id, self.viewer_id, self.session_id, self.download, basis]
        return _cipher(settings.SECRET_KEY).encrypt(orjson.dumps(parts)).decode()

    @classmethod
    def read(cls, text: str, video_id: UUID) -> "Ticket":
        """Return the ticket; 403 if it is altered, foreign or past its time."""
        try:
            ticket, made_at = _decrypted(text, settings.SECRET_KEY)
        except (InvalidToken, binascii.Error, ValueError) as error:
            raise _invalid() from error
        if made_at + settings.PLAYBACK_SECONDS < time.time():
            raise _invalid()
        if ticket.video_id != video_id:
            raise Problem(403, "ticket_invalid", "This address was made for another video.")
        return ticket


def _invalid() -> Problem:
    return Problem(403, "ticket_invalid", "Get a fresh address at GET /api/v1/videos/{id}/playback.")


# A player asks for one film many times, a part at a time.
@lru_cache(4096)
def _decrypted(text: str, secret: str) -> tuple[Ticket, int]:
    """Return a ticket and when it was made, in seconds of the wall clock; what is none of ours raises."""
    # Of several spellings of the same bytes only one is a ticket.
    if base64.urlsafe_b64encode(base64.urlsafe_b64decode(text)) != text.encode():
        raise InvalidToken
    cipher = _cipher(secret)
    video, viewer, session, download, basis = orjson.loads(cipher.decrypt(text))
    ticket = Ticket(UUID(video), UUID(viewer), UUID(session), download, _basis(basis))
    return ticket, cipher.extract_timestamp(text)


def _basis(parts: dict[str, object] | None) -> Basis | None:
    if parts is None:
        return None
    return Basis(**{**parts, "keys": tuple(parts["keys"])})  # type: ignore[arg-type]


@cache
def _cipher(secret: str) -> Fernet:
    return Fernet(
        base64.urlsafe_b64encode(salted_hmac("playback", "ticket", secret=secret, algorithm="sha256").digest())
    )
