"""How much is stored, how new it is, how fast it comes: the writer counts along, so that nobody has to ask the store.

Only the writer's thread counts; whoever asks reads one number.
"""

from __future__ import annotations

import time
from collections import deque

import duckdb

from ingest.batch import Batch
from ingest.decoding.samples import Clock
from telemetry.timestamps import now_us

_RATE_SECONDS = 10.0


class Tally:
    """Begins with what the store has."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        statement = """
            SELECT (SELECT count(*) FROM tail) + (SELECT coalesce(sum(count), 0) FROM live_minutes)
                + (SELECT coalesce(sum(count), 0) FROM rollup_day),
            greatest((SELECT coalesce(max(t_us), 0) FROM tail), (SELECT coalesce(max(last_us), 0) FROM live_minutes),
                (SELECT coalesce(max(last_us), 0) FROM rollup_day))
        """
        ((readings, newest_us),) = connection.execute(statement).fetchall()
        self.readings, self.newest_us = int(readings), int(newest_us)
        #: Since the start: messages stored, the readings among them, those that went to the quarantine.
        self.stored_messages = 0
        self.stored_readings = 0
        self.quarantined = 0
        self._rates: deque[tuple[float, int]] = deque()

    def committed(self, batch: Batch) -> None:
        """A batch is in the database."""
        readings = len(batch.rows["tail"])
        self.readings += readings
        self.stored_readings += readings
        self.quarantined += len(batch.rows["quarantine"])
        self.newest_us = max(self.newest_us, batch.newest_us)

    def acknowledged(self, messages: int) -> None:
        """So many messages that the broker delivered are done with."""
        now = time.monotonic()
        self.stored_messages += messages
        self._rates.append((now, messages))
        while self._rates[0][0] < now - _RATE_SECONDS:
            self._rates.popleft()

    def imported(self, readings: int, newest_us: int) -> None:
        """Past readings were put to the live tables beside the writer."""
        self.readings += readings
        self.newest_us = max(self.newest_us, newest_us if readings else 0)

    def deleted(self, readings: int) -> None:
        """So many readings are there no more."""
        self.readings -= readings

    def messages_per_second(self) -> float:
        """Over the last ten seconds."""
        horizon = time.monotonic() - _RATE_SECONDS
        return sum(count for moment, count in list(self._rates) if moment >= horizon) / _RATE_SECONDS

    @property
    def clock_behind(self) -> bool:
        """This host's clock is behind what is stored."""
        return Clock(now_us(), self.newest_us).behind
