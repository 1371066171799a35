"""How often a code is sent to one number, counted in memory: a stored count would say which numbers were asked about.

Each process counts for itself and forgets when it ends; the limits by caller and for everybody together are exact.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict

DAY_S = 86_400
REMEMBERED = 100_000

_salt = secrets.token_bytes(32)
_lock = threading.Lock()
_sent: OrderedDict[bytes, tuple[int, int]] = OrderedDict()


def take(number: str, *, daily: int) -> bool:
    """Count one code to ``number``; False, and not counted, when it had ``daily`` of them today."""
    mark, today = hmac.new(_salt, number.encode(), hashlib.sha256).digest(), int(time.time()) // DAY_S
    with _lock:
        day, count = _sent.pop(mark, (today, 0))
        count = count if day == today else 0
        _sent[mark] = today, min(count + 1, daily)
        if len(_sent) > REMEMBERED:
            _sent.popitem(last=False)
        return count < daily
