"""Keeping a long-running program small: what libraries would load by themselves and nothing here uses."""

from __future__ import annotations

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
