"""Deleting a device with all its data: out of sight at once, in one transaction, and erased from the disk after that.

Nothing the broker repeats brings it back: its retained messages are cleared, and what is still repeated of it is not
taken for a device. A board that goes on sending comes back as a new device, so its user at the broker goes too. Runs
in the writer's thread.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ingest.devices.merging import undo
from ingest.storage.erasing import MESSAGES_OF_GONE_ALERTS
from ingest.storage.transactions import transaction
from telemetry.errors import ActionError
from telemetry.levels import DAY
from telemetry.questions.places import place
from telemetry.timestamps import EARLIEST_US, LATEST_US, US_PER_DAY, now_us

if TYPE_CHECKING:
    from ingest.broker.board_users import BoardUsers
    from ingest.writer import Writer

_log = logging.getLogger(__name__)


class Deleting:
    """Takes devices out."""

    def __init__(self, writer: Writer, boards: BoardUsers) -> None:
        self._writer = writer
        self._boards = boards

    def delete(self, device: str, typed: str, by: str) -> dict[str, object]:
        """Take a device out; what is left to know. Raises ActionError unless its name, or its id, was typed."""
        connection, catalog = self._writer.connection, self._writer.catalog
        device_id = catalog.find_device(device)
        if device_id is None:
            raise ActionError(f"'{device[:64]}' is no device that was ever heard of")
        ((name,),) = connection.execute("SELECT name FROM devices WHERE device_id = $1", [device_id]).fetchall()
        if typed.strip() not in (name, device):
            raise ActionError(f"nothing was deleted: type the device's name, {name or device}, to delete it")
        series = [
            row[0]
            for row in connection.execute("SELECT series_id FROM series WHERE device_id = $1", [device_id]).fetchall()
        ]
        readings = self._count(series)
        with transaction(connection):
            undo(connection, "(device_id = $3 OR into_id = $3)", device_id, by)
            row: list[object] = [device_id, device, series, by[:200], now_us()]
            connection.execute("INSERT INTO deletions VALUES ($1, $2, $3, $4, $5, NULL, NULL)", row)
            connection.execute("DELETE FROM devices WHERE device_id = $1", [device_id])
            # Its alerts are out of sight, and nobody is told of them, from the same moment on.
            connection.execute("DELETE FROM schedule_targets WHERE device_id = $1", [device_id])
            for table in ("alert_rules", "alert_episodes"):
                connection.execute(f"DELETE FROM {table} WHERE device = $1", [device])
            connection.execute(f"DELETE FROM alert_messages WHERE {MESSAGES_OF_GONE_ALERTS}")
        self._writer.forget(device, device_id, readings)
        had_user = device in self._boards.names()
        note = str(self._boards.remove(device)["note"]) if had_user else ""
        self._writer.keeper.eraser.wake()
        _log.info("%s was deleted by %s: %d readings of %d series are being erased", device, by, readings, len(series))
        return {"device": device, "readings": readings, "user_removed": had_user, "note": note}

    def _count(self, series: list[int]) -> int:
        earliest, latest = EARLIEST_US // US_PER_DAY * US_PER_DAY, LATEST_US // US_PER_DAY * US_PER_DAY
        parts = place(self._writer.connection, series, earliest, latest).parts(DAY)
        ((count,),) = self._writer.connection.execute(f"SELECT coalesce(sum(count), 0) FROM ({parts})").fetchall()
        return int(count)
