"""One side of a race, in a process of its own: ``python -m tests.races.racer`` does what standard input asks for.

Each line is one command; the reply is one line. Pauses are injected between the steps of the real code, so that the
other side gets its chance exactly where it would hurt. RACE_WITHOUT=lock takes the lock away, to prove that it matters.
"""

import functools
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from accounts.models import Person  # noqa: E402
from consent import gate, journal, ledger, locks, withdrawal  # noqa: E402
from consent.rules import Audience  # noqa: E402
from feed import publishing, visibility  # noqa: E402

PAUSES: dict[str, float] = {}


def paused(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return ``function`` with the pause of this name after it."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        time.sleep(PAUSES.get(name, 0.0))
        return result

    return call


def publish(command: dict[str, Any]) -> dict[str, Any]:
    """Publish a video; say whether the gate let it."""
    author = Person.objects.get(id=command["author"])
    try:
        publishing.publish(author=author, video_id=command["video"], caption="", audience=Audience.PUBLIC)
    except gate.Denied:
        return {"published": False}
    return {"published": True}


def withdraw(command: dict[str, Any]) -> dict[str, Any]:
    """Withdraw everything; say how many of the author's posts a stranger sees once that has returned."""
    subject = Person.objects.get(id=command["subject"])
    withdrawal.withdraw(subject=subject, scope=withdrawal.Scope())
    seen = visibility.grid(viewer=command["stranger"], author=command["author"], after=None, limit=5)
    return {"visible": len(seen)}


def main() -> None:
    """Serve commands until standard input ends."""
    locks.share = paused((lambda _: None) if os.environ.get("RACE_WITHOUT") == "lock" else locks.share, "lock")
    locks.exclude = paused(locks.exclude, "lock")
    gate._read = paused(gate._read, "read")
    journal.write = paused(journal.write, "journal")
    ledger.append = paused(ledger.append, "ledger")
    deeds = {"publish": publish, "withdraw": withdraw}
    for line in sys.stdin:
        command = json.loads(line)
        PAUSES.clear()
        PAUSES.update(command["pauses"])
        time.sleep(max(0.0, command["at"] - time.monotonic()))
        reply = deeds[command["do"]](command)
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
