"""What simulated boards say on stderr: a line each while they are few, one line for all when many say the same.

A broker that stops is one outage, not two hundred lines.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

_FEW = 4
_GATHER_SECONDS = 1.0


def _stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class Journal:
    """Gathers equal lines of many boards. Used inside a running event loop."""

    def __init__(self, boards: int, write: Callable[[str], None] = _stderr) -> None:
        self._gather = boards > _FEW
        self._write = write
        self._said: dict[str, list[str]] = {}

    def say(self, board: str, text: str) -> None:
        if not self._gather:
            self._line(f"{board}: {text}")
        elif text in self._said:
            self._said[text].append(board)
        else:
            self._said[text] = [board]
            asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._tell, text)

    def _tell(self, text: str) -> None:
        boards = self._said.pop(text)
        who = boards[0] if len(boards) == 1 else f"{boards[0]} and {len(boards) - 1} more"
        self._line(f"{who}: {text}")

    def _line(self, text: str) -> None:
        self._write(f"{time.strftime('%H:%M:%S')} {text}")
