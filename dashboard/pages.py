"""The pages of the one shell: which address shows what. A further page is one more row.

All of them stand in the layout, one of them in sight: so every callback finds its components, whatever page is open,
and a page that one comes back to is as it was. The browser draws each when it is first shown
(`dashboard.layouts.lazy`). A page asks nothing while it is out of sight: its first callback hears of `ids.visit(name)`,
which is told while the page is open, and the others follow from that one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard import ids
from dashboard.access.roles import Identity, Role
from dashboard.layouts import alerts, device, devices, explore, measurements, schedules, system
from dashboard.translations import Say

LIVE = ids.LIVE_PAGE
EXPLORE = ids.EXPLORE
DEVICES = "devices"
ALERTS = "alerts"
SCHEDULES = "schedules"
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its address below the prefix, its icon, its left panel and what stands in the middle.

    Its name in the header is the phrase `page <name>`.
    """

    name: str
    path: str
    icon: str
    panel: Callable[[Say, Identity], Any]
    content: Callable[[Say, Identity], list[Any]]


PAGES = (
    Page(
        LIVE,
        "",
        "activity",
        lambda say, who: device.panel(say, may_act=who.role >= Role.OPERATOR),
        measurements.content,
    ),
    Page(EXPLORE, "explore", "chart-histogram", explore.panel, explore.content),
    Page(DEVICES, "devices", "cpu", devices.panel, devices.content),
    Page(ALERTS, "alerts", "bell", alerts.panel, alerts.content),
    Page(SCHEDULES, "schedules", "clock", schedules.panel, schedules.content),
    Page(SYSTEM, "system", "server", system.panel, system.content),
)
