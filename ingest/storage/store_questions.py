"""The questions about the store itself: retention, what it will delete, growth, backups. Answered by ingest alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingest.storage.forecast import forecast as foresee
from ingest.storage.keeper import Keeper
from ingest.storage.manifest import backups as readable_backups
from ingest.storage.retention import doomed, horizons_of, kept_us
from ingest.storage.run_time import in_force
from telemetry.levels import LEVELS, RAW
from telemetry.questions import Question, with_metadata
from telemetry.timestamps import US_PER_DAY, US_PER_SECOND, now_us

if TYPE_CHECKING:
    import duckdb

_TEXT, _WHOLE, _REAL = pa.string(), pa.int64(), pa.float64()


def with_store_questions(keeper: Keeper) -> Mapping[str, Question]:
    """The questions by name."""

    def retention(connection: duckdb.DuckDBPyConnection) -> pa.Table:
        """The rules of retention: level, device, metric (null: every series without a rule of its own), days (0: for
        ever), asked_by and changed_us (null: what the settings say).
        """
        said = connection.execute(
            """
            SELECT DISTINCT level, device, metric, keep_us / $1, asked_by, changed_us
            FROM retention LEFT JOIN shown_series USING (series_id)
            """,
            [US_PER_DAY],
        ).fetchall()
        default = {level.name: 0.0 for level in LEVELS}
        default[RAW.name] = keeper.settings.retention_raw * US_PER_SECOND / US_PER_DAY
        ruled = {row[0] for row in said if row[1] is None}
        rows = [(name, None, None, days, None, None) for name, days in default.items() if name not in ruled] + said
        order = list(default)
        rows.sort(key=lambda row: (order.index(row[0]), row[1] or "", row[2] or ""))
        kinds = {
            "level": _TEXT, "device": _TEXT, "metric": _TEXT, "days": _REAL, "asked_by": _TEXT, "changed_us": _WHOLE,
        }  # fmt: skip
        return table(kinds, rows)

    def expiring(connection: duckdb.DuckDBPyConnection) -> pa.Table:
        """What the coming night will delete: device, metric, level, before_us, rows, bytes (about)."""
        wanted = horizons_of(kept_us(connection, keeper.settings.retention_raw), now_us())
        names = _names(connection)
        kinds = {
            "device": _TEXT, "metric": _TEXT, "level": _TEXT, "before_us": _WHOLE, "rows": _WHOLE, "bytes": _WHOLE,
        }  # fmt: skip
        rows = [
            (*names.get(found.series_id, (None, None)), found.level, found.before_us, found.rows, found.bytes)
            for found in doomed(connection, keeper.archive, wanted)
        ]
        return table(kinds, rows)

    def forecast(connection: duckdb.DuckDBPyConnection) -> pa.Table:
        """How much each living series adds: device, metric, readings_per_day, bytes_per_day (rollups included).

        Over the last week, a row's size as measured on the last closed days. The metadata holds `store_bytes`,
        `free_bytes` of the disk, `limit_bytes` (0: none is set), `full_us` (null: never, since what expires makes room)
        and `cause` (`disk` or `limit`).
        """
        limit = in_force(connection, keeper.settings).store_limit
        kept = kept_us(connection, keeper.settings.retention_raw)
        found = foresee(connection, keeper.archive, kept, limit, now_us())
        names = _names(connection)
        rows = sorted(
            (*names[series_id], rate, found.bytes_per_day(series_id))
            for series_id, rate in found.readings_per_day.items()
            if series_id in names
        )
        kinds = {"device": _TEXT, "metric": _TEXT, "readings_per_day": _REAL, "bytes_per_day": _REAL}
        return with_metadata(
            table(kinds, rows), store_bytes=found.store_bytes, free_bytes=found.free_bytes,
            limit_bytes=found.limit_bytes, full_us=found.full_us, cause=found.cause,
        )  # fmt: skip

    def backups(connection: duckdb.DuckDBPyConnection) -> pa.Table:  # noqa: ARG001  (they are files)
        """The backups in the data folder, newest first: name, made_us, readings, bytes (also of what is linked)."""
        kinds = {"name": _TEXT, "made_us": _WHOLE, "readings": _WHOLE, "bytes": _WHOLE}
        found = readable_backups(keeper.folder.backups)
        return table(kinds, [(path.name, made.made_us, made.readings, made.bytes) for path, made in reversed(found)])

    def changed_settings(connection: duckdb.DuckDBPyConnection) -> pa.Table:
        """The settings that were changed at run time: key, value (as on the command line), asked_by, changed_us."""
        rows = connection.execute(
            "SELECT key, value, asked_by, changed_us FROM runtime_settings ORDER BY key"
        ).fetchall()
        return table({"key": _TEXT, "value": _TEXT, "asked_by": _TEXT, "changed_us": _WHOLE}, rows)

    return {question.__name__: question for question in (retention, expiring, forecast, backups, changed_settings)}


def _names(connection: duckdb.DuckDBPyConnection) -> dict[int, tuple[str, str]]:
    rows = connection.execute("SELECT series_id, device, metric FROM shown_series").fetchall()
    return {series_id: (device, metric) for series_id, device, metric in rows}


def table(kinds: Mapping[str, Any], rows: list[Any]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, kinds.values(), strict=True)], list(kinds))
