"""Lets expire what is no longer to be kept, in whole days (UTC), for each level and, where set, for each series.

Files of days that expired for every series are dropped, others are written anew without those that did; the files that
are no longer named give their space back. Rows of the database's own tables are deleted, and once the file is mostly
free it becomes smaller (`ingest.storage.shrinking`). Questions know by `horizons` what has expired, however much of it
still lies there. Nothing newer than a horizon is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb

from ingest.storage.archive import IN_FILES, Archive, Segment
from ingest.storage.transactions import transaction
from telemetry.corrections import in_force, scalings, within
from telemetry.errors import ActionError, nearest
from telemetry.levels import BY_NAME, LEVELS, QUARTER, RAW, Level
from telemetry.timestamps import EARLIEST_US, US_PER_DAY, US_PER_SECOND, now_us

#: Does something with a cursor while nothing else moves readings: `Keeper.work`.
Work = Callable[[Callable[[duckdb.DuckDBPyConnection], Any]], Any]

_FOREVER = 0
_LONGEST_DAYS = 40_000


@dataclass(frozen=True, slots=True)
class Doomed:
    """What expires next: of one series and level, the rows before a moment, and about how many bytes they take."""

    series_id: int
    level: str
    before_us: int
    rows: int
    bytes: int


def kept_us(cursor: duckdb.DuckDBPyConnection, retention_raw_seconds: int) -> dict[tuple[int, str], int]:
    """How long each series' levels are kept, by (series_id, level); 0 is for ever."""
    return _applied(cursor, _rules(cursor), retention_raw_seconds)


#: By series (None: each that has no rule of its own) and level: for how many microseconds; 0 is for ever.
Rules = dict[tuple[int | None, str], int]


def _rules(cursor: duckdb.DuckDBPyConnection) -> Rules:
    rows = cursor.execute("SELECT series_id, level, keep_us FROM retention ORDER BY changed_us").fetchall()
    return {(series_id, level): keep_us for series_id, level, keep_us in rows}


def _applied(
    cursor: duckdb.DuckDBPyConnection, rules: Rules, retention_raw_seconds: int
) -> dict[tuple[int, str], int]:  # fmt: skip
    ids = [row[0] for row in cursor.execute("SELECT series_id FROM series ORDER BY series_id").fetchall()]
    defaults = {level.name: _FOREVER for level in LEVELS} | {RAW.name: retention_raw_seconds * US_PER_SECOND}
    return {
        (series_id, name): rules.get((series_id, name), rules.get((None, name), default))
        for series_id in ids
        for name, default in defaults.items()
    }


def with_rule(
    cursor: duckdb.DuckDBPyConnection, level: str, days: float | None, series_ids: Collection[int] | None,
    retention_raw_seconds: int,
) -> dict[tuple[int, str], int]:  # fmt: skip
    """How long everything would be kept with one more rule: for some days, 0 for ever, None for no rule of its own.

    Raises ActionError where a wider level would be kept shorter than a finer one: answers would have holes.
    """
    if level not in BY_NAME:
        raise ActionError(f"'{level[:32]}' is no level{nearest(level, BY_NAME)}")
    if days is not None and not (days == 0 or 1 <= days <= _LONGEST_DAYS):
        raise ActionError(f"days={days} must be 1 to {_LONGEST_DAYS}, or 0 for ever")
    rules = _rules(cursor)
    for series_id in series_ids or (None,):
        rules.pop((series_id, level), None)
        if days is not None:
            rules[series_id, level] = round(days * US_PER_DAY)
    kept = _applied(cursor, rules, retention_raw_seconds)
    _refuse_holes(kept)
    return kept


def set_retention(
    cursor: duckdb.DuckDBPyConnection, level: str, days: float | None, series_ids: Collection[int] | None, by: str,
    retention_raw_seconds: int,
) -> None:  # fmt: skip
    """Keep a rule (`with_rule`), for some series or for each that has none of its own. Raises ActionError."""
    with transaction(cursor):
        with_rule(cursor, level, days, series_ids, retention_raw_seconds)
        for series_id in series_ids or (None,):
            cursor.execute(
                "DELETE FROM retention WHERE level = $1 AND series_id IS NOT DISTINCT FROM $2", [level, series_id]
            )
            if days is not None:
                row = [series_id, level, round(days * US_PER_DAY), by[:200], now_us()]
                cursor.execute("INSERT INTO retention VALUES ($1, $2, $3, $4, $5)", row)


def _refuse_holes(kept: Mapping[tuple[int, str], int]) -> None:
    for series_id in {key[0] for key in kept}:
        spans = [kept[series_id, level.name] or float("inf") for level in LEVELS]
        for finer, wider, before, after in zip(LEVELS, LEVELS[1:], spans, spans[1:], strict=False):
            if after < before:
                raise ActionError(
                    f"{wider.name} would be kept shorter than {finer.name}: keep {finer.name} for at most as long first"
                )


def horizons(cursor: duckdb.DuckDBPyConnection, retention_raw_seconds: int, at_us: int) -> dict[tuple[int, str], int]:
    """(series_id, level) → the moment before which it is not to be kept; only those that have one."""
    return horizons_of(kept_us(cursor, retention_raw_seconds), at_us)


