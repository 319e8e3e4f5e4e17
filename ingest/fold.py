"""Moves the newest readings into their clustered place and adds them to the rollups; drops what has expired.

Each step is one transaction, so a crash leaves the state before or after it (see the note in `ingest.schema`). Runs in
the writer's thread, between two batches.
"""

from __future__ import annotations

import contextlib

import duckdb

_FOLD = (
    "INSERT INTO readings SELECT * FROM tail ORDER BY series_id, t_us",
    # fsum: Kahan's compensated sum, so that a rolled-up sum is the raw one to the last digits. Where it overflows it is
    # NaN; the plain sum is infinite there, as in the answer from raw readings.
    """
    INSERT INTO rollup_minute
    SELECT bucket_us, series_id, count, if(isnan(exact), plain, exact),
        if(isnan(exact_squares), squares, exact_squares), low, high, first_us, first, last_us, last
    FROM (
        SELECT t_us // 60000000 * 60000000 AS bucket_us, series_id, count(*) AS count,
            fsum(value) AS exact, sum(value) AS plain, fsum(value * value) AS exact_squares,
            sum(value * value) AS squares, min(value) AS low, max(value) AS high,
            min(t_us) AS first_us, arg_min(value, t_us) AS first, max(t_us) AS last_us, arg_max(value, t_us) AS last
        FROM tail GROUP BY bucket_us, series_id
    ) ORDER BY series_id, bucket_us
    """,
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
    """Move `tail` into `readings` and `rollup_minute`, and `arrivals_tail` into `arrivals`, in one transaction."""
    transact(connection, *((statement, None) for statement in _FOLD))


def expire(connection: duckdb.DuckDBPyConnection, before_us: int) -> int:
    """Delete folded raw readings from before a moment; how many. Rollups stay."""
    found = connection.execute("SELECT count(*) FROM readings WHERE t_us < $1", [before_us]).fetchall()[0][0]
    if found:
        transact(connection, ("DELETE FROM readings WHERE t_us < $1", [before_us]))
        connection.execute("CHECKPOINT")
    return int(found)


def transact(connection: duckdb.DuckDBPyConnection, *statements: tuple[str, list[object] | None]) -> None:
    """Run statements in one transaction; all or none."""
    connection.execute("BEGIN")
    try:
        for statement, parameters in statements:
            connection.execute(statement, parameters)
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """End a transaction that failed; a COMMIT that failed has ended it already, and its own error is the one to see."""
    with contextlib.suppress(duckdb.Error):
        connection.execute("ROLLBACK")
