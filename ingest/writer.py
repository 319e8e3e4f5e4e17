"""The one thread that writes: takes what arrived, commits it, and only then acknowledges it to the broker.

What the database cannot take now (a full disk) stays in hand, unacknowledged, and is tried again until the cause is
gone; a message that it can never take goes to the quarantine. Other threads ask for writes through `ask`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from typing import Any

import duckdb

from ingest.alerts.channels import Channels
from ingest.alerts.engine import Alerts
from ingest.batch import TABLES, Batch
from ingest.broker.inbox import Inbox, Message, Task
from ingest.broker.limits import Limits
from ingest.broker.subscriber import Subscriber
from ingest.broker.telling import Telling
from ingest.decoding.decode import quarantined
from ingest.decoding.decoded import Decoded, Event, Sample
from ingest.decoding.payload import UnreadableError
from ingest.decoding.quarantine import Quarantine
from ingest.decoding.samples import Clock
from ingest.holding import Holding
from ingest.memory import Memory
from ingest.numbering.arrivals import Arrivals
from ingest.schedules.engine import Schedules
from ingest.serving.recent import Recent
from ingest.sources.table import Sources
from ingest.storage.fold import fold
from ingest.storage.keeper import Keeper
from ingest.storage.transactions import CHANGES, NEVER, NOT_NOW, roll_back
from ingest.tally import Tally
from telemetry.datafolder import DataFolder
from telemetry.lean import give_back
from telemetry.settings import Settings
from telemetry.timestamps import now_us
from telemetry.topics import TopicKind, Topics

_log = logging.getLogger(__name__)

_IDLE_SECONDS = 0.5
_RETRY_SECONDS = 1.0
_FOLD_SECONDS = 60.0
_FOLD_READINGS = 200_000


class Writer:
    """Owns the connection that writes. `run` is the thread's body."""

    def __init__(
        self,
        settings: Settings,
        connection: duckdb.DuckDBPyConnection,
        inbox: Inbox,
        recent: Recent,
        keeper: Keeper | None = None,
    ) -> None:
        self.settings = settings
        self.connection = connection
        self._inbox = inbox
        self._recent = recent
        self.keeper = keeper or Keeper(settings, connection)
        self._topics = Topics(settings.topic_root)
        self._appenders = {table: connection.appender(table) for table in TABLES}
        self.memory = Memory(connection)
        self.catalog = self.memory.catalog
        self._arrivals = Arrivals(connection)
        self.sources = Sources(settings)
        self.sources.recall(self.memory.announced.announcements(), Clock(now_us()))
        self._telling = Telling(self.memory.numbers, self._topics)
        self.holding = Holding(connection, self.memory, recent)
        self.schedules = Schedules(connection, self.memory, self.holding, recent, self._topics)
        self.channels = Channels(DataFolder(settings.data_dir))
        self.alerts = Alerts(connection, self.memory, recent, self.channels.ids)
        self._subscriber: Subscriber | None = None
        ((self._unfolded,),) = connection.execute("SELECT count(*) FROM tail").fetchall()
        self.tally = Tally(connection)
        self.quarantine = Quarantine(settings, connection)
        self._limits = Limits(settings.message_limit, self.tally.newest_us)
        self._next_fold = time.monotonic() + _FOLD_SECONDS

    def run(self, subscriber: Subscriber) -> None:
        """Write until the inbox is closed and empty."""
        self._subscriber = subscriber
        self.schedules.attach(subscriber)
        while True:
            messages, tasks = self._inbox.take(_IDLE_SECONDS)
            if messages:
                self._store(messages)
            for task in tasks:
                _carry_out(task)
            self._telling.publish(subscriber)
            self._maintain()
            if self._inbox.closed and not messages and not tasks:
                break
        self._end()

    def _end(self) -> None:
        try:
            self.alerts.write()
        except duckdb.Error as error:
            _log.warning("the last peaks of open alerts are not kept: %s", error)
        self.fold()

    def fold(self) -> None:
        """The last thing that is done: move what was written to its live place.

        Unless the keeper is at work: what is in the tail is stored as well, and the next writer folds it.
        """
        if not self.keeper.lock.acquire(blocking=False):
            _log.info("the last fold is left to the next start: the store is being kept in order")
            return
        try:
            fold(self.connection)
        except duckdb.Error as error:
            _log.warning("the last fold is left to the next start: %s", error)
        finally:
            self.keeper.lock.release()

    def ask(self, task: Callable[[], Any]) -> Future[Any]:
        """Have the writer's thread do something; for other threads."""
        return self._inbox.ask(task)

    def forget(self, device: str, device_id: int, readings: int) -> None:
        """A device was deleted: nothing of it is remembered here, or repeated by the broker, any more."""
        self.memory.forget_device(device_id)
        self.holding.forget(device)
        self.schedules.refresh()
        self._telling.forget(device)
        self.alerts.forget_device(device)
        self.tally.deleted(readings)
        if self._subscriber is not None:
            for kind in (TopicKind.STATUS, TopicKind.STORED):
                self._subscriber.publish(self._topics.of(device, kind), b"", retain=True)

    def _store(self, messages: list[Message], refused: str = "") -> None:
        """Commit a batch, again until it works, then acknowledge it; as quarantine entries once it is `refused`."""
        failed = False
        while True:
            try:
                batch = self._commit(messages, refused)
                break
            except NOT_NOW as error:
                if not failed:
                    _log.error("the database does not take what arrived (%s): nothing is lost, trying again", error)
                failed = True
                if self._inbox.wait_closed(_RETRY_SECONDS):
                    return  # unacknowledged, so the broker keeps it
            except NEVER as error:
                if refused:
                    raise
                self._store_singly(messages, error)
                return
        if failed:
            _log.info("the database takes readings again")
        self._after(batch, messages)

    def _store_singly(self, messages: list[Message], error: Exception) -> None:
        """One of these cannot be stored whatever happens: find it, quarantine it, store the others."""
        if len(messages) > 1:
            for message in messages:
                self._store([message])
            return
        _log.error("a message on '%s' cannot be stored, it is in the quarantine: %s", messages[0].topic, error)
        self._store(messages, f"the database cannot take it: {error}")

    def _commit(self, messages: list[Message], refused: str = "") -> Batch:
        """Write messages in one transaction; as a quarantine entry where it is known that they are refused."""
        batch = Batch(self.memory)

        def fill() -> None:
            for message in messages:
                clock = Clock(message.arrived_us, max(self.tally.newest_us, batch.newest_us))
                if refused:
                    entry = quarantined(repr(message.topic), message.payload, UnreadableError(refused), final=True)
                    batch.take(message, [entry])
                else:
                    self._take(batch, message, self.sources.decode(message.topic, message.payload, clock))
            self.alerts.evaluate(batch.rows["tail"])

        self.alerts.prepare()
        self._write(batch, fill)
        return batch

    def _take(self, batch: Batch, message: Message, said: Sequence[Decoded]) -> None:
        """Take in what a message says, or leave it out where its topic brings too much."""
        last = said[-1] if said else None
        if isinstance(last, Sample | Event):
            own_us = last.t_us if last.t_us != message.arrived_us else None
            if not self._limits.admits(message.topic, message.connection, message.arrived_us, own_us):
                batch.leave_out(message, said, self._limits.to_tell(message.topic, message.arrived_us))
                return
        batch.take(message, said)

    def imported(self, readings: int, newest_us: int) -> None:
        """Past readings were put to the live tables beside the writer."""
        self.tally.imported(readings, newest_us)
        self._recent.revision += 1

    def commit(self, batch: Batch, fill: Callable[[], None]) -> None:
        """Have a batch filled and written in one transaction, and let everybody see it: what no broker delivered."""
        self._write(batch, fill)
        self._seen(batch)

    def _write(self, batch: Batch, fill: Callable[[], None]) -> None:
        known = self.catalog.generation
        try:
            self.connection.execute("BEGIN")
            fill()
            for table, rows in batch.rows.items():
                if rows:
                    self._appenders[table].append_rows(rows)
                    self._appenders[table].flush()
            # Readings change nothing that questions remember; a new device or series does.
            with CHANGES.made() if self.catalog.generation != known else nullcontext():
                self.connection.execute("COMMIT")
        except BaseException:
            for appender in self._appenders.values():
                appender.clear()
            roll_back(self.connection)
            self.memory.forget()
            self.sources.forget()
            self.alerts.forget()
            raise
        self.memory.trim()

    def _after(self, batch: Batch, messages: list[Message]) -> None:
        """The batch is in the database: acknowledge, and let everybody see it."""
        assert self._subscriber is not None  # noqa: S101  (run() sets it)
        self._subscriber.acknowledge(messages)
        self._seen(batch)
        self.alerts.committed()
        self.tally.acknowledged(len(messages))
        for device, boots in batch.numbered.items():
            self._telling.note(device, boots)
        for device in batch.returned:
            self.holding.returned(device)

    def _seen(self, batch: Batch) -> None:
        """The batch is in the database: what is remembered of the whole, and what follows from it."""
        readings = batch.rows["tail"]
        self._recent.add((series_id, t_us, value) for t_us, series_id, value, _ in readings)
        if batch.revised:
            self._recent.revision += 1
        if batch.stirred:
            self._recent.standing += 1
        self.tally.committed(batch)
        self._unfolded += len(readings)
        self.quarantine.added(batch.rows["quarantine"])
        if batch.announced and self._subscriber is not None:
            self._subscriber.read(self.sources.filters())

    def _maintain(self) -> None:
        """Fold when it is time; let held commands lapse, or go, and the quarantine's oldest."""
        now = time.monotonic()
        try:
            if self._unfolded and (now >= self._next_fold or self._unfolded >= _FOLD_READINGS):
                self._fold(now)
            self.schedules.tick()
            self.holding.lapse()
            assert self._subscriber is not None  # noqa: S101  (run() sets it)
            self.holding.publish(self._subscriber, self._topics)
            self.quarantine.trim()
            self.alerts.tick(connected=self._subscriber.hears)
        except duckdb.Error as error:
            _log.warning("maintenance put off: %s", error)
            self._next_fold = now + _FOLD_SECONDS

    def _fold(self, now: float) -> None:
        """Fold, unless the keeper is at work: what waits in the tail can be asked like everything else."""
        if not self.keeper.lock.acquire(blocking=False):
            return
        try:
            fold(self.connection)
        finally:
            self.keeper.lock.release()
        self._unfolded, self._next_fold = 0, now + _FOLD_SECONDS
        self._arrivals.shorten()
        self.memory.unacknowledged.shorten()
        self.memory.numbers.shrink()
        give_back()


def _carry_out(task: Task) -> None:
    work, future = task
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001  (it belongs to whoever asked)
        future.set_exception(error)
