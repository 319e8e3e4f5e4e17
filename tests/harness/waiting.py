"""Waiting for something to become true, with a deadline and a sentence for when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], what: str, seconds: float = 15.0) -> T:
    """The first truthy result of `look`, asked again and again; AssertionError that says what never came."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"within {seconds:g} s there was not: {what} (last answer: {found!r})")
        time.sleep(0.02)
