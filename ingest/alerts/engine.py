"""Watches what is committed by the rules in force: says what trips and what is over.

The readings of a batch are held against the quiet interval of their series; only those outside of it are looked at one
by one, so that watching costs the writer little. Everything is written in the transaction of the readings, so after a
crash an episode is there with them, or neither. It runs in the writer's thread and must never cost a reading: a fault
in here is logged, and watching starts afresh from the store.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from ingest.alerts.book import Book
from ingest.alerts.consequences import Consequences
from ingest.alerts.episodes import Episode, Episodes
from ingest.alerts.rules import Rules
from ingest.alerts.silence import Silences
from ingest.alerts.watch import Bands, Key, Watch
from ingest.memory import Memory
from ingest.serving.recent import Recent
from ingest.storage.transactions import NOT_NOW, transaction
from telemetry.alert_state import Change
from telemetry.timestamps import US_PER_MINUTE, now_us

_log = logging.getLogger(__name__)

_TICK_SECONDS = 0.5
_PEAKS_SECONDS = 10.0
#: Offsets of zones are multiples of it, so at its edges an hour of the week may begin.
_QUARTER_US = 15 * US_PER_MINUTE
#: After a fault in here.
_SICK_SECONDS = 60.0

#: (t_us, series_id, value, flags), as the writer commits them.
Row = Sequence[Any]


@dataclass(slots=True)
class Clock:
    """The host's clocks, or a test's."""

    now_us: Callable[[], int] = now_us
    seconds: Callable[[], float] = time.monotonic


class Alerts:
    """The rules at work. `channels` tells the ids of the channels that there are."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        memory: Memory,
        recent: Recent,
        channels: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._connection = connection
        self._memory = memory
        self.clock = Clock()
        self.rules = Rules(connection)
        self._episodes = Episodes(connection)
        self._consequences = Consequences(self._episodes, recent, channels, self._now)
        self._silences = Silences(recent, self._consequences.open, self._consequences.end)
        self._book = Book(connection, self.rules, memory.catalog, recent)
        self._pending: set[Watch] = set()
        self._next_tick = self._next_peaks = self._well_from = 0.0
        self._quarter = 0
        self._is_stale = True
        #: Called after a commit that queued messages, and when rules changed.
        self.wake: Callable[[], None] = lambda: None
        self._has_messages = False

    def _now(self) -> int:
        return self.clock.now_us()

    # --- what the writer calls

    def prepare(self) -> None:
        """Before a transaction: what it will be held against stands as the store has it."""
        if self._is_stale and self.clock.seconds() >= self._well_from:
            self._guarded(self._load)

    def evaluate(self, rows: Sequence[Row]) -> None:
        """Within the transaction, before these readings are appended: what they trip and end is written along."""
        if not self._is_stale:
            self._guarded(lambda: self._evaluate(rows))

    def tick(self, *, connected: bool) -> None:
        """Between transactions: what time alone makes of it."""
        seconds = self.clock.seconds()
        if seconds < self._next_tick:
            return
        self._next_tick = seconds + _TICK_SECONDS
        self.prepare()
        if self._is_stale:
            return
        self._guarded(lambda: self._pass_time(connected))
        peaks = seconds >= self._next_peaks and self._episodes.has_peaks
        if self._episodes.has_news or peaks:
            self._next_peaks = seconds + _PEAKS_SECONDS
            self.write(peaks=peaks)

    def committed(self) -> None:
        """After a commit: whoever sends is told."""
        if self._has_messages:
            self._has_messages = False
            self.wake()

    def write(self, *, peaks: bool = True) -> None:
        """Write what is due in a transaction of its own."""
        try:
            with transaction(self._connection):
                self._has_messages |= self._episodes.write(peaks=peaks)
        except duckdb.Error:
            self._is_stale = True
            raise
        self.committed()

    def forget(self) -> None:
        """After a transaction that failed: the store knows what is true."""
        self._is_stale = True

    def refresh(self) -> None:
        """Rules, tags, names, or corrections changed: watch by them from now on."""
        self.prepare()
        self._guarded(self._book.read)
        self._guarded(self._bind)
        self.write()
        self.wake()

    def forget_device(self, device: str) -> None:
        """A device was deleted, with its episodes: there is nothing left to end."""
        for watch in self._book.watches.values():
            if watch.device == device:
                watch.episode = None
        self.refresh()

    # --- what others ask

    @property
    def open_count(self) -> int:
        """How many episodes are open."""
        return sum(watch.episode is not None for watch in list(self._book.watches.values()))

    @property
    def unseen_count(self) -> int:
        """How many of those nobody has acknowledged."""
        open_ = [watch.episode for watch in list(self._book.watches.values())]
        return sum(episode is not None and not episode.acknowledged for episode in open_)

    def acknowledge(self, episode_id: str) -> None:
        """Somebody has seen it."""
        for watch in self._book.watches.values():
            if watch.episode is not None and watch.episode.episode_id == episode_id:
                watch.episode.acknowledged = True

    def wanting_bands(self, *, only_new: bool = False) -> list[tuple[Key, str]]:
        """The watches that compare with what is usual, with their zones; for the thread that looks it up."""
        return self._book.wanting_bands(only_new=only_new)

    def take_bands(self, found: dict[Key, Bands]) -> None:
        """What is usual, by watch; in the writer's thread."""
        self._book.take_bands(found, self._now())

    # --- readings and time

    def _load(self) -> None:
        """Everything as the store has it."""
        self._book.forget()
        self._book.read()
        self._bind(self._episodes.load_open())
        self._is_stale = False

    def _bind(self, left_open: dict[Key, Episode] | None = None) -> None:
        """Watch who is there now; what is watched no more is over."""
        now = self._now()
        for episode, why in self._book.bind(now, left_open or {}):
            self._consequences.give_up(episode, now, why)
        watches = self._book.watches.values()
        self._consequences.watch(watches)
        self._pending = {watch for watch in watches if watch.state.is_pending}
        self._silences.watch([watch for watch in watches if watch.is_silence], self._book.known, now)

    def _evaluate(self, rows: Sequence[Row]) -> None:
        if self._book.is_outdated:
            self._bind()
        self._silences.arrived(rows)
        if self._book.quiet:
            find = self._book.quiet.get
            hot = {
                series_id
                for _, series_id, value, _ in rows
                if (quiet := find(series_id)) is not None and not quiet[0] <= value <= quiet[1]
            }
            if hot:
                self._look(hot, rows)
        if self._episodes.has_news:
            self._has_messages |= self._episodes.write()

    def _look(self, hot: set[int], rows: Sequence[Row]) -> None:
        """Take the readings of some series one by one, in order of time."""
        now = self._now()
        readings: dict[int, list[tuple[int, float]]] = {series_id: [] for series_id in hot}
        for t_us, series_id, value, _ in rows:
            if series_id in hot:
                readings[series_id].append((t_us, value))
        for series_id, found in readings.items():
            found.sort()
            for watch in self._book.by_series[series_id]:
                was_still = watch.state.since_us is None
                # A rate of change looks at every reading, so it knows its newest one by itself.
                floor = watch.state.last_us if watch.slope is not None else self._book.floor(series_id, now)
                for t_us, value in found:
                    # A clock that is ahead must not make the readings that follow look late.
                    if (at_us := min(t_us, now)) > floor:
                        self._take(watch, series_id, at_us, value)
                watch.touched_us = now
                if not was_still or watch.state.since_us is not None:
                    self._note(watch)
        self._consequences.tell(now)

    def _take(self, watch: Watch, series_id: int, t_us: int, value: float) -> None:
        shown = self._book.shown(series_id, t_us, value)
        change = None if shown is None else watch.take(t_us, shown)
        if change is Change.OPENED:
            self._consequences.open(watch, series_id, watch.state.last_value)
        elif change is Change.CLOSED:
            self._consequences.end(watch, t_us)

    def _note(self, watch: Watch) -> None:
        """Remember what became of a watch."""
        (self._pending.add if watch.state.is_pending else self._pending.discard)(watch)
        if watch.state.is_open:
            self._consequences.worsen(watch)
        self._book.requiet(watch, self._now())

    def _pass_time(self, connected: bool) -> None:
        now = self._now()
        if self._book.is_outdated:
            self._bind()
        if now // _QUARTER_US != self._quarter:
            self._quarter = now // _QUARTER_US
            for watch in self._book.watches.values():
                if watch.rule.kind == "outside":
                    self._book.requiet(watch, self._now())
        for watch in list(self._pending):
            # The last reading stands as long as its board is there to say otherwise.
            if not self._is_offline(watch.device) and watch.state.pass_time(now) is Change.OPENED:
                self._consequences.open(watch, watch.series[0], watch.state.last_value)
                self._note(watch)
        self._silences.look(now, self.clock.seconds(), connected=connected)
        self._consequences.tell(now)

    def _is_offline(self, device: str) -> bool:
        device_id = self._memory.catalog.find_device(device)
        return device_id is not None and self._memory.is_offline(device_id)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do it; what goes wrong in here, but for the database itself, costs nothing but the watching."""
        try:
            work()
        except Exception as error:
            self._is_stale = True
            if isinstance(error, NOT_NOW):
                raise
            _log.exception("alerts are not watched for %g s: a fault in the program", _SICK_SECONDS)
            self._well_from = self.clock.seconds() + _SICK_SECONDS
            if isinstance(error, duckdb.Error):
                # The transaction is lost, the readings are not: they are tried again, without alerts.
                raise duckdb.OperationalError("alerts cannot be written") from error
