"""Watches what is committed by the rules in force: opens and ends episodes, and queues what is to be told about them.

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
from ulid import ULID

from ingest.alerts.episodes import Episode, Episodes
from ingest.alerts.past import catch_up, newest
from ingest.alerts.quiet import quiet_until
from ingest.alerts.rules import KeptRule, Rules
from ingest.alerts.silence import Silences
from ingest.alerts.watch import NEVER, Bands, Key, Watch, targets
from ingest.memory import Memory
from ingest.recent import Recent
from ingest.transactions import transaction
from telemetry.alert_state import Change
from telemetry.corrections import Correction, in_force, shown_value
from telemetry.timestamps import US_PER_MINUTE, US_PER_SECOND, now_us

_log = logging.getLogger(__name__)

_TICK_SECONDS = 0.5
_PEAKS_SECONDS = 10.0
#: Offsets of zones are multiples of it, so at its edges an hour of the week may begin.
_QUARTER_US = 15 * US_PER_MINUTE
#: What such a reading trips is news. An older one may be from a board that was out of reach: the next may take it back,
#: so it is told once nothing has followed for a while.
_FRESH_US = 60 * US_PER_SECOND
_SETTLED_US = 10 * US_PER_SECOND
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
        self._recent = recent
        self._channels = channels
        self.clock = Clock()
        self.rules = Rules(connection)
        self._episodes = Episodes(connection)
        self._silences = Silences(recent, self._open, self._end)
        self._watches: dict[Key, Watch] = {}
        self._by_series: dict[int, list[Watch]] = {}
        #: Series → the values that change nothing, whichever rule watches it.
        self._quiet: dict[int, tuple[float, float]] = {}
        self._in_force: list[KeptRule] = []
        self._tags: dict[str, list[str]] = {}
        self._corrections: list[Correction] = []
        #: The newest reading of watched series in earlier runs.
        self._known: dict[int, tuple[int, float]] = {}
        self._pending: set[Watch] = set()
        self._untold: set[Watch] = set()
        self._bands: dict[Key, Bands] = {}
        #: By the clock of which zone they were looked up.
        self._zones: dict[Key, str] = {}
        self._generation = -1
        self._next_tick = self._next_peaks = self._well_from = 0.0
        self._quarter = 0
        self._is_stale = True
        #: Called after a commit that queued messages, and when rules changed.
        self.wake: Callable[[], None] = lambda: None
        self._has_messages = False

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
        peaks = seconds >= self._next_peaks
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
        self._guarded(self._read_rules)
        self._guarded(self._bind)
        self.write()
        self.wake()

    def forget_device(self, device: str) -> None:
        """A device was deleted, with its episodes: there is nothing left to end."""
        for watch in self._watches.values():
            if watch.device == device:
                watch.episode = None
        self.refresh()

    # --- what others ask

    @property
    def open_count(self) -> int:
        """How many episodes are open."""
        return sum(watch.episode is not None for watch in list(self._watches.values()))

    @property
    def unseen_count(self) -> int:
        """How many of those nobody has acknowledged."""
        open_ = [watch.episode for watch in list(self._watches.values())]
        return sum(episode is not None and not episode.acknowledged for episode in open_)

    def acknowledge(self, episode_id: str) -> None:
        """Somebody has seen it."""
        for watch in self._watches.values():
            if watch.episode is not None and watch.episode.episode_id == episode_id:
                watch.episode.acknowledged = True

    def wanting_bands(self, *, only_new: bool = False) -> list[tuple[Key, str]]:
        """The watches that compare with what is usual, with their zones; for the thread that looks it up."""
        return [
            (key, watch.rule.zone)
            for key, watch in list(self._watches.items())
            if watch.rule.kind == "outside" and not (only_new and self._zones.get(key) == watch.rule.zone)
        ]

    def take_bands(self, found: dict[Key, Bands]) -> None:
        """What is usual, by watch; in the writer's thread."""
        self._bands.update(found)
        for key, bands in found.items():
            watch = self._watches.get(key)
            if watch is not None:
                self._zones[key] = watch.rule.zone
                watch.bands = bands
                self._requiet(watch)

    # --- rules and targets

    def _load(self) -> None:
        """Everything as the store has it."""
        self._read_rules()
        self._watches, self._untold = {}, set()
        self._known = {}
        self._bind(self._episodes.load_open())
        self._is_stale = False

    def _read_rules(self) -> None:
        self._in_force = self.rules.in_force()
        rows = self._connection.execute("SELECT device, tags FROM device_traits JOIN devices USING (device_id)")
        self._tags = dict(rows.fetchall()) if self._in_force else {}
        self._corrections = in_force(self._connection) if self._in_force else []

    def _bind(self, left_open: dict[Key, Episode] | None = None) -> None:
        """Make the watches anew; those that go on keep their state."""
        now, before = self.clock.now_us(), self._watches
        self._generation = self._memory.catalog.generation
        made = {watch.key: watch for watch in targets(self._in_force, self._memory.catalog, self._tags)}
        self._learn({series_id for watch in made.values() for series_id in watch.series})
        fresh = []
        for key, watch in made.items():
            watch.bands = self._bands.get(key, watch.bands)
            old = before.get(key)
            if old is not None and _goes_on(old, watch):
                _take_over(old, watch)
            else:
                fresh.append(watch)
                if left_open and key in left_open:
                    watch.as_before(left_open.pop(key))
                    watch.touched_us = now
                    if watch.episode is not None and not watch.episode.told:
                        self._untold.add(watch)
        catch_up(self._connection, fresh, self._known, now)
        kept = {id(watch.episode) for watch in made.values() if watch.episode is not None}
        rules = {rule.rule_id for rule in self._in_force}
        gone = [watch.episode for watch in before.values() if watch.episode and id(watch.episode) not in kept]
        for episode in [*gone, *(left_open or {}).values()]:
            self._give_up(episode, "rule" if episode.rule_id not in rules else "changed", now)
        self._watches = made
        self._untold = {watch for watch in made.values() if watch.episode is not None and not watch.episode.told}
        self._pending = {watch for watch in made.values() if watch.state.is_pending}
        self._index()
        self._silences.watch([watch for watch in made.values() if watch.is_silence], self._known, now)

    def _learn(self, series_ids: set[int]) -> None:
        """Of series that are watched from now on: what is their newest reading?"""
        unknown = {each for each in series_ids if each not in self._known and self._recent.newest_of(each) is None}
        found = newest(self._connection, unknown)
        self._known.update({each: found[each] for each in unknown if each in found})

    def _index(self) -> None:
        self._by_series = {}
        for watch in self._watches.values():
            for series_id in () if watch.is_silence else watch.series:
                self._by_series.setdefault(series_id, []).append(watch)
        self._quiet = {}
        for watch in self._watches.values():
            self._requiet(watch)

    def _requiet(self, watch: Watch) -> None:
        """Say anew which values of a watch's series change nothing."""
        if watch.is_silence:
            return
        now = self.clock.now_us()
        for series_id in watch.series:
            if any(each.series_id == series_id and each.to_us > now for each in self._corrections):
                self._quiet[series_id] = NEVER  # what is stored is not what is shown
                continue
            spans = [each.quiet(now) for each in self._by_series[series_id]]
            self._quiet[series_id] = (max(low for low, _ in spans), min(high for _, high in spans))

    # --- readings and time

    def _evaluate(self, rows: Sequence[Row]) -> None:
        if self._generation != self._memory.catalog.generation:
            self._bind()
        self._silences.arrived(rows)
        if self._quiet:
            find = self._quiet.get
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
        now = self.clock.now_us()
        readings: dict[int, list[tuple[int, float]]] = {series_id: [] for series_id in hot}
        for t_us, series_id, value, _ in rows:
            if series_id in hot:
                readings[series_id].append((t_us, value))
        for series_id, found in readings.items():
            found.sort()
            for watch in self._by_series[series_id]:
                was_still = watch.state.since_us is None
                # A rate of change looks at every reading, so it knows its newest one by itself.
                floor = watch.state.last_us if watch.slope is not None else self._floor(series_id, now)
                for t_us, value in found:
                    # A clock that is ahead must not make the readings that follow look late.
                    if (at_us := min(t_us, now)) > floor:
                        self._take(watch, series_id, at_us, value)
                watch.touched_us = now
                if not was_still or watch.state.since_us is not None:
                    self._note(watch)
        self._tell(now)

    def _floor(self, series_id: int, now: int) -> int:
        """The newest reading of a series before this batch: what is not newer says nothing of now."""
        recent, known = self._recent.newest_of(series_id), self._known.get(series_id)
        newest_us = max(recent or -(2**62), known[0] if known else -(2**62))
        return min(newest_us, now - 1)

    def _take(self, watch: Watch, series_id: int, t_us: int, value: float) -> None:
        shown = shown_value(self._corrections, series_id, t_us, value) if self._corrections else value
        change = None if shown is None else watch.take(t_us, shown)
        if change is Change.OPENED:
            self._open(watch, series_id, watch.state.last_value)
        elif change is Change.CLOSED:
            self._end(watch, t_us)

    def _note(self, watch: Watch) -> None:
        """Remember what became of a watch."""
        (self._pending.add if watch.state.is_pending else self._pending.discard)(watch)
        episode = watch.episode
        if episode is not None and watch.state.is_open and watch.state.peak_us != episode.peak_us:
            self._episodes.peak(episode, watch.state.peak_value, watch.state.peak_us)
        self._requiet(watch)

    def _pass_time(self, connected: bool) -> None:
        now = self.clock.now_us()
        if self._generation != self._memory.catalog.generation:
            self._bind()
        if now // _QUARTER_US != self._quarter:
            self._quarter = now // _QUARTER_US
            for watch in self._watches.values():
                if watch.rule.kind == "outside":
                    self._requiet(watch)
        for watch in list(self._pending):
            # The last reading stands as long as its board is there to say otherwise.
            if not self._is_offline(watch.device) and watch.state.pass_time(now) is Change.OPENED:
                self._open(watch, watch.series[0], watch.state.last_value)
                self._note(watch)
        self._silences.look(now, self.clock.seconds(), connected=connected)
        self._tell(now)

    def _is_offline(self, device: str) -> bool:
        device_id = self._memory.catalog.find_device(device)
        return device_id is not None and self._memory.is_offline(device_id)

    # --- episodes

    def _open(self, watch: Watch, series_id: int | None, value: float) -> None:
        state, rule, now = watch.state, watch.rule, self.clock.now_us()
        began_us = now if state.since_us is None else state.since_us
        episode = Episode(
            str(ULID()), watch.kept.rule_id, watch.device, watch.metric, began_us, state.peak_value, state.peak_us
        )
        watch.episode = episode
        self._episodes.open(episode, series_id, rule.severity, rule.to_json(), now, value)
        self._untold.add(watch)
        self._recent.revision += 1

    def _end(self, watch: Watch, ended_us: int) -> None:
        episode, watch.episode = watch.episode, None
        self._untold.discard(watch)
        if episode is not None:
            if watch.state.peak_us != episode.peak_us:
                self._episodes.peak(episode, watch.state.peak_value, watch.state.peak_us)
            self._finish(episode, ended_us, "cleared", watch)

    def _give_up(self, episode: Episode, why: str, now: int) -> None:
        """Nobody watches it any more."""
        self._finish(episode, now, why, None)

    def _finish(self, episode: Episode, ended_us: int, why: str, watch: Watch | None) -> None:
        self._episodes.end(episode, ended_us, why)
        if episode.told:
            now = self.clock.now_us()
            self._episodes.queue_end(episode, now, (quiet_until(watch.rule, now) if watch else None) or now)
        self._recent.revision += 1

    def _tell(self, now: int) -> None:
        """Queue the messages about episodes that are known to be news."""
        for watch in list(self._untold):
            episode, rule = watch.episode, watch.rule
            is_fresh = watch.is_silence or watch.state.last_us >= now - _FRESH_US
            if episode is None or not (is_fresh or now - watch.touched_us >= _SETTLED_US):
                continue
            self._untold.discard(watch)
            self._episodes.tell(episode)
            until_us = quiet_until(rule, now)
            if until_us is None or rule.quiet_then == "digest":
                there = self._channels()
                wanted = there if rule.channels is None else [each for each in rule.channels if each in there]
                self._episodes.queue(episode, "opened", wanted, now, until_us or now)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do it; what goes wrong in here, but for the database itself, costs nothing but the watching."""
        try:
            work()
        except Exception as error:
            self._is_stale = True
            if isinstance(error, duckdb.OperationalError | duckdb.InterruptException):
                raise  # the database does not take anything now
            _log.exception("alerts are not watched for %g s: a fault in the program", _SICK_SECONDS)
            self._well_from = self.clock.seconds() + _SICK_SECONDS
            if isinstance(error, duckdb.Error):
                # The transaction is lost, the readings are not: they are tried again, without alerts.
                raise duckdb.OperationalError("alerts cannot be written") from error


def _goes_on(old: Watch, new: Watch) -> bool:
    """Whether a watch says the same as before, but for levels and whom it tells."""
    return old.rule.kind == new.rule.kind and old.rule.per == new.rule.per and old.rule.direction == new.rule.direction


def _take_over(old: Watch, new: Watch) -> None:
    """The state of a watch goes on under the rule as it is now."""
    state = old.state
    new.state.is_open, new.state.since_us = state.is_open, state.since_us
    new.state.last_us, new.state.last_value = state.last_us, state.last_value
    new.state.peak, new.state.peak_value, new.state.peak_us = state.peak, state.peak_value, state.peak_us
    new.slope, new.episode, new.touched_us = old.slope, old.episode, old.touched_us
    new.heard_us = old.heard_us
