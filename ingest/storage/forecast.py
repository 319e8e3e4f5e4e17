"""How much the store grows, series by series, and when the disk is full or the limit is reached.

What a reading takes is measured on the last closed days, what comes a day on the last week. A level that is kept for
some time grows until its oldest rows are as old as that, so growth slows down and may stop: then it never gets full.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.storage.archive import IN_FILES, Archive
from telemetry.levels import DAY, HOUR, LEVELS, MINUTE, QUARTER, RAW
from telemetry.questions.places import place
from telemetry.timestamps import US_PER_DAY

_WEEK_US = 7 * US_PER_DAY
_MEASURED_DAYS = 3
#: Bytes of a row where no closed day tells: what a reading and a minute take; and of rows in the database, as measured
#: on a year of thirty series (docs/architecture.md).
_TYPICAL = {RAW.name: 2.0, MINUTE.name: 16.0, QUARTER.name: 46.0, HOUR.name: 60.0, DAY.name: 80.0}
_SKETCH_BYTES = 5.0
_SKETCH_BINS = 5
_NEVER_DAYS = 36_525


@dataclass(frozen=True, slots=True)
class Growth:
    """Of one series at one level: bytes a day, and for how many more days it grows (inf: for ever)."""

    series_id: int
    level: str
    bytes_per_day: float
    days: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """`full_us` is None where the store never gets full; `cause` is `disk` or `limit`."""

    readings_per_day: dict[int, float]
    growth: list[Growth]
    store_bytes: int
    free_bytes: int
    limit_bytes: int
    full_us: int | None
    cause: str | None

    def bytes_per_day(self, series_id: int) -> float:
        return sum(each.bytes_per_day for each in self.growth if each.series_id == series_id)


def forecast(
    cursor: duckdb.DuckDBPyConnection,
    archive: Archive,
    kept: Mapping[tuple[int, str], int],
    limit_bytes: int,
    at_us: int,
) -> Forecast:
    """The store's growth as it is now. `kept` says how long each series' levels are kept (`retention.kept_us`)."""
    rates, spans = _rates(cursor, at_us)
    sizes = _row_sizes(cursor, archive)
    growth = [
        Growth(series_id, name, size, _days_left(kept.get((series_id, name), 0), spans[series_id]))
        for series_id, rate in rates.items()
        for name, size in _sizes_per_day(rate, series_id, sizes).items()
    ]
    database = _database(cursor)
    store = archive_bytes(cursor) + _size(database)
    free = shutil.disk_usage(database.parent).free
    ends = [(_days_until(growth, free), "disk")]
    if limit_bytes:
        ends.append((_days_until(growth, limit_bytes - store), "limit"))
    days, cause = min(ends)
    full_us = None if days > _NEVER_DAYS else at_us + round(days * US_PER_DAY)
    return Forecast(rates, growth, store, free, limit_bytes, full_us, None if full_us is None else cause)


def archive_bytes(cursor: duckdb.DuckDBPyConnection) -> int:
    """What the files of closed days take."""
    ((size,),) = cursor.execute("SELECT coalesce(sum(bytes), 0)::BIGINT FROM segments").fetchall()
    return int(size)


def _rates(cursor: duckdb.DuckDBPyConnection, at_us: int) -> tuple[dict[int, float], dict[int, float]]:
    """Of each series that is alive: readings a day over the last week, and for how many days there have been any."""
    ids = [row[0] for row in cursor.execute("SELECT series_id FROM series").fetchall()]
    where = place(cursor, ids, at_us - _WEEK_US, at_us)
    rows = cursor.execute(
        f"SELECT series_id, sum(count), min(first_us) FROM ({where.parts(DAY)}) GROUP BY series_id"
    ).fetchall()
    firsts = dict(
        cursor.execute(
            f"SELECT series_id, min(first_us) FROM ({place(cursor, ids, 0, at_us).parts(DAY)}) GROUP BY series_id"
        ).fetchall()
    )
    rates, spans = {}, {}
    for series_id, count, first_us in rows:
        rates[series_id] = float(count) * US_PER_DAY / max(at_us - first_us, US_PER_DAY // 24)
        spans[series_id] = (at_us - firsts[series_id]) / US_PER_DAY
    return rates, spans


def _row_sizes(cursor: duckdb.DuckDBPyConnection, archive: Archive) -> dict[tuple[int, str], float]:
    """(series, level) → bytes of a row, from the row groups of the last closed days; level alone (series 0): of all."""
    found: dict[tuple[int, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for level in IN_FILES:
        for segment in archive.segments(cursor, level)[-_MEASURED_DAYS:]:
            groups = cursor.execute(
                f"""
                SELECT row_group_id, any_value(row_group_num_rows), sum(total_compressed_size),
                    max(stats_min_value) FILTER (WHERE path_in_schema = 'series_id'),
                    max(stats_max_value) FILTER (WHERE path_in_schema = 'series_id')
                FROM parquet_metadata('{(archive.folder / segment.file).as_posix().replace("'", "''")}') GROUP BY 1
                """
            ).fetchall()
            whole = segment.bytes / max(sum(group[2] for group in groups), 1)  # with what is said of the groups
            for _, rows, size, first, last in groups:
                owners = {0, int(first)} if first == last else {0}  # a group of several series tells of none
                for owner in owners:
                    found[owner, level.name][0] += rows
                    found[owner, level.name][1] += size * whole
    return {key: size / rows for key, (rows, size) in found.items()}


def _sizes_per_day(rate: float, series_id: int, sizes: Mapping[tuple[int, str], float]) -> dict[str, float]:
    """Bytes a day of a series by level."""
    rows = {RAW.name: rate} | {
        level.name: min(rate, US_PER_DAY / level.width_us) for level in LEVELS if level is not RAW
    }
    each = {
        name: sizes.get((series_id, name), sizes.get((0, name), _TYPICAL[name])) if name in _FILES else _TYPICAL[name]
        for name in rows
    }
    found = {name: count * each[name] for name, count in rows.items()}
    found[QUARTER.name] += rows[QUARTER.name] * _SKETCH_BINS * _SKETCH_BYTES
    return found


_FILES = {level.name for level in IN_FILES}


def _days_left(keep_us: int, span_days: float) -> float:
    return max(keep_us / US_PER_DAY - span_days, 0.0) if keep_us else float("inf")


def _days_until(growth: Iterable[Growth], room: float) -> float:
    """In how many days so much room is used up; inf for never. Growth is steady between the ends of its parts."""
    if room <= 0:
        return 0.0
    parts = sorted(growth, key=lambda each: each.days)
    rate, day = sum(each.bytes_per_day for each in parts), 0.0
    for each in parts:
        needed = room / rate if rate > 0 else float("inf")
        if day + needed <= each.days:
            return day + needed
        room -= rate * (each.days - day)
        day = each.days
        rate -= each.bytes_per_day
    return float("inf")


def _database(cursor: duckdb.DuckDBPyConnection) -> Path:
    ((path,),) = cursor.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()
    return Path(path)


def _size(database: Path) -> int:
    """The database file and its log."""
    files = (database, database.with_name(database.name + ".wal"))
    return sum(file.stat().st_size for file in files if file.exists())
