"""Takes a part of an import into the store: what is not there yet goes to the live tables, and from there to its day.

A part is a Parquet file (t_us, device, metric, value) in `backups/`. A reading is there already when one of the same
series, moment and value is, wherever it lies; so a part may be taken twice. Where raw readings have expired and their
rollups stayed, nobody can tell: such readings are left out, and counted. Whether that is so is told by the day itself:
it may lie before the horizon and be whole, where an earlier part of the same import has just been closed. While an
import is under way (`under_way`) nothing expires, so that its parts find one another.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.storage.aggregates import rolled_up
from ingest.storage.archive import Archive, quoted
from ingest.storage.transactions import transaction
from telemetry.corrections import corrected, in_force
from telemetry.levels import DAY, MINUTE, RAW
from telemetry.timestamps import US_PER_DAY

#: (device, metric) → series_id.
Names = Mapping[tuple[str, str], int]

#: An import that has brought nothing for so long is none any more: its command line was killed.
_QUIET_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a part: readings that were new, that were there already, and that nobody can tell."""

    added: int
    known: int
    expired: int
    newest_us: int


def under_way(backups: Path) -> bool:
    """Whether an import is bringing its parts: each has a folder here, in which every part is put and taken away."""
    for folder in backups.glob("import-*"):
        with contextlib.suppress(OSError):  # it has just ended
            if time.time() - folder.stat().st_mtime < _QUIET_SECONDS:
                return True
    return False


def names_in(cursor: duckdb.DuckDBPyConnection, part: Path) -> list[tuple[str, str]]:
    """The series that a part speaks of: (device, metric)."""
    return cursor.execute(f"SELECT DISTINCT device, metric FROM read_parquet({quoted(part)}) ORDER BY ALL").fetchall()


def take(cursor: duckdb.DuckDBPyConnection, archive: Archive, part: Path, names: Names) -> Taken:
    """One transaction; under the keeper's lock."""
    try:
        with transaction(cursor):
            return _take(cursor, archive, part, names)
    finally:
        for table in ("import_names", "imported"):
            cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _take(cursor: duckdb.DuckDBPyConnection, archive: Archive, part: Path, names: Names) -> Taken:
    cursor.execute(
        "CREATE TEMP TABLE import_names AS SELECT unnest($1::VARCHAR[]) AS device, unnest($2::VARCHAR[]) AS metric,"
        " unnest($3::INTEGER[]) AS series_id",
        [[device for device, _ in names], [metric for _, metric in names], list(names.values())],
    )
    cursor.execute(
        f"""
        CREATE TEMP TABLE imported AS
        SELECT DISTINCT t_us, series_id, value
        FROM read_parquet({quoted(part)}) JOIN import_names USING (device, metric)
        """
    )
    ((rows, first_us, last_us),) = cursor.execute("SELECT count(*), min(t_us), max(t_us) FROM imported").fetchall()
    if not rows:
        return Taken(0, 0, 0, 0)
    corrections = in_force(cursor, set(names.values()))
    segments = archive.segments(cursor, RAW, first_us // US_PER_DAY, last_us // US_PER_DAY)
    closed = [f"FROM ({archive.read(segments)})"] if segments else []
    ids = ", ".join(str(row[0]) for row in cursor.execute("SELECT DISTINCT series_id FROM imported").fetchall())
    there = _there(["FROM tail", "FROM live_readings", *closed], ids, first_us, last_us)
    known = _drop(cursor, f"(series_id, t_us, value) IN (SELECT series_id, t_us, value FROM ({there}))")
    whole_days = first_us // US_PER_DAY * US_PER_DAY, (last_us // US_PER_DAY + 1) * US_PER_DAY - 1
    left = corrected(_there(closed, ids, *whole_days), corrections) if closed else "SELECT 0 AS series_id, 0 AS t_us"
    expired = _drop(cursor, f"(series_id, t_us // {US_PER_DAY}) IN ({_expired_days(left, ids, *whole_days)})")
    fresh = corrected("SELECT t_us, series_id, value FROM imported", corrections)
    cursor.execute(f"INSERT INTO live_minutes {rolled_up(fresh, MINUTE)}")
    cursor.execute("INSERT INTO live_readings SELECT t_us, series_id, value, 0 FROM imported ORDER BY series_id, t_us")
    return Taken(rows - known - expired, known, expired, last_us)


def _drop(cursor: duckdb.DuckDBPyConnection, condition: str) -> int:
    return int(cursor.execute(f"DELETE FROM imported WHERE {condition}").fetchall()[0][0])


def _there(places: list[str], ids: str, first_us: int, last_us: int) -> str:
    """SQL for the raw readings of some series and a span (with its last moment) that lie in these places."""
    where = f"WHERE t_us BETWEEN {first_us} AND {last_us} AND series_id IN ({ids})"
    return " UNION ALL ".join(f"SELECT series_id, t_us, value {place} {where}" for place in places)


def _expired_days(left: str, ids: str, first_us: int, last_us: int) -> str:
    """SQL for (series_id, day) of which fewer readings are `left` in the files than the day's rollup was made of."""
    return f"""
        SELECT series_id, day FROM (
            SELECT series_id, bucket_us // {US_PER_DAY} AS day, sum(count) AS made_of
            FROM {DAY.table} JOIN horizons USING (series_id)
            WHERE level = '{RAW.name}' AND bucket_us < from_us AND bucket_us BETWEEN {first_us} AND {last_us}
                AND series_id IN ({ids}) GROUP BY ALL
        ) LEFT JOIN (
            SELECT series_id, t_us // {US_PER_DAY} AS day, count(*) AS count FROM ({left}) GROUP BY ALL
        ) USING (series_id, day)
        WHERE coalesce(count, 0) < made_of
    """
