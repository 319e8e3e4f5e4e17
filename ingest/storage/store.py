"""Opening the database as its one owner: locks, limits, what DuckDB may touch, the newest schema.

Nobody else in Lumos opens the file for writing. What is opened here is closed here, with a checkpoint.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
import time
from collections.abc import Iterator

import duckdb
from filelock import FileLock, Timeout

from ingest.storage.archive import Archive, make_safe, quoted
from ingest.storage.backing_up import place
from ingest.storage.schema import MIGRATIONS, migrate, version
from ingest.storage.shrinking import is_mostly_free
from telemetry.datafolder import DataFolder
from telemetry.errors import (
    AlreadyRunningError,
    DamagedStoreError,
    DataFolderError,
    NoRoomError,
    StoreUnavailableError,
)
from telemetry.settings import Settings

_log = logging.getLogger(__name__)

#: A dashboard that found no ingest reads the file for moments at a time; we wait for its turn to end.
_LOCK_SECONDS = 5.0
_LOCK_PAUSE_SECONDS = 0.05
_LOCKED = "Could not set lock"
_NO_ROOM = "No space left"
_NO_DATABASE = "not a valid DuckDB database file"


@contextlib.contextmanager
def opened(settings: Settings, folder: DataFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, open for writing, at the newest schema; closed with a checkpoint at the end.

    Raises AlreadyRunningError for a second ingest on the same data, DamagedStoreError for a file that is no sound
    database, NoRoomError on a full disk, StoreUnavailableError for a file that cannot be opened, SchemaError for one
    that is not ours.
    """
    folder.ensure()
    lock = FileLock(folder.ingest_lock)
    try:
        held = lock.acquire(blocking=False)
    except Timeout as cause:
        raise AlreadyRunningError(
            f"an ingest already runs on the data in {folder.path}: stop it first, or choose another folder "
            "with --data-dir"
        ) from cause
    with held:
        connection = _connect(settings, folder)
        try:
            try:
                if 0 < version(connection) < len(MIGRATIONS):
                    connection = _copied_first(connection, settings, folder)
                elif is_mostly_free(connection):
                    connection = _compacted(connection, settings, folder)
                _prepare(connection, folder)
            except duckdb.Error as cause:
                raise _unusable(folder, cause) from cause
            yield connection
            with contextlib.suppress(duckdb.Error):
                connection.execute("CHECKPOINT")
        finally:
            connection.close()


