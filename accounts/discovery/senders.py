"""What brings a code to a number. ``DISCOVERY_SENDER`` names one of these, or a function of your own.

It is called in the request and never through the broker: a queued message would be a stored number.
"""

import logging
from typing import Protocol

log = logging.getLogger(__name__)


class Unsent(Exception):
    """The text could not be handed over; the text of the error names no number."""


class Sender(Protocol):
    """What DISCOVERY_SENDER names. It must not log or keep ``number``."""

    def __call__(self, *, number: str, text: str) -> None:
        """Bring ``text`` to ``number`` (E.164); Unsent when that failed."""
        ...


def console(*, number: str, text: str) -> None:
    """Write the text, but not whom it is for, to the log of this process: for development."""
    log.info("text message: %s", text)


def absent(*, number: str, text: str) -> None:
    """Refuse: a service that the world reaches needs a sender of its own."""
    raise Unsent("DISCOVERY_SENDER is not set")
