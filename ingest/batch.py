"""One transaction's worth of what messages said, as rows for the tables.

Taking a message in decides what is new (a number that was stored before is not) and which rows it makes; nothing is
written until the writer appends the rows. Used by the writer's thread alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from ulid import ULID

from ingest.broker.inbox import Message
from ingest.decoding.decoded import (
    Acknowledgement,
    Announcement,
    Decoded,
    Description,
    Event,
    Quarantined,
    Sample,
    Status,
)
from ingest.decoding.quarantine import row_of
from ingest.memory import Memory
from ingest.numbering.ledger import Ledger
from telemetry.commands import Command, CommandState

_log = logging.getLogger(__name__)

#: The tables a batch appends to, in the order in which it does.
TABLES = (
    "tail", "arrivals_tail", "boots", "unacknowledged", "statuses", "commands", "command_states", "events",
    "quarantine",
)  # fmt: skip


class Batch:
    """Rows by table, and what to do once they are committed."""

    def __init__(self, memory: Memory, *, replaying: bool = False) -> None:
        self._memory = memory
        #: The messages come out of the quarantine: numbers were counted when they went there, states are old ones.
        self._replaying = replaying
        self._ledger = Ledger(memory)
        self.rows: dict[str, list[Sequence[Any]]] = {table: [] for table in TABLES}
        self.rows["arrivals_tail"], self.rows["boots"] = self._ledger.arrivals, self._ledger.boots
        #: Devices that sent numbers, by boot: who is to be told what is stored.
        self.numbered: dict[str, dict[str, int]] = {}
        #: The series that have readings in this batch, by device and metric.
        self._ids: dict[tuple[str, str], int] = {}
        #: Devices that came back: their held commands are to be published.
        self.returned: list[str] = []
        self.revised = False
        #: Something was announced: other topics may have to be read from now on.
        self.announced = False
        #: Whether a list of all devices shows something else now, besides readings.
        self.stirred = False
        self.newest_us = 0

    def take(self, message: Message, said: Sequence[Decoded]) -> None:
        """Take in what a message says, unless it says it for the second time."""
        if message.qos and not self._is_first_of_its_kind(message, said):
            return
        if message.retained:
            # What the broker repeats of a deleted device is no sign of life.
            said = [decoded for decoded in said if not self._was_deleted(decoded)]
        samples = [decoded for decoded in said if isinstance(decoded, Sample)]
        if samples:
            self._samples(samples, message)
        if len(samples) < len(said):
            for decoded in said:
                self._take(decoded, message)

    def leave_out(self, message: Message, said: Sequence[Decoded], told: int) -> None:
        """A topic brings too much: its samples are lost and counted, so that nobody waits for their numbers.

        `told` is how many of its messages were left out by now, 0 while it is not time to say so.
        """
        samples = [decoded for decoded in said if isinstance(decoded, Sample)]
        device = next(decoded.device for decoded in said if isinstance(decoded, Sample | Event))
        device_id = self._device(device, message)
        if samples and samples[0].boot is not None and samples[0].seq is not None and samples[-1].seq is not None:
            boot = samples[0].boot
            self.numbered.setdefault(device, {})[boot] = device_id
            self._ledger.given_up(device_id, (boot, samples[0].seq, samples[-1].seq), samples[-1].t_us, message)
        if told:
            _log.warning("'%s' brings too much: %d messages were left out (--message-limit)", message.topic[:200], told)
            value = json.dumps({"topic": message.topic[:200], "messages": told}, ensure_ascii=False)
            self.rows["events"].append((device_id, message.arrived_us, None, None, "limited", value))
            self.revised = True

    def _is_first_of_its_kind(self, message: Message, said: Sequence[Decoded]) -> bool:
        """Whether a message is not stored yet; those whose every part is known by a number of its own are let pass."""
        known = self._memory.unacknowledged
        known.delivered(message)
        if all(map(_has_number, said)):
            return True
        is_new, row = known.take(message)
        self.rows["unacknowledged"].append(row)
        return is_new

    def _take(self, decoded: Decoded, message: Message) -> None:
        match decoded:
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
            case Description():
                device_id = self._device(decoded.device, message)
                self.revised |= self._memory.announced.describe(device_id, decoded, message.arrived_us)
            case Announcement():
                self.announced |= self._memory.announced.announce(decoded, message.arrived_us)

    def _was_deleted(self, decoded: Decoded) -> bool:
        if isinstance(decoded, Quarantined | Announcement):
            return False  # not one device's
        return self._memory.catalog.was_deleted(decoded.device)

    def _samples(self, samples: Sequence[Sample], message: Message) -> None:
        """The samples of a message: of one device and, where they have numbers, of one boot and consecutive."""
        first = samples[0]
        device_id = self._device(first.device, message)
        if first.boot is not None:
            self.numbered.setdefault(first.device, {})[first.boot] = device_id
            new = self._ledger.arrived(device_id, samples, message)
            if self._replaying:
                new += [sample for sample in samples if sample not in new and self._memory.lacks(sample)]
            samples = new
        elif message.retained:
            samples = [sample for sample in samples if not self._repeats(sample)]
        tail, ids = self.rows["tail"], self._ids
        for device, _, _, t_us, values, flags in samples:
            for metric, value in values.items():
                known = ids.get((device, metric))
                if known is None:
                    known = self._series(device, metric, message)
                tail.append((t_us, known, value, flags))
            if t_us > self.newest_us:  # noqa: PLR1730  (max() for each sample is four times as slow)
                self.newest_us = t_us

    def _series(self, device: str, metric: str, message: Message) -> int:
        """The id of a series that has a reading now; looked up once in a batch."""
        memory = self._memory
        known = memory.catalog.find_series(device, metric)
        if known is None:
            known = memory.catalog.series(self._device(device, message), metric, message.arrived_us)
            self.revised = self.stirred = True
        elif known in memory.announced.silent:
            memory.announced.silent.discard(known)
            self.stirred = True
        self._ids[device, metric] = known
        return known

    def _repeats(self, sample: Sample) -> bool:
        """Whether a retained sample without a number tells what is known: the broker repeats it at each connect."""
        found = [self._memory.catalog.find_series(sample.device, metric) for metric in sample.values]
        return all(known is not None and known not in self._memory.announced.silent for known in found)

    def _status(self, status: Status, message: Message) -> None:
        device_id = self._device(status.device, message)
        if status.sensors:
            said_new = self._memory.announced.sense(status.device, device_id, status.sensors, message.arrived_us)
            self.revised, self.stirred = self.revised or said_new, self.stirred or said_new
        if self._replaying:
            self.rows["statuses"].append((device_id, message.arrived_us, status.online, status.text))
            return
        if status.online:
            self.returned.append(status.device)
        for boot, last in status.ended:
            self._ledger.ended(device_id, boot, last, message)
        self.stirred |= self._memory.changes_standing(device_id, online=status.online, text=status.text)
        is_new = self._memory.status_is_new(device_id, online=status.online, text=status.text)
        # The broker repeats a retained one at each connect.
        if is_new or not (message.retained or message.duplicate):
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
        command_id = str(ULID())
        self._record(device_id, command, command_id, message)
        self._state(command_id, message.arrived_us, CommandState.UNCONFIRMABLE, None)

    def _record(self, device_id: int, command: Command, command_id: str, message: Message) -> None:
        value = json.dumps(command.value, ensure_ascii=False)
        self.rows["commands"].append(
            (command_id, device_id, command.cmd[:64], value, command.by[:200], message.arrived_us)
        )

    def _event(self, event: Event, message: Message) -> None:
        device_id = self._device(event.device, message)
        if event.dropped is not None:
            self._ledger.given_up(device_id, event.dropped, event.t_us, message)
            self.numbered.setdefault(event.device, {})[event.dropped[0]] = device_id
        if event.boot is not None and event.n is not None:
            known = self._memory.event_numbers.of((device_id, event.boot))
            if not known.add(event.n):
                return
        if event.n is None:
            # A text that stands until the next, or that the broker repeats at each connect, is news once.
            is_new = self._memory.announced.text_is_new(device_id, event)
            if not is_new and (event.stands or message.retained):
                return
        self.rows["events"].append((device_id, event.t_us, event.boot, event.n, event.event, event.value))
        self.revised = True

    def _quarantined(self, entry: Quarantined, message: Message) -> None:
        if entry.numbering is not None:
            device_id = self._device(entry.numbering.device, message)
            self.numbered.setdefault(entry.numbering.device, {})[entry.numbering.boot] = device_id
            if not self._ledger.arrived_unread(device_id, entry.numbering, message):
                return
        self.rows["quarantine"].append(row_of(entry, message.arrived_us))

    def _state(self, command_id: str, state_us: int, state: CommandState, detail: str | None) -> None:
        self.rows["command_states"].append((command_id, state_us, str(state), detail))
        self.revised = True

    def _device(self, name: str, message: Message) -> int:
        found = self._memory.catalog.find_device(name)
        if found is None:
            found = self._memory.catalog.device(name, message.arrived_us)
            self.revised = self.stirred = True
        return found


def _has_number(decoded: Decoded) -> bool:
    """Whether a decoded part is recognised when it comes again: by its number or id, or because it is a state."""
    if isinstance(decoded, Sample):
        return decoded.boot is not None
    match decoded:
        case Quarantined():
            return decoded.numbering is not None
        case Event():
            return decoded.boot is not None and decoded.n is not None
        case Command():
            return bool(decoded.id)
        case Status() | Description() | Announcement():
            return True
        case Acknowledgement():
            return False
