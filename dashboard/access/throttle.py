"""How often something may be tried: a window that slides, for each name and for each address, in memory.

Guessing passwords is made slow without letting a stranger lock somebody out for good: the window passes.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

_KEPT_KEYS = 10_000


class Throttle:
    """At most `tries` in `seconds` for each key."""

    def __init__(self, tries: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._tries = tries
        self._seconds = seconds
        self._clock = clock
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait_seconds(self, *keys: str) -> float:
        """How long until the next try is allowed for all of the keys; 0 when it is allowed now."""
        now = self._clock()
        with self._lock:
            waits = [self._wait(key, now) for key in keys]
        return max(waits, default=0.0)

    def note(self, *keys: str) -> None:
        """Count a try for each of the keys."""
        now = self._clock()
        with self._lock:
            if len(self._seen) > _KEPT_KEYS:
                self._forget(now)
            for key in keys:
                self._seen.setdefault(key, deque(maxlen=self._tries)).append(now)

    def clear(self, *keys: str) -> None:
        """Forget the tries of the keys, after one that was right."""
        with self._lock:
            for key in keys:
                self._seen.pop(key, None)

    def _wait(self, key: str, now: float) -> float:
        tries = self._seen.get(key)
        if tries is None or len(tries) < self._tries:
            return 0.0
        return max(0.0, tries[0] + self._seconds - now)

    def _forget(self, now: float) -> None:
        gone = [key for key, tries in self._seen.items() if tries[-1] + self._seconds < now]
        for key in gone or list(self._seen)[: _KEPT_KEYS // 2]:
            del self._seen[key]
