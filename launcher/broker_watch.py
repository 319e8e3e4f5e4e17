"""Starts the embedded broker anew when it has stopped writing and need not have.

After a full disk nats-server goes on refusing what it is told to keep, though there is room again, until it is started
anew (seen with 2.15). What it says in its log tells; boards and ingest keep meanwhile what it did not take.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
_SIGNS = ("failed to store a msg", "JetStream out of")
#: With less than this the next message would fail again.
_ROOM_BYTES = 1_000_000


class BrokerWatch:
    """Reads a broker's log as it grows; `restart` is called when the broker is stuck and its disk has room."""

    def __init__(self, log: Path, restart: Callable[[], None]) -> None:
        self._log = log
        self._restart = restart
        self._read_to = 0
        self._stuck = False
        self._stopped = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="broker-watch", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        self._news()  # what an earlier broker said is over
        while not self._stopped.wait(_LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Read on, and restart where that helps."""
        said = self._news()
        self._stuck = self._stuck or any(sign in said for sign in _SIGNS)
        if self._stuck and shutil.disk_usage(self._log.parent).free >= _ROOM_BYTES:
            self._stuck = False
            _log.warning("the broker could not write to the disk, which has room again: it is started anew")
            self._restart()
            self._news()

    def _news(self) -> str:
        """What the log says beyond what was read; a log that was begun anew is read from its start."""
        try:
            size = self._log.stat().st_size
            if size < self._read_to:
                self._read_to = 0
            with self._log.open("rb") as file:
                file.seek(self._read_to)
                said = file.read()
        except OSError:
            return ""
        self._read_to += len(said)
        return said.decode(errors="replace")
