"""One transaction's worth of what messages said, as rows for the tables.

Taking a message in decides what is new (a number that was stored before is not) and which rows it makes; nothing is
written until the writer appends the rows. Used by the writer's thread alone.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ulid import ULID

from ingest.catalog import Catalog
from ingest.decode import Acknowledgement, Decoded, Event, Quarantined, Sample, Status
from ingest.inbox import Message
from ingest.numbers import Numbers
from telemetry.commands import Command, CommandState
from telemetry.topics import Topics

_REMEMBERED_COMMANDS = 10_000

#: The tables a batch appends to, in the order in which it does.
TABLES = ("tail", "arrivals_tail", "statuses", "commands", "command_states", "events", "quarantine")


class Memory:
    """What outlives a batch: names, numbers, and the commands lately heard of."""

    def __init__(self, catalog: Catalog, numbers: Numbers, knows_command: Callable[[str], bool]) -> None:
        self.catalog = catalog
        self.numbers = numbers
        self._knows_command = knows_command
        self._commands: OrderedDict[str, None] = OrderedDict()

    def command_is_new(self, command_id: str, *, duplicate: bool) -> bool:
        """Whether a command has not been recorded yet; the store is asked only about redeliveries."""
        if command_id in self._commands or (duplicate and self._knows_command(command_id)):
            return False
        self.remember_command(command_id)
        return True

    def remember_command(self, command_id: str) -> None:
        self._commands[command_id] = None
        if len(self._commands) > _REMEMBERED_COMMANDS:
            self._commands.popitem(last=False)

    def forget(self) -> None:
        """After a transaction that failed: the store knows what is true."""
        self.catalog.reload()
        self.numbers.forget()
        self._commands.clear()


class Batch:
    """Rows by table, and what to do once they are committed."""

    def __init__(self, memory: Memory, topics: Topics) -> None:
        self._memory = memory
        self._topics = topics
        self.rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
        #: Devices whose numbers grew, by boot: who is to be told what is stored.
        self.numbered: dict[str, dict[str, int]] = {}
        #: Devices that came back: their held commands are to be published.
        self.returned: list[str] = []
        self.revised = False
        self.newest_us = 0

    def take(self, decoded: Decoded, message: Message) -> None:
        """Take in one decoded part of a message."""
        match decoded:
            case Sample():
                self._sample(decoded, message)
            case Status():
                self._status(decoded, message)
            case Acknowledgement():
                self._acknowledgement(decoded, message)
            case Command():
                self._command(decoded, message)
            case Event():
                self._event(decoded, message)
            case Quarantined():
                row = (message.arrived_us, decoded.topic[:1_000], decoded.reason, decoded.payload, decoded.length)
                self.rows["quarantine"].append(row)

    def _sample(self, sample: Sample, message: Message) -> None:
        device_id = self._device(sample.device, message)
        if sample.boot is not None and sample.seq is not None:
            stored = self._memory.numbers.of((device_id, sample.boot))
            fresh = stored.add(sample.seq)
            self.numbered.setdefault(sample.device, {})[sample.boot] = device_id
            if not fresh:
                return
            self._arrived(device_id, sample, message)
        catalog, tail = self._memory.catalog, self.rows["tail"]
        for metric, value in sample.values.items():
            known = catalog.find_series(sample.device, metric)
            if known is None:
                known = catalog.series(device_id, metric, message.arrived_us)
                self.revised = True
            tail.append((sample.t_us, known, value, sample.flags))
        self.newest_us = max(self.newest_us, sample.t_us)

    def _arrived(self, device_id: int, sample: Sample, message: Message) -> None:
        """Note the number; a run of consecutive ones becomes one row."""
        rows = self.rows["arrivals_tail"]
        if rows:
            last_device, boot, first, last, from_us, to_us, _, dropped = rows[-1]
            if (last_device, boot, last + 1, dropped) == (device_id, sample.boot, sample.seq, False):
                span = (min(from_us, sample.t_us), max(to_us, sample.t_us))
                rows[-1] = (device_id, boot, first, sample.seq, *span, message.arrived_us, False)
                return
        rows.append(
            (device_id, sample.boot, sample.seq, sample.seq, sample.t_us, sample.t_us, message.arrived_us, False)
        )

    def _status(self, status: Status, message: Message) -> None:
        device_id = self._device(status.device, message)
        for metric, sensor in status.sensors.items():
            series_id = self._memory.catalog.series(device_id, metric, message.arrived_us)
            self.revised |= self._memory.catalog.describe(series_id, sensor)
        self.rows["statuses"].append((device_id, message.arrived_us, status.online, status.text))
        self.revised = True
        if status.online:
            self.returned.append(status.device)

    def _acknowledgement(self, ack: Acknowledgement, message: Message) -> None:
        self._device(ack.device, message)
        state = CommandState.ACKNOWLEDGED if ack.ok else CommandState.REFUSED
        self._state(ack.id, message.arrived_us, state, ack.detail)

    def _command(self, command: Command, message: Message) -> None:
        if message.retained:
            return  # an old word that the broker repeats at each connect, not something said now
        device_id = self._device(command.device, message)
        if not command.id:
            self.record_command(device_id, command, str(ULID()), message.arrived_us)
            command_id = self.rows["commands"][-1][0]
            self._state(command_id, message.arrived_us, CommandState.UNCONFIRMABLE, None)
            return
        # A held command is known already: what is new is that it was published.
        if self._memory.command_is_new(command.id, duplicate=message.duplicate):
            self.record_command(device_id, command, command.id, message.arrived_us)
        elif message.duplicate:
            return
        self._state(command.id, message.arrived_us, CommandState.SENT, None)

    def record_command(self, device_id: int, command: Command, command_id: str, asked_us: int) -> None:
        """A row for a command; its states follow."""
        value = json.dumps(command.value, ensure_ascii=False)
        self.rows["commands"].append((command_id[:64], device_id, command.cmd[:64], value, command.by[:200], asked_us))
        self.revised = True

    def _event(self, event: Event, message: Message) -> None:
        device_id = self._device(event.device, message)
        self.rows["events"].append((device_id, event.t_us, event.boot, event.n, event.event, event.value))
        self.revised = True
        if event.dropped is not None:
            boot, first, last = event.dropped
            self._memory.numbers.of((device_id, boot)).add_span(first, last)
            self.rows["arrivals_tail"].append(
                (device_id, boot, first, last, event.t_us, event.t_us, message.arrived_us, True)
            )
            self.numbered.setdefault(event.device, {})[boot] = device_id

    def _state(self, command_id: str, state_us: int, state: CommandState, detail: str | None) -> None:
        self.rows["command_states"].append((command_id[:64], state_us, str(state), detail))
        self.revised = True

    def _device(self, name: str, message: Message) -> int:
        found = self._memory.catalog.find_device(name)
        if found is None:
            found = self._memory.catalog.device(name, message.arrived_us)
            self.revised = True
        return found
