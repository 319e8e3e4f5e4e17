"""Runs schedules at their moments: works with no page open, over restarts, clock changes and clocks that jump.

What was due while ingest was down, or while the clock jumped past it, is reported as missed, and at most the last of it
is made up for, where the schedule wants that: a jump never fires a storm. Runs in the writer's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import duckdb

from ingest.schedules.keeping import Keeping, Kept
from ingest.schedules.runs import Runs
from telemetry.occurrences import count_runs, last_run, next_run
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE, US_PER_SECOND, now_us
from telemetry.topics import Topics

if TYPE_CHECKING:
    from ingest.broker.subscriber import Subscriber
    from ingest.holding import Holding
    from ingest.memory import Memory
    from ingest.serving.recent import Recent

_log = logging.getLogger(__name__)

#: Before this no clock is right: a Raspberry Pi begins at 1970 or at its last shutdown, until the network tells.
EARLIEST_CLOCK_US = 1_735_689_600 * US_PER_SECOND  # 2025
#: A run that is late by less is in time: ingest was started anew, or had much to write.
GRACE_US = US_PER_MINUTE
#: A clock that goes ahead by more than passed has jumped; one that is back by more was wrong before.
_JUMP_US = US_PER_MINUTE
_WAS_AHEAD_US = US_PER_DAY
#: Missed runs are counted up to this.
MOST_COUNTED = 1_000


@dataclass(slots=True)
class _Waiting:
    """A schedule that is switched on, the moment up to which it was seen to, and the next one."""

    kept: Kept
    handled_us: int
    next_us: int | None


class Schedules:
    """The schedules in force. `clock` and `steady` are the host's clocks, or a test's."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        memory: Memory,
        holding: Holding,
        recent: Recent,
        topics: Topics,
    ) -> None:
        self.clock: Callable[[], int] = now_us
        self.steady: Callable[[], float] = monotonic
        self.keeping = Keeping(connection, memory.catalog, self._now)
        self._runs = Runs(connection, memory, holding, recent, topics, self._now)
        #: None: to be loaded at the next look at a clock that can be right.
        self._waiting: dict[str, _Waiting] | None = None
        self._started_us = 0
        self._last: tuple[int, float] | None = None
        self._clock_was_unset = False
        #: Nothing is due before this.
        self._next_us = 0

    def _now(self) -> int:
        return self.clock()

    def attach(self, subscriber: Subscriber) -> None:
        """What publishes from now on."""
        self._runs.subscriber = subscriber

    def refresh(self) -> None:
        """Schedules were made or changed, or a device was deleted: effective at once."""
        if self._waiting is None:
            return
        before = self._waiting
        self._waiting = {}
        for kept in self.keeping.all():
            known = before.get(kept.schedule_id)
            if known is not None and known.kept.version == kept.version:
                known.kept = kept
                self._waiting[kept.schedule_id] = known
            elif kept.enabled:
                self._add(kept, max(kept.changed_us, known.handled_us if known else 0))
        self._plan()

    def tick(self) -> None:
        """Run what is due."""
        now = self.clock()
        if now < EARLIEST_CLOCK_US:
            self._clock_was_unset = True
            return
        went_back = self._last is not None and now < self._last[0]
        jumped = self._look_at_clock(now)
        if self._waiting is None:
            self._load(now)
        waiting = self._waiting or {}
        if now < self._next_us and not went_back:
            return  # as nearly always: the writer looks after every batch
        for entry in list(waiting.values()):
            if entry.handled_us - now > _WAS_AHEAD_US:
                entry.handled_us = now
                entry.next_us = _foreseen(entry.kept, now)
            if entry.next_us is not None and entry.next_us <= now:
                try:
                    self._see_to(entry, now, jumped=jumped)
                except duckdb.Error:
                    raise  # tried again at the next look
                except Exception:  # noqa: BLE001  (whatever one schedule does, readings and the others go on)
                    _log.exception("the schedule '%s' cannot be run: change or delete it", entry.kept.schedule.name)
                    entry.next_us = None
        self._plan()
        self._runs.trim(now)

    def run_now(self, schedule_id: str, by: str) -> None:
        """Do it now, whatever its times say; they stay as they are. Raises ActionError for an unknown one."""
        kept = self.keeping.find(schedule_id)
        self._runs.run(kept, self.clock(), 0, by)

    def _look_at_clock(self, now: int) -> bool:
        """Whether the clock has jumped ahead since the last look."""
        steady, before = self.steady(), self._last
        self._last = now, steady
        if before is None:
            return self._clock_was_unset
        return (now - before[0]) - (steady - before[1]) * US_PER_SECOND > _JUMP_US

    def _load(self, now: int) -> None:
        """Everything in force, and how far each had come when ingest was last there."""
        self._started_us, self._waiting = now, {}
        come = self._runs.last_due(now + _WAS_AHEAD_US)
        for kept in self.keeping.all():
            if kept.enabled:
                changed = kept.changed_us if EARLIEST_CLOCK_US <= kept.changed_us <= now + _WAS_AHEAD_US else now
                self._add(kept, max(changed, come.get(kept.schedule_id, 0)))

    def _add(self, kept: Kept, handled_us: int) -> None:
        assert self._waiting is not None  # noqa: S101  (whoever calls has seen to that)
        self._waiting[kept.schedule_id] = _Waiting(kept, handled_us, _foreseen(kept, handled_us))

    def _plan(self) -> None:
        """The first moment at which anything is due; a day that ends lets go of old runs."""
        moments = [entry.next_us for entry in (self._waiting or {}).values() if entry.next_us is not None]
        self._next_us = min([*moments, self.clock() + US_PER_DAY])

    def _see_to(self, entry: _Waiting, now: int, *, jumped: bool) -> None:
        """What was due up to now: the last of it is run when it is not too late; what is left was missed."""
        kept, after = entry.kept, entry.handled_us
        first = entry.next_us or now
        last = last_run(kept.schedule, after, now) or first
        allowed = max(GRACE_US, kept.schedule.late_minutes * US_PER_MINUTE)
        runs = now - last <= allowed
        missed = min(count_runs(kept.schedule, after, last, MOST_COUNTED + 1) - runs, MOST_COUNTED)
        reason = "down" if last < self._started_us and not jumped else "clock" if jumped else "busy"
        # Each step is noted before the next, so that one that fails is tried again, and nothing that was done is.
        if missed:
            until = (last_run(kept.schedule, after, last - 1) or first) if runs else last
            self._runs.miss(kept, first, until, missed, reason)
            entry.handled_us = until
        if runs:
            self._runs.run(kept, last, now - last if now - last > GRACE_US else 0, None)
        entry.handled_us = last
        entry.next_us = next_run(kept.schedule, max(last, now))


def _foreseen(kept: Kept, after_us: int) -> int | None:
    """When it is due next; None, and a line in the log, where that cannot be told (a zone that is known no more)."""
    try:
        return next_run(kept.schedule, after_us)
    except Exception:  # noqa: BLE001  (whatever one schedule does, readings and the others go on)
        _log.exception("the schedule '%s' cannot be run: change or delete it", kept.schedule.name)
        return None
