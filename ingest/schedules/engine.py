"""Runs schedules at their moments: works with no page open, over restarts, clock changes and clocks that jump.

What was due while ingest was down, or while the clock jumped past it, is reported as missed, and at most the last of it
is made up for, where the schedule wants that: a jump never fires a storm. A run's commands have ids that follow from
the schedule, the moment and the device, so a crash in the middle of a run repeats nothing. Runs in the writer's thread.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import duckdb
from ulid import ULID

from ingest.schedules.keeping import Keeping, Kept
from ingest.transactions import transact
from telemetry import commands
from telemetry.commands import HOLD_SECONDS, Command, encode_original
from telemetry.errors import ActionError, CommandError
from telemetry.occurrences import count_runs, last_run, next_run
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE, US_PER_MS, US_PER_SECOND, now_us
from telemetry.topics import ORIGINAL_DEVICE, TopicKind, Topics

if TYPE_CHECKING:
    from ingest.holding import Holding
    from ingest.memory import Memory
    from ingest.recent import Recent
    from ingest.subscriber import Subscriber

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
_KEPT_US = 400 * US_PER_DAY


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
        self._connection = connection
        self._memory = memory
        self._holding = holding
        self._recent = recent
        self._topics = topics
        self.clock: Callable[[], int] = now_us
        self.steady: Callable[[], float] = monotonic
        self.keeping = Keeping(connection, memory.catalog, self._now)
        self._subscriber: Subscriber | None = None
        #: None: to be loaded at the next look at a clock that can be right.
        self._waiting: dict[str, _Waiting] | None = None
        self._started_us = 0
        self._last: tuple[int, float] | None = None
        self._clock_was_unset = False
        self._trimmed_us = 0
        #: Nothing is due before this.
        self._next_us = 0

    def _now(self) -> int:
        return self.clock()

    def attach(self, subscriber: Subscriber) -> None:
        """What publishes from now on."""
        self._subscriber = subscriber

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
        self._trim(now)

    def run_now(self, schedule_id: str, by: str) -> None:
        """Do it now, whatever its times say; they stay as they are. Raises ActionError for an unknown one."""
        kept = self.keeping.find(schedule_id)
        self._run(kept, self.clock(), 0, by)

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
        come = dict(
            self._connection.execute(
                "SELECT schedule_id, max(due_us) FROM schedule_runs WHERE asked_by IS NULL AND due_us <= $1 GROUP BY 1",
                [now + _WAS_AHEAD_US],
            ).fetchall()
        )
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
            self._miss(kept, first, until, missed, reason)
            entry.handled_us = until
        if runs:
            self._run(kept, last, now - last if now - last > GRACE_US else 0, None)
        entry.handled_us = last
        entry.next_us = next_run(kept.schedule, max(last, now))

    def _miss(self, kept: Kept, first_us: int, last_us: int, count: int, reason: str) -> None:
        row: list[object] = [kept.schedule_id, first_us, last_us, count, reason]
        transact(
            self._connection,
            ("INSERT INTO schedule_runs VALUES ($1, $2, $3, $4, NULL, NULL, 0, $5)", row),
        )
        self._recent.revision += 1
        _log.warning("the schedule '%s' missed %d runs (%s)", kept.schedule.name, count, reason)

    def _run(self, kept: Kept, due_us: int, late_us: int, by: str | None) -> None:
        """Tell everybody whom it tells, and keep what went out; a run that fails says why."""
        author = f"schedule {kept.schedule.name}" + (f" ({by})" if by else "")
        targets = self._targets(kept)
        told, unconfirmed = self._commands(kept, due_us, targets, author, is_asked=by is not None)
        problem = None if targets else "nobody"
        if targets and not told and not unconfirmed:
            problem = "not sent"
        self._take_back(kept, {command.device for command in told})
        if told:
            self._holding.hold(told, HOLD_SECONDS)
            for command in told:
                # A device that says nothing of itself is told at once, like from the page.
                device_id = self._memory.catalog.find_device(command.device)
                if device_id is not None and not self._memory.is_offline(device_id):
                    self._holding.returned(command.device)
        row: list[object] = [kept.schedule_id, due_us, due_us, 1, self.clock(), by, unconfirmed, problem]
        transact(
            self._connection,
            ("INSERT INTO schedule_runs VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", row),
            ("INSERT INTO schedule_commands SELECT $1, $2, unnest($3)",
             [kept.schedule_id, due_us, [command.id for command in told]]),
        )  # fmt: skip
        self._recent.revision += 1
        late = f", {late_us // US_PER_SECOND} s late" if late_us else ""
        _log.info("the schedule '%s' told %d devices%s", kept.schedule.name, len(told) + unconfirmed, late)

    def _targets(self, kept: Kept) -> list[str]:
        """Whom it tells now: a device that was replaced is told under the one that took its place."""
        rows = self._connection.execute(
            """
            SELECT DISTINCT device FROM shown_devices WHERE list_contains($1::VARCHAR[], own_name)
            UNION
            SELECT device FROM shown_devices JOIN device_traits ON device_traits.device_id = shown_id
            WHERE $2 <> '' AND list_contains(tags, $2) AND NOT hidden
            ORDER BY 1
            """,
            [list(kept.schedule.devices), kept.schedule.tag],
        ).fetchall()
        return [device for (device,) in rows]

    def _commands(
        self, kept: Kept, due_us: int, targets: list[str], author: str, *, is_asked: bool
    ) -> tuple[list[Command], int]:
        """What is to go out, and how many boards with the original program were told already; others are left out."""
        found, unconfirmed = [], 0
        for device in targets:
            identity = _command_id(kept.schedule_id, due_us, device, is_asked=is_asked)
            try:
                command = commands.make(device, kept.schedule.cmd, kept.schedule.value, author, identity)
                if device == ORIGINAL_DEVICE:
                    unconfirmed += self._tell_original(command)
                else:
                    found.append(command)
            except CommandError as error:
                _log.info("the schedule '%s' leaves %s out: %s", kept.schedule.name, device, error)
        return found, unconfirmed

    def _tell_original(self, command: Command) -> bool:
        """The original program hears two words and confirms nothing; ingest overhears and records what it is told."""
        topic = self._topics.of(ORIGINAL_DEVICE, TopicKind.INPUT)
        return self._subscriber is not None and self._subscriber.publish(topic, encode_original(command))

    def _take_back(self, kept: Kept, devices: set[str]) -> None:
        """Of what runs hold for silent boards only the newest is wanted: not all of it must go when they return."""
        rows = self._connection.execute(
            """
            SELECT command_id FROM schedule_commands JOIN commands USING (command_id)
                JOIN devices USING (device_id)
            WHERE schedule_id = $1 AND list_contains($2::VARCHAR[], device)
            GROUP BY command_id, due_us ORDER BY due_us DESC LIMIT 2000
            """,
            [kept.schedule_id, list(devices)],
        ).fetchall()
        for (command_id,) in rows:
            try:
                self._holding.withdraw(command_id, f"schedule {kept.schedule.name}")
            except ActionError:
                continue  # it went out, or is over

    def _trim(self, now: int) -> None:
        """Let go of runs that are older than a year and a bit, once a day."""
        if now - self._trimmed_us < US_PER_DAY:
            return
        self._trimmed_us = now
        for table in ("schedule_runs", "schedule_commands"):
            self._connection.execute(f"DELETE FROM {table} WHERE due_us < $1", [now - _KEPT_US])


def _foreseen(kept: Kept, after_us: int) -> int | None:
    """When it is due next; None, and a line in the log, where that cannot be told (a zone that is known no more)."""
    try:
        return next_run(kept.schedule, after_us)
    except Exception:  # noqa: BLE001  (whatever one schedule does, readings and the others go on)
        _log.exception("the schedule '%s' cannot be run: change or delete it", kept.schedule.name)
        return None


def _command_id(schedule_id: str, due_us: int, device: str, *, is_asked: bool) -> str:
    """The same for the same run: what was recorded before a crash is not recorded, nor done, again."""
    if is_asked:
        return ""
    drawn = hashlib.sha256(f"{schedule_id}/{due_us}/{device}".encode()).digest()[:10]
    return str(ULID((due_us // US_PER_MS).to_bytes(6, "big") + drawn))
