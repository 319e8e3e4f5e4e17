"""The devices of an overview: three questions about all of them at once, whatever their number, then found and sorted.

`devices` and `last_values` tell how each stands; `buckets_of` gives the curves of the last hour, read from the live
tables. No components here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.context import Asks
from dashboard.liveness import Presence, Standing, standing
from dashboard.overview.choices import ALL, ONLINE, Choices
from telemetry.questions import metadata_of
from telemetry.timestamps import US_PER_HOUR, US_PER_MINUTE

#: The curve on a card: an hour by the minute.
CURVE_US, CURVE_POINTS = US_PER_HOUR, 60
#: How high a curve is, in steps; the browser stretches it to the card.
_STEPS = 100
_MOST_SERIES = 1_000
#: From the one that needs somebody to the one that does not.
_TROUBLE = (Presence.SILENT, Presence.QUIET, Presence.UNHEARD, Presence.PAUSED, Presence.LIVE)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a device, and its newest reading."""

    name: str
    label: str
    unit: str | None
    decimals: int | None
    t_us: int
    value: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A device: what it is called, how it stands, what it measures (the one that stands large first)."""

    device: str
    standing: Standing
    tags: tuple[str, ...]
    colour: str | None
    metrics: tuple[Metric, ...]

    @property
    def name(self) -> str:
        """What people call it."""
        return self.standing.name

    @property
    def place(self) -> str:
        """Where it is; empty where nobody said."""
        return self.standing.place or ""

    @property
    def online(self) -> bool:
        """Whether the device is there."""
        return self.standing.presence in (Presence.LIVE, Presence.PAUSED)


def entries(
    devices: Sequence[Mapping[str, Any]], values: Sequence[Mapping[str, Any]], metric: str, now_us: int
) -> list[Entry]:
    """All devices but hidden ones, from the rows of `devices` and `last_values`, by name; `metric` first in each."""
    measured: dict[str, list[Metric]] = {}
    for row in values:
        found = Metric(
            row["metric"], row["label"] or row["metric"], row["unit"], row["decimals"], row["t_us"], row["value"]
        )
        measured.setdefault(row["device"], []).append(found)
    made = [_entry(row, measured.get(row["device"], []), metric, now_us) for row in devices if not row["hidden"]]
    return sorted(made, key=lambda entry: natural(entry.name))


def chosen(found: Sequence[Entry], choices: Choices) -> list[Entry]:
    """Those that are looked for, in the order that is asked for; `found` comes by name."""
    words = _folded(choices.words).split()
    kept = [entry for entry in found if _is_of(entry, choices.state) and all(word in _said(entry) for word in words)]
    if choices.sort == "place":
        return sorted(kept, key=lambda entry: (not entry.place, natural(entry.place)))
    if choices.sort == "heard":
        return sorted(kept, key=lambda entry: -(entry.standing.last_us or 0))
    if choices.sort == "trouble":
        return sorted(kept, key=lambda entry: _TROUBLE.index(entry.standing.presence))
    return kept


def counts(found: Sequence[Entry]) -> dict[str, int]:
    """How many there are of each state."""
    online = sum(entry.online for entry in found)
    return {"all": len(found), "online": online, "silent": len(found) - online}


def metrics_of(found: Sequence[Entry]) -> dict[str, str]:
    """Every metric that a device has, with its label, by label."""
    labels = {metric.name: metric.label for entry in found for metric in entry.metrics}
    return dict(sorted(labels.items(), key=lambda item: natural(item[1])))


def curves(reader: Asks, found: Sequence[Entry], now_us: int) -> dict[str, list[int | None]]:
    """Of each device that measured in the last hour its large metric by the minute, from 0 to 100; None in a gap."""
    series = [[entry.device, entry.metrics[0].name] for entry in found if entry.metrics][:_MOST_SERIES]
    if not series:
        return {}
    end_us = now_us // US_PER_MINUTE * US_PER_MINUTE + US_PER_MINUTE
    start_us = end_us - CURVE_US
    table = reader.ask("buckets_of", series=series, start_us=start_us, end_us=end_us, points=CURVE_POINTS)
    width = int(metadata_of(table)["bucket_us"])
    means: dict[str, list[float | None]] = {}
    for device, t_us, mean in zip(
        table.column("device").to_pylist(),
        table.column("t_us").to_pylist(),
        table.column("mean").to_pylist(),
        strict=True,
    ):
        place = (t_us - start_us) // width
        if 0 <= place < CURVE_POINTS:
            means.setdefault(device, [None] * CURVE_POINTS)[place] = mean
    return {device: _in_steps(values) for device, values in means.items()}


def natural(text: str) -> list[tuple[int, str]]:
    """A key by which `sim-2` comes before `sim-10`, and é beside e."""
    parts = re.findall(r"\d+|\D+", _folded(text))
    return [(int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in parts]


def _entry(row: Mapping[str, Any], measured: list[Metric], first: str, now_us: int) -> Entry:
    metrics = sorted(measured, key=lambda metric: (metric.name != first, natural(metric.label)))
    last_us = max((metric.t_us for metric in metrics), default=None)
    stands = standing(row["device"], row, last_us, now_us)
    return Entry(row["device"], stands, tuple(row["tags"] or ()), row["colour"], tuple(metrics))


def _is_of(entry: Entry, state: str) -> bool:
    return state == ALL or entry.online is (state == ONLINE)


def _said(entry: Entry) -> str:
    """All words by which a device may be looked for."""
    labels = (metric.label for metric in entry.metrics)
    return _folded(" ".join((entry.device, entry.name, entry.place, *entry.tags, *labels)))


def _folded(text: str) -> str:
    """Without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _in_steps(values: Sequence[float | None]) -> list[int | None]:
    there = [value for value in values if value is not None]
    low, span = min(there), max(there) - min(there)
    middle = _STEPS // 2
    return [None if value is None else round(_STEPS * (value - low) / span) if span else middle for value in values]
