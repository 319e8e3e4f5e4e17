"""A store on a real file with readings in every place where they may lie: closed days, live tables, the tail."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ingest.storage.archive import Archive
from ingest.storage.closing import close_day, open_days
from ingest.storage.fold import fold
from ingest.storage.schema import migrate
from telemetry.levels import BIN_SQL
from telemetry.questions import QUESTIONS, answer

#: (t_us, series_id, value).
Reading = tuple[int, int, float]


class Stock:
    """A database with two series: 1 is the light of `window`, 2 that of `attic`."""

    def __init__(self, folder: Path, *, fresh: bool = True) -> None:
        self.connection = duckdb.connect(str(folder / "lumos.duckdb"), config={"threads": 1})
        self.archive = Archive(folder / "archive", patience_seconds=0)
        if not fresh:
            return
        migrate(self.connection)
        self.archive.refresh_views(self.connection)
        self.connection.execute(
            "INSERT INTO devices VALUES (1, 'window', NULL, NULL, 0), (2, 'attic', 'Attic', 'top', 0)"
        )
        self.connection.execute("INSERT INTO series VALUES (1, 1, 'light', 'lx', NULL, 0, 10, 0)")
        self.connection.execute("INSERT INTO series VALUES (2, 2, 'light', NULL, NULL, NULL, NULL, 0)")

    def empty(self) -> None:
        """Take every reading and what was made of it away."""
        for name in (
            "tail", "live_readings", "live_minutes", "rollup_quarter", "rollup_hour", "rollup_day", "sketch",
            "segments", "horizons", "corrections", "retention", "expired_scalings",
        ):  # fmt: skip
            self.connection.execute(f"DELETE FROM {name}")
        self.archive.refresh_views(self.connection)
        self.archive.sweep(self.connection)

    def put(self, readings: Sequence[Reading]) -> None:
        """Readings into the tail, as the writer does."""
        if readings:
            with self.connection.appender("tail") as appender:
                appender.append_rows([(t_us, series_id, float(value), 0) for t_us, series_id, value in readings])
                appender.flush()

    def fold(self, readings: Sequence[Reading] = ()) -> None:
        """Readings into the live tables, in one fold."""
        self.put(readings)
        fold(self.connection)

    def close(self, readings: Sequence[Reading] = ()) -> None:
        """Readings, and all that is live, into closed days."""
        self.fold(readings)
        for day, _ in open_days(self.connection, 1_000_000):
            close_day(self.connection, self.archive, day)

    def spread(self, closed: Sequence[Reading], late: Sequence[Reading], tail: Sequence[Reading]) -> None:
        """A fresh start: some readings in closed days, late ones live, some in the tail."""
        self.empty()
        if closed:
            self.close(closed)
        if late:
            self.fold(late)
        self.put(tail)

    def ask(self, question: str, **arguments: Any) -> Any:
        return answer(self.connection, QUESTIONS, question, arguments)

    def work(self, task: Callable[[duckdb.DuckDBPyConnection], Any]) -> Any:
        """As the keeper does, where nobody else moves readings."""
        return task(self.connection)

    def bin_of(self, value: float) -> int:
        """The sketch's bin of a value."""
        ((number,),) = self.connection.execute(f"SELECT {BIN_SQL} FROM (SELECT $1 AS value)", [value]).fetchall()
        return int(number)

    def rows(self, statement: str) -> list[Any]:
        return self.connection.execute(statement).fetchall()


@contextlib.contextmanager
def stock(folder: Path, *, fresh: bool = True) -> Iterator[Stock]:
    """A store in a folder; not `fresh`: the one that is there."""
    made = Stock(folder, fresh=fresh)
    try:
        yield made
    finally:
        made.connection.close()
