"""The table of numbers that arrived, kept short: neighbouring intervals become one.

What arrived in time, what arrived late and what a board gave up stay apart, because the loss ledger
(`telemetry.questions.losses`) tells them apart. Runs in the writer's thread, between two batches.
"""

from __future__ import annotations

import duckdb

from ingest.storage.transactions import transact

#: So many rows more than the last time, and the same again, before the whole table is joined anew.
_SPARE_ROWS = 10_000


def _joined(source: str) -> str:
    """A SELECT of the rows of `arrivals` in which neighbours are one."""
    return f"""
        SELECT device_id, boot, min(seq_from), max(seq_to), min(t_from_us), max(t_to_us), max(arrived_us), dropped, late
        FROM (
            SELECT *, sum(begins) OVER (PARTITION BY device_id, boot, dropped, late ORDER BY seq_from) AS stretch
            FROM (
                SELECT *, CASE WHEN seq_from <= 1 + max(seq_to) OVER (
                    PARTITION BY device_id, boot, dropped, late ORDER BY seq_from
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ) THEN 0 ELSE 1 END AS begins
                FROM {source}
            )
        )
        GROUP BY device_id, boot, dropped, late, stretch
    """


#: Moves what arrived lately into the table, as the intervals that it makes up; part of a fold's transaction.
FOLD = (f"INSERT INTO arrivals {_joined('arrivals_tail')}", "DELETE FROM arrivals_tail")


class Arrivals:
    """Keeps `arrivals` as long as there are gaps, not as there were minutes: each fold adds a row a board."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._rows_then = 0

    def shorten(self) -> None:
        """Join the whole table anew when it has grown by much since the last time."""
        if self._count() <= 2 * self._rows_then + _SPARE_ROWS:
            return
        transact(
            self._connection,
            (f"CREATE OR REPLACE TEMPORARY TABLE joined_arrivals AS {_joined('arrivals')}", None),
            ("DELETE FROM arrivals", None),
            ("INSERT INTO arrivals FROM joined_arrivals", None),
            ("DROP TABLE joined_arrivals", None),
        )
        self._rows_then = self._count()

    def _count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM arrivals").fetchall()[0][0])
