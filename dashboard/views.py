"""What somebody looks at: a device, one of its metrics, a range. It stands in the address, so a link opens the same.

A preset stays relative ("the last 24 h" of whoever opens the link); a custom range is two moments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from telemetry.errors import QuestionError
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_MS, iso_utc, parse_instant

PRESETS: Mapping[str, int] = {
    "15m": 15 * US_PER_MINUTE,
    "1h": US_PER_HOUR,
    "24h": US_PER_DAY,
    "7d": 7 * US_PER_DAY,
    "30d": 30 * US_PER_DAY,
}
CUSTOM = "custom"
DEFAULT_PRESET = "15m"


@dataclass(frozen=True, slots=True)
class View:
    """`device` is empty while none is opened; `start_us` and `end_us` count for a custom range only."""

    device: str
    metric: str
    range: str = DEFAULT_PRESET
    start_us: int = 0
    end_us: int = 0
    unit: str | None = None
    label: str | None = None
    #: The series' first reading; 0 where it has none.
    first_us: int = 0
    #: How many decimals people want to see; None where nobody said.
    decimals: int | None = None

    @property
    def relative(self) -> bool:
        """Whether the range ends now, and so can be live."""
        return self.range in PRESETS

    def window(self, now_us: int) -> tuple[int, int]:
        """`(start, end)` of the range at this moment, in microseconds UTC."""
        return (now_us - PRESETS[self.range], now_us) if self.relative else (self.start_us, self.end_us)

    @property
    def title(self) -> str:
        """The metric as people call it."""
        return self.label or self.metric

    def search(self) -> str:
        """The address's query that opens this view."""
        asked = {"device": self.device, "metric": self.metric}
        if self.relative:
            return "?" + urlencode({**asked, "range": self.range})
        return "?" + urlencode({**asked, "from": iso_utc(self.start_us), "to": iso_utc(self.end_us)}, safe=":")

    def as_json(self) -> dict[str, Any]:
        """What the browser keeps of it (milliseconds, since its numbers are floats)."""
        return {
            "device": self.device,
            "metric": self.metric,
            "range": self.range,
            "from": self.start_us // US_PER_MS,
            "to": self.end_us // US_PER_MS,
            "unit": self.unit,
            "label": self.label,
            "first": self.first_us // US_PER_MS,
            "decimals": self.decimals,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> View:
        """The view that the browser kept."""
        return cls(
            kept["device"],
            kept["metric"],
            kept["range"],
            int(kept["from"]) * US_PER_MS,
            int(kept["to"]) * US_PER_MS,
            kept.get("unit"),
            kept.get("label"),
            int(kept.get("first", 0)) * US_PER_MS,
            kept.get("decimals"),
        )


def resolve(search: str, series: Sequence[Mapping[str, Any]]) -> View:
    """The view that an address asks for, among the series that exist; what it leaves out or has wrong is chosen.

    A device is not: without one (or one that is there) all of them are shown.
    """
    asked = {key: values[-1] for key, values in parse_qs(search.removeprefix("?")).items()}
    named = asked.get("device")
    device = named if named and any(row["device"] == named for row in series) else ""
    own = [row for row in series if row["device"] == device]
    first = next((row for row in own if row.get("count")), own[0] if own else None)
    chosen = next((row for row in own if row["metric"] == asked.get("metric")), first)
    metric = chosen["metric"] if chosen else asked.get("metric", "")
    about = (None, None, 0, None)
    if chosen:
        about = (chosen["unit"], chosen["label"], chosen["first_us"] or 0, chosen.get("decimals"))
    preset = asked.get("range", DEFAULT_PRESET)
    if "from" in asked and "to" in asked:
        try:
            start_us, end_us = parse_instant(asked["from"], "from"), parse_instant(asked["to"], "to")
        except QuestionError:
            start_us = end_us = 0
        if start_us < end_us:
            return View(device, metric, CUSTOM, start_us, end_us, *about)
    return View(device, metric, preset if preset in PRESETS else DEFAULT_PRESET, 0, 0, *about)


def device_in(search: str) -> str:
    """The device that an address names; empty for none."""
    return parse_qs(search.removeprefix("?")).get("device", [""])[-1]
