"""Puts the wider rollups of past weeks in order of series and time.

Each closing appends a day, all series of it; so a question about one series over years would read the pages of all.
In order, a page is that of one or two series, and the others are passed over by what DuckDB knows of each. A day that
is closed after its stretch was put in order (late or imported readings) has the stretch put in order once more.
"""

from __future__ import annotations

import duckdb

from ingest.storage.transactions import transaction
from telemetry.levels import HOUR, LEVELS
from telemetry.timestamps import US_PER_DAY

#: Long enough that a series fills pages of DuckDB's (2,048 rows) with its own hours, short enough to be done at night.
STRETCH_US = 32 * US_PER_DAY
#: So many series are sorted at once: bounds the memory.
_SERIES = 100
#: In `meta`: where what is in order ends, and where stretches before that begin which are no longer.
_DONE = "clustered_us"
_DISTURBED = "disturbed_us"


def cluster(cursor: duckdb.DuckDBPyConnection, before_us: int) -> bool:
    """Put the next stretch that lies before a moment in order, in one transaction; False when there is none."""
    start_us = _next(cursor, before_us)
    if start_us is None:
        return False
    end_us = start_us + STRETCH_US
    with transaction(cursor):
        for level in LEVELS:
            if level.table:
                _sort(cursor, level.table, f"bucket_us >= {start_us} AND bucket_us < {end_us}")
        cursor.execute("DELETE FROM meta WHERE key = $1 AND value = $2", [_DISTURBED, str(start_us)])
        if end_us > _done_us(cursor):
            cursor.execute("DELETE FROM meta WHERE key = $1", [_DONE])
            cursor.execute("INSERT INTO meta VALUES ($1, $2)", [_DONE, str(end_us)])
    return True


def disturb(cursor: duckdb.DuckDBPyConnection, t_us: int) -> None:
    """Within a transaction that adds rollups of a day: note its stretch, where that had been put in order."""
    start_us = t_us // STRETCH_US * STRETCH_US
    if start_us >= _done_us(cursor):
        return
    cursor.execute(
        """
        INSERT INTO meta SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key = $1 AND value = $2)
        """,
        [_DISTURBED, str(start_us)],
    )


def _next(cursor: duckdb.DuckDBPyConnection, before_us: int) -> int | None:
    """Where the first stretch that has rows and is not in order begins; None where it is not over yet."""
    disturbed = cursor.execute("SELECT value FROM meta WHERE key = $1 LIMIT 1", [_DISTURBED]).fetchall()
    if disturbed:
        return int(disturbed[0][0])
    done_us = _done_us(cursor)
    ((first_us,),) = cursor.execute(
        f"SELECT min(bucket_us) FROM {HOUR.table} WHERE bucket_us >= $1", [done_us]
    ).fetchall()
    if first_us is None:
        return None
    start_us = int(first_us) // STRETCH_US * STRETCH_US
    return start_us if start_us + STRETCH_US <= before_us else None


def _done_us(cursor: duckdb.DuckDBPyConnection) -> int:
    rows = cursor.execute("SELECT value FROM meta WHERE key = $1", [_DONE]).fetchall()
    return int(rows[0][0]) if rows else 0


def _sort(cursor: duckdb.DuckDBPyConnection, table: str, stretch: str) -> None:
    """Append the rows once more in order, some series at a time, and delete those that were there."""
    last, lowest, highest = cursor.execute(
        f"SELECT max(rowid), min(series_id), max(series_id) FROM {table} WHERE {stretch}"
    ).fetchall()[0]
    if last is None:
        return
    old = f"{stretch} AND rowid <= {last}"
    for first in range(lowest, highest + 1, _SERIES):
        some = f"series_id >= {first} AND series_id < {first + _SERIES}"
        cursor.execute(
            f"INSERT INTO {table} SELECT * FROM {table} WHERE {old} AND {some} ORDER BY series_id, bucket_us"
        )
    cursor.execute(f"DELETE FROM {table} WHERE {old}")
