"""Every probe of a promise, and trying one: True while the promise is kept, and whatever it did is undone."""

import inspect
import shutil
from collections.abc import Callable
from types import ModuleType

from django.conf import settings
from django.db import connection, transaction

from tests.consent import (
    promises,
    promises_of_blocks,
    promises_of_films,
    promises_of_groups,
    promises_of_guardians,
    promises_of_proof,
    promises_of_scope,
    promises_of_wiring,
)

Probe = Callable[[], bool]


def _written_in(module: ModuleType) -> list[Probe]:
    found = inspect.getmembers(module, inspect.isfunction)
    own = [probe for _, probe in found if probe.__module__ == module.__name__]
    return [probe for probe in own if inspect.signature(probe) == inspect.Signature(return_annotation=bool)]


PROBES = [
    probe
    for module in (
        *(promises, promises_of_scope, promises_of_groups, promises_of_guardians),
        *(promises_of_wiring, promises_of_proof, promises_of_blocks, promises_of_films),
    )
    for probe in _written_in(module)
]


def kept(probe: Probe) -> bool:
    """Whether the promise is kept now; what raises does not keep it. In the test's own transaction."""
    place = transaction.savepoint()
    shutil.rmtree(settings.MEDIA_ROOT / "anchors", ignore_errors=True)
    settings.LEDGER_ANCHOR_FILE.unlink(missing_ok=True)
    try:
        return probe() is True
    except Exception:
        return False
    finally:
        # First, for a probe may have broken the transaction.
        transaction.set_rollback(False)
        transaction.savepoint_rollback(place)
        connection.run_on_commit.clear()
