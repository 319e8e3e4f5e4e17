"""What is opened on the page System: a board of the ledger, a reason of the quarantine, a page of the list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choices:
    """Empty: nothing is opened."""

    board: str = ""
    reason: str = ""
    page: int = 1
    may_replay: bool = False
