"""Ids of the page System."""

from __future__ import annotations

# The page System: what is opened in its tables, and the page of the ledger.
SYSTEM_LOOK = "system-look"
SYSTEM_PANELS = "system-panels"
SYSTEM_BOARD = "system-board"
SYSTEM_REASON = "system-reason"
SYSTEM_PAGE = "system-page"
SYSTEM_RETRY = "system-retry"
SYSTEM_REPLAY = "system-replay"
SYSTEM_REPLAYED = "system-replayed"


def system_panel(name: str) -> str:
    """The body of a panel of the page System."""
    return f"system-panel-{name}"


def system_state(name: str) -> str:
    """Where such a panel says that it is not current."""
    return f"system-state-{name}"


def system_drawn(name: str) -> str:
    """When it was drawn last."""
    return f"system-drawn-{name}"


def system_tick(name: str) -> str:
    """Its clock."""
    return f"system-tick-{name}"
