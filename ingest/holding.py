"""Commands for silent boards: kept until the board returns, is given up, or the time is over.

MQTT cannot take a message back, so such a command is not published before the board is there. Everything is in the
store, so a restart of ingest forgets nothing. Runs in the writer's thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from ingest.serving.recent import Recent
from ingest.storage.transactions import transact
from telemetry.commands import Command, CommandState, encode
from telemetry.errors import ActionError
from telemetry.timestamps import US_PER_SECOND, now_us
from telemetry.topics import TopicKind, Topics

if TYPE_CHECKING:
    from ingest.broker.subscriber import Subscriber
    from ingest.memory import Memory


@dataclass(frozen=True, slots=True)
class Held:
    """A command that waits, and until when."""

    command: Command
    expires_us: int


class Holding:
    """The held commands by id. `clock` is the host's, or a test's."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, memory: Memory, recent: Recent, clock: Callable[[], int] = now_us
    ) -> None:
        self._connection = connection
        self._memory = memory
        self._recent = recent
        self.clock = clock
        self._held = self._load()
        #: Devices that are there, so that what waits for them can go.
        self._there: set[str] = set()

    def hold(self, commands: Sequence[Command], expires_seconds: float) -> list[str]:
        """Keep commands for silent boards; their ids. One that is kept already is not kept again.

        Raises ActionError for a device that nobody heard of, and for one that others' conventions describe.
        """
        asked_us = self.clock()
        expires_us = asked_us + int(expires_seconds * US_PER_SECOND)
        detail = json.dumps({"expires_us": expires_us})
        devices = {command.device: self._known(command.device) for command in commands}
        self._refuse_others(devices)
        known = self._recorded([command.id for command in commands])
        fresh = [command for command in commands if command.id not in known]
        columns: list[object] = [
            [command.id for command in fresh],
            [devices[command.device] for command in fresh],
            [command.cmd for command in fresh],
            [json.dumps(command.value, ensure_ascii=False) for command in fresh],
            [command.by for command in fresh],
        ]
        lists = ", ".join(f"unnest(${n})" for n in range(1, len(columns) + 1))
        transact(
            self._connection,
            (f"INSERT INTO commands SELECT {lists}, {asked_us}", columns),
            (f"INSERT INTO command_states SELECT unnest($1), {asked_us}, 'held', $2", [columns[0], detail]),
        )
        self._held.update({command.id: Held(command, expires_us) for command in fresh})
        # The asker may know less than we do: whoever has come back meanwhile is told at once.
        self._there |= {device for device, device_id in devices.items() if self._memory.is_online(device_id)}
        self._recent.revision += 1
        return [command.id for command in commands]

    def record(self, command: Command) -> None:
        """Keep a command that went out on a topic that we do not hear, and that nobody confirms."""
        device_id, now = self._known(command.device), self.clock()
        if not self._recorded([command.id]):
            value = json.dumps(command.value, ensure_ascii=False)
            row: list[object] = [command.id, device_id, command.cmd, value, command.by, now]
            transact(
                self._connection,
                ("INSERT INTO commands VALUES ($1, $2, $3, $4, $5, $6)", row),
                _state(command.id, now, CommandState.UNCONFIRMABLE, None),
            )
            self._recent.revision += 1

    def withdraw(self, command_id: str, by: str) -> None:
        """Give a held command up. Raises ActionError when it is not held (any more)."""
        if command_id not in self._held:
            raise ActionError(f"command '{command_id[:64]}' is not held: it was sent, withdrawn, or has expired")
        self._end(command_id, CommandState.WITHDRAWN, json.dumps({"by": by}, ensure_ascii=False))

    def returned(self, device: str) -> None:
        """A board is there (again)."""
        self._there.add(device)

    def forget(self, device: str) -> None:
        """A device was deleted: nothing waits for it any more."""
        self._held = {key: held for key, held in self._held.items() if held.command.device != device}

    def publish(self, subscriber: Subscriber, topics: Topics) -> None:
        """Publish what waits for those that are there, in the order in which it was asked; again if it does not go."""
        for command_id, held in list(self._held.items()) if self._there else ():
            if held.command.device in self._there and held.expires_us > self.clock():
                # Its state becomes `sent` when we hear it from the broker, as for any other command.
                if not subscriber.publish(topics.of(held.command.device, TopicKind.INPUT), encode(held.command)):
                    return
                del self._held[command_id]
        self._there.clear()

    def lapse(self) -> None:
        """End what has waited too long."""
        now = self.clock()
        for command_id in [key for key, held in self._held.items() if held.expires_us <= now]:
            self._end(command_id, CommandState.EXPIRED, None)

    def _recorded(self, command_ids: Sequence[str]) -> set[str]:
        rows = self._connection.execute(
            "SELECT command_id FROM commands WHERE command_id IN (SELECT unnest($1))", [list(command_ids)]
        ).fetchall()
        return {command_id for (command_id,) in rows}

    def _known(self, device: str) -> int:
        device_id = self._memory.catalog.find_device(device)
        if device_id is None:
            raise ActionError(f"no device '{device[:64]}' has been heard of: it must report once first")
        return device_id

    def _refuse_others(self, devices: Mapping[str, int]) -> None:
        """What speaks a convention of others would never answer, so nothing is held for it."""
        rows = self._connection.execute(
            "SELECT device_id, source FROM announced_devices WHERE list_contains($1::INTEGER[], device_id)",
            [list(devices.values())],
        ).fetchall()
        sources = dict(rows)
        for device, device_id in devices.items():
            if device_id in sources:
                raise ActionError(
                    f"'{device[:64]}' is a device of {sources[device_id]}, not a board of this project, so nothing is "
                    "held for it: tell it what it takes itself, as the question controls lists it"
                )

    def _end(self, command_id: str, state: CommandState, detail: str | None) -> None:
        transact(self._connection, _state(command_id, self.clock(), state, detail))
        del self._held[command_id]
        self._recent.revision += 1

    def _load(self) -> dict[str, Held]:
        rows = self._connection.execute(
            """
            SELECT command_id, device, cmd, value, asked_by, detail
            FROM (
                SELECT command_id, any_value(detail) AS detail
                FROM command_states GROUP BY command_id HAVING bool_and(state = 'held')
            ) JOIN commands USING (command_id) JOIN devices USING (device_id) ORDER BY asked_us, command_id
            """
        ).fetchall()
        found = {}
        for command_id, device, cmd, value, by, detail in rows:
            command = Command(device, cmd, json.loads(value), by, command_id)
            found[command_id] = Held(command, json.loads(detail)["expires_us"])
        return found


def _state(command_id: str, state_us: int, state: CommandState, detail: str | None) -> tuple[str, list[object]]:
    return "INSERT INTO command_states VALUES ($1, $2, $3, $4)", [command_id, state_us, str(state), detail]
