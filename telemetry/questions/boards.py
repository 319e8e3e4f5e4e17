"""Boards: how their metrics are described by whom, their restarts, and how wrong their clocks are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemetry.errors import QuestionError
from telemetry.questions.answering import check_number, table
from telemetry.timestamps import US_PER_DAY, now_us

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_RESTART_DAYS = 7
_SAID = ("label", "unit", "low", "high", "decimals")
#: Readings whose board's clock was so wrong that they were kept at their time of arrival.
_WRONG_CLOCK = 1


def descriptions(connection: duckdb.DuckDBPyConnection, *, device: str) -> pa.Table:
    """How a device's metrics are described, by people and by the board.

    Columns: metric; label, unit, low, high, decimals as people said; own_label, own_unit, own_low, own_high as the
    board says. Null where nobody said anything; what people say covers the board's.
    """
    columns = [f"any_value(said.{name} ORDER BY is_own DESC, series_id DESC) AS {name}" for name in _SAID]
    columns += [f"any_value(series.{name} ORDER BY is_own DESC, series_id DESC) AS own_{name}" for name in _SAID[:-1]]
    return table(
        connection,
        f"""
        SELECT series.metric, {", ".join(columns)}
        FROM series JOIN (SELECT series_id, device, is_own FROM shown_series) AS shown USING (series_id)
            LEFT JOIN series_traits AS said USING (series_id)
        WHERE device = (SELECT device FROM shown_devices WHERE own_name = $device)
        GROUP BY series.metric ORDER BY series.metric
        """,
        {"device": device},
    )


def conditions(connection: duckdb.DuckDBPyConnection, *, devices: list[str]) -> pa.Table:
    """Of some devices: device, restarts, clock_error_us, wrong_clock, heard_us; one row each.

    `restarts` counts those of the last 7 days, without the first start of all. `clock_error_us` is how far the time of
    the newest numbered sample lay ahead of its arrival (negative: behind, which the way here is a part of), and
    `heard_us` when that was. `wrong_clock` counts readings of the last day that were kept at their time of arrival
    because the board's was impossible. Null or 0 where there is none.
    """
    if not all(isinstance(device, str) for device in devices):
        raise QuestionError("devices must be a list of their names")
    now = now_us()
    return table(
        connection,
        f"""
        WITH chosen AS (SELECT device_id, device FROM shown_devices WHERE list_contains($devices::VARCHAR[], device)),
        booted AS (
            SELECT device, count_if(event_us >= {now - _RESTART_DAYS * US_PER_DAY} AND nth > 1) AS restarts
            FROM (
                SELECT device, event_us, row_number() OVER (PARTITION BY device_id ORDER BY event_us) AS nth
                FROM events JOIN chosen USING (device_id) WHERE event = 'boot'
            ) GROUP BY device
        ), arrived AS (
            SELECT device, arg_max(t_to_us - arrived_us, arrived_us) AS clock_error_us, max(arrived_us) AS heard_us
            FROM (FROM arrivals UNION ALL FROM arrivals_tail) JOIN chosen USING (device_id)
            WHERE NOT dropped GROUP BY device
        ), flagged AS (
            SELECT device, count(*) AS wrong_clock
            FROM (SELECT t_us, series_id, flags FROM live_readings UNION ALL SELECT t_us, series_id, flags FROM tail)
                JOIN series USING (series_id) JOIN chosen USING (device_id)
            WHERE flags >= {_WRONG_CLOCK} AND flags % 2 = {_WRONG_CLOCK} AND t_us >= {now - US_PER_DAY} GROUP BY device
        )
        SELECT device, coalesce(restarts, 0)::BIGINT AS restarts, clock_error_us,
            coalesce(wrong_clock, 0)::BIGINT AS wrong_clock, heard_us
        FROM (SELECT DISTINCT device FROM chosen) LEFT JOIN booted USING (device) LEFT JOIN arrived USING (device)
            LEFT JOIN flagged USING (device) ORDER BY device
        """,
        {"devices": devices},
    )


def restarts(connection: duckdb.DuckDBPyConnection, *, device: str | None = None, limit: int = 50) -> pa.Table:
    """The last restarts of boards, newest first: device, restarted_us, cause (null: not told), uptime_us.

    `uptime_us` is how long it had been since its start before. The first start of a device that was ever heard of is
    none.
    """
    check_number("limit", limit, 1, 10_000)
    return table(
        connection,
        """
        SELECT device, event_us AS restarted_us, cause, event_us - before_us AS uptime_us
        FROM (
            SELECT device_id, event_us, value AS cause,
                lag(event_us) OVER (PARTITION BY device_id ORDER BY event_us) AS before_us
            FROM events WHERE event = 'boot'
        ) JOIN shown_devices USING (device_id)
        WHERE before_us IS NOT NULL
            AND ($device IS NULL OR device = (SELECT device FROM shown_devices WHERE own_name = $device))
        ORDER BY event_us DESC, device LIMIT $limit
        """,
        {"device": device, "limit": limit},
    )