def horizons_of(kept: Mapping[tuple[int, str], int], at_us: int) -> dict[tuple[int, str], int]:
    """The moments before which what is kept so long is no longer to be kept, at a moment."""
    return {key: (at_us - keep) // US_PER_DAY * US_PER_DAY for key, keep in kept.items() if keep}


def doomed(cursor: duckdb.DuckDBPyConnection, archive: Archive, wanted: Mapping[tuple[int, str], int]) -> list[Doomed]:
    """What `expire` would delete now, without deleting it."""
    found = []
    for level in LEVELS:
        limits = _limits(wanted, level)
        if not limits:
            continue
        for series_id, rows, size in _counted(cursor, archive, level, limits):
            found.append(Doomed(series_id, level.name, limits[series_id], rows, size))
    return found


def expire(work: Work, archive: Archive, wanted: Mapping[tuple[int, str], int]) -> int:
    """Delete what lies before the horizons; how many rows. The space is back once the archive is swept.

    In steps, between which others may work: the horizons are set first, and from then on no question touches what lies
    before them. A crash between two steps leaves rows that the next night finds again.
    """
    plan = work(lambda cursor: doomed(cursor, archive, wanted))
    if not plan:
        return 0
    work(lambda cursor: _set_horizons(cursor, plan))
    for level in LEVELS:
        limits = {found.series_id: found.before_us for found in plan if found.level == level.name}
        if limits and level in IN_FILES:
            last_day = max(limits.values()) // US_PER_DAY - 1
            for day in work(partial(_days, archive=archive, level=level, last_day=last_day)):
                work(partial(_drop, archive=archive, level=level, day=day, limits=limits))
        elif limits:
            work(partial(_drop_rows, level=level, limits=limits))
    return sum(found.rows for found in plan)


def _set_horizons(cursor: duckdb.DuckDBPyConnection, plan: list[Doomed]) -> None:
    """Horizons only ever move forward: what has expired does not come back when more is to be kept from now on."""
    before = {
        (series_id, level): from_us
        for series_id, level, from_us in cursor.execute("SELECT series_id, level, from_us FROM horizons").fetchall()
    }
    corrections = in_force(cursor)
    with transaction(cursor):
        for found in plan:
            earlier = before.get((found.series_id, found.level), EARLIEST_US)
            if found.before_us <= earlier:
                continue
            cursor.execute("DELETE FROM horizons WHERE series_id = $1 AND level = $2", [found.series_id, found.level])
            cursor.execute("INSERT INTO horizons VALUES ($1, $2, $3)", [found.series_id, found.level, found.before_us])
            if found.level == RAW.name:
                for each in within(scalings(corrections, found.series_id), earlier, found.before_us):
                    row = [each.series_id, each.from_us, each.to_us, each.factor, each.shift]
                    cursor.execute("INSERT INTO expired_scalings VALUES ($1, $2, $3, $4, $5)", row)


def _limits(wanted: Mapping[tuple[int, str], int], level: Level) -> dict[int, int]:
    return {series_id: before_us for (series_id, name), before_us in wanted.items() if name == level.name}


def _counted(
    cursor: duckdb.DuckDBPyConnection, archive: Archive, level: Level, limits: Mapping[int, int]
) -> list[tuple[int, int, int]]:
    """(series_id, rows, about how many bytes) of a level before each series' limit, where there are any."""
    condition = _before(limits, "t_us" if level is RAW else "bucket_us")
    if level not in IN_FILES:
        query = f"SELECT series_id, count(*) FROM {level.table} WHERE {condition} GROUP BY series_id ORDER BY series_id"
        return [(series_id, rows, rows * _ROW_BYTES) for series_id, rows in cursor.execute(query).fetchall()]
    segments = archive.segments(cursor, level, None, max(limits.values()) // US_PER_DAY - 1)
    if not segments:
        return []
    each = sum(segment.bytes for segment in segments) / max(sum(segment.rows for segment in segments), 1)
    query = f"SELECT series_id, count(*) FROM ({archive.read(segments)}) WHERE {condition} GROUP BY 1 ORDER BY 1"
    return [(series_id, rows, round(rows * each)) for series_id, rows in cursor.execute(query).fetchall()]


#: About what a row of a wider rollup takes in the database.
_ROW_BYTES = 30


def _days(cursor: duckdb.DuckDBPyConnection, archive: Archive, level: Level, last_day: int) -> list[int]:
    return sorted({segment.day for segment in archive.segments(cursor, level, None, last_day)})


def _drop(
    cursor: duckdb.DuckDBPyConnection, archive: Archive, level: Level, day: int, limits: Mapping[int, int]
) -> None:
    """Write a day's file anew without what lies before its limit, or drop it; nothing where nothing does."""
    old: list[Segment] = []
    new: list[Segment] = []
    gone = ", ".join(str(series_id) for series_id, limit in limits.items() if limit > day * US_PER_DAY)
    with transaction(cursor):
        for segment in archive.segments(cursor, level, day, day):
            rows = f"SELECT * FROM ({archive.read([segment])}) WHERE series_id NOT IN ({gone})"
            ((left,),) = cursor.execute(f"SELECT count(*) FROM ({rows})").fetchall()
            if left == segment.rows:
                continue
            old.append(segment)
            written = archive.write(cursor, segment.day, level, rows) if left else None
            new += [written] if written else []
        archive.adopt(cursor, old, new)
    archive.retire(old)


def _drop_rows(cursor: duckdb.DuckDBPyConnection, level: Level, limits: Mapping[int, int]) -> None:
    """Delete what expired from a table of the database; what that frees is reused, or given back (`shrinking`)."""
    tables = (level.table, "sketch") if level is QUARTER else (level.table,)
    with transaction(cursor):
        for table in tables:
            cursor.execute(f"DELETE FROM {table} WHERE {_before(limits, 'bucket_us')}")


def _before(limits: Mapping[int, int], column: str) -> str:
    """SQL for "before its series' limit"."""
    by_limit: dict[int, list[int]] = {}
    for series_id, limit in limits.items():
        by_limit.setdefault(limit, []).append(series_id)
    return " OR ".join(
        f"({column} < {limit} AND series_id IN ({', '.join(map(str, ids))}))" for limit, ids in by_limit.items()
    )
