"""The newest committed readings in memory, so that "what is new since here" costs no query and nothing when nothing is.

A ring: what is older than its length is asked of the database. Cursors are texts that mean nothing to others, and
nothing at all to another run of ingest.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_KEPT_READINGS = 50_000


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new: (series_id, t_us, value) in order of commit. Not `complete`: the cursor says nothing, load all."""

    rows: list[tuple[int, int, float]]
    cursor: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Newest:
    """series_id → (t_us, value) of those that have something newer; not `complete`: load everything."""

    readings: dict[int, tuple[int, float]]
    cursor: str
    complete: bool


class Recent:
    """Written by the writer's thread, asked by the read service's."""

    def __init__(self, kept: int = _KEPT_READINGS) -> None:
        self._run = secrets.token_hex(4)
        self._ring: deque[tuple[int, int, int, float]] = deque(maxlen=kept)
        self._last = 0
        #: The newest reading of each series, by its own time: (number, t_us, value).
        self._newest: dict[int, tuple[int, int, float]] = {}
        self._lock = threading.Lock()
        #: Grows whenever a device, series, status, command or command state changed.
        self.revision = 0
        #: Grows whenever a list of all devices shows something else than readings: a device came, went, was renamed.
        self.standing = 0

    def add(self, readings: Iterable[tuple[int, int, float]]) -> None:
        """Take in committed readings as (series_id, t_us, value)."""
        with self._lock:
            number, ring, newest = self._last, self._ring, self._newest
            for series_id, t_us, value in readings:
                number += 1
                ring.append((number, series_id, t_us, value))
                known = newest.get(series_id)
                if known is None or t_us >= known[1]:
                    newest[series_id] = (number, t_us, value)
            self._last = number

    def newest_of(self, series_id: int) -> int | None:
        """The time of the newest reading of a series in this run."""
        known = self._newest.get(series_id)
        return None if known is None else known[1]

    def since(self, series_ids: Collection[int], cursor: str) -> Changes:
        """The readings of some series committed after the cursor; none for an empty cursor, which asks where we are."""
        with self._lock:
            here = f"{self._run}:{self._last}"
            if not cursor:
                return Changes([], here, complete=True)
            run, _, number = cursor.partition(":")
            after = int(number) if run == self._run and number.isdigit() else -1
            oldest = self._ring[0][0] if self._ring else self._last + 1
            if after < oldest - 1 or after > self._last:
                return Changes([], here, complete=False)
            rows = []
            for n, series, t_us, value in reversed(self._ring):
                if n <= after:
                    break
                if series in series_ids:
                    rows.append((series, t_us, value))
            rows.reverse()
            return Changes(rows, here, complete=True)

    def newest_since(self, cursor: str) -> Newest:
        """The newest reading of each series that has a newer one than at the cursor."""
        with self._lock:
            here = f"{self._run}:{self._last}"
            run, _, number = cursor.partition(":")
            if run != self._run or not number.isdigit() or int(number) > self._last:
                return Newest({}, here, complete=False)
            found = {
                series_id: (t_us, value) for series_id, (n, t_us, value) in self._newest.items() if n > int(number)
            }
            return Newest(found, here, complete=True)
