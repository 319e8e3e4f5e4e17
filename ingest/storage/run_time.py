"""Settings that may be changed while ingest runs, kept in the store with who changed them; they outlive a restart.

What is kept here is stronger than flags and files, until it is taken back.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import duckdb

from ingest.storage.transactions import transaction
from telemetry.errors import ActionError, nearest
from telemetry.settings import Settings, rows
from telemetry.timestamps import now_us

#: Those of the table of settings that ingest looks at anew each time it needs them.
CHANGEABLE = ("backups_kept", "store_limit")
_BY_KEY = {row.key: row for row in rows() if row.name in CHANGEABLE}


def in_force(cursor: duckdb.DuckDBPyConnection, settings: Settings) -> Settings:
    """The settings with what was changed at run time."""
    kept = cursor.execute("SELECT key, value FROM runtime_settings ORDER BY changed_us").fetchall()
    changed: dict[str, Any] = {_BY_KEY[key].name: _BY_KEY[key].read(text) for key, text in kept if key in _BY_KEY}
    return dataclasses.replace(settings, **changed)


def change(cursor: duckdb.DuckDBPyConnection, key: str, text: str | None, by: str) -> None:
    """Keep a setting's new value, written as on the command line; None takes it back. Raises ActionError."""
    row = _BY_KEY.get(key)
    if row is None:
        raise ActionError(f"'{key[:64]}' cannot be changed while ingest runs{nearest(key, _BY_KEY)}")
    if text is not None:
        try:
            row.read(text.strip())
        except ValueError as cause:
            raise ActionError(f"{key}: '{text[:64]}' is not {cause}") from cause
    with transaction(cursor):
        cursor.execute("DELETE FROM runtime_settings WHERE key = $1", [key])
        if text is not None:
            kept = [key, text.strip(), by[:200], now_us()]
            cursor.execute("INSERT INTO runtime_settings VALUES ($1, $2, $3, $4)", kept)
