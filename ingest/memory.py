"""What the writer remembers from one batch to the next: names, numbers, statuses, commands.

Everything here is also in the store, and read back from there when it was let go or when a transaction failed. Used by
the writer's thread alone.
"""

from __future__ import annotations

import json
from collections import OrderedDict

import duckdb

from ingest.catalog import Catalog
from ingest.numbers import Boot, Numbers
from telemetry.commands import Command, CommandState
from telemetry.timestamps import US_PER_HOUR

_REMEMBERED_COMMANDS = 10_000


class Memory:
    """What outlives a batch."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.catalog = Catalog(connection)
        #: The numbers of samples that are stored, and those of events.
        self.numbers = Numbers(self._load_numbers)
        self.event_numbers = Numbers(self._load_event_numbers)
        self._sent: OrderedDict[str, None] = OrderedDict()
        self._statuses: dict[int, tuple[bool, str]] = {}
        self._load_statuses()

    def trim(self) -> None:
        """Let go what was not needed lately. Only between two transactions."""
        self.numbers.trim()
        self.event_numbers.trim()
        while len(self._sent) > _REMEMBERED_COMMANDS:
            self._sent.popitem(last=False)

    def forget(self) -> None:
        """After a transaction that failed: the store knows what is true."""
        self.numbers.forget()
        self.event_numbers.forget()
        self._sent.clear()
        self._load_statuses()
        self.catalog.reload()

    def status_is_new(self, device_id: int, *, online: bool, text: str) -> bool:
        """Whether a status says something else than the one before it; it is the last one from now on."""
        before, self._statuses[device_id] = self._statuses.get(device_id), (online, text)
        return before != (online, text)

    def is_online(self, device_id: int) -> bool:
        """Whether the device's last status says so."""
        return self._statuses.get(device_id, (False, ""))[0]

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

    def was_said_lately(self, device_id: int, command: Command, now_us: int) -> bool:
        """Whether the same command without an id was recorded in the last hour."""
        value = json.dumps(command.value, ensure_ascii=False)
        ((count,),) = self._connection.execute(
            """
            SELECT count(*) FROM commands JOIN command_states USING (command_id)
            WHERE device_id = $1 AND cmd = $2 AND value = $3 AND asked_us > $4 AND state = $5
            """,
            [device_id, command.cmd, value, now_us - US_PER_HOUR, str(CommandState.UNCONFIRMABLE)],
        ).fetchall()
        return bool(count)

    def _load_statuses(self) -> None:
        rows = self._connection.execute(
            "SELECT device_id, arg_max(online, status_us), arg_max(status, status_us) FROM statuses GROUP BY device_id"
        ).fetchall()
        self._statuses = {device_id: (online, text) for device_id, online, text in rows}

    def _load_numbers(self, boot: Boot) -> list[tuple[int, int]]:
        return self._connection.execute(
            "SELECT seq_from, seq_to FROM (FROM arrivals UNION ALL FROM arrivals_tail)"
            " WHERE device_id = $1 AND boot = $2",
            list(boot),
        ).fetchall()

    def _load_event_numbers(self, boot: Boot) -> list[tuple[int, int]]:
        return self._connection.execute(
            "SELECT n, n FROM events WHERE device_id = $1 AND boot = $2 AND n IS NOT NULL", list(boot)
        ).fetchall()
