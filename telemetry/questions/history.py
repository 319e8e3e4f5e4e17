"""Series over time: in buckets, as readings, several at once, and the same range some weeks before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemetry.buckets import bucket_grid
from telemetry.levels import widest
from telemetry.local_time import local_day, moment_of, pieces, restriction
from telemetry.questions.answering import (
    POINTS,
    check_number,
    check_range,
    find_series,
    metadata_of,
    pairs_of,
    shown_names,
    table,
    with_metadata,
)
from telemetry.questions.narrowing import narrowed
from telemetry.questions.places import SUMS, place
from telemetry.questions.remembering import up_to
from telemetry.timestamps import US_PER_DAY, US_PER_SECOND

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_SERIES = (1, 1_000)
_WEEK_DAYS = 7
_BUCKET = "sum(sum) / sum(count) AS mean, min(min) AS min, max(max) AS max, sum(count)::BIGINT AS count"
_AS_IT_IS = "value AS mean, value AS min, value AS max, 1::BIGINT AS count"


def buckets(
    connection: duckdb.DuckDBPyConnection,
    *,
    device: str,
    metric: str,
    start_us: int,
    end_us: int,
    points: int,
    zone: str = "UTC",
    weekdays: list[int] | None = None,
    hours: list[int] | None = None,
) -> pa.Table:
    """At most `points` buckets of a series over a range: t_us (the bucket's start), mean, min, max, count.

    Where no more readings than `points` exist they come as they are (mean = min = max, count 1). Empty buckets are
    left out. The schema's metadata holds `bucket_us` (0 for readings as they are). An unknown series gives no row.
    `weekdays` (0 is Monday) and `hours` ([9, 19]: from 9 to 19) keep only readings of those local times in `zone`.
    """
    check_range(start_us, end_us)
    check_number("points", points, *POINTS)
    where = place(connection, find_series(connection, device, metric), start_us, end_us)
    only = restriction(zone, weekdays, hours)
    width, origin = bucket_grid(start_us, end_us, points)
    rows = (
        f"SELECT {_grid(width, origin)} AS t_us, {_BUCKET} FROM ({narrowed(where, only, width)}) GROUP BY 1 ORDER BY 1"
    )
    found = table(connection, rows, bucket_us=width)
    if not where.raw_is_whole or _total(found) > points:
        return found
    plain = narrowed(where, only, 0, where.readings())
    return table(connection, f"SELECT t_us, {_AS_IT_IS} FROM ({plain}) ORDER BY t_us", bucket_us=0)


def buckets_of(
    connection: duckdb.DuckDBPyConnection, *, series: list[list[str]], start_us: int, end_us: int, points: int
) -> pa.Table:
    """Several series in the same buckets: device, metric, t_us, mean, min, max, count; by series, then time.

    `series` is a list of [device, metric], at most 1,000. Empty buckets and unknown series are left out. The metadata
    holds `bucket_us`; readings never come as they are.
    """
    check_range(start_us, end_us)
    check_number("points", points, *POINTS)
    check_number("the number of series", len(series), *_SERIES)
    names = _find_all(connection, series)
    where = place(connection, [series_id for *_, series_id in names], start_us, end_us)
    width, origin = bucket_grid(start_us, end_us, points)
    most = len(names) * points
    read = up_to(connection, most)
    rows = f"""
        WITH names(device, metric, series_id) AS (VALUES {_named(names)}), found AS (
            SELECT {_shown_as(names)} AS series_id, {_grid(width, origin)} AS t_us, {_BUCKET}
            FROM ({where.parts(widest(width), SUMS)}) GROUP BY ALL
        )
        SELECT device, metric, t_us, mean, found.min, found.max, found.count
        FROM found JOIN names USING (series_id) ORDER BY device, metric, t_us {f"LIMIT {read}" if read < most else ""}
    """
    return table(connection, rows, bucket_us=width)


def buckets_before(
    connection: duckdb.DuckDBPyConnection,
    *,
    device: str,
    metric: str,
    start_us: int,
    end_us: int,
    points: int,
    zone: str,
    weekdays: list[int] | None = None,
    hours: list[int] | None = None,
) -> pa.Table:
    """The same range one period earlier, aligned by weekday: as `buckets`, and shown_us, where each would lie now.

    Earlier by as many whole weeks of local time as the range is long, so a Monday is compared with a Monday and nine
    o'clock with nine o'clock, across clock changes too. The metadata also holds `weeks`, `start_us` and `end_us`.
    """
    import pyarrow as pa

    check_range(start_us, end_us)
    weeks = max(1, -(-(end_us - start_us) // (_WEEK_DAYS * US_PER_DAY)))
    pieces(zone, start_us, start_us)  # refuses what is no zone
    earlier = (_moved(start_us, -weeks, zone), _moved(end_us, -weeks, zone))
    found = buckets(
        connection, device=device, metric=metric, start_us=earlier[0], end_us=earlier[1], points=points,
        zone=zone, weekdays=weekdays, hours=hours,
    )  # fmt: skip
    shown = pa.array([_moved(t_us, weeks, zone) for t_us in found.column("t_us").to_pylist()], pa.int64())
    metadata = {**metadata_of(found), "weeks": weeks, "start_us": earlier[0], "end_us": earlier[1]}
    return with_metadata(found.append_column("shown_us", shown), **metadata)


def readings(
    connection: duckdb.DuckDBPyConnection,
    *,
    device: str,
    metric: str,
    start_us: int,
    end_us: int,
    limit: int = 100_000,
) -> pa.Table:
    """The readings of a series as they are (corrected), oldest first, at most `limit`: t_us, value.

    The metadata's `complete` is false where there are more, or where some of this range have expired.
    """
    check_range(start_us, end_us)
    check_number("limit", limit, 1, 10_000_000)
    where = place(connection, find_series(connection, device, metric), start_us, end_us)
    rows = f"SELECT t_us, value FROM ({where.readings()}) ORDER BY t_us LIMIT {up_to(connection, limit + 1)}"
    found = table(connection, rows)
    return with_metadata(found.slice(0, limit), complete=where.raw_is_whole and found.num_rows <= limit)


def _grid(width: int, origin: int) -> str:
    """SQL for the start of the bucket that `t_us` lies in."""
    return f"(t_us - {origin}) // {width} * {width} + {origin}"


def _total(found: pa.Table) -> int:
    return sum(found.column("count").to_pylist())


def _find_all(connection: duckdb.DuckDBPyConnection, wanted: list[list[str]]) -> list[tuple[str, str, int]]:
    """`(device, metric, id)` of [device, metric] pairs. Raises QuestionError for what is no pair."""
    pairs = set(pairs_of(wanted))
    return sorted(row for row in shown_names(connection) if row[:2] in pairs)


def _named(names: list[tuple[str, str, int]]) -> str:
    """SQL for device, metric and one id of each; of several that are shown as one, the first."""
    rows = (f"({_text(device)}, {_text(metric)}, {series_id})" for (device, metric), series_id in _first(names).items())
    return ", ".join(rows) or "('', '', -1)"


def _shown_as(names: list[tuple[str, str, int]]) -> str:
    """SQL for the id under which a `series_id` is counted: its own, but for those of boards that were replaced."""
    first = _first(names)
    others = [(id_, first[device, metric]) for device, metric, id_ in names if first[device, metric] != id_]
    cases = " ".join(f"WHEN {id_} THEN {shown}" for id_, shown in others)
    return f"CASE series_id {cases} ELSE series_id END" if cases else "series_id"


def _first(names: list[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    return {(device, metric): series_id for device, metric, series_id in reversed(names)}


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _moved(t_us: int, weeks: int, zone: str) -> int:
    """The same wall-clock time some weeks later."""
    day, within = local_day(t_us, zone)
    seconds, rest = divmod(within, US_PER_SECOND)
    return moment_of(day + weeks * _WEEK_DAYS, zone, seconds) + rest
