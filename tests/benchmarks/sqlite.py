"""The same readings in SQLite as most would write them: one table, one index; and the same questions in its SQL."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE
from tests.benchmarks.bulk import FIRST_DAY, METRICS

_CHUNK = 100_000


def load(path: Path, source: duckdb.DuckDBPyConnection) -> sqlite3.Connection:
    """A database with every raw reading of a store."""
    made = sqlite3.connect(path)
    made.execute("PRAGMA journal_mode = WAL")
    made.execute("CREATE TABLE readings (series_id INTEGER, t_us INTEGER, value REAL)")
    rows = source.execute("SELECT series_id, t_us, value FROM readings ORDER BY t_us, series_id")
    while chunk := rows.fetchmany(_CHUNK):
        made.executemany("INSERT INTO readings VALUES (?, ?, ?)", chunk)
    made.execute("CREATE INDEX by_series ON readings (series_id, t_us)")
    made.commit()
    made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return made


def ask(made: sqlite3.Connection, days: float) -> dict[str, Callable[[], Any]]:
    """The five questions, each once."""
    start = FIRST_DAY * US_PER_DAY
    end = start + int(days * US_PER_DAY)

    def buckets(ids: tuple[int, ...], from_us: int, to_us: int, width: int) -> Callable[[], Any]:
        query = (
            f"SELECT series_id, t_us / {width}, avg(value), min(value), max(value), count(*) FROM readings"
            f" WHERE series_id IN ({', '.join(map(str, ids))}) AND t_us >= {from_us} AND t_us < {to_us} GROUP BY 1, 2"
        )
        return lambda: made.execute(query).fetchall()

    return {
        "a": buckets((5,), start, end, max(int(days * US_PER_DAY) // 2_000, 1)),
        "b": buckets((5,), start, start + US_PER_DAY, US_PER_MINUTE),
        "c": lambda: made.execute(
            "SELECT t_us, value FROM readings WHERE series_id = 5 AND t_us >= ? AND t_us < ?",
            (start, start + 10 * US_PER_MINUTE),
        ).fetchall(),
        "d": buckets(tuple(range(1, 31, len(METRICS))), start, end, max(int(days * US_PER_DAY) // 500, 1)),
        # Local time is left out: SQLite knows no zones.
        "e": lambda: made.execute(
            f"SELECT t_us / {US_PER_HOUR} % 168, avg(value), min(value), max(value), count(*) FROM readings"
            " WHERE series_id = 5 GROUP BY 1"
        ).fetchall(),
    }


def seconds(work: Callable[[], Any]) -> float:
    """How long something takes, the best of three."""
    found = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)
