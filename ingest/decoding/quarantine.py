"""The quarantine: messages that could not be read, bounded by number and age, and counted by kind of reason.

A batch appends to the table; what is too much or too old goes, the oldest first. Used by the writer's thread alone, but
for the counts, which anybody may read.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from ingest.decoding.decoded import Quarantined
from telemetry.reason_kinds import KIND_SQL, kind_of
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_SECOND, now_us

_log = logging.getLogger(__name__)

#: A topic is kept up to this; a longer one cannot be tried again.
_LONGEST_TOPIC = 4_000
#: A flood of garbage is cut back by so much at once, so that not each message costs a deletion.
_SLACK = 1.05
_AGE_SECONDS = 600.0


class Quarantine:
    """What is in it, by kind of reason."""

    def __init__(self, settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
        self._limit = settings.quarantine_limit
        self._keep_us = settings.quarantine_keep * US_PER_SECOND
        self._connection = connection
        self.by_kind: Counter[str] = Counter()
        self._next_look = 0.0
        self.count_again()

    @property
    def count(self) -> int:
        """How many messages are in it."""
        return self.by_kind.total()

    def added(self, rows: Iterable[Sequence[Any]]) -> None:
        """These rows were committed."""
        self.by_kind.update(kind_of(row[2]) for row in rows)

    def count_again(self) -> None:
        """After anything but an addition: the table knows what is true."""
        rows = self._connection.execute(f"SELECT {KIND_SQL} AS kind, count(*) FROM quarantine GROUP BY kind").fetchall()
        self.by_kind = Counter(dict(rows))

    def trim(self) -> None:
        """Let go what is too much, and now and then what is too old."""
        now = time.monotonic()
        if self.count > self._limit * _SLACK:
            self._drop(f"rowid NOT IN (SELECT rowid FROM quarantine ORDER BY arrived_us DESC LIMIT {self._limit})")
        if self._keep_us and now >= self._next_look:
            self._next_look = now + _AGE_SECONDS
            self._drop(f"arrived_us < {now_us() - self._keep_us}")

    def _drop(self, condition: str) -> None:
        ((gone,),) = self._connection.execute(f"DELETE FROM quarantine WHERE {condition}").fetchall()
        if gone:
            _log.info("%d messages left the quarantine: see --quarantine-limit and --quarantine-keep", gone)
            self.count_again()


def row_of(entry: Quarantined, arrived_us: int) -> tuple[Any, ...]:
    """The row of an entry: arrived_us, topic, reason, payload, length, and whether it can be tried again."""
    topic = entry.topic[:_LONGEST_TOPIC]
    whole = len(entry.payload) == entry.length and topic == entry.topic
    return arrived_us, topic, entry.reason, entry.payload, entry.length, whole and not entry.final
