"""What the writer remembers from one batch to the next: names, numbers, statuses, commands.

Everything here is also in the store, and read back from there when it was let go or when a transaction failed. Used by
the writer's thread alone.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

import duckdb

from ingest.catalog import Catalog
from ingest.decoding.decoded import Sample
from ingest.numbering.numbers import Boot, BootNumbers, Intervals, Numbers
from ingest.numbering.unacknowledged import Unacknowledged
from ingest.sources.keeping import Keeping
from telemetry.commands import CommandState

_REMEMBERED_COMMANDS = 10_000


class Memory:
    """What outlives a batch."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.catalog = Catalog(connection)
        #: The numbers of samples that are stored, and those of events.
        self.numbers: Numbers[BootNumbers] = Numbers(self._load_numbers)
        self.event_numbers: Numbers[Intervals] = Numbers(self._load_event_numbers)
        self.unacknowledged = Unacknowledged(connection)
        #: What others' devices announced.
        self.announced = Keeping(connection, self.catalog)
        #: Of the samples that are being replayed, what is stored: device, metric, t_us (`ingest.decoding.replay`).
        self.stored: set[tuple[str, str, int]] = set()
        self._numbering: set[int] = set()
        self._sent: OrderedDict[str, None] = OrderedDict()
        self._statuses: dict[int, tuple[bool, str]] = {}
        self._load_statuses()
        self._load_numbering()

    def trim(self) -> None:
        """Let go what was not needed lately. Only between two transactions."""
        self.numbers.trim()
        self.event_numbers.trim()
        self.unacknowledged.trim()
        self.announced.trim()
        while len(self._sent) > _REMEMBERED_COMMANDS:
            self._sent.popitem(last=False)

    def forget(self) -> None:
        """After a transaction that failed: the store knows what is true."""
        self.numbers.forget()
        self.event_numbers.forget()
        self.unacknowledged.reload()
        self._sent.clear()
        self.stored.clear()
        self._load_statuses()
        self._load_numbering()
        self.catalog.reload()
        self.announced.reload()

    def has_numbers(self, device_id: int) -> bool:
        """Whether a sample with a number ever came from a device."""
        return device_id in self._numbering

    def numbers_came(self, device_id: int) -> None:
        self._numbering.add(device_id)

    def forget_device(self, device_id: int) -> None:
        """A device was deleted."""
        self._statuses.pop(device_id, None)
        self._numbering.discard(device_id)
        self.catalog.reload()
        self.announced.forget_device(device_id)

    def lacks(self, sample: Sample) -> bool:
        """Whether none of a sample's readings is stored: its number may have been counted without it."""
        return not any((sample.device, metric, sample.t_us) in self.stored for metric in sample.values)

    def status_is_new(self, device_id: int, *, online: bool, text: str) -> bool:
        """Whether a status says something else than the one before it; it is the last one from now on."""
        before, self._statuses[device_id] = self._statuses.get(device_id), (online, text)
        return before != (online, text)

    def changes_standing(self, device_id: int, *, online: bool, text: str) -> bool:
        """Whether a status changes how its device stands beside the one before: there or not, sending, how often."""
        return _standing(online, text) != _standing(*self._statuses.get(device_id, (None, "")))

    def is_online(self, device_id: int) -> bool:
        """Whether the device's last status says so."""
        return self._statuses.get(device_id, (False, ""))[0]

    def is_offline(self, device_id: int) -> bool:
        """Whether the device's last status says that it is not there; one that says nothing of itself is not."""
        return not self._statuses.get(device_id, (True, ""))[0]

    def command_standing(self, command_id: str) -> tuple[bool, bool]:
        """`(recorded, sent)`: what is known of a command already."""
        if command_id in self._sent:
            return True, True
        ((recorded, sent),) = self._connection.execute(
            """
            SELECT (SELECT count(*) FROM commands WHERE command_id = $1) > 0,
                (SELECT count(*) FROM command_states WHERE command_id = $1 AND state = $2) > 0
            """,
            [command_id, str(CommandState.SENT)],
        ).fetchall()
        return recorded, sent

    def command_was_sent(self, command_id: str) -> None:
        self._sent[command_id] = None

    def _load_statuses(self) -> None:
        rows = self._connection.execute(
            "SELECT device_id, arg_max(online, status_us), arg_max(status, status_us) FROM statuses GROUP BY device_id"
        ).fetchall()
        self._statuses = {device_id: (online, text) for device_id, online, text in rows}

    def _load_numbering(self) -> None:
        rows = self._connection.execute(
            "SELECT DISTINCT device_id FROM (FROM arrivals UNION ALL FROM arrivals_tail)"
        ).fetchall()
        self._numbering = {device_id for (device_id,) in rows}

    def _load_numbers(self, boot: Boot) -> BootNumbers:
        rows = self._connection.execute(
            "SELECT dropped, seq_from, seq_to FROM (FROM arrivals UNION ALL FROM arrivals_tail)"
            " WHERE device_id = $1 AND boot = $2",
            list(boot),
        ).fetchall()
        ((told,),) = self._connection.execute(
            "SELECT coalesce(max(last_seq), -1) FROM boots WHERE device_id = $1 AND boot = $2", list(boot)
        ).fetchall()
        arrived, dropped = ([(first, last) for kind, first, last in rows if kind is wanted] for wanted in (False, True))
        return BootNumbers(arrived, dropped, told)

    def _load_event_numbers(self, boot: Boot) -> Intervals:
        return Intervals(
            self._connection.execute(
                "SELECT n, n FROM events WHERE device_id = $1 AND boot = $2 AND n IS NOT NULL", list(boot)
            ).fetchall()
        )


def _standing(online: bool | None, text: str) -> tuple[Any, ...]:
    """What an overview of all devices shows of a status."""
    try:
        said = json.loads(text) if online else None
    except ValueError:
        said = None
    return (online, said.get("sending"), said.get("period_ms")) if isinstance(said, dict) else (online,)
