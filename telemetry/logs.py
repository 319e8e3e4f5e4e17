"""How the programs log: one line an event on standard error, with the program's name. Never a secret.

What was worth a warning is counted too, so that the page System can say how often something went wrong, and what last.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from telemetry.timestamps import US_PER_SECOND

#: A log line's sentence is kept up to this.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Troubles:
    """How many warnings and errors this program has logged since its start, and the last one (0 and "": none)."""

    warnings: int = 0
    errors: int = 0
    last: str = ""
    last_us: int = 0


class TroubleCounter(logging.Handler):
    """Counts what is logged from warnings on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._guard = threading.Lock()
        self._found = Troubles()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.levelno >= logging.ERROR
        with self._guard:
            before = self._found
            self._found = Troubles(
                before.warnings + (not error),
                before.errors + error,
                record.getMessage()[:_LONGEST],
                round(record.created * US_PER_SECOND),
            )

    @property
    def found(self) -> Troubles:
        return self._found


#: The one of this process: logging itself is one for all of it.
_counter = TroubleCounter()


def configure(program: str, level: str) -> None:
    """Log what is at or above `level` as `time program LEVEL message`."""
    logging.basicConfig(
        level=level.upper(),
        format=f"%(asctime)s {program} %(levelname)s %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
        force=True,
    )
    logging.getLogger().addHandler(_counter)


def troubles() -> Troubles:
    """What this process has had to complain about so far."""
    return _counter.found
