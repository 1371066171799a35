"""What a process remembers for some seconds, and of no more things than a bound; used on one event loop, or by threads
that are content when what another remembered at the same moment is forgotten."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The newest value of each key, for ``seconds`` after it was kept; the oldest go first when there are ``most``."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds, self._most = seconds, most
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return what was kept, if that is not too long ago."""
        at, value = self._kept.get(key, (0.0, None))
        return value if time.monotonic() - at < self._seconds else None

    def keep(self, key: K, value: V) -> None:
        """Remember ``value`` from now on."""
        self._kept.pop(key, None)
        self._kept[key] = time.monotonic(), value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Forget everything."""
        self._kept.clear()
