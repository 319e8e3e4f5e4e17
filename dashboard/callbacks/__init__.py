"""What happens when: each callback parses, asks and draws, and is tested as the plain function it calls.

Adding a panel means adding a module with `register(app, context)` and a row in REGISTERS.
"""

from __future__ import annotations

from collections.abc import Callable

import dash

from dashboard.callbacks import (
    alert_channels,
    alert_rules,
    alerts,
    board,
    browser,
    chart,
    devices,
    explore,
    frame,
    history,
    journal,
    many,
    notes,
    numbers,
    opening,
    overview,
    rights,
    schedules,
    system,
    takeaway,
    telling,
)
from dashboard.context import Context

REGISTERS: tuple[Callable[[dash.Dash, Context], None], ...] = (
    browser.register,
    opening.register,
    overview.register,
    chart.register,
    numbers.register,
    frame.register,
    telling.register,
    history.register,
    devices.register,
    many.register,
    board.register,
    rights.register,
    journal.register,
    explore.register,
    schedules.register,
    system.register,
    takeaway.register,
    notes.register,
    alerts.register,
    alert_rules.register,
    alert_channels.register,
)


def register(app: dash.Dash, context: Context) -> None:
    """Register all callbacks."""
    for registers in REGISTERS:
        registers(app, context)
