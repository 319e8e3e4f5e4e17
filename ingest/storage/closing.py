"""Closes days: moves their readings from the live tables to files and the wider rollups, in order of series and time.

Each day is one transaction, so a crash leaves it open or closed. Late readings of a closed day arrive in the live
tables like all others, are answered from there, and join their day when it is closed again: as corrected as the rest of
its rollups, which is how they were when raw readings of that day expired.
"""

from __future__ import annotations

import logging

import duckdb

from ingest.storage.aggregates import PACKED, UNPACKED, merged, rolled_up, sketched
from ingest.storage.archive import Archive, Segment, of_day
from ingest.storage.clustering import disturb
from ingest.storage.transactions import transaction
from telemetry.corrections import HIDE, Correction, Scaling, adjusted, in_force, scalings, settled, within
from telemetry.levels import DAY, HOUR, MINUTE, QUARTER, RAW
from telemetry.timestamps import EARLIEST_US, LATEST_US, US_PER_DAY

_log = logging.getLogger(__name__)

#: Fewer late readings than this wait for the night.
_WORTH_REWRITING = 100_000


def close_days(cursor: duckdb.DuckDBPyConnection, archive: Archive, before_us: int, *, late: bool) -> int:
    """Close the days that ended before a moment; how many readings moved. `late`: also merge few late ones."""
    moved = 0
    for day, count in open_days(cursor, before_us // US_PER_DAY):
        if late or count >= _WORTH_REWRITING or not archive.segments(cursor, MINUTE, day, day):
            close_day(cursor, archive, day)
            moved += count
    return moved


def open_days(cursor: duckdb.DuckDBPyConnection, before_day: int) -> list[tuple[int, int]]:
    """(day, readings) in the live tables before a day."""
    return cursor.execute(
        f"""
        SELECT t_us // {US_PER_DAY} AS day, count(*) FROM live_readings WHERE t_us < {before_day * US_PER_DAY}
        GROUP BY day ORDER BY day
        """
    ).fetchall()


def close_day(cursor: duckdb.DuckDBPyConnection, archive: Archive, day: int) -> None:
    """Move a day from the live tables to where closed days lie."""
    with transaction(cursor):
        old = archive.segments(cursor, None, day, day)
        raw = f"SELECT t_us, series_id, value FROM live_readings WHERE {of_day(day)}"
        shown = adjusted(raw, *_adjustments(cursor))
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE closing AS {rolled_up(shown, MINUTE)}")
        new = _files(cursor, archive, day, old)
        for level in (QUARTER, HOUR, DAY):
            cursor.execute(f"INSERT INTO {level.table} {merged('FROM closing', level)}")
        cursor.execute(f"INSERT INTO sketch {sketched(shown)}")
        disturb(cursor, day * US_PER_DAY)
        cursor.execute("DROP TABLE closing")
        cursor.execute(f"DELETE FROM live_readings WHERE {of_day(day)}")
        cursor.execute(f"DELETE FROM live_minutes WHERE {of_day(day, 'bucket_us')}")
        archive.adopt(cursor, old, new)
    archive.retire(old)
    _log.info("day %d closed: %s", day, ", ".join(f"{found.level} {found.bytes} bytes" for found in new))


def _adjustments(cursor: duckdb.DuckDBPyConnection) -> tuple[list[Correction], list[Scaling]]:
    """What readings that join a closed day are to go through: what those went through that its rollups are made of."""
    corrections = in_force(cursor)
    expired = dict(cursor.execute("SELECT series_id, from_us FROM horizons WHERE level = $1", [RAW.name]).fetchall())
    shown = settled(cursor)
    for series_id in {found.series_id for found in corrections}:
        shown += within(scalings(corrections, series_id), expired.get(series_id, EARLIEST_US), LATEST_US)
    return [found for found in corrections if found.kind == HIDE], shown


def _files(cursor: duckdb.DuckDBPyConnection, archive: Archive, day: int, old: list[Segment]) -> list[Segment]:
    """The day's readings and minutes, those in its files and those still live, in new files."""
    raw = f"SELECT t_us, series_id, value, flags FROM live_readings WHERE {of_day(day)}"
    minutes = "FROM closing"
    for segment in old:
        if segment.level == RAW.name:
            raw += f" UNION ALL {archive.read([segment])}"
        else:
            minutes += f" UNION ALL SELECT {UNPACKED} FROM ({archive.read([segment])})"
    written = (
        archive.write(cursor, day, RAW, f"SELECT * FROM ({raw}) ORDER BY series_id, t_us"),
        archive.write(cursor, day, MINUTE, f"SELECT {PACKED} FROM ({merged(minutes, MINUTE)})"),
    )
    return [segment for segment in written if segment is not None]
