"""The runs of schedules: whom each tells, what goes out, and what is kept of it, those that were missed among them.

When something is due is not decided here. A run's commands have ids that follow from the schedule, the moment and the
device, so a crash in the middle of a run repeats nothing. Runs in the writer's thread.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import duckdb
from ulid import ULID

from ingest.schedules.keeping import Kept
from ingest.storage.transactions import transact
from telemetry import commands
from telemetry.commands import HOLD_SECONDS, Command, encode_original
from telemetry.errors import ActionError, CommandError
from telemetry.timestamps import US_PER_DAY, US_PER_MS, US_PER_SECOND
from telemetry.topics import ORIGINAL_DEVICE, TopicKind, Topics

if TYPE_CHECKING:
    from ingest.broker.subscriber import Subscriber
    from ingest.holding import Holding
    from ingest.memory import Memory
    from ingest.serving.recent import Recent

_log = logging.getLogger(__name__)

_KEPT_US = 400 * US_PER_DAY


class Runs:
    """What schedules do, and have done. `clock` is the host's, or a test's."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        memory: Memory,
        holding: Holding,
        recent: Recent,
        topics: Topics,
        clock: Callable[[], int],
    ) -> None:
        self._connection = connection
        self._memory = memory
        self._holding = holding
        self._recent = recent
        self._topics = topics
        self._clock = clock
        self._trimmed_us = 0
        #: What publishes.
        self.subscriber: Subscriber | None = None

    def last_due(self, until_us: int) -> dict[str, int]:
        """By schedule: how far it had come, of moments up to `until_us`."""
        rows = self._connection.execute(
            "SELECT schedule_id, max(due_us) FROM schedule_runs WHERE asked_by IS NULL AND due_us <= $1 GROUP BY 1",
            [until_us],
        ).fetchall()
        return dict(rows)

    def miss(self, kept: Kept, first_us: int, last_us: int, count: int, reason: str) -> None:
        """Note that so many were missed, and why."""
        row: list[object] = [kept.schedule_id, first_us, last_us, count, reason]
        transact(
            self._connection,
            ("INSERT INTO schedule_runs VALUES ($1, $2, $3, $4, NULL, NULL, 0, $5)", row),
        )
        self._recent.revision += 1
        _log.warning("the schedule '%s' missed %d runs (%s)", kept.schedule.name, count, reason)

    def run(self, kept: Kept, due_us: int, late_us: int, by: str | None) -> None:
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
        row: list[object] = [kept.schedule_id, due_us, due_us, 1, self._clock(), by, unconfirmed, problem]
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
        """Whom it tells now: a device that was replaced is told under the one that took its place.

        What speaks a convention of others knows none of these commands and is left out, whether named or by its tag.
        """
        rows = self._connection.execute(
            """
            WITH meant AS (
                SELECT shown_id, device FROM shown_devices WHERE list_contains($1::VARCHAR[], own_name)
                UNION
                SELECT shown_id, device FROM shown_devices JOIN device_traits ON device_traits.device_id = shown_id
                WHERE $2 <> '' AND list_contains(tags, $2) AND NOT hidden
            )
            SELECT device, source FROM meant LEFT JOIN announced_devices ON announced_devices.device_id = shown_id
            ORDER BY device
            """,
            [list(kept.schedule.devices), kept.schedule.tag],
        ).fetchall()
        for device, source in rows:
            if source is not None:
                _log.info("the schedule '%s' leaves %s out: it is a device of %s", kept.schedule.name, device, source)
        return [device for device, source in rows if source is None]

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
        return self.subscriber is not None and self.subscriber.publish(topic, encode_original(command))

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

    def trim(self, now: int) -> None:
        """Let go of runs that are older than a year and a bit, once a day."""
        if now - self._trimmed_us < US_PER_DAY:
            return
        self._trimmed_us = now
        for table in ("schedule_runs", "schedule_commands"):
            self._connection.execute(f"DELETE FROM {table} WHERE due_us < $1", [now - _KEPT_US])


def _command_id(schedule_id: str, due_us: int, device: str, *, is_asked: bool) -> str:
    """The same for the same run: what was recorded before a crash is not recorded, nor done, again."""
    if is_asked:
        return ""
    drawn = hashlib.sha256(f"{schedule_id}/{due_us}/{device}".encode()).digest()[:10]
    return str(ULID((due_us // US_PER_MS).to_bytes(6, "big") + drawn))
