"""Commands for silent boards: kept until the board returns, is given up, or the time is over.

MQTT cannot take a message back, so such a command is not published before the board is there. Everything is in the
store, so a restart of ingest forgets nothing. Runs in the writer's thread.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from ingest.recent import Recent
from ingest.transactions import transact
from telemetry.commands import Command, CommandState, encode
from telemetry.errors import ActionError
from telemetry.timestamps import US_PER_SECOND, now_us
from telemetry.topics import TopicKind, Topics

if TYPE_CHECKING:
    from ingest.memory import Memory
    from ingest.subscriber import Subscriber


@dataclass(frozen=True, slots=True)
class Held:
    """A command that waits, and until when."""

    command: Command
    expires_us: int


class Holding:
    """The held commands by id."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, memory: Memory, recent: Recent) -> None:
        self._connection = connection
        self._memory = memory
        self._recent = recent
        self._held = self._load()

    def hold(self, command: Command, expires_seconds: float) -> str:
        """Keep a command for a silent board; its id."""
        asked_us = now_us()
        expires_us = asked_us + int(expires_seconds * US_PER_SECOND)
        detail = json.dumps({"expires_us": expires_us})
        device_id = self._memory.catalog.find_device(command.device)
        if device_id is None:
            raise ActionError(f"no device '{command.device[:64]}' has been heard of: it must report once first")
        value = json.dumps(command.value, ensure_ascii=False)
        transact(
            self._connection,
            (
                "INSERT INTO commands VALUES ($1, $2, $3, $4, $5, $6)",
                [command.id, device_id, command.cmd, value, command.by, asked_us],
            ),
            _state(command.id, asked_us, CommandState.HELD, detail),
        )
        self._held[command.id] = Held(command, expires_us)
        self._recent.revision += 1
        return command.id

    def withdraw(self, command_id: str, by: str) -> None:
        """Give a held command up. Raises ActionError when it is not held (any more)."""
        if command_id not in self._held:
            raise ActionError(f"command '{command_id[:64]}' is not held: it was sent, withdrawn, or has expired")
        self._end(command_id, CommandState.WITHDRAWN, json.dumps({"by": by}, ensure_ascii=False))

    def forget(self, device: str) -> None:
        """A device was deleted: nothing waits for it any more."""
        self._held = {key: held for key, held in self._held.items() if held.command.device != device}

    def publish(self, device: str, subscriber: Subscriber, topics: Topics) -> None:
        """The board is back: publish what waits for it, in the order in which it was asked."""
        for command_id, held in list(self._held.items()):
            if held.command.device == device and held.expires_us > now_us():
                # Its state becomes `sent` when we hear it from the broker, as for any other command.
                if not subscriber.publish(topics.of(device, TopicKind.INPUT), encode(held.command)):
                    return
                del self._held[command_id]

    def lapse(self) -> None:
        """End what has waited too long."""
        now = now_us()
        for command_id in [key for key, held in self._held.items() if held.expires_us <= now]:
            self._end(command_id, CommandState.EXPIRED, None)

    def _end(self, command_id: str, state: CommandState, detail: str | None) -> None:
        transact(self._connection, _state(command_id, now_us(), state, detail))
        del self._held[command_id]
        self._recent.revision += 1

    def _load(self) -> dict[str, Held]:
        rows = self._connection.execute(
            """
            SELECT command_id, device, cmd, value, asked_by, detail
            FROM (
                SELECT command_id, arg_max(state, state_us) AS state, arg_max(detail, state_us) AS detail
                FROM command_states GROUP BY command_id HAVING state = 'held'
            ) JOIN commands USING (command_id) JOIN devices USING (device_id) ORDER BY asked_us
            """
        ).fetchall()
        found = {}
        for command_id, device, cmd, value, by, detail in rows:
            command = Command(device, cmd, json.loads(value), by, command_id)
            found[command_id] = Held(command, json.loads(detail)["expires_us"])
        return found


def _state(command_id: str, state_us: int, state: CommandState, detail: str | None) -> tuple[str, list[object]]:
    return "INSERT INTO command_states VALUES ($1, $2, $3, $4)", [command_id, state_us, str(state), detail]
