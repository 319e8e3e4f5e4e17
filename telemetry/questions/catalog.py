"""What there is: series, devices, and the newest value of each series."""

from __future__ import annotations

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
    """Every series: device, metric, unit, label, low, high (the sensor's range), first_us, last_us, count."""
    return table(
        connection,
        f"""
        WITH totals AS (
            SELECT series_id, sum(count)::BIGINT AS count, min(first_us) AS first_us, max(last_us) AS last_us
            FROM ({_everything(connection)}) GROUP BY series_id
        )
        SELECT device, metric, unit, label, low, high, first_us, last_us, coalesce(count, 0) AS count
        FROM series JOIN devices USING (device_id) LEFT JOIN totals USING (series_id)
        ORDER BY device, metric
        """,
    )


def last_values(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The newest reading of every series that has one: device, metric, unit, label, t_us, value."""
    return table(
        connection,
        f"""
        WITH newest AS (
            SELECT series_id, max(last_us) AS t_us, arg_max(last, last_us) AS value
            FROM ({_everything(connection)}) GROUP BY series_id
        )
        SELECT device, metric, unit, label, t_us, value
        FROM newest JOIN series USING (series_id) JOIN devices USING (device_id) ORDER BY device, metric
        """,
    )


def _everything(connection: duckdb.DuckDBPyConnection) -> str:
    ids = [row[0] for row in connection.execute("SELECT series_id FROM series").fetchall()]
    return place(connection, ids, *_EVER).parts(DAY)


def devices(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every device: device, name, place, first_seen_us, online (null: never said), status (JSON text), status_us.

    `status` is the last one in which the board said something about itself; a last will changes `online` only.
    """
    return table(
        connection,
        """
        WITH said AS (
            SELECT device_id, arg_max(online, status_us) AS online, max(status_us) AS status_us,
                arg_max(status, status_us) FILTER (WHERE online) AS status
            FROM statuses GROUP BY device_id
        )
        SELECT device, name, place, first_seen_us, online, status, status_us
        FROM devices LEFT JOIN said USING (device_id) ORDER BY device
        """,
    )
