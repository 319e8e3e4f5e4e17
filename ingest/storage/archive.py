"""The files of closed days: writing one, and sweeping away what the database no longer names.

A file never changes. One that takes its place has a name of its own; the transaction that names it in `segments` is the
moment from which it counts, so a crash at any step leaves either the old state or the new one, and files to sweep.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from telemetry.levels import MINUTE, RAW, Level
from telemetry.timestamps import US_PER_DAY, now_us

#: Row groups of about a day of one series at 1 Hz, so that reading one series reads nearly nothing else; version 2 of
#: the format has delta and byte-split encodings: 0.9 bytes a reading where version 1 takes 3.6.
PARQUET = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, ROW_GROUP_SIZE 86016"
_EPOCH = date(1970, 1, 1)
#: The levels that lie in files.
IN_FILES = (RAW, MINUTE)


@dataclass(frozen=True, slots=True)
class Segment:
    """A row of `segments`: one day of one level, in one file."""

    day: int
    level: str
    file: str
    rows: int
    bytes: int


class Archive:
    """The archive folder of one data folder. Used under the keeper's lock."""

    def __init__(self, folder: Path, patience_seconds: float = 60.0) -> None:
        self.folder = folder
        #: How long a file that is no longer named stays for the questions that began before.
        self.patience_seconds = patience_seconds
        self._retired: dict[str, float] = {}
        self._holders = 0
        self._counting = threading.Lock()

    def write(self, cursor: duckdb.DuckDBPyConnection, day: int, level: Level, select: str) -> Segment | None:
        """Write what a SELECT gives to a new file, safely on the disk; None (and no file) for no rows.

        Nothing counts until the caller's transaction has a row of `segments` for it (`adopt`).
        """
        moment = _EPOCH + timedelta(days=day)
        file = f"{moment.year}/{moment.isoformat()}-{level.name}-{secrets.token_hex(4)}.parquet"
        path = self.folder / file
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            make_safe(self.folder)
        ((rows,),) = cursor.execute(f"COPY ({select}) TO {quoted(path)} ({PARQUET})").fetchall()
        if not rows:
            path.unlink()
            return None
        make_safe(path)
        make_safe(path.parent)
        return Segment(day, level.name, file, int(rows), path.stat().st_size)

    def adopt(self, cursor: duckdb.DuckDBPyConnection, old: list[Segment], new: list[Segment]) -> None:
        """Within the caller's transaction: name the new files in the place of the old ones."""
        for segment in old:
            cursor.execute("DELETE FROM segments WHERE file = $1", [segment.file])
        for segment in new:
            cursor.execute(
                "INSERT INTO segments VALUES ($1, $2, $3, $4, $5, $6)",
                [segment.day, segment.level, segment.file, segment.rows, segment.bytes, now_us()],
            )
        if old or new:
            self.refresh_views(cursor)

    def retire(self, segments: list[Segment]) -> None:
        """After the commit: these files may go once no question that began before can still want them."""
        deadline = time.monotonic() + self.patience_seconds
        self._retired.update((segment.file, deadline) for segment in segments)

    def segments(
        self, cursor: duckdb.DuckDBPyConnection, level: Level | None = None, first_day: int | None = None,
        last_day: int | None = None,
    ) -> list[Segment]:  # fmt: skip
        """The files in force, by day; of one level, and of days from the first to the last (included)."""
        rows = cursor.execute(
            """
            SELECT day, level, file, rows, bytes FROM segments
            WHERE ($1 IS NULL OR level = $1) AND day >= coalesce($2, day) AND day <= coalesce($3, day)
            ORDER BY day, level
            """,
            [level.name if level else None, first_day, last_day],
        ).fetchall()
        return [Segment(*row) for row in rows]

    def read(self, segments: list[Segment]) -> str:
        """SQL for the rows of some files, as they lie there."""
        names = ", ".join(quoted(self.folder / segment.file) for segment in segments)
        return f"SELECT * FROM read_parquet([{names}])"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """While somebody links files, none is swept away."""
        with self._counting:
            self._holders += 1
        try:
            yield
        finally:
            with self._counting:
                self._holders -= 1

    def sweep(self, cursor: duckdb.DuckDBPyConnection) -> int:
        """Delete the files that the database does not name and no question can want; how many."""
        if self._holders:
            return 0
        named = {row[0] for row in cursor.execute("SELECT file FROM segments").fetchall()}
        now, gone = time.monotonic(), 0
        for path in self.folder.rglob("*"):
            file = path.relative_to(self.folder).as_posix()
            if not path.is_file() or file in named or self._retired.get(file, 0) > now:
                continue
            path.unlink(missing_ok=True)
            self._retired.pop(file, None)
            gone += 1
        return gone

    def refresh_views(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """`readings`: every raw reading wherever it lies, for people's own SQL. (Questions choose their files.)"""
        parts = ["FROM tail", "FROM live_readings"]
        raw = self.segments(cursor, RAW)
        if raw:
            parts.append(self.read(raw))
        cursor.execute(f"CREATE OR REPLACE VIEW readings AS {' UNION ALL '.join(parts)}")
        cursor.execute(
            """
            CREATE OR REPLACE VIEW history AS
            SELECT device, metric, make_timestamp(t_us) AS time, value, t_us, flags
            FROM readings JOIN shown_series USING (series_id)
            """
        )


def of_day(day: int, column: str = "t_us") -> str:
    """SQL for "in this day (UTC)"."""
    return f"{column} >= {day * US_PER_DAY} AND {column} < {(day + 1) * US_PER_DAY}"


def quoted(path: Path) -> str:
    """A path as SQL text."""
    return "'" + str(path).replace("'", "''") + "'"


def make_safe(path: Path) -> None:
    """Have the operating system write a file, or a folder's list of names, to the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows writes a folder's names by itself, and opens no folder
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
