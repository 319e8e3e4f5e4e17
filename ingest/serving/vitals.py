"""How ingest and its store are doing, in more detail than `health`: what the page System and `/metrics` show.

Answered from memory and from the kernel, but for the questions that count rows. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingest.broker.inbox import Inbox
from ingest.broker.subscriber import Subscriber
from ingest.storage.run_time import in_force
from ingest.storage.store_questions import table
from ingest.writer import Writer
from telemetry.levels import DAY, HOUR, LEVELS, MINUTE, QUARTER, RAW
from telemetry.logs import troubles
from telemetry.process import cpu_seconds, memory_bytes
from telemetry.questions import Question

if TYPE_CHECKING:
    import duckdb

#: Where the rows of a level lie that are not in files of closed days.
_TABLES: Mapping[str, tuple[str, ...]] = {
    RAW.name: ("tail", "live_readings"),
    MINUTE.name: ("live_minutes",),
    QUARTER.name: ("rollup_quarter",),
    HOUR.name: ("rollup_hour",),
    DAY.name: ("rollup_day",),
}
_WHOLE, _TEXT = pa.int64(), pa.string()
_SCHEMA = pa.schema(
    {
        "broker_address": _TEXT, "broker_connected": pa.bool_(), "connected_us": _WHOLE, "connections": _WHOLE,
        "refused": pa.list_(_TEXT), "messages_per_second": pa.float64(), "lag_ms": pa.float64(),
        "waiting_messages": _WHOLE, "waiting_bytes": _WHOLE, "limit_bytes": _WHOLE, "stored_messages": _WHOLE,
        "stored_readings": _WHOLE, "quarantined": _WHOLE, "warnings": _WHOLE, "errors": _WHOLE,
        "last_trouble": _TEXT, "last_trouble_us": _WHOLE, "started_us": _WHOLE, "memory_bytes": _WHOLE,
        "cpu_seconds": pa.float64(), "series": _WHOLE, "devices": _WHOLE, "backups_kept": _WHOLE,
        "backup_failed_us": _WHOLE, "backup_trouble": _TEXT,
    }
)  # fmt: skip


def with_vitals(writer: Writer, subscriber: Subscriber, inbox: Inbox, started_us: int) -> Mapping[str, Question]:
    """The questions by name."""

    def vitals(connection: duckdb.DuckDBPyConnection) -> pa.Table:
        """One row: the broker connection, what was stored since the start, what waits, what went wrong.

        Counts (`connections`, `stored_messages`, `stored_readings`, `quarantined`, `warnings`, `errors`,
        `cpu_seconds`) begin with ingest's start at `started_us`. `refused` lists what the broker does not let ingest
        read. Null: `connected_us` while there is no connection, `memory_bytes` where the system does not tell,
        `backup_failed_us` and `backup_trouble` unless the last backup failed. `backups_kept` 0: none is wanted.
        """
        messages, size = inbox.waiting
        found, failed = troubles(), writer.keeper.backup_trouble
        ((series, devices),) = connection.execute(
            "SELECT (SELECT count(*) FROM series), (SELECT count(*) FROM devices)"
        ).fetchall()
        row: dict[str, Any] = {
            "broker_address": subscriber.address,
            "broker_connected": subscriber.hears,
            "connected_us": subscriber.connected_us,
            "connections": subscriber.connections,
            "refused": subscriber.refused,
            "messages_per_second": writer.tally.messages_per_second(),
            "lag_ms": inbox.lag_seconds * 1_000,
            "waiting_messages": messages,
            "waiting_bytes": size,
            "limit_bytes": inbox.limit_bytes,
            "stored_messages": writer.tally.stored_messages,
            "stored_readings": writer.tally.stored_readings,
            "quarantined": writer.tally.quarantined,
            "warnings": found.warnings,
            "errors": found.errors,
            "last_trouble": found.last or None,
            "last_trouble_us": found.last_us or None,
            "started_us": started_us,
            "memory_bytes": memory_bytes(),
            "cpu_seconds": cpu_seconds(),
            "series": series,
            "devices": devices,
            "backups_kept": in_force(connection, writer.keeper.settings).backups_kept,
            "backup_failed_us": failed[0] if failed else None,
            "backup_trouble": failed[1] if failed else None,
        }
        return pa.Table.from_pylist([row], _SCHEMA)

    return {"vitals": vitals, "levels": levels}


def levels(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """What each level of detail holds: level, files, file_rows, file_bytes (closed days), table_rows (newer ones)."""
    files = {
        level: (count, rows, size)
        for level, count, rows, size in connection.execute(
            "SELECT level, count(*), sum(rows)::BIGINT, sum(bytes)::BIGINT FROM segments GROUP BY level"
        ).fetchall()
    }
    rows = []
    for level in LEVELS:
        counts = " + ".join(f"(SELECT count(*) FROM {name})" for name in _TABLES[level.name])
        ((inside,),) = connection.execute(f"SELECT {counts}").fetchall()
        rows.append((level.name, *files.get(level.name, (0, 0, 0)), inside))
    kinds = {"level": _TEXT, "files": _WHOLE, "file_rows": _WHOLE, "file_bytes": _WHOLE, "table_rows": _WHOLE}
    return table(kinds, rows)
