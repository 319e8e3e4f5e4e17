"""Erases what deleted devices left, on the disk too: their rows in the files of closed days and in every table.

A row of `deletions` that is not done is the order; what it names was taken out of sight before. Each step is one
transaction and can be done twice, so a crash costs nothing: the next start goes on. Other devices' rows are written
anew, never changed. Backups are other files and stay as they are.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb

from ingest.storage.archive import Archive, Segment
from ingest.storage.scrubbing import clean_up, overwrite_free_space, rewrite_all
from ingest.storage.transactions import transaction
from telemetry.errors import LumosError
from telemetry.levels import BY_NAME
from telemetry.timestamps import now_us

_log = logging.getLogger(__name__)

_RETRY_SECONDS = 5.0
_ATTEMPTS = 20
#: Tables that tell what was done, by numbers that mean nothing any more.
_LOGS = frozenset(("deletions", "merges"))
#: SQL for the messages about alerts that are no more. A test of a channel is about none, and stays.
MESSAGES_OF_GONE_ALERTS = "what != 'test' AND episode_id NOT IN (SELECT episode_id FROM alert_episodes)"


@dataclass(frozen=True, slots=True)
class Deleted:
    """A row of `deletions`."""

    device_id: int
    device: str
    series_ids: tuple[int, ...]
    asked_us: int

    @property
    def series(self) -> str:
        """SQL for its series' ids, which may be none."""
        return ", ".join(map(str, self.series_ids)) or "NULL"


Work = Callable[[Callable[[duckdb.DuckDBPyConnection], Any]], Any]


class Eraser:
    """Erases in a thread of its own. `work` does something on a connection while nothing else moves readings."""

    def __init__(self, work: Work, archive: Archive, topic_root: str) -> None:
        self._work = work
        self._archive = archive
        self._topic_root = topic_root
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eraser", daemon=True)

    def start(self) -> None:
        """Go on with what an earlier run left undone, and wait for more."""
        self._wake.set()
        self._thread.start()

    def finish_earlier(self) -> None:
        """What was erased before the database was opened leaves its last bytes now."""
        if self._work(_unscrubbed):
            self._work(overwrite_free_space)
            self._work(_scrubbed)

    def wake(self) -> None:
        """There is something to erase."""
        self._wake.set()

    def stop(self, seconds: float) -> None:
        """Ask for the end, and wait for a while."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def erase_all(self) -> None:
        """Erase everything that deletions name and that is not done."""
        for deleted in self._work(_pending):
            self._erase_files(deleted)
            while not self._stop.is_set() and not self._work(partial(self._erase_tables, deleted)):
                self._erase_files(deleted)  # a day was closed meanwhile and took some rows along
            if self._stop.wait(self._archive.patience_seconds):
                return
            self._work(self._archive.sweep)
            self._work(overwrite_free_space)
            self._work(partial(_done, deleted))
            _log.info("%s is erased; backups that were made before still hold it", deleted.device)

    def _erase_files(self, deleted: Deleted) -> None:
        for segment in self._work(self._archive.segments):
            if self._stop.is_set():
                return
            self._work(partial(self._erase_file, segment, deleted))

    def _erase_file(self, segment: Segment, deleted: Deleted, cursor: duckdb.DuckDBPyConnection) -> None:
        """Write a file of a closed day anew without the deleted series, where it holds any."""
        if not self._in_force(cursor, segment) or not self._holds(cursor, segment, deleted):
            return
        rows = f"SELECT * FROM ({self._archive.read([segment])}) WHERE series_id NOT IN ({deleted.series})"
        with transaction(cursor):
            written = self._archive.write(cursor, segment.day, BY_NAME[segment.level], rows)
            self._archive.adopt(cursor, [segment], [written] if written else [])
        self._archive.retire([segment])

    def _in_force(self, cursor: duckdb.DuckDBPyConnection, segment: Segment) -> bool:
        return bool(cursor.execute("SELECT 1 FROM segments WHERE file = $1", [segment.file]).fetchall())

    def _holds(self, cursor: duckdb.DuckDBPyConnection, segment: Segment, deleted: Deleted) -> bool:
        query = f"SELECT 1 FROM ({self._archive.read([segment])}) WHERE series_id IN ({deleted.series}) LIMIT 1"
        return bool(cursor.execute(query).fetchall())

    def _erase_tables(self, deleted: Deleted, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Rewrite each table without the device's rows; False (and nothing done) while a file still holds some."""
        if any(self._holds(cursor, segment, deleted) for segment in self._archive.segments(cursor)):
            return False
        _blot_changes(cursor, deleted)
        rewrite_all(cursor, _conditions(cursor, deleted, self._topic_root))
        return True

    def _run(self) -> None:
        task = self.finish_earlier
        while not self._stop.is_set():
            for _ in range(_ATTEMPTS):
                try:
                    task()
                    break
                except (duckdb.Error, OSError, LumosError) as error:
                    if not self._stop.is_set():
                        _log.warning("erasing goes on in %g s: %s", _RETRY_SECONDS, error)
                    if self._stop.wait(_RETRY_SECONDS):
                        return
            self._wake.wait()
            self._wake.clear()
            task = self.erase_all


