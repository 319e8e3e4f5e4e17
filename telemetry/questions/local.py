"""Local time: days, weeks and months of a zone, hours and weekdays, and what is usual for an hour of the week."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from telemetry.errors import QuestionError, nearest
from telemetry.local_time import date_of, day_of, grain_us, local_day, local_sql, moment_of, pieces, restriction
from telemetry.questions.answering import check_number, check_range, find_series, table
from telemetry.questions.narrowing import narrowed
from telemetry.questions.places import place
from telemetry.sketch import quantiles
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_SECOND

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_UNITS = ("hour", "day", "week", "month")
#: A question gives at most this many local buckets.
_MOST = 100_000
_HOURS_PER_WEEK = 168
_SUMS = "sum(count)::BIGINT AS count, sum(sum) / sum(count) AS mean, min(min) AS min, max(max) AS max"


def by_local(
    connection: duckdb.DuckDBPyConnection,
    *,
    device: str,
    metric: str,
    start_us: int,
    end_us: int,
    unit: str,
    zone: str,
    weekdays: list[int] | None = None,
    hours: list[int] | None = None,
) -> pa.Table:
    """A range by local `day`, `week` (from Monday) or `month` of a zone: every one of them, empty ones too.

    Columns: t_us (the bucket's true start), end_us (its end: a day has 23, 24 or 25 hours), date (text), count,
    mean, min, max (null where count is 0). The first and last bucket may be covered in part.
    """
    import pyarrow as pa

    check_range(start_us, end_us)
    if unit not in _UNITS[1:]:
        raise QuestionError(f"unit='{unit[:32]}' is none{nearest(unit, _UNITS[1:])}")
    where = place(connection, find_series(connection, device, metric), start_us, end_us)
    found = pieces(zone, start_us, end_us)
    only = restriction(zone, weekdays, hours)
    starts = _starts(start_us, end_us, unit, zone)
    parts = narrowed(where, only, grain_us(found, US_PER_DAY))
    day = f"{local_sql(found)} // {US_PER_DAY}"
    key = {
        "day": day,
        "week": f"({day} + 3) // 7 * 7 - 3",
        "month": f"date_trunc('month', DATE '1970-01-01' + ({day})::INTEGER)::DATE - DATE '1970-01-01'",
    }[unit]
    rows = connection.execute(f"SELECT {key} AS day, {_SUMS} FROM ({parts}) GROUP BY 1").fetchall()
    by_day = {row[0]: row[1:] for row in rows}
    schema = _local_schema()
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for first, after in pairwise(starts):
        count, mean, low, high = by_day.get(first, (0, None, None, None))
        row = (moment_of(first, zone), moment_of(after, zone), date_of(first).isoformat(), count, mean, low, high)
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    return pa.table(columns, schema=schema)


def hour_weekday(
    connection: duckdb.DuckDBPyConnection,
    *,
    device: str,
    metric: str,
    start_us: int,
    end_us: int,
    zone: str,
    weekdays: list[int] | None = None,
    hours: list[int] | None = None,
) -> pa.Table:
    """Local hours of the week that have readings: weekday (0 is Monday), hour, count, mean, min, max."""
    check_range(start_us, end_us)
    where = place(connection, find_series(connection, device, metric), start_us, end_us)
    found = pieces(zone, start_us, end_us)
    parts = narrowed(where, restriction(zone, weekdays, hours), grain_us(found, US_PER_HOUR))
    return table(
        connection,
        f"""
        SELECT (hours // 24 + 3) % 7 AS weekday, hours % 24 AS hour, {_SUMS}
        FROM (SELECT {local_sql(found)} // {US_PER_HOUR} AS hours, count, sum, min, max FROM ({parts}))
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
    )


def usual(
    connection: duckdb.DuckDBPyConnection, *, device: str, metric: str, before_us: int, zone: str, weeks: int = 8
) -> pa.Table:
    """What is usual for each local hour of the week, from the weeks before a moment: the band p10 to p90.

    Columns: weekday (0 is Monday), hour, count, low (p10), median, high (p90), from the sketch: within one percent.
    Hours without a reading are left out.
    """
    import pyarrow as pa

    check_number("weeks", weeks, 1, 520)
    day, within = local_day(before_us, _checked(zone, before_us))
    start_us = moment_of(day - 7 * weeks, zone, within // US_PER_SECOND)
    where = place(connection, find_series(connection, device, metric), start_us, before_us)
    found = pieces(zone, start_us, before_us)
    counted = table(
        connection,
        f"""
        SELECT ({local_sql(found)} // {US_PER_HOUR} + 72) % {_HOURS_PER_WEEK} AS hour, bin, sum(count)::BIGINT
        FROM ({where.bins()}) GROUP BY 1, 2 ORDER BY 1, 2
        """,
    )
    by_hour: dict[int, list[tuple[int, int]]] = {}
    for hour, number, count in zip(*(column.to_pylist() for column in counted.columns), strict=True):
        by_hour.setdefault(hour, []).append((number, count))
    bounds = (float("-inf"), float("inf"))
    bands = [(hour, bins, quantiles(bins, (0.1, 0.5, 0.9), *bounds)) for hour, bins in by_hour.items()]
    return pa.table(
        {
            "weekday": [hour // 24 for hour, _, _ in bands],
            "hour": [hour % 24 for hour, _, _ in bands],
            "count": [sum(count for _, count in bins) for _, bins, _ in bands],
            "low": [low for _, _, (low, _, _) in bands],
            "median": [middle for _, _, (_, middle, _) in bands],
            "high": [high for _, _, (_, _, high) in bands],
        },
        schema=_band_schema(),
    )


def _starts(start_us: int, end_us: int, unit: str, zone: str) -> list[int]:
    """The local days on which the buckets of a range begin, and the one after the last."""
    if start_us == end_us:
        return []
    pieces(zone, start_us, start_us)  # refuses what is no zone
    first, last = local_day(start_us, zone)[0], local_day(end_us - 1, zone)[0]
    if (last - first) // {"day": 1, "week": 7, "month": 28}[unit] > _MOST:
        raise QuestionError(f"this range has more than {_MOST} of unit {unit}: ask for a shorter one")
    if unit == "month":
        moment, days = date_of(first).replace(day=1), []
        while day_of(moment) <= last:
            days.append(day_of(moment))
            moment = date(moment.year + moment.month // 12, moment.month % 12 + 1, 1)
        return [*days, day_of(moment)]
    step = 1 if unit == "day" else 7
    begin = first if unit == "day" else (first + 3) // 7 * 7 - 3
    days = list(range(begin, last + 1, step))
    return [*days, days[-1] + step]


def _checked(zone: str, t_us: int) -> str:
    pieces(zone, t_us, t_us)
    return zone


def _local_schema() -> pa.Schema:
    import pyarrow as pa

    sums = [("count", pa.int64()), ("mean", pa.float64()), ("min", pa.float64()), ("max", pa.float64())]
    return pa.schema([("t_us", pa.int64()), ("end_us", pa.int64()), ("date", pa.string()), *sums])


def _band_schema() -> pa.Schema:
    import pyarrow as pa

    band = [("low", pa.float64()), ("median", pa.float64()), ("high", pa.float64())]
    return pa.schema([("weekday", pa.int64()), ("hour", pa.int64()), ("count", pa.int64()), *band])
