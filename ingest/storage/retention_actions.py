"""The actions on retention: how long a level is kept, what that will delete, and deleting it now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from ingest.storage.correction_actions import series_ids
from ingest.storage.keeper import Keeper
from ingest.storage.retention import doomed, horizons_of, kept_us, set_retention, with_rule
from telemetry.errors import ActionError
from telemetry.timestamps import now_us


def set_rule(keeper: Keeper, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Keep a level for some days (0: for ever; none: no rule of its own), of one series or of all others.

    Nothing is deleted before the coming night, or before `expire_now`; the result says what will be.
    """

    def task(cursor: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        ids = _ids(cursor, arguments)
        raw_seconds = keeper.settings.retention_raw
        set_retention(cursor, arguments["level"], arguments.get("days"), ids, by, raw_seconds)
        return _plan(cursor, keeper, kept_us(cursor, raw_seconds))

    return keeper.work(task)


def preview_rule(keeper: Keeper, arguments: Mapping[str, Any], _by: str) -> dict[str, Any]:
    """What `set_retention` with these arguments would have deleted, without setting or deleting anything."""

    def task(cursor: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        ids = _ids(cursor, arguments)
        kept = with_rule(cursor, arguments["level"], arguments.get("days"), ids, keeper.settings.retention_raw)
        return _plan(cursor, keeper, kept)

    return keeper.work(task)


def expire_now(keeper: Keeper, _arguments: Mapping[str, Any], _by: str) -> dict[str, Any]:
    """Delete what is no longer to be kept, rather than in the coming night."""
    return {"rows": keeper.expire(now_us())}


def _plan(
    cursor: duckdb.DuckDBPyConnection, keeper: Keeper, kept: Mapping[tuple[int, str], int]
) -> dict[str, Any]:  # fmt: skip
    names = {
        series_id: (device, metric)
        for series_id, device, metric in cursor.execute("SELECT series_id, device, metric FROM shown_series").fetchall()
    }
    rows = [
        {
            "device": names.get(found.series_id, ("", ""))[0], "metric": names.get(found.series_id, ("", ""))[1],
            "level": found.level, "before_us": found.before_us, "rows": found.rows, "bytes": found.bytes,
        }
        for found in doomed(cursor, keeper.archive, horizons_of(kept, now_us()))
    ]  # fmt: skip
    return {"expires": rows, "rows": sum(row["rows"] for row in rows), "bytes": sum(row["bytes"] for row in rows)}


def _ids(cursor: duckdb.DuckDBPyConnection, arguments: Mapping[str, Any]) -> list[int] | None:
    device, metric = arguments.get("device"), arguments.get("metric")
    if (device is None) != (metric is None):
        raise ActionError("name a device and a metric, or neither for every series without a rule of its own")
    return None if device is None or metric is None else series_ids(cursor, device, metric)
