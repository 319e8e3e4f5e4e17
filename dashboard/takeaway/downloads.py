"""The downloads under way: how far each is, for the page that shows it, and how many there may be at once.

A download that cannot go on is cut off, so that no browser takes half a file for a whole one.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dashboard.takeaway.writing import Piece
from telemetry.errors import LumosError, QuestionError, QuestionLimitError

_LOG = logging.getLogger(__name__)
#: The server has eight threads; the pages of everybody else need some of them.
MOST_AT_ONCE = 3
_KEPT_SECONDS = 600.0
_MOST_KEPT = 500
_JOB = re.compile(r"[A-Za-z0-9-]{8,64}")


class State(StrEnum):
    """How a download stands."""

    UNDER_WAY = "under way"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class CutOffError(OSError):
    """Ends the connection in the middle of a file; servers know it as a connection that broke."""


@dataclass(slots=True)
class Download:
    """One file that somebody is getting."""

    total: int
    rows: int = 0
    bytes: int = 0
    state: State = State.UNDER_WAY
    problem: str = ""
    wanted: bool = True
    begun: float = field(default_factory=time.monotonic)

    def as_json(self) -> dict[str, Any]:
        """What the page shows of it."""
        return {
            "state": self.state, "rows": self.rows, "total": self.total, "bytes": self.bytes, "problem": self.problem,
        }  # fmt: skip


class Downloads:
    """All that are under way or ended lately, by who asked and the number their page gave them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_job: dict[tuple[str, str], Download] = {}
        self._open = 0

    def begin(self, who: str, job: str | None, total: int) -> Download:
        """Enter a download. Raises QuestionLimitError when too many are under way, QuestionError for a wrong number."""
        if job is not None and not _JOB.fullmatch(job):
            raise QuestionError(f"job='{job[:64]}' must be 8 to 64 letters, digits and dashes")
        with self._lock:
            if self._open >= MOST_AT_ONCE:
                raise QuestionLimitError(f"{self._open} downloads are under way: wait until one of them has ended")
            self._open += 1
            self._forget_old()
            download = Download(total)
            if job is not None:
                self._by_job[who, job] = download
            return download

    def refuse(self, who: str, job: str | None, problem: str) -> None:
        """Tell the page that waits for a download why there is none."""
        if job is not None and _JOB.fullmatch(job):
            with self._lock:
                self._forget_old()
                self._by_job[who, job] = Download(0, state=State.FAILED, problem=problem)

    def end(self, download: Download) -> None:
        """The connection is closed, whatever became of the file."""
        with self._lock:
            self._open -= 1
            if download.state is State.UNDER_WAY:
                download.state = State.STOPPED

    def find(self, who: str, job: str) -> Download | None:
        """Somebody's own download."""
        with self._lock:
            return self._by_job.get((who, job))

    def _forget_old(self) -> None:
        horizon = time.monotonic() - _KEPT_SECONDS
        ended = [key for key, one in self._by_job.items() if one.state is not State.UNDER_WAY and one.begun < horizon]
        for key in ended or list(self._by_job)[: len(self._by_job) - _MOST_KEPT]:
            del self._by_job[key]


def followed(download: Download, pieces: Iterable[Piece]) -> Iterator[bytes]:
    """The bytes of a file as they go out, counted; cut off when they cannot or shall not go on."""
    try:
        for piece in pieces:
            if not download.wanted:
                break
            download.rows += piece.rows
            download.bytes += len(piece.content)
            if piece.content:
                yield piece.content
    except LumosError as error:
        download.state, download.problem = State.FAILED, str(error)
        _LOG.warning("a download broke off: %s", error)
        raise CutOffError(str(error)) from error
    except Exception:
        download.state = State.FAILED
        raise
    if not download.wanted:
        download.state = State.STOPPED
        raise CutOffError("the download was stopped")
    download.state = State.DONE
