"""Makes a backup while ingest runs: one moment of the whole store as Parquet files that anything can read.

Closed days lie in files that never change, so they are linked, not copied; what stays the same from one backup to the
next (a month of rollups, a small table) is linked to the one before. The rest is read in one transaction, beside the
writer. A backup appears under its name when it is whole, counted and hashed; a crash leaves a hidden folder, which the
next one takes away. It never holds a secret.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.storage import manifest
from ingest.storage.archive import PARQUET, Archive, Segment, make_safe, quoted
from ingest.storage.manifest import BackupFile, Manifest
from ingest.storage.schema import version
from telemetry.errors import BackupError
from telemetry.levels import RAW
from telemetry.timestamps import now_us

NIGHTLY = "nightly"
BY_HAND = "backup"
_MAKING = ".making"
_ARCHIVE = "archive"
_SPARE_BYTES = 32_000_000
#: Tables that are split by time, so that what is old need not be written again; and how long a piece is. The
#: last column is the one by which rows with the same series and time lie, so that the same rows make the same bytes.
_SPLIT = {
    "live_readings": ("t_us", "%Y-%m-%d", "value"),
    "rollup_quarter": ("bucket_us", "%Y-%m", "count"),
    "rollup_hour": ("bucket_us", "%Y-%m", "count"),
    "rollup_day": ("bucket_us", "%Y-%m", "count"),
    "sketch": ("bucket_us", "%Y-%m", "bin"),
}


@dataclass
class BackingUp:
    """What a backup is made from. `lock` is held while it begins, so that its moment is one; `stopped`: give up."""

    connection: duckdb.DuckDBPyConnection
    lock: threading.Lock
    archive: Archive
    backups: Path
    stopped: Callable[[], bool]

    def make(self, kind: str) -> tuple[Path, Manifest]:
        """A new backup. Raises BackupError where the store is damaged, or the disk has no room."""
        made_us = now_us()
        self._clear()
        self._need_room()
        stamp = datetime.fromtimestamp(made_us / 1e6, UTC).strftime("%Y-%m-%dT%H%M%S.%f")[:-3]
        making = self.backups / f".{kind}-{stamp}{_MAKING}"
        making.mkdir()
        previous = manifest.backups(self.backups)[-1:]
        try:
            with self.archive.held(), self._snapshot() as (cursor, segments):
                files = [*self._closed_days(segments, making, previous), *self._tables(cursor, making, previous)]
                found = self._counted(cursor, made_us, segments, files)
            found.write(making)
            for path in (making / manifest.FILE_NAME, making):
                make_safe(path)
            path = self.backups / f"{kind}-{stamp}"
            making.rename(path)
            make_safe(self.backups)
        except OSError as cause:
            raise BackupError(f"no backup in {self.backups}: {cause.strerror or cause}") from cause
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return path, found

    def prune(self, kept: int) -> list[Path]:
        """Delete the oldest nightly backups beyond a number; those made by hand stay."""
        nightly = [path for path, _ in manifest.backups(self.backups) if path.name.startswith(f"{NIGHTLY}-")]
        gone = nightly[: max(len(nightly) - kept, 0)]
        for path in gone:
            (path / manifest.FILE_NAME).unlink()  # from here on it is none
            shutil.rmtree(path, ignore_errors=True)
        return gone

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Segment]]]:
        """A cursor on which the store stands still, and the files of closed days at that moment."""
        with self.connection.cursor() as cursor:
            with self.lock:
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                segments = self.archive.segments(cursor)
            try:
                yield cursor, segments
            finally:
                cursor.execute("ROLLBACK")

    def _closed_days(
        self, segments: list[Segment], making: Path, previous: list[tuple[Path, Manifest]]
    ) -> Iterator[BackupFile]:
        known = {file.file: file.sha256 for _, found in previous for file in found.files}
        for segment in segments:
            self._go_on()
            file = f"{_ARCHIVE}/{segment.file}"
            place(self.archive.folder / segment.file, making / file)
            found = BackupFile(file, _ARCHIVE, segment.rows, segment.bytes, manifest.sha256(making / file))
            if (making / file).stat().st_size != segment.bytes or known.get(file, found.sha256) != found.sha256:
                raise BackupError(
                    f"archive/{segment.file} is not what was written: put the one from an earlier backup in its place"
                )
            yield found

    def _tables(
        self, cursor: duckdb.DuckDBPyConnection, making: Path, previous: list[tuple[Path, Manifest]]
    ) -> Iterator[BackupFile]:
        known = {file.file: (path, file.sha256) for path, found in previous for file in found.files}
        for table in _names(cursor):
            for name, select in _pieces(cursor, table):
                self._go_on()
                file = f"tables/{name}.parquet"
                (making / file).parent.mkdir(parents=True, exist_ok=True)
                target = quoted(making / file)
                ((rows,),) = cursor.execute(f"COPY ({select}) TO {target} ({PARQUET})").fetchall()
                digest = manifest.sha256(making / file)
                path, before = known.get(file, (Path(), ""))
                if digest == before:
                    (making / file).unlink()
                    place(path / file, making / file)
                make_safe(making / file)
                yield BackupFile(file, table, int(rows), (making / file).stat().st_size, digest)

    def _counted(
        self, cursor: duckdb.DuckDBPyConnection, made_us: int, segments: list[Segment], files: list[BackupFile]
    ) -> Manifest:
        """The manifest, once what was written is what is in the store."""
        tables = {
            table: int(cursor.execute(f'SELECT count(*) FROM "{table}"').fetchall()[0][0]) for table in _names(cursor)
        }
        for table, rows in tables.items():
            written = sum(file.rows for file in files if file.table == table)
            if written != rows:
                raise BackupError(f"the backup holds {written} rows of {table}, the store {rows}: try again")
        raw = sum(segment.rows for segment in segments if segment.level == RAW.name)
        readings = raw + tables["live_readings"] + tables["tail"]
        return Manifest(made_us, version(cursor), readings, tables, tuple(files))

    def _clear(self) -> None:
        for left in self.backups.glob(f".*{_MAKING}"):
            shutil.rmtree(left, ignore_errors=True)

    def _need_room(self) -> None:
        # Never on the connection itself: that is the writer's, which writes meanwhile.
        with self.connection.cursor() as cursor:
            ((path,),) = cursor.execute(
                "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
            ).fetchall()
        need = Path(path).stat().st_size + _SPARE_BYTES
        free = shutil.disk_usage(self.backups).free
        if free < need:
            raise BackupError(
                f"a backup needs up to {need // 1_000_000} MB, {free // 1_000_000} MB are free: make room on the disk"
            )

    def _go_on(self) -> None:
        if self.stopped():
            raise BackupError("ingest is stopping: no backup was made")


def place(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the file system has no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        make_safe(target)


def _names(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    query = "SELECT table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY table_name"
    return [row[0] for row in cursor.execute(query).fetchall()]


def _pieces(cursor: duckdb.DuckDBPyConnection, table: str) -> Iterator[tuple[str, str]]:
    """`(name, SELECT)` of the files that hold a table; none for an empty one."""
    if table not in _SPLIT:
        if cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchall():
            yield table, f'SELECT * FROM "{table}"'
        return
    column, form, rest = _SPLIT[table]
    periods = cursor.execute(
        f"SELECT strftime(make_timestamp({column}), '{form}') AS period, min({column}), max({column})"
        f" FROM {table} GROUP BY period ORDER BY period"
    ).fetchall()
    for period, first, last in periods:
        within = f"{column} >= {first} AND {column} <= {last}"
        yield f"{table}/{period}", f"SELECT * FROM {table} WHERE {within} ORDER BY series_id, {column}, {rest}"
