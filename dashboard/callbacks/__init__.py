"""What happens when: each callback parses, asks and draws, and is tested as the plain function it calls.

Adding a panel means adding a module with `register(app, context)` and a row in REGISTERS.
"""

from __future__ import annotations

from collections.abc import Callable

import dash

from dashboard.callbacks import browser, chart, commands, explore, frame, notes, numbers, opening, overview, takeaway
from dashboard.context import Context

REGISTERS: tuple[Callable[[dash.Dash, Context], None], ...] = (
    browser.register,
    opening.register,
    overview.register,
    chart.register,
    numbers.register,
    frame.register,
    commands.register,
    explore.register,
    takeaway.register,
    notes.register,
)


def register(app: dash.Dash, context: Context) -> None:
    """Register all callbacks."""
    for registers in REGISTERS:
        registers(app, context)
