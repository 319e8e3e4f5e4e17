"""A store that is damaged gives way to the newest backup that is whole, and what is missing since is said.

Only where reading it whole, once more and by itself, fails too: a full disk or little memory is no damage. The damaged
store is set aside, not deleted. Without a backup nothing is touched, and a person has to say what is to be done. A full
disk is waited out.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb

from ingest.storage import manifest
from ingest.storage.restoring import restore
from ingest.storage.store import opened
from telemetry.datafolder import DataFolder
from telemetry.errors import BackupError, DamagedStoreError, NoRoomError
from telemetry.settings import Settings

_log = logging.getLogger(__name__)

#: What a sound file may answer with too.
_NO_DAMAGE = ("No space left", "Could not set lock", "Permission denied")
#: How often a full disk is looked at again.
_ROOM_SECONDS = 2.0
_ROOM_BYTES = 65_536


@contextlib.contextmanager
def opened_or_recovered(
    settings: Settings, folder: DataFolder, stop: threading.Event
) -> Iterator[duckdb.DuckDBPyConnection]:
    """`ingest.storage.store.opened`, after a recovery where a damaged file has a backup, and once the disk has room.

    Raises what that raises; NoRoomError only when it is to stop before there is room.
    """
    with contextlib.ExitStack() as stack:
        try:
            connection = stack.enter_context(_with_room(settings, folder, stop))
        except DamagedStoreError as damage:
            if not is_damaged(folder) or not _recover(folder):
                raise damage from damage.__cause__
            connection = stack.enter_context(_with_room(settings, folder, stop))
        yield connection


@contextlib.contextmanager
def _with_room(settings: Settings, folder: DataFolder, stop: threading.Event) -> Iterator[duckdb.DuckDBPyConnection]:
    waited = False
    with contextlib.ExitStack() as stack:
        while True:
            try:
                _look_for_room(folder)
                connection = stack.enter_context(opened(settings, folder))
                break
            except NoRoomError as error:
                if not waited:
                    _log.error("%s; what arrives meanwhile waits at the broker", error)
                waited = True
                if stop.wait(_ROOM_SECONDS):
                    raise
        if waited:
            _log.info("the disk has room again")
        yield connection


def _look_for_room(folder: DataFolder) -> None:
    """Raises NoRoomError where what a start writes would not fit."""
    folder.ensure()
    probe = folder.run / "room"
    try:
        probe.write_bytes(bytes(_ROOM_BYTES))
    except OSError as cause:
        if cause.errno == errno.ENOSPC:
            raise NoRoomError(f"the disk of {folder.path} is full: make room on the disk") from cause
        raise
    finally:
        probe.unlink(missing_ok=True)


def is_damaged(folder: DataFolder) -> bool:
    """Whether some table of the database cannot be read to its end."""
    try:
        with duckdb.connect(str(folder.database), read_only=True) as connection:
            tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
            for (table,) in tables:
                connection.execute(f'SELECT count(COLUMNS(*)) FROM "{table}"').fetchall()
    except (MemoryError, duckdb.OutOfMemoryException):
        return False
    except duckdb.Error as error:
        return not any(text in str(error) for text in _NO_DAMAGE)
    return False


def _recover(folder: DataFolder) -> bool:
    """Put the newest whole backup in force; whether there was one."""
    damaged_us = int(folder.database.stat().st_mtime * 1e6)
    for path, _ in reversed(manifest.backups(folder.backups)):
        try:
            found, aside = restore(folder, path)
        except BackupError as error:
            _log.warning("%s", error)
            continue
        _log.error(
            "the database was damaged: the backup of %s with %s readings is in force in its place. What was written "
            "between then and %s is missing, but for what boards still keep and send again; the damaged one is in %s",
            _moment(found.made_us), f"{found.readings:,}", _moment(damaged_us), aside,
        )  # fmt: skip
        return True
    return False


def _moment(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
