"""Leases: who runs something holds it a while, and goes on holding it while the process lives."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection


class LeaseLost(Exception):
    """This run no longer owns its work: ended, or taken over by another worker. Its result is worth nothing."""


@contextmanager
def kept(renew: Callable[[], None], name: str) -> Iterator[None]:
    """Renew a lease while what is inside runs, however long one step of it takes. ``renew`` raises LeaseLost."""
    done = threading.Event()

    def keep() -> None:
        try:
            while not done.wait(settings.JOB_LEASE_SECONDS / 3):
                renew()
        except LeaseLost:
            pass
        finally:
            connection.close()

    keeper = threading.Thread(target=keep, name=f"lease-{name}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
