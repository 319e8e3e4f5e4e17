"""Makes a backup while ingest runs: one moment of the whole store as Parquet files that anything can read.

Closed days lie in files that never change, so they are linked, not copied; what stays the same from one backup to the
next (a month of rollups, a small table) is linked to the one before. The rest is read in one transaction, beside the
writer. A backup appears under its name when it is whole, counted and hashed; a crash leaves a hidden folder, which the
next one takes away. It never holds a secret.

A file of a closed day whose bytes are not those that an earlier backup hashed is put back from one that still has them
under a file of its own. Where none has, the backup goes on with it as it lies, and says so.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.storage import manifest
from ingest.storage.archive import PARQUET, Archive, Segment, make_safe, quoted
from ingest.storage.cursors import Cursors
from ingest.storage.manifest import BackupFile, Manifest
from ingest.storage.schema import version
from telemetry.errors import BackupError
from telemetry.levels import RAW
from telemetry.timestamps import now_us

_log = logging.getLogger(__name__)

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

    connection: duckdb.DuckDBPyConnection | Cursors
    lock: threading.Lock
    archive: Archive
    backups: Path
    stopped: Callable[[], bool]

    def make(self, kind: str) -> tuple[Path, Manifest]:
        """A new backup. Raises BackupError where the store changes under it, or the disk has no room."""
        made_us = now_us()
        self._clear()
        self._need_room()
        stamp = datetime.fromtimestamp(made_us / 1e6, UTC).strftime("%Y-%m-%dT%H%M%S.%f")[:-3]
        making = self.backups / f".{kind}-{stamp}{_MAKING}"
        making.mkdir()
        earlier = manifest.backups(self.backups)
        damaged: dict[str, str] = {}
        try:
            with self.archive.held(), self._snapshot() as (cursor, segments):
                closed = list(self._closed_days(segments, making, earlier, damaged))
                files = [*closed, *self._tables(cursor, making, earlier[-1:])]
                found = replace(self._counted(cursor, made_us, segments, files), damaged=damaged)
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
        self,
        segments: list[Segment],
        making: Path,
        earlier: list[tuple[Path, Manifest]],
        damaged: dict[str, str],
    ) -> Iterator[BackupFile]:
        """The files as they go into the backup; those that are not as they were written are added to `damaged`."""
        known = _hashes(earlier)
        for segment in segments:
            self._go_on()
            file, lying = f"{_ARCHIVE}/{segment.file}", self.archive.folder / segment.file
            digest, wanted = _digest(lying, segment.bytes), known.get(file, "")
            if not digest or (wanted and digest != wanted):
                if wanted and self._put_back(lying, manifest.intact(earlier, file, wanted)):
                    digest = wanted
                else:
                    damaged[file] = wanted
                    _log.error(
                        "%s is damaged: its bytes are not those that were written, and no backup in %s has them. The "
                        "backup goes on with it as it lies. Copy an older backup from elsewhere to that folder: the "
                        "next one puts the file back", lying, self.backups,
                    )  # fmt: skip
            if lying.is_file():
                place(lying, making / file)
                size = lying.stat().st_size
                yield BackupFile(file, _ARCHIVE, segment.rows, size, digest or manifest.sha256(making / file))

    def _put_back(self, lying: Path, source: Path | None) -> bool:
        """Put an intact file in the place of a damaged one, as a copy: so the two do not share their next damage."""
        if source is None:
            return False
        fresh = lying.with_name(lying.name + ".new")
        shutil.copyfile(source, fresh)
        make_safe(fresh)
        fresh.replace(lying)
        make_safe(lying.parent)
        _log.warning("%s was damaged: it is back from %s", lying, source)
        return True

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


def _hashes(backups: list[tuple[Path, Manifest]]) -> dict[str, str]:
    """The hash that each file should have, as far as backups know: it never changes, so the first one counts."""
    known: dict[str, str] = {}
    for _, found in backups:
        said = {**{file.file: file.sha256 for file in found.files}, **found.damaged}
        known = {**{file: wanted for file, wanted in said.items() if wanted}, **known}
    return known


def _digest(path: Path, size: int) -> str:
    """The hash of a file of this size; empty for none."""
    return manifest.sha256(path) if path.is_file() and path.stat().st_size == size else ""


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
