"""How the programs log: one line an event on standard error, and in files where somebody wants them. Never a secret.

What was worth a warning is counted too, so that the page System can say how often something went wrong, and what last.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler

from telemetry.datafolder import DataFolder
from telemetry.errors import DataFolderError
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_SECOND

#: A program's newest file and those before it.
_FILE_BYTES = 2_000_000
_FILES_BEFORE = 4
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


def configure(program: str, settings: Settings) -> None:
    """Log what is at or above the level of the settings as `time program LEVEL message`, or as a JSON object a line.

    Raises DataFolderError where files are wanted and cannot be written.
    """
    formatter = _as_json(program) if settings.log_format == "json" else _as_text(program)
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if settings.log_files:
        handlers.append(_files(program, DataFolder(settings.data_dir)))
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[*handlers, _counter], force=True)


def troubles() -> Troubles:
    """What this process has had to complain about so far."""
    return _counter.found


def _as_text(program: str) -> logging.Formatter:
    return logging.Formatter(f"%(asctime)s {program} %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S")


def _as_json(program: str) -> logging.Formatter:
    """`{"time", "program", "level", "logger", "message", "exception"}`, time ISO 8601 in UTC."""
    from pythonjsonlogger.orjson import OrjsonFormatter

    return OrjsonFormatter(
        ["levelname", "name", "message", "exc_info"],
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception", "timestamp": "time"},
        static_fields={"program": program},
        timestamp=True,
    )


def _files(program: str, folder: DataFolder) -> RotatingFileHandler:
    try:
        folder.logs.mkdir(parents=True, exist_ok=True)
        path = folder.logs / f"{program}.log"
        return RotatingFileHandler(path, maxBytes=_FILE_BYTES, backupCount=_FILES_BEFORE, encoding="utf-8")
    except OSError as cause:
        raise DataFolderError(
            f"--log-files: {folder.logs} cannot be written ({cause.strerror or cause}): "
            "give this user the right to, or leave --log-files out"
        ) from cause
