"""One transaction's worth of what messages said, as rows for the tables.

Taking a message in decides what is new (a number that was stored before is not) and which rows it makes; nothing is
written until the writer appends the rows. Used by the writer's thread alone.
"""

from __future__ import annotations

import json
from typing import Any

from ulid import ULID

from ingest.decoded import Acknowledgement, Decoded, Event, Numbering, Quarantined, Sample, Status
from ingest.inbox import Message
from ingest.memory import Memory
from telemetry.commands import Command, CommandState

#: The tables a batch appends to, in the order in which it does.
TABLES = ("tail", "arrivals_tail", "statuses", "commands", "command_states", "events", "quarantine")


class Batch:
    """Rows by table, and what to do once they are committed."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
        #: Devices that sent numbers, by boot: who is to be told what is stored.
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
                self._quarantined(decoded, message)

    def _sample(self, sample: Sample, message: Message) -> None:
        device_id = self._device(sample.device, message)
        if sample.boot is not None and sample.seq is not None:
            stored = self._memory.numbers.of((device_id, sample.boot))
            self.numbered.setdefault(sample.device, {})[sample.boot] = device_id
            if not stored.add(sample.seq):
                if not message.duplicate:
                    stored.sent_again(sample.seq)
                return
            self._arrived(device_id, sample.boot, sample.seq, sample.t_us, message)
        elif message.retained and self._repeats(sample):
            return
        catalog, tail = self._memory.catalog, self.rows["tail"]
        for metric, value in sample.values.items():
            known = catalog.find_series(sample.device, metric)
            if known is None:
                known = catalog.series(device_id, metric, message.arrived_us)
                self.revised = True
            tail.append((sample.t_us, known, value, sample.flags))
        self.newest_us = max(self.newest_us, sample.t_us)

    def _repeats(self, sample: Sample) -> bool:
        """Whether a retained sample without a number tells what is known: the broker repeats it at each connect."""
        find_series = self._memory.catalog.find_series
        return all(find_series(sample.device, metric) is not None for metric in sample.values)

    def _arrived(self, device_id: int, boot: str, seq: int, t_us: int, message: Message) -> None:
        """Note a number; a run of consecutive ones becomes one row."""
        rows = self.rows["arrivals_tail"]
        if rows:
            last_device, last_boot, first, last, from_us, to_us, _, dropped = rows[-1]
            if last == seq - 1 and last_device == device_id and last_boot == boot and not dropped:
                span = (min(from_us, t_us), max(to_us, t_us))
                rows[-1] = (device_id, boot, first, seq, *span, message.arrived_us, False)
                return
        rows.append((device_id, boot, seq, seq, t_us, t_us, message.arrived_us, False))

    def _status(self, status: Status, message: Message) -> None:
        device_id = self._device(status.device, message)
        for metric, sensor in status.sensors.items():
            series_id = self._memory.catalog.series(device_id, metric, message.arrived_us)
            self.revised |= self._memory.catalog.describe(series_id, sensor)
        if status.online:
            self.returned.append(status.device)
        is_new = self._memory.status_is_new(device_id, online=status.online, text=status.text)
        if is_new or not message.retained:  # the broker repeats a retained one at each connect
            self.rows["statuses"].append((device_id, message.arrived_us, status.online, status.text))
            self.revised = True

    def _acknowledgement(self, ack: Acknowledgement, message: Message) -> None:
        self._device(ack.device, message)
        state = CommandState.ACKNOWLEDGED if ack.ok else CommandState.REFUSED
        self._state(ack.id, message.arrived_us, state, ack.detail)

    def _command(self, command: Command, message: Message) -> None:
        if message.retained:
            return  # an old word that the broker repeats at each connect, not something said now
        device_id = self._device(command.device, message)
        if not command.id:
            self._command_without_id(device_id, command, message)
            return
        command_id = command.id[:64]
        recorded, sent = self._memory.command_standing(command_id)
        if sent:
            return
        if not recorded:  # a held one is recorded already: what is new is that it was published
            self._record(device_id, command, command_id, message)
        self._memory.command_was_sent(command_id)
        self._state(command_id, message.arrived_us, CommandState.SENT, None)

    def _command_without_id(self, device_id: int, command: Command, message: Message) -> None:
        """Only the broker's word tells that such a command came before."""
        if message.duplicate and (
            self._said_in_this_batch(device_id, command)
            or self._memory.was_said_lately(device_id, command, message.arrived_us)
        ):
            return
        command_id = str(ULID())
        self._record(device_id, command, command_id, message)
        self._state(command_id, message.arrived_us, CommandState.UNCONFIRMABLE, None)

    def _said_in_this_batch(self, device_id: int, command: Command) -> bool:
        said = (device_id, command.cmd[:64], json.dumps(command.value, ensure_ascii=False))
        return any(row[1:4] == said for row in self.rows["commands"])

    def _record(self, device_id: int, command: Command, command_id: str, message: Message) -> None:
        value = json.dumps(command.value, ensure_ascii=False)
        self.rows["commands"].append(
            (command_id, device_id, command.cmd[:64], value, command.by[:200], message.arrived_us)
        )

    def _event(self, event: Event, message: Message) -> None:
        device_id = self._device(event.device, message)
        if event.dropped is not None:
            boot, first, last = event.dropped
            stored = self._memory.numbers.of((device_id, boot))
            if not stored.holds(first, last):
                stored.add_span(first, last)
                self.rows["arrivals_tail"].append(
                    (device_id, boot, first, last, event.t_us, event.t_us, message.arrived_us, True)
                )
            self.numbered.setdefault(event.device, {})[boot] = device_id
        if event.boot is not None and event.n is not None:
            known = self._memory.event_numbers.of((device_id, event.boot))
            if not known.add(event.n):
                return
        self.rows["events"].append((device_id, event.t_us, event.boot, event.n, event.event, event.value))
        self.revised = True

    def _quarantined(self, entry: Quarantined, message: Message) -> None:
        if entry.numbering is not None and not self._is_first_of(entry.numbering, message):
            return
        self.rows["quarantine"].append(
            (message.arrived_us, entry.topic[:1_000], entry.reason, entry.payload, entry.length)
        )

    def _is_first_of(self, numbering: Numbering, message: Message) -> bool:
        """Count numbers whose samples cannot be read as arrived: else their board would send them again for ever."""
        device_id = self._device(numbering.device, message)
        self.numbered.setdefault(numbering.device, {})[numbering.boot] = device_id
        stored = self._memory.numbers.of((device_id, numbering.boot))
        if stored.holds(numbering.first, numbering.last):
            return False
        stored.add_span(numbering.first, numbering.last)
        span = (numbering.first, numbering.last, message.arrived_us, message.arrived_us, message.arrived_us)
        self.rows["arrivals_tail"].append((device_id, numbering.boot, *span, False))
        return True

    def _state(self, command_id: str, state_us: int, state: CommandState, detail: str | None) -> None:
        self.rows["command_states"].append((command_id, state_us, str(state), detail))
        self.revised = True

    def _device(self, name: str, message: Message) -> int:
        found = self._memory.catalog.find_device(name)
        if found is None:
            found = self._memory.catalog.device(name, message.arrived_us)
            self.revised = True
        return found