def _connect(settings: Settings, folder: DataFolder) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{settings.memory_limit // 1_000_000}MB",
        "threads": 2,
        "python_enable_replacements": False,  # a statement must not reach this program's variables
        "temp_directory": str(folder.run / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "cache_local_files": True,
        # DuckDB's own allocator otherwise keeps what a fold or a closing needed for a moment, 80 MB and more, for good.
        "allocator_background_threads": sys.platform == "linux",
        # A transaction takes its picture of the store when it begins, not at its first statement: see the read service.
        "immediate_transaction_mode": True,
    }
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return duckdb.connect(str(folder.database), config=config)
        except duckdb.IOException as cause:
            if _NO_DATABASE in str(cause) or _NO_ROOM in str(cause):
                raise _unusable(folder, cause) from cause
            if _LOCKED not in str(cause):
                raise DataFolderError(
                    f"{folder.database} cannot be opened ({_first_line(cause)}): give this user the right to read and "
                    "write it, and the disk some room"
                ) from cause
            if time.monotonic() > deadline:
                raise StoreUnavailableError(
                    f"{folder.database} is held by another program ({_first_line(cause)}): close it and start again"
                ) from cause
            time.sleep(_LOCK_PAUSE_SECONDS)
        except duckdb.Error as cause:
            raise _unusable(folder, cause) from cause


def _copied_first(
    connection: duckdb.DuckDBPyConnection, settings: Settings, folder: DataFolder
) -> duckdb.DuckDBPyConnection:
    """Keep the database as the earlier Lumos left it, before a migration; a fresh connection to it.

    The connection is closed meanwhile: reading the file beside it would drop its lock.
    """
    before = version(connection)
    connection.execute("CHECKPOINT")
    connection.close()
    copy = folder.backups / f"before-schema-{before + 1}.duckdb"
    fresh = copy.with_suffix(".new")
    try:
        shutil.copyfile(folder.database, fresh)
        fresh.replace(copy)
    except OSError as cause:
        raise DataFolderError(
            f"the database cannot be copied to {copy} before its schema changes ({cause.strerror or cause}): "
            "make room on the disk"
        ) from cause
    _log.info("schema version %d is kept as %s", before, copy)
    return _connect(settings, folder)


def _compacted(
    connection: duckdb.DuckDBPyConnection, settings: Settings, folder: DataFolder
) -> duckdb.DuckDBPyConnection:  # fmt: skip
    """Write the file anew, since DuckDB gives back only what is free at its end; a fresh connection to it.

    One renaming puts it in force, so a crash leaves the file before or after it. Without room it stays as it is.
    """
    connection.execute("CHECKPOINT")
    connection.close()
    before = folder.database.stat().st_size
    fresh = folder.database.with_suffix(".compact")
    try:
        for left in (fresh, fresh.with_name(fresh.name + ".wal")):
            left.unlink(missing_ok=True)
        with duckdb.connect(":memory:") as copying:
            copying.execute(f"ATTACH {quoted(folder.database)} AS before (READ_ONLY)")
            copying.execute(f"ATTACH {quoted(fresh)} AS after")
            copying.execute("COPY FROM DATABASE before TO after")
            copying.execute("CHECKPOINT after")
        make_safe(fresh)
        fresh.replace(folder.database)
        make_safe(folder.path)
    except (duckdb.Error, OSError) as error:
        _log.warning("the database is not made smaller: %s", error)
        fresh.unlink(missing_ok=True)
    _log.info("the database takes %d bytes, %d before", folder.database.stat().st_size, before)
    return _connect(settings, folder)


def _prepare(connection: duckdb.DuckDBPyConnection, folder: DataFolder) -> None:
    """Bring the schema up to date, and read from each table, so that damage shows now and not in the night."""
    before, now = migrate(connection)
    tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
    connection.execute("SET parquet_metadata_cache = true")  # what a file of a closed day says never changes
    archive = Archive(folder.archive)
    _bring_back(connection, archive, folder)
    archive.sweep(connection)
    archive.refresh_views(connection)
    counts = {table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()[0][0] for (table,) in tables}
    _confine(connection, folder)
    if before != now:
        _log.info("database %s: schema version %d, was %d", folder.database, now, before)
    _log.debug("database %s: %s", folder.database, counts)


def _bring_back(connection: duckdb.DuckDBPyConnection, archive: Archive, folder: DataFolder) -> None:
    """Put files of closed days that were lost back from a backup, where one has them."""
    for segment in archive.segments(connection):
        path = archive.folder / segment.file
        if path.is_file() and path.stat().st_size == segment.bytes:
            continue
        kept = next((each for each in folder.backups.glob(f"*/archive/{segment.file}")), None)
        if kept is None or kept.stat().st_size != segment.bytes:
            raise StoreUnavailableError(
                f"{path} is missing or cut short, and no backup in {folder.backups} has it: put it back from another "
                "one (its archive/ holds it under the same name), or restore that one"
            )
        path.unlink(missing_ok=True)
        place(kept, path)
        _log.warning("%s was missing or cut short: it is back from %s", segment.file, kept)


def _unusable(folder: DataFolder, cause: Exception) -> StoreUnavailableError:
    """What an error of the database means to whoever opens it."""
    if _NO_ROOM in str(cause):
        return NoRoomError(f"{folder.database} cannot be opened ({_first_line(cause)}): make room on the disk")
    return DamagedStoreError(
        f"{folder.database} is no sound database ({_first_line(cause)}): move it away, or restore a backup"
    )


def _confine(connection: duckdb.DuckDBPyConnection, folder: DataFolder) -> None:
    """From here on no statement reads or writes a file but database, archive and backups, or changes this."""
    connection.execute("SET allowed_directories = $1", [[str(folder.archive), str(folder.backups)]])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300]
