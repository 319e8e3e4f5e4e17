"""The panels of the page System: one row a panel, and nothing else to do for a new one.

Each asks and draws by itself, so one that fails takes no other with it, and ticks by itself while the page is in sight.
Its title is the phrase `system <name>`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.context import Context
from dashboard.figures import Style
from dashboard.panels.parts import Child
from dashboard.system import attention, disk, ledger, parts, quarantine, restarts
from dashboard.system.choices import Choices

Draw = Callable[[Context, Choices, int, Style], Child]


@dataclass(frozen=True, slots=True)
class Panel:
    """A row of the table."""

    name: str
    icon: str
    #: How many of the twelve columns it takes; 0: it stands in the left panel.
    span: int
    #: How often it is drawn anew.
    every_ms: int
    #: Raises LumosError where the store does not answer.
    draw: Draw


PANELS = (
    Panel("attention", "eye", 0, 10_000, attention.draw),
    Panel("broker", "plug-connected", 3, 3_000, parts.broker),
    Panel("ingest", "arrow-merge", 3, 3_000, parts.ingest),
    Panel("store", "database", 3, 5_000, parts.store),
    Panel("dashboard", "device-desktop", 3, 3_000, parts.dashboard),
    Panel("ledger", "checklist", 12, 15_000, ledger.draw),
    Panel("disk", "chart-line", 6, 30_000, disk.draw),
    Panel("restarts", "refresh", 6, 15_000, restarts.draw),
    Panel("quarantine", "alert-triangle", 12, 15_000, quarantine.draw),
)
