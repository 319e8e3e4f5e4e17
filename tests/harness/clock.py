"""The clock of the programs under test, moved while they run; their stopwatch goes on as it does on a real machine.

Python runs a `sitecustomize` module before a program: here one that adds what a file says to the time of day. (A
preloaded library for this breaks `time.sleep`, and reaches no program written in Go anyway: the embedded broker keeps
this machine's clock.)
"""

from __future__ import annotations

from pathlib import Path

_MODULE = """
import os
import time

_file, _machine, _known = os.environ["MOVED_CLOCK"], time.time_ns, [0.0, 0]


def _time_ns():
    now = time.monotonic()
    if now - _known[0] > 0.1:
        with open(_file) as file:
            _known[:] = now, int(file.read()) * 1_000_000_000
    return _machine() + _known[1]


time.time_ns = _time_ns
time.time = lambda: _time_ns() / 1e9
"""


class MovableClock:
    """`environment` is what a Python program needs to go by it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        modules = folder / "clock_modules"
        modules.mkdir()
        (modules / "sitecustomize.py").write_text(_MODULE)
        self.environment = {"PYTHONPATH": str(modules), "MOVED_CLOCK": str(self._file)}
        self.move(0)

    def move(self, seconds: int) -> None:
        """Set it so far ahead of this machine's clock, or back where it is negative."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self._file)
