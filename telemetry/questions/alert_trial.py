"""What an alert rule would have found in the past, before somebody makes it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from telemetry.alert_state import Change, Slope, State, excess_of_band, excess_of_change, sign_of, state_of
from telemetry.alerts import Rule, is_battery, read_rule
from telemetry.errors import ActionError, QuestionError
from telemetry.levels import DAY, MINUTE
from telemetry.local_time import local_day
from telemetry.questions.answering import check_number
from telemetry.questions.local import usual
from telemetry.questions.places import place
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_SECOND, now_us

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_MOST_SERIES = 30
#: More readings than this are looked at by the minute, each by its worst value.
_MOST_READINGS = 100_000
_EXTREME = {"above": "max", "below": "min", "battery": "min"}


def alert_preview(connection: duckdb.DuckDBPyConnection, *, rule: str, days: int = 7) -> pa.Table:
    """How often a rule (JSON, the fields of `telemetry.alerts.Rule`) would have tripped lately: device, metric, count.

    A row for each target, 30 at most. Over 100,000 readings of a target, minutes are looked at, by their worst value.
    """
    import pyarrow as pa

    check_number("days", days, 1, 366)
    try:
        said = read_rule(json.loads(rule))
    except (ActionError, ValueError, TypeError) as cause:
        raise QuestionError(str(cause)) from cause
    end_us = now_us()
    rows = [
        {"device": device, "metric": metric, "count": _count(connection, said, device, metric, ids, days, end_us)}
        for device, metric, ids in _targets(connection, said)[:_MOST_SERIES]
    ]
    return pa.Table.from_pylist(
        rows, pa.schema([("device", pa.string()), ("metric", pa.string()), ("count", pa.int64())])
    )


def _targets(connection: duckdb.DuckDBPyConnection, rule: Rule) -> list[tuple[str, str | None, list[int]]]:
    """Device, metric (none for a device's silence), and their series."""
    rows = connection.execute(
        """
        SELECT device, metric, list(series_id) FROM shown_series
        WHERE ($metric IS NULL OR metric = $metric)
            AND ($device IS NULL OR device = (SELECT device FROM shown_devices WHERE own_name = $device))
            AND ($tag IS NULL OR device_id IN (SELECT device_id FROM device_traits WHERE list_contains(tags, $tag)))
        GROUP BY device, metric ORDER BY device, metric
        """,
        {"metric": rule.metric, "device": rule.device, "tag": rule.tag},
    ).fetchall()
    if rule.kind == "silent" and rule.metric is None:
        together: dict[str, list[int]] = {}
        for device, _, ids in rows:
            together.setdefault(device, []).extend(ids)
        return [(device, None, ids) for device, ids in together.items()]
    return [row for row in rows if rule.metric is not None or is_battery(row[1])]


def _count(
    connection: duckdb.DuckDBPyConnection, rule: Rule, device: str, metric: str | None, ids: list[int], days: int,
    end_us: int,
) -> int:  # fmt: skip
    where = place(connection, ids, end_us - days * US_PER_DAY, end_us)
    ((total,),) = connection.execute(f"SELECT coalesce(sum(count), 0) FROM ({where.parts(DAY)})").fetchall()
    value = _EXTREME.get(rule.kind, "last")
    source = (
        f"SELECT t_us, value FROM ({where.readings()})"
        if total <= _MOST_READINGS
        else f"SELECT t_us, {value} AS value FROM ({where.parts(MINUTE)})"
    )
    rows = connection.execute(f"{source} ORDER BY t_us").fetchall()
    if rule.kind == "silent":
        hold_us = round(rule.hold_seconds * US_PER_SECOND)
        moments = [t_us for t_us, _ in rows] + [end_us]
        return sum(after - before >= hold_us for before, after in pairwise(moments))
    assert metric is not None  # noqa: S101  (only silence is without one)
    excesses = _excesses(connection, rule, device, metric, rows, end_us)
    return _openings(state_of(rule, metric), excesses)


def _excesses(
    connection: duckdb.DuckDBPyConnection, rule: Rule, device: str, metric: str, rows: list[Any], end_us: int
) -> list[tuple[int, float]]:
    """How bad each reading is, where that can be said."""
    if rule.kind == "change":
        slope = Slope(rule.per)
        changes = ((t_us, slope.take(t_us, value)) for t_us, value in rows)
        return [(t_us, excess_of_change(rule, change)) for t_us, change in changes if change is not None]
    if rule.kind == "outside":
        found = usual(connection, device=device, metric=metric, before_us=end_us, zone=rule.zone).to_pylist()
        bands = {(row["weekday"], row["hour"]): (row["low"], row["high"]) for row in found}
        excesses = []
        for t_us, value in rows:
            day, within_us = local_day(t_us, rule.zone)
            band = bands.get(((day + 3) % 7, within_us // US_PER_HOUR))
            if band is not None:
                excesses.append((t_us, excess_of_band(value, *band)))
        return excesses
    sign = sign_of(rule, metric)
    return [(t_us, sign * value) for t_us, value in rows]


def _openings(state: State, excesses: list[tuple[int, float]]) -> int:
    count = 0
    for t_us, excess in excesses:
        # The reading before stood until this one.
        count += state.pass_time(t_us) is Change.OPENED
        count += state.take(t_us, excess, excess) is Change.OPENED
    return count
