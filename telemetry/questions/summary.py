"""A range in a few numbers: statistics, quantiles, a histogram, the mean of the last readings or hours."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from telemetry.corrections import number
from telemetry.errors import QuestionError
from telemetry.levels import DAY, MINUTE, RAW
from telemetry.local_time import Restriction, pieces, restriction
from telemetry.questions.answering import check_number, check_range, find_series, table, with_metadata
from telemetry.questions.coverage import counted, coverage
from telemetry.questions.deviation import deviation, squares
from telemetry.questions.narrowing import narrowed
from telemetry.questions.places import SUMS, Place, place
from telemetry.sketch import quantiles, spread
from telemetry.timestamps import EARLIEST_US, LATEST_US, US_PER_DAY, US_PER_HOUR, now_us

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

#: Up to this many readings, medians and percentiles are exact, from raw; beyond, they come from the sketch.
EXACT_READINGS = 200_000
_SHARES = (0.05, 0.5, 0.95)


def statistics(
    connection: duckdb.DuckDBPyConnection,
    *,
    device: str,
    metric: str,
    start_us: int,
    end_us: int,
    zone: str = "UTC",
    weekdays: list[int] | None = None,
    hours: list[int] | None = None,
) -> pa.Table:
    """One row over a range, which `weekdays` and `hours` may restrict as in `buckets`.

    Columns: count, mean, deviation (population), min, min_us, max, max_us, first_us, last_us, p5, median, p95, coverage
    (the share of the minutes, from the series' first reading in the range to its end or now, that have a reading).
    All null but count where there is no reading. The metadata's `exact` is false where p5, median and p95 come from the
    sketch (over 200,000 readings, or raw ones expired): each is then within one percent. Where raw readings have
    expired, min_us and max_us are the start of their bucket. `deviation_exact` is false where the deviation is so small
    beside the mean that rollups do not tell it to a part in 100,000, and raw readings cannot be asked (expired, or over
    10,000,000): it then lies between that of the minutes' means and what the minutes' extremes allow.
    """
    import pyarrow as pa

    check_range(start_us, end_us)
    where = place(connection, find_series(connection, device, metric), start_us, end_us)
    only = restriction(zone, weekdays, hours)
    found = _from_readings(where, only) if where.raw_is_whole and end_us - start_us <= US_PER_DAY else None
    exact = deviation_exact = found is not None
    if found is None:
        found, exact, deviation_exact = _from_parts(where, only)
    whole = ("count", "min_us", "max_us", "first_us", "last_us")
    order = (
        "count", "mean", "deviation", "min", "min_us", "max", "max_us", "first_us", "last_us", "p5", "median", "p95",
        "coverage",
    )  # fmt: skip
    schema = pa.schema([(name, pa.int64() if name in whole else pa.float64()) for name in order])
    return with_metadata(pa.Table.from_pylist([found], schema), exact=exact, deviation_exact=deviation_exact)


def _from_readings(where: Place, only: Restriction) -> dict[str, Any] | None:
    """The statistics by one look at the raw readings; None where there are too many of them.

    One statement, because for a short range DuckDB plans longer than it reads.
    """
    (row,) = where.connection.execute(
        f"""
        WITH found AS MATERIALIZED ({narrowed(where, only, 0, where.readings())})
        SELECT count(*), fsum(value) / count(*), stddev_pop(value - (SELECT any_value(value) FROM found)),
            min({{'value': value, 't_us': t_us}}), min({{'value': -value, 't_us': t_us}}), min(t_us), max(t_us),
            quantile_cont(value, {list(_SHARES)}),
            (SELECT list([minute, n]) FROM (
                SELECT t_us // {MINUTE.width_us} AS minute, count(*) AS n FROM found GROUP BY minute
            ))
        FROM found
        """
    ).fetchall()
    count, mean, deviation, lowest, highest, first_us, last_us, cuts, minutes = row
    if count > EXACT_READINGS:
        return None
    names = ("mean", "deviation", "min", "min_us", "max", "max_us", "first_us", "last_us", "p5", "median", "p95")
    found: dict[str, Any] = dict.fromkeys((*names, "coverage"))
    if count:
        extremes = (lowest["value"], lowest["t_us"], -highest["value"], highest["t_us"])
        found.update(zip(names, (mean, deviation, *extremes, first_us, last_us, *cuts), strict=True))
        found["coverage"] = coverage(where, only, first_us, counted(dict(minutes)))
    return {"count": count, **found}


def _from_parts(where: Place, only: Restriction) -> tuple[dict[str, Any], bool, bool]:
    """The statistics by the cheapest levels that tell them; whether their quantiles are exact, and the deviation."""
    columns = (*SUMS, "sum_squares", "first_us", "last_us")
    (row,) = where.connection.execute(
        f"""
        WITH parts AS MATERIALIZED ({narrowed(where, only, US_PER_DAY, columns=columns)}),
            whole AS (SELECT if(isfinite(fsum(sum)), fsum(sum), sum(sum)) / sum(count) AS mean FROM parts)
        SELECT coalesce(sum(count), 0)::BIGINT AS count, any_value(whole.mean) AS mean, min(min) AS min,
            max(max) AS max, min(first_us) AS first_us, max(last_us) AS last_us, {squares("whole.mean")}
        FROM parts, whole
        """
    ).fetchall()
    names = ("count", "mean", "min", "max", "first_us", "last_us")
    found: dict[str, Any] = dict(zip(names, row[: len(names)], strict=True))
    found["deviation"], deviation_exact = deviation(where, only, found, row[len(names) :])
    exact = where.raw_is_whole and found["count"] <= EXACT_READINGS
    found["min_us"] = _moment(where, only, "min", found["min"])
    found["max_us"] = _moment(where, only, "max", found["max"])
    cuts = _cuts(where, only, found, exact=exact) if found["count"] else [None] * len(_SHARES)
    found.update(zip(("p5", "median", "p95"), cuts, strict=True))
    found["coverage"] = coverage(where, only, found["first_us"]) if found["count"] else None
    return found, exact, deviation_exact


def histogram(
    connection: duckdb.DuckDBPyConnection,
    *,
    device: str,
    metric: str,
    start_us: int,
    end_us: int,
    columns: int = 50,
    zone: str = "UTC",
    weekdays: list[int] | None = None,
    hours: list[int] | None = None,
) -> pa.Table:
    """How the values of a range are spread: `columns` columns of equal width from the lowest to the highest value.

    Columns: low (included), high (excluded, but by the last), count. No row without a reading, one where all values
    are the same. The metadata's `exact` is false where the counts come from the sketch: a reading may then stand one
    percent of its value beside its place.
    """
    import pyarrow as pa

    check_range(start_us, end_us)
    check_number("columns", columns, 1, 1_000)
    where = place(connection, find_series(connection, device, metric), start_us, end_us)
    only = restriction(zone, weekdays, hours)
    ((count, low, high),) = connection.execute(
        f"SELECT coalesce(sum(count), 0), min(min), max(max) FROM ({narrowed(where, only, US_PER_DAY)})"
    ).fetchall()
    exact = where.raw_is_whole and count <= EXACT_READINGS
    found: list[tuple[float, float, int]] = []
    if count and (low == high or not math.isfinite(high - low)):
        found = [(low, high, int(count))]
    elif count and exact:
        found = _exact_columns(where, only, low, high, columns)
    elif count:
        found = spread(_bins(where, only), low, high, columns)
    schema = pa.schema([("low", pa.float64()), ("high", pa.float64()), ("count", pa.int64())])
    rows = [dict(zip(schema.names, row, strict=True)) for row in found]
    return with_metadata(pa.Table.from_pylist(rows, schema), exact=exact)


def last_mean(connection: duckdb.DuckDBPyConnection, *, device: str, metric: str, count: int) -> pa.Table:
    """The mean of the last `count` readings (1 to 1,000,000): mean, count (fewer where fewer exist), first_us, last_us.

    Readings that have expired do not count.
    """
    check_number("count", count, 1, 1_000_000)
    ids = find_series(connection, device, metric)
    start_us = _start_of_last(place(connection, ids, EARLIEST_US, LATEST_US), count)
    newest = (
        f"SELECT * FROM ({place(connection, ids, start_us, LATEST_US).readings()}) ORDER BY t_us DESC LIMIT {count}"
    )
    return table(
        connection,
        f"""
        SELECT fsum(value) / count(*) AS mean, count(*) AS count, min(t_us) AS first_us, max(t_us) AS last_us
        FROM ({newest})
        """,
    )


def mean_of_hours(
    connection: duckdb.DuckDBPyConnection, *, device: str, metric: str, hours: float, end_us: int | None = None
) -> pa.Table:
    """The mean over the hours before a moment (now): mean, count, min, max, start_us, end_us."""
    if not 0 < hours <= 1_000_000:
        raise QuestionError(f"hours={hours} must be more than 0, and at most 1000000")
    end_us = now_us() if end_us is None else end_us
    start_us = end_us - round(hours * US_PER_HOUR)
    where = place(connection, find_series(connection, device, metric), start_us, end_us)
    return table(
        connection,
        f"""
        SELECT sum(sum) / sum(count) AS mean, coalesce(sum(count), 0)::BIGINT AS count, min(min) AS min,
            max(max) AS max, {start_us} AS start_us, {end_us} AS end_us
        FROM ({where.parts(DAY)})
        """,
    )


def _start_of_last(where: Place, count: int) -> int:
    """A moment from which on there are at least `count` readings, or all."""
    rows = where.connection.execute(
        f"SELECT t_us, sum(count) FROM ({where.parts(DAY)}) GROUP BY t_us ORDER BY t_us DESC"
    ).fetchall()
    left = count
    for t_us, found in rows:
        left -= found
        if left <= 0:
            return int(t_us)
    return where.start_us


def _moment(where: Place, only: Restriction, column: str, extreme: float | None) -> int | None:
    """When the lowest or highest value came first: its day, then its minute, then the reading itself."""
    if extreme is None:
        return None
    found = where
    for level in (DAY, MINUTE, RAW):
        parts = narrowed(found, only, level.width_us)
        ((t_us,),) = where.connection.execute(
            f"SELECT min(t_us) FROM ({parts}) WHERE {column} = {number(extreme)}"
        ).fetchall()
        if t_us is None:
            break
        start_us, end_us = max(t_us, where.start_us), min(t_us + level.width_us, where.end_us)
        found = replace(where, start_us=start_us, end_us=max(end_us, start_us + 1))
    return found.start_us


def _cuts(where: Place, only: Restriction, found: dict[str, Any], *, exact: bool) -> list[float]:
    """p5, median and p95."""
    if exact:
        plain = narrowed(where, only, 0, where.readings())
        ((cuts,),) = where.connection.execute(f"SELECT quantile_cont(value, {list(_SHARES)}) FROM ({plain})").fetchall()
        return list(cuts)
    return quantiles(_bins(where, only), _SHARES, found["min"], found["max"])


def _bins(where: Place, only: Restriction) -> list[tuple[int, int]]:
    """(bin, count) of a range, in order of bin."""
    source = where.bins()
    if not only.is_none:
        source = f"SELECT * FROM ({source}) WHERE {only.sql(pieces(only.zone, where.start_us, where.end_us))}"
    return where.connection.execute(
        f"SELECT bin, sum(count)::BIGINT FROM ({source}) GROUP BY bin ORDER BY bin"
    ).fetchall()


def _exact_columns(
    where: Place, only: Restriction, low: float, high: float, columns: int
) -> list[tuple[float, float, int]]:
    edges = [low + (high - low) * index / columns for index in range(columns)] + [high]
    inner = ", ".join(number(edge) for edge in edges[1:-1])
    plain = narrowed(where, only, 0, where.readings())
    rows = where.connection.execute(
        f"""
        SELECT len(list_filter([{inner}]::DOUBLE[], lambda edge: edge <= value)) AS place, count(*)
        FROM ({plain}) GROUP BY place
        """
    ).fetchall()
    counts = dict(rows)
    return [(edges[index], edges[index + 1], counts.get(index, 0)) for index in range(columns)]
