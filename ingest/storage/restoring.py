"""Makes a backup the store again, with ingest stopped. What was there is set aside, not deleted.

The backup is read and checked whole before anything is touched, and the new database is made beside the old one; one
renaming puts it in force. A crash before that leaves the old store, and after it the new one.
"""

from __future__ import annotations

import logging
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from ingest.storage import manifest
from ingest.storage.archive import Archive, make_safe, quoted
from ingest.storage.backing_up import place
from ingest.storage.manifest import Manifest
from ingest.storage.schema import MIGRATIONS, migrate
from telemetry.datafolder import DataFolder
from telemetry.errors import AlreadyRunningError, BackupError
from telemetry.timestamps import now_us

_log = logging.getLogger(__name__)

#: A dashboard that found no ingest reads the file for moments at a time.
_LOCK_SECONDS = 5.0
_LOCKED = "Could not set lock"


def find(path: Path) -> tuple[Path, Manifest]:
    """The backup that a path names: its folder, or the manifest in it. Raises BackupError where there is none."""
    folder = path.parent if path.name == manifest.FILE_NAME else path
    found = manifest.read(folder)
    if found.schema > len(MIGRATIONS):
        raise BackupError(f"{folder} was made by a newer Lumos (schema {found.schema}): install that one")
    return folder, found


def restore(folder: DataFolder, path: Path) -> tuple[Manifest, Path | None]:
    """Put a backup in force; `(what it held, where the store that was here lies now)`.

    Raises BackupError for a damaged backup, AlreadyRunningError while ingest runs.
    """
    source, found = find(path)
    manifest.check(source, found)
    folder.ensure()
    try:
        with FileLock(folder.ingest_lock, blocking=False):
            return found, _put_in_force(folder, source, found)
    except Timeout as cause:
        raise AlreadyRunningError("ingest runs on this data: stop it first, then restore") from cause
    except OSError as cause:
        raise BackupError(f"{source} was not restored: {cause.strerror or cause}; the store is as it was") from cause


def _put_in_force(folder: DataFolder, source: Path, found: Manifest) -> Path | None:
    fresh = folder.run / "restored.duckdb"
    _remove(fresh)
    for file in found.files:
        if file.table == "archive" and file.file not in found.damaged:
            _bring(source / file.file, folder.archive / file.file.removeprefix("archive/"), file.sha256)
    _bring_damaged(folder, source, found)
    _build(fresh, folder, source, found)
    aside = _set_aside(folder) if folder.database.exists() else None
    fresh.replace(folder.database)
    make_safe(folder.path)
    return aside


def _bring_damaged(folder: DataFolder, source: Path, found: Manifest) -> None:
    """Files that were damaged already when the backup was made: from any backup beside it that has them whole."""
    beside = manifest.backups(source.parent)
    for name, wanted in found.damaged.items():
        target = folder.archive / name.removeprefix("archive/")
        whole = manifest.intact(beside, name, wanted) if wanted else None
        if whole is not None:
            _bring(whole, target, wanted)
        elif not (wanted and _is(target, wanted)):
            _log.error("%s was damaged when this backup was made: it is as it was then", target)
            if (source / name).is_file():
                _bring(source / name, target, manifest.sha256(source / name))


def _is(target: Path, sha256: str) -> bool:
    return target.is_file() and manifest.sha256(target) == sha256


def _bring(source: Path, target: Path, sha256: str) -> None:
    """A file of a closed day; names are never given twice, so one that is there is the same, or damaged."""
    if _is(target, sha256):
        return
    fresh = target.with_name(target.name + ".new")
    fresh.unlink(missing_ok=True)
    place(source, fresh)
    fresh.replace(target)


def _build(fresh: Path, folder: DataFolder, source: Path, found: Manifest) -> None:
    """The database that a backup describes, as the Lumos that made it would have it."""
    with duckdb.connect(str(fresh)) as connection:
        migrate(connection, found.schema)
        connection.execute("DELETE FROM meta")
        for table, rows in found.tables.items():
            files = ", ".join(quoted(source / file.file) for file in found.files if file.table == table)
            if files:
                connection.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM read_parquet([{files}])')
            ((count,),) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()
            if count != rows:
                raise BackupError(f"{source} gave {count} rows of {table}, not {rows}: the store is as it was")
        Archive(folder.archive).refresh_views(connection)
        connection.execute("CHECKPOINT")


def _set_aside(folder: DataFolder) -> Path:
    """Keep the store that is in force under another name: its database, and the files that it may name."""
    _take_log_over(folder.database)
    moment = datetime.fromtimestamp(now_us() / 1e6, UTC).strftime("%Y-%m-%dT%H%M%S.%f")
    aside = folder.set_aside / moment
    aside.mkdir(parents=True)
    for path in folder.archive.rglob("*.parquet"):
        place(path, aside / "archive" / path.relative_to(folder.archive))
    place(folder.database, aside / folder.database.name)
    log = folder.database.with_name(folder.database.name + ".wal")
    if log.exists():  # of a database that cannot be opened: beside the new one it would be taken for its own
        log.replace(aside / log.name)
    return aside


def _take_log_over(database: Path) -> None:
    """Have the old database take over what is in its log, so that it is one file; a damaged one stays as it is."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            with duckdb.connect(str(database)) as connection:
                connection.execute("CHECKPOINT")
        except duckdb.Error as cause:
            if _LOCKED not in str(cause):
                return
            if time.monotonic() > deadline:
                raise BackupError(f"{database} is held by another program: close it first") from cause
            time.sleep(0.05)
        else:
            return


def _remove(database: Path) -> None:
    for path in (database, database.with_name(database.name + ".wal")):
        path.unlink(missing_ok=True)


def transfer(source: Path, found: Manifest, target: Path) -> Path:
    """Copy a backup to a folder elsewhere and check it there; what an earlier one there holds already is linked."""
    place_for = target / source.name
    making = target / f".{source.name}.making"
    try:
        target.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(making, ignore_errors=True)
        known = {
            (file.sha256, file.bytes): path / file.file
            for path, there in manifest.backups(target)
            for file in there.files
        }
        for file in found.files:
            place(known.get((file.sha256, file.bytes), source / file.file), making / file.file)
        found.write(making)
        make_safe(making)
        manifest.check(making, found)
        making.rename(place_for)
        make_safe(target)
    except OSError as cause:
        raise BackupError(f"the backup cannot be copied to {target}: {cause.strerror or cause}") from cause
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return place_for
