"""What there is: series, devices, and the newest value of each series."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from telemetry.levels import DAY
from telemetry.questions.answering import table
from telemetry.questions.places import place
from telemetry.timestamps import US_PER_DAY

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


#: All of time, in whole days.
_EVER = (-20_000 * US_PER_DAY, 100_000 * US_PER_DAY)


def series(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every series: device, metric, unit, label, low, high (the sensor's range), decimals, first_us, last_us, count.

    What people said of it comes before what the board said. `decimals` is null where nobody said how many.
    """
    return table(
        connection,
        f"""
        WITH totals AS (
            SELECT series_id, sum(count)::BIGINT AS count, min(first_us) AS first_us, max(last_us) AS last_us
            FROM ({_everything(connection)}) GROUP BY series_id
        )
        SELECT device, metric, {_described("unit", "label", "low", "high", "decimals")},
            min(first_us) AS first_us, max(last_us) AS last_us, coalesce(sum(count), 0)::BIGINT AS count
        FROM shown_series LEFT JOIN totals USING (series_id) GROUP BY device, metric ORDER BY device, metric
        """,
    )


def last_values(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The newest reading of every series that has one: device, metric, unit, label, decimals, t_us, value."""
    return table(
        connection,
        f"""
        WITH newest AS (
            SELECT series_id, max(last_us) AS t_us, arg_max(last, last_us) AS value
            FROM ({_everything(connection)}) GROUP BY series_id
        )
        SELECT device, metric, {_described("unit", "label", "decimals")},
            max(t_us) AS t_us, arg_max(value, t_us) AS value
        FROM newest JOIN shown_series USING (series_id) GROUP BY device, metric ORDER BY device, metric
        """,
    )


def _everything(connection: duckdb.DuckDBPyConnection) -> str:
    """All of every series by days. What has expired of one of them does not take the others' days along."""
    where = place(connection, None, *_EVER)
    days = replace(where, horizons={}).parts(DAY)
    if DAY.name not in where.horizons:
        return days
    return f"""
        SELECT * FROM ({days}) AS days WHERE NOT EXISTS (
            SELECT 1 FROM horizons
            WHERE horizons.series_id = days.series_id AND level = '{DAY.name}' AND days.t_us < from_us
        )
    """


def _described(*columns: str) -> str:
    """Columns of `shown_series` for a metric of a device that replaced others: its own, else the latest board's."""
    return ", ".join(f"any_value({name} ORDER BY is_own DESC, series_id DESC) AS {name}" for name in columns)


def devices(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every device.

    Columns: device, name, place, first_seen_us, online (null: never said), status (JSON text), status_us, source,
    model, and what people say of it: tags (a list), notes, colour (`#rrggbb`), hidden; and `replaces`, the devices
    whose history it continues. Those have no row of their own.

    `status` is the last one in which the board said something about itself; a last will changes `online` only. `name`
    is the one that people gave, else the one that the device announced; `source` the row of `--sources` that described
    it, null for this project's boards.
    """
    return table(
        connection,
        """
        WITH said AS (
            SELECT device_id, arg_max(online, status_us) AS online, max(status_us) AS status_us,
                arg_max(status, status_us) FILTER (WHERE online) AS status
            FROM statuses GROUP BY device_id
        )
        SELECT device, coalesce(devices.name, announced_devices.name) AS name, place, first_seen_us, online, status,
            status_us, source, model, coalesce(tags, []) AS tags, notes, colour,
            coalesce(hidden, false) AS hidden, coalesce(replaces, []) AS replaces
        FROM devices LEFT JOIN said USING (device_id) LEFT JOIN device_traits USING (device_id)
            LEFT JOIN announced_devices USING (device_id) LEFT JOIN (
            SELECT shown_id AS device_id, list(device ORDER BY device) AS replaces
            FROM replacements JOIN devices USING (device_id) GROUP BY shown_id
        ) USING (device_id)
        WHERE device_id NOT IN (SELECT device_id FROM replacements) ORDER BY device
        """,
    )


def controls(connection: duckdb.DuckDBPyConnection, *, device: str | None = None) -> pa.Table:
    """What others' devices take commands for: device, source, and the fields of `telemetry.controls.Control`.

    Columns: device, source, name, kind, topic, metric, label, unit, on, off, low, high, step, options (JSON list), key.
    """
    return table(
        connection,
        """
        SELECT device, source, control AS name, kind, topic, metric, label, unit, on_payload AS "on",
            off_payload AS "off", low, high, step, options, json_key AS key
        FROM controls JOIN shown_devices USING (device_id) LEFT JOIN announced_devices USING (device_id)
        WHERE $device IS NULL OR device = (SELECT device FROM shown_devices WHERE own_name = $device)
        ORDER BY device, announced_by, controls.place
        """,
        {"device": device},
    )
