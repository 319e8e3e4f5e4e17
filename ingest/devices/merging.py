"""Merges: a board that takes another's place continues its history, in every answer, until somebody takes it back.

No reading is touched: `replacements` says under which device another one is shown, and the questions join it. Runs in
the writer's thread.
"""

from __future__ import annotations

import duckdb

from ingest.catalog import Catalog
from ingest.storage.transactions import transaction
from telemetry.errors import ActionError
from telemetry.timestamps import now_us


class Merging:
    """Who took whose place."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self._connection = connection
        self._catalog = catalog

    def merge(self, device_id: int, into_id: int, by: str) -> None:
        """Show a device, and those that it replaced, under another one. Raises ActionError where that makes a ring."""
        if self._catalog.shown_as(device_id) != device_id:
            raise ActionError("this device is merged into another one already: separate it first")
        if self._catalog.shown_as(into_id) == device_id:
            raise ActionError("a device cannot continue its own history: choose another one")
        if self._catalog.shown_as(into_id) != into_id:
            raise ActionError("the other device was itself merged into one: choose that one")
        with transaction(self._connection):
            row: list[object] = [device_id, into_id, by[:200], now_us()]
            self._connection.execute("INSERT INTO merges VALUES ($1, $2, $3, $4, NULL, NULL)", row)
            follow(self._connection)
        self._catalog.reload()

    def separate(self, device_id: int, by: str) -> None:
        """Make a device that was merged one of its own again. Raises ActionError for one that was not."""
        if self._catalog.shown_as(device_id) == device_id:
            raise ActionError("this device is not merged into another one")
        with transaction(self._connection):
            undo(self._connection, "device_id = $3", device_id, by)
        self._catalog.reload()


def undo(connection: duckdb.DuckDBPyConnection, which: str, device_id: int, by: str) -> None:
    """Within the caller's transaction: take merges back; `which` is a condition on `$3`, the device."""
    connection.execute(
        f"UPDATE merges SET undone_by = $1, undone_us = $2 WHERE undone_us IS NULL AND {which}",
        [by[:200], now_us(), device_id],
    )
    follow(connection)


def follow(connection: duckdb.DuckDBPyConnection) -> None:
    """Within the caller's transaction: what follows from the merges in force, each followed to its end."""
    merged = dict(connection.execute("SELECT device_id, into_id FROM merges WHERE undone_us IS NULL").fetchall())
    connection.execute("DELETE FROM replacements")
    for device_id in merged:
        shown = device_id
        while shown in merged:
            shown = merged[shown]
        connection.execute("INSERT INTO replacements VALUES ($1, $2)", [device_id, shown])
