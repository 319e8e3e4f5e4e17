"""Keeps the store in order while ingest runs: closes days, lets expire what is no longer to be kept, backs up.

A thread of its own with a connection of its own, so that the writer never waits for it: readings go on being committed
to the tail. What moves readings from place to place holds `lock`, one at a time: folds, closings, corrections, expiry.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import duckdb

from ingest.storage.archive import Archive
from ingest.storage.backing_up import BY_HAND, NIGHTLY, BackingUp
from ingest.storage.chores import EVERY_ROUND, Chores
from ingest.storage.closing import close_days, open_days
from ingest.storage.clustering import cluster
from ingest.storage.cursors import Cursors
from ingest.storage.erasing import Eraser
from ingest.storage.importing import under_way
from ingest.storage.manifest import Manifest, backups
from ingest.storage.retention import expire, horizons
from ingest.storage.run_time import in_force
from ingest.storage.shrinking import is_mostly_free, move_last
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError, LumosError
from telemetry.lean import give_back
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, now_us

_log = logging.getLogger(__name__)

_T = TypeVar("_T")
_TICK_SECONDS = 60.0
_ROUND_SECONDS = 3_600.0
_LOOK_SECONDS = 0.02
#: So many readings of days that are over are not left for the next round: they would stay in memory.
_MUCH = 250_000
#: A day is closed this long after its end (UTC), when most of what boards kept through a short outage has come.
_AFTER_MIDNIGHT_US = 2 * US_PER_HOUR
#: After a restart in the middle of the day, the last night's backup is young enough.
_BACKUP_AGAIN_US = 20 * US_PER_HOUR
_EXPIRY = "letting expire what is not to be kept"
_CLOSING = "closing days"


class Keeper:
    """Made on ingest's connection; `start` begins its rounds, an hour apart, or sooner when much has come."""

    def __init__(self, settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
        self.settings = settings
        self._cursors = Cursors(connection)
        self.folder = DataFolder(settings.data_dir)
        self.archive = Archive(self.folder.archive, settings.question_seconds + 10)
        #: The one other folder that DuckDB may write to.
        self.backups = self.folder.backups
        self.lock = threading.Lock()
        self._backing_up = threading.Lock()
        self.eraser = Eraser(self.work, self.archive, settings.topic_root)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._chores = Chores(self._stop.is_set)
        #: When a backup last failed, and why; None once one has succeeded.
        self.backup_trouble: tuple[int, str] | None = None

    def start(self) -> None:
        self._thread.start()
        self.eraser.start()

    def ask_to_stop(self) -> None:
        """Begin nothing more; what is under way goes on."""
        self._stop.set()
        self.eraser.stop(0)

    def stop(self, seconds: float) -> None:
        """Ask for the end, and wait for a while; halfway, give up what is under way: none of it counts before its end.

        That holds for what others asked for, too; they hear of it. What still goes on then is ended by the process.
        """
        self.ask_to_stop()
        begun = time.monotonic()
        while (self._goes_on or self._cursors.are_lent) and (gone := time.monotonic() - begun) < seconds:
            if gone > seconds / 2:
                self._cursors.interrupt()
            time.sleep(_LOOK_SECONDS)

    @property
    def _goes_on(self) -> bool:
        return self._thread.is_alive() or self.eraser.is_alive

    def work(self, task: Callable[[duckdb.DuckDBPyConnection], _T]) -> _T:
        """Do something that moves readings, on a connection of its own, while nothing else does."""
        with self.lock, self._cursors.cursor() as cursor:
            try:
                return task(cursor)
            except duckdb.InterruptException as cause:
                raise ActionError("ingest is stopping, and this was not done: ask again when it is back") from cause

    def back_up(self, kind: str = BY_HAND) -> tuple[Path, Manifest]:
        """A backup of this moment; while one is being made, another waits. Raises BackupError."""
        with self._backing_up:
            making = BackingUp(self._cursors, self.lock, self.archive, self.backups, self._stop.is_set)
            try:
                made, found = making.make(kind)
            except (duckdb.Error, OSError, LumosError) as error:
                self.backup_trouble = (now_us(), str(error))
                raise
            self.backup_trouble = None
            kept = self.work(lambda cursor: in_force(cursor, self.settings)).backups_kept
            if kind == NIGHTLY:
                making.prune(kept)
        _log.info("backup %s: %d readings, %d bytes", made, found.readings, found.bytes)
        return made, found

    def round(self, at_us: int) -> None:
        """What is due at a moment: close days; once a night also let expire, put in order, and back up.

        What makes room comes before what needs some. A step that fails is put off (`Chores`), and the others are done.
        """
        over_us = at_us - _AFTER_MIDNIGHT_US
        night = over_us // US_PER_DAY
        chores = self._chores
        chores.carry_out(_EXPIRY, night, lambda: self._expire_tonight(at_us))
        late = chores.is_due(_CLOSING, night)
        chores.carry_out(_CLOSING, night if late else EVERY_ROUND, lambda: self._close(over_us, late=late))
        chores.carry_out("putting past weeks in order", night, lambda: self._put_in_order(over_us))
        self.work(self.archive.sweep)
        chores.carry_out("the nightly backup", night, lambda: self._back_up_tonight(at_us))

    def _expire_tonight(self, at_us: int) -> bool:
        if under_way(self.backups):
            return False
        self.expire(at_us)
        self._shrink()  # also what corrections and deletions freed, or last night's could not give back
        return True

    def _close(self, over_us: int, *, late: bool) -> bool:
        if self.work(lambda cursor: close_days(cursor, self.archive, over_us, late=late)):
            self.work(_checkpoint)
            give_back()
        return True

    def _put_in_order(self, over_us: int) -> bool:
        while not self._stop.is_set() and self.work(lambda cursor: cluster(cursor, over_us)):
            pass
        return True

    def _back_up_tonight(self, at_us: int) -> bool:
        if self._backup_is_due(at_us):
            self.back_up(NIGHTLY)
        return True

    def _backup_is_due(self, at_us: int) -> bool:
        """Whether nightly backups are wanted, and none was made today."""
        if not self.work(lambda cursor: in_force(cursor, self.settings)).backups_kept:
            return False
        nightly = [made for path, made in backups(self.backups) if path.name.startswith(NIGHTLY)]
        return not nightly or at_us - nightly[-1].made_us > _BACKUP_AGAIN_US

    def expire(self, at_us: int) -> int:
        """Delete what is no longer to be kept at a moment; how many rows. Raises ActionError while an import runs."""
        if under_way(self.backups):
            raise ActionError("an import is under way, and compares with what would expire: wait until it is done")
        wanted = self.work(lambda cursor: horizons(cursor, self.settings.retention_raw, at_us))
        gone = expire(self.work, self.archive, wanted)
        if gone:
            self.work(self.archive.sweep)
            self._shrink()
            _log.info("%d rows expired, as retention says; wider rollups stay", gone)
        return gone

    def _shrink(self) -> None:
        """Give back what the database file has free, once that is most of it; step by step, so that folds go on."""
        self.work(_checkpoint)
        moved: list[str] = []
        while not self._stop.is_set() and self.work(is_mostly_free):
            try:
                table = self.work(partial(move_last, moved=moved))
            except duckdb.TransactionException as error:
                _log.debug("the database file stays as large as it is for now: %s", error)
                return
            if table is None:
                return
            moved.append(table)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.wait(_TICK_SECONDS):
            try:
                if time.monotonic() >= due or self._is_behind(now_us()):
                    due = time.monotonic() + _ROUND_SECONDS
                    self.round(now_us())
            except (duckdb.Error, OSError, LumosError) as error:
                if not self._stop.is_set():
                    _log.warning("the keeper's round is put off: %s", error)

    def _is_behind(self, at_us: int) -> bool:
        """Whether the live tables hold much of days that are over: what boards kept for a week comes within minutes."""
        before_day = (at_us - _AFTER_MIDNIGHT_US) // US_PER_DAY
        return sum(count for _, count in self.work(lambda cursor: open_days(cursor, before_day))) >= _MUCH


def _checkpoint(cursor: duckdb.DuckDBPyConnection) -> None:
    """Have the database file take over what is in its log, and reuse what was freed; not while somebody reads."""
    try:
        cursor.execute("CHECKPOINT")
    except duckdb.TransactionException as error:
        _log.debug("no checkpoint now: %s", error)
