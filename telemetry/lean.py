"""Keeping a long-running program small: what libraries load that nothing here uses, and what the C library keeps."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class _Without(MetaPathFinder):
    """Says of one package that it is not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> None:
        if name == self._package:
            raise ModuleNotFoundError(f"this program leaves {name} out: see telemetry/lean.py", name=name)


def leave_pandas_out() -> None:
    """From here on nobody in this process can import pandas; whoever has it already keeps it.

    pyarrow imports it the first time that a Python list becomes an array: 50 MB and a second, for nothing, and another
    thread that meets the half-imported module fails. Programs call this at their start, notebooks and tests do not.
    """
    sys.meta_path.insert(0, _Without("pandas"))


def give_back() -> None:
    """Return to the system what the C library keeps of memory that is free by now.

    It takes a few milliseconds. DuckDB has an allocator of its own, which does the same in threads of its own where
    `ingest.storage.store` tells it to.
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
