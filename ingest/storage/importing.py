"""Takes a part of an import into the store: what is not there yet goes to the live tables, and from there to its day.

A part is a Parquet file (t_us, device, metric, value) in `backups/`. A reading is there already when one of the same
series, moment and value is, wherever it lies; so a part may be taken twice. Where raw readings have expired and their
rollups stayed, nobody can tell: such readings are left out, and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.storage.aggregates import rolled_up
from ingest.storage.archive import Archive, quoted
from ingest.storage.transactions import transaction
from telemetry.corrections import corrected, in_force
from telemetry.levels import MINUTE, RAW
from telemetry.timestamps import US_PER_DAY

#: (device, metric) → series_id.
Names = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a part: readings that were new, that were there already, and that nobody can tell."""

    added: int
    known: int
    expired: int
    newest_us: int


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
    there = _there(cursor, archive, first_us, last_us)
    known = _drop(cursor, f"(series_id, t_us, value) IN (SELECT series_id, t_us, value FROM ({there}))")
    expired = _drop(
        cursor,
        f"""
        (series_id, t_us // {US_PER_DAY}) IN (
            SELECT series_id, bucket_us // {US_PER_DAY} FROM rollup_day JOIN horizons USING (series_id)
            WHERE level = '{RAW.name}' AND bucket_us < from_us
        )
        """,
    )
    fresh = corrected("SELECT t_us, series_id, value FROM imported", in_force(cursor, set(names.values())))
    cursor.execute(f"INSERT INTO live_minutes {rolled_up(fresh, MINUTE)}")
    cursor.execute("INSERT INTO live_readings SELECT t_us, series_id, value, 0 FROM imported ORDER BY series_id, t_us")
    return Taken(rows - known - expired, known, expired, last_us)


def _drop(cursor: duckdb.DuckDBPyConnection, condition: str) -> int:
    return int(cursor.execute(f"DELETE FROM imported WHERE {condition}").fetchall()[0][0])


def _there(cursor: duckdb.DuckDBPyConnection, archive: Archive, first_us: int, last_us: int) -> str:
    """SQL for the raw readings of the part's series and span, wherever they lie."""
    segments = archive.segments(cursor, RAW, first_us // US_PER_DAY, last_us // US_PER_DAY)
    places = ["FROM tail", "FROM live_readings", *([f"FROM ({archive.read(segments)})"] if segments else [])]
    ids = ", ".join(str(row[0]) for row in cursor.execute("SELECT DISTINCT series_id FROM imported").fetchall())
    where = f"WHERE t_us BETWEEN {first_us} AND {last_us} AND series_id IN ({ids})"
    return " UNION ALL ".join(f"SELECT series_id, t_us, value {place} {where}" for place in places)