def _pending(cursor: duckdb.DuckDBPyConnection) -> list[Deleted]:
    """What is still to be erased."""
    clean_up(cursor)
    rows = cursor.execute(
        "SELECT device_id, device, series_ids, asked_us FROM deletions WHERE done_us IS NULL ORDER BY asked_us"
    ).fetchall()
    return [Deleted(device_id, device, tuple(ids), asked_us) for device_id, device, ids, asked_us in rows]


def _conditions(cursor: duckdb.DuckDBPyConnection, deleted: Deleted, root: str) -> dict[str, str]:
    """Table, whoever added it, → SQL for the rows of the device in it; in the order in which they may go."""
    prefix, name = (text.replace("'", "''") for text in (f"{root}/{deleted.device}/", deleted.device))
    by_column = {
        "device_id": f"device_id = {deleted.device_id}",
        "series_id": f"series_id IN ({deleted.series})",
        "command_id": f"command_id IN (SELECT command_id FROM commands WHERE device_id = {deleted.device_id})",
    }
    by_table = {
        "quarantine": f"starts_with(topic, '{prefix}') AND arrived_us <= {deleted.asked_us}",
        # What announced this device alone; an announcement of several stays.
        "announcements": "topic IN (SELECT announced_by FROM controls GROUP BY announced_by"
        f" HAVING bool_and(device_id = {deleted.device_id}))",
        # Of alerts, who was watched stands there by name.
        "alert_rules": f"device = '{name}' AND asked_us <= {deleted.asked_us}",
        "alert_episodes": f"device = '{name}' AND opened_us <= {deleted.asked_us}",
        "alert_messages": MESSAGES_OF_GONE_ALERTS,
    }
    rows = cursor.execute(
        """
        SELECT table_name, list(column_name) FROM duckdb_columns()
        WHERE table_name IN (SELECT table_name FROM duckdb_tables() WHERE NOT temporary)
        GROUP BY table_name ORDER BY table_name IN ('commands', 'controls', 'alert_messages'), table_name
        """
    ).fetchall()
    found = {}
    for table, columns in rows:
        parts = [] if table in _LOGS else [sql for column, sql in by_column.items() if column in columns]
        found[table] = by_table.get(table) or " OR ".join(parts) or "false"
    return found


def _blot_changes(cursor: duckdb.DuckDBPyConnection, deleted: Deleted) -> None:
    """Of what people did to the device keep who, what and when; its words (names, notes, messages) go."""
    rows = cursor.execute(
        "SELECT rowid, arguments FROM changes"
        " WHERE (changed_us <= $1 OR action = 'delete_device') AND contains(arguments, $2)",
        [deleted.asked_us, json.dumps(deleted.device, ensure_ascii=False)],
    ).fetchall()
    with transaction(cursor):
        for rowid, arguments in rows:
            said = json.loads(arguments)
            if said.get("device") == deleted.device or deleted.device in said.get("devices", []):
                short = json.dumps({key: said[key] for key in ("device", "devices") if key in said}, ensure_ascii=False)
                cursor.execute("UPDATE changes SET arguments = $1 WHERE rowid = $2", [short, rowid])


def _unscrubbed(cursor: duckdb.DuckDBPyConnection) -> bool:
    which = "done_us IS NOT NULL AND scrubbed_us IS NULL"
    return bool(cursor.execute(f"SELECT 1 FROM deletions WHERE {which} LIMIT 1").fetchall())


def _scrubbed(cursor: duckdb.DuckDBPyConnection) -> None:
    which = "done_us IS NOT NULL AND scrubbed_us IS NULL"
    cursor.execute(f"UPDATE deletions SET scrubbed_us = $1 WHERE {which}", [now_us()])


def _done(deleted: Deleted, cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute("UPDATE deletions SET done_us = $1 WHERE device_id = $2", [now_us(), deleted.device_id])
