"""The one thread that writes: takes what arrived, commits it, and only then acknowledges it to the broker.

What the database refuses stays in hand, unacknowledged, and is tried again until the cause is gone. Other threads ask
for writes through `ask`.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import duckdb

from ingest.batch import TABLES, Batch, Memory
from ingest.catalog import Catalog
from ingest.decode import Clock, decode
from ingest.fold import expire, fold
from ingest.holding import Holding
from ingest.inbox import Inbox, Message, Task
from ingest.numbers import Boot, Numbers
from ingest.recent import Recent
from ingest.subscriber import Subscriber
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_SECOND, now_us
from telemetry.topics import TopicKind, Topics

_log = logging.getLogger(__name__)

_IDLE_SECONDS = 0.5
_RETRY_SECONDS = 1.0
_FOLD_SECONDS = 60.0
_FOLD_READINGS = 200_000
_EXPIRE_SECONDS = 3_600.0
_STORED_SECONDS = 1.0
_RATE_SECONDS = 10.0
#: A board has at most a few boots under way: its own, and what it kept over restarts.
_TOLD_BOOTS = 8


class Writer:
    """Owns the connection that writes. `run` is the thread's body."""

    def __init__(
        self,
        settings: Settings,
        connection: duckdb.DuckDBPyConnection,
        inbox: Inbox,
        recent: Recent,
    ) -> None:
        self._settings = settings
        self.connection = connection
        self._inbox = inbox
        self._recent = recent
        self._topics = Topics(settings.topic_root)
        self._appenders = {table: connection.appender(table) for table in TABLES}
        self.catalog = Catalog(connection)
        self._memory = Memory(self.catalog, Numbers(self._load_numbers), self._knows_command)
        self.holding = Holding(connection, self._memory, recent)
        self._subscriber: Subscriber | None = None
        self._unfolded = self._count("SELECT count(*) FROM tail")
        self.readings = self._unfolded + self._count("SELECT coalesce(sum(count), 0) FROM rollup_minute")
        self.quarantined = self._count("SELECT count(*) FROM quarantine")
        self.newest_us = self._count(
            "SELECT greatest((SELECT coalesce(max(t_us), 0) FROM tail),"
            " (SELECT coalesce(max(last_us), 0) FROM rollup_minute))"
        )
        self._rates: deque[tuple[float, int]] = deque()
        #: The boots each device sent samples of lately (boot → device id), who is to be told what of them is stored,
        #: and when each was told last.
        self._boots: dict[str, dict[str, int]] = {}
        self._untold: set[str] = set()
        self._told: dict[str, float] = {}
        self._next_fold = time.monotonic() + _FOLD_SECONDS
        self._next_expiry = time.monotonic() + _RETRY_SECONDS

    def run(self, subscriber: Subscriber) -> None:
        """Write until the inbox is closed and empty."""
        self._subscriber = subscriber
        while True:
            messages, tasks = self._inbox.take(_IDLE_SECONDS)
            if messages:
                self._store(messages)
            for task in tasks:
                _carry_out(task)
            self._tell_stored()
            self._maintain()
            if self._inbox.closed and not messages and not tasks:
                break
        fold(self.connection)

    def ask(self, task: Callable[[], Any]) -> Future[Any]:
        """Have the writer's thread do something; for other threads."""
        return self._inbox.ask(task)

    def messages_per_second(self) -> float:
        """Over the last ten seconds."""
        horizon = time.monotonic() - _RATE_SECONDS
        return sum(count for moment, count in list(self._rates) if moment >= horizon) / _RATE_SECONDS

    @property
    def clock_behind(self) -> bool:
        """This host's clock is behind what is stored."""
        return Clock(now_us(), self.newest_us).behind

    def _store(self, messages: list[Message]) -> None:
        """Commit a batch, again until it works, then acknowledge it."""
        failed = False
        while True:
            try:
                batch = self._commit(messages)
                break
            except duckdb.Error as error:
                self._memory.forget()
                if not failed:
                    _log.error("the database does not take what arrived (%s): nothing is lost, trying again", error)
                failed = True
                if self._inbox.closed:
                    return  # unacknowledged, so the broker keeps it
                time.sleep(_RETRY_SECONDS)
        if failed:
            _log.info("the database takes readings again")
        self._after(batch, messages)

    def _commit(self, messages: list[Message]) -> Batch:
        batch = Batch(self._memory, self._topics)
        self.connection.execute("BEGIN")
        try:
            for message in messages:
                clock = Clock(message.arrived_us, self.newest_us)
                for decoded in decode(self._topics, message.topic, message.payload, clock):
                    batch.take(decoded, message)
            for table, rows in batch.rows.items():
                if rows:
                    self._appenders[table].append_rows(rows)
                    self._appenders[table].flush()
            self.connection.execute("COMMIT")
        except BaseException:
            for appender in self._appenders.values():
                appender.clear()
            self.connection.execute("ROLLBACK")
            raise
        return batch

    def _after(self, batch: Batch, messages: list[Message]) -> None:
        """The batch is in the database: acknowledge, and let everybody see it."""
        assert self._subscriber is not None  # noqa: S101  (run() sets it)
        for message in messages:
            self._subscriber.acknowledge(message)
        readings = batch.rows["tail"]
        self._recent.add((series_id, t_us, value) for t_us, series_id, value, _ in readings)
        if batch.revised:
            self._recent.revision += 1
        self.readings += len(readings)
        self._unfolded += len(readings)
        self.quarantined += len(batch.rows["quarantine"])
        self.newest_us = max(self.newest_us, batch.newest_us)
        now = time.monotonic()
        self._rates.append((now, len(messages)))
        while self._rates[0][0] < now - _RATE_SECONDS:
            self._rates.popleft()
        for device, boots in batch.numbered.items():
            self._note_boots(device, boots)
        for device in batch.returned:
            self.holding.publish(device, self._subscriber, self._topics)

    def _note_boots(self, device: str, boots: dict[str, int]) -> None:
        known = self._boots.setdefault(device, {})
        for boot, device_id in boots.items():
            known.pop(boot, None)  # the boots last heard of stand last
            known[boot] = device_id
        while len(known) > _TOLD_BOOTS:
            del known[next(iter(known))]
        self._untold.add(device)

    def _tell_stored(self) -> None:
        """Tell boards what is safe, each at most once a second."""
        if not self._untold or self._subscriber is None:
            return
        now = time.monotonic()
        for device in [name for name in self._untold if now - self._told.get(name, 0.0) >= _STORED_SECONDS]:
            boots = self._boots[device]
            safe = {boot: self._memory.numbers.of((device_id, boot)).covered() for boot, device_id in boots.items()}
            payload = json.dumps({boot: last for boot, last in safe.items() if last >= 0}).encode()
            topic = self._topics.of(device, TopicKind.STORED)
            if self._subscriber.publish(topic, payload, retain=True):
                self._untold.remove(device)
                self._told[device] = now

    def _maintain(self) -> None:
        """Fold and expire when it is time; lapse held commands."""
        now = time.monotonic()
        try:
            if self._unfolded and (now >= self._next_fold or self._unfolded >= _FOLD_READINGS):
                fold(self.connection)
                self._unfolded, self._next_fold = 0, now + _FOLD_SECONDS
            if now >= self._next_expiry:
                self._next_expiry = now + _EXPIRE_SECONDS
                self._expire()
            self.holding.lapse()
        except duckdb.Error as error:
            _log.warning("maintenance put off: %s", error)
            self._next_fold = now + _FOLD_SECONDS

    def _expire(self) -> None:
        if self._settings.retention_raw:
            gone = expire(self.connection, now_us() - self._settings.retention_raw * US_PER_SECOND)
            if gone:
                _log.info("%d raw readings older than --retention-raw deleted; their rollups stay", gone)

    def _load_numbers(self, boot: Boot) -> list[tuple[int, int]]:
        device_id, name = boot
        return self.connection.execute(
            "SELECT seq_from, seq_to FROM (FROM arrivals UNION ALL FROM arrivals_tail)"
            " WHERE device_id = $1 AND boot = $2",
            [device_id, name],
        ).fetchall()

    def _knows_command(self, command_id: str) -> bool:
        return self._count("SELECT count(*) FROM commands WHERE command_id = $1", [command_id]) > 0

    def _count(self, statement: str, parameters: list[Any] | None = None) -> int:
        return int(self.connection.execute(statement, parameters).fetchall()[0][0])


def _carry_out(task: Task) -> None:
    work, future = task
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001  (it belongs to whoever asked)
        future.set_exception(error)
