"""What the keeper does once a night, step by step: each is done when it has succeeded, whatever became of the others.

One that failed is tried again at a later round, and said once until it is done: a full disk must not keep from expiring
what would make room, nor one failed backup wait for tomorrow.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import duckdb

from telemetry.errors import LumosError

_log = logging.getLogger(__name__)

#: A step that failed is left alone for so long, however soon the next round comes: a backup reads the whole store.
PAUSE_SECONDS = 1_800.0
#: For a step of every round.
EVERY_ROUND = None


class Chores:
    """Which steps are done. Used by the keeper's thread alone; once that is `stopped` none begins, and none failed."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped
        self._done: dict[str, int] = {}
        self._again: dict[str, float] = {}

    def is_due(self, name: str, night: int) -> bool:
        """Whether a step is still to be done in a night."""
        return self._done.get(name) != night

    def carry_out(self, name: str, night: int | None, step: Callable[[], bool]) -> None:
        """Do a step where it is due; it is done once it gives true. What a full disk or a damaged file raises is said.

        A `night` counts from 1970; EVERY_ROUND is for a step that is due again and again.
        """
        if night is not None and not self.is_due(name, night):
            return
        if self._stopped() or time.monotonic() < self._again.get(name, 0.0):
            return
        try:
            is_done = step()
        except (duckdb.Error, OSError, LumosError) as error:
            if name not in self._again and not self._stopped():
                _log.warning("%s is put off, and tried again: %s", name, error)
            self._again[name] = time.monotonic() + PAUSE_SECONDS
            return
        if self._again.pop(name, None) is not None:
            _log.info("%s is done after all", name)
        if is_done and night is not None:
            self._done[name] = night
