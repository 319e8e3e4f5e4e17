"""One series as the pages name it, in an address, a legend, a file; and the ranges that are offered for several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from dashboard.views import PRESETS as LIVE_PRESETS
from telemetry.timestamps import US_PER_DAY

#: A range that reaches back to the first reading of the chosen series.
EVERYTHING = "all"
PRESETS: Mapping[str, int] = {**LIVE_PRESETS, "1y": 365 * US_PER_DAY, EVERYTHING: 0}


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one device, with what is known of it."""

    device: str
    metric: str
    unit: str | None = None
    label: str | None = None
    #: What people call the device.
    name: str = ""
    #: Its first and last reading; 0 where it has none.
    first_us: int = 0
    last_us: int = 0
    #: How many decimals people want to see; None where nobody said.
    decimals: int | None = None
    #: The colour that people gave the device (`#rrggbb`).
    colour: str | None = None

    @property
    def key(self) -> str:
        """`window/light`, as the address has it: the first stroke divides, any other is escaped."""
        return f"{quote(self.device, safe='')}/{quote(self.metric, safe='')}"

    @property
    def title(self) -> str:
        """The metric as people call it."""
        return self.label or self.metric
