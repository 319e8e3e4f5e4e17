"""Moves the newest readings into their live place, in order of series and time, and adds them to the minutes.

One transaction, so a crash leaves the state before or after it (see the note in `ingest.schema`). Runs in the writer's
thread, between two batches.
"""

from __future__ import annotations

import duckdb

from ingest.storage.aggregates import rolled_up
from ingest.transactions import transact
from telemetry.corrections import corrected, in_force
from telemetry.levels import MINUTE

_FOLD = "INSERT INTO live_readings SELECT * FROM tail ORDER BY series_id, t_us"
_REST = (
    "DELETE FROM tail",
    # Joins the numbers that arrived one by one into the intervals they make up.
    """
    INSERT INTO arrivals
    SELECT device_id, boot, min(seq_from), max(seq_to), min(t_from_us), max(t_to_us), max(arrived_us), dropped
    FROM (
        SELECT *, sum(begins) OVER (PARTITION BY device_id, boot, dropped ORDER BY seq_from) AS stretch
        FROM (
            SELECT *, CASE WHEN seq_from <= 1 + max(seq_to) OVER (
                PARTITION BY device_id, boot, dropped ORDER BY seq_from
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) THEN 0 ELSE 1 END AS begins
            FROM arrivals_tail
        )
    )
    GROUP BY device_id, boot, dropped, stretch
    """,
    "DELETE FROM arrivals_tail",
)


def fold(connection: duckdb.DuckDBPyConnection) -> None:
    """Move `tail` to the live tables, and `arrivals_tail` into `arrivals`, in one transaction."""
    newest = corrected("SELECT t_us, series_id, value FROM tail", in_force(connection))
    minutes = f"INSERT INTO live_minutes {rolled_up(newest, MINUTE)}"
    transact(connection, *((statement, None) for statement in (_FOLD, minutes, *_REST)))
