"""What somebody explores: series, a range, comparisons, a restriction. It stands in the address; a link opens the same.

A preset stays relative ("the last 7 days" of whoever opens the link); a custom range and a zoom are two moments. What
an address leaves out or has wrong is chosen here; nothing in it can make the page fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from dashboard.series import EVERYTHING, PRESETS, Series
from dashboard.views import CUSTOM
from telemetry.errors import QuestionError
from telemetry.local_time import DAYS_PER_WEEK, HOURS_PER_DAY, zone_of
from telemetry.timestamps import US_PER_DAY, US_PER_MS, iso_utc, parse_instant

DEFAULT_PRESET = "24h"
#: As many hues as can be told apart.
MOST_SERIES = 8
COMPARISONS = ("before", "usual")
MARKS = ("commands", "events", "alerts", "notes", "losses")
EVERY_DAY = tuple(range(DAYS_PER_WEEK))
ALL_HOURS = (0, HOURS_PER_DAY)


@dataclass(frozen=True, slots=True)
class Exploration:
    """All that can be chosen, but the zoom. `series` is empty only while there is none at all."""

    series: tuple[Series, ...] = ()
    range: str = DEFAULT_PRESET
    start_us: int = 0
    end_us: int = 0
    #: Which of the series the panels show that show one.
    detail: int = 0
    comparisons: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = EVERY_DAY
    hours: tuple[int, int] = ALL_HOURS
    marks: tuple[str, ...] = MARKS
    #: A zone that was chosen, and travels with a link; empty for the reader's own.
    zone: str = ""

    @property
    def relative(self) -> bool:
        """Whether the range ends now."""
        return self.range in PRESETS

    @property
    def chosen(self) -> Series:
        """The series of the panels that show one."""
        return self.series[self.detail]

    @property
    def devices(self) -> list[str]:
        """The devices of the series, each once."""
        return list(dict.fromkeys(series.device for series in self.series))

    @property
    def restricted(self) -> bool:
        """Whether only certain weekdays or hours count."""
        return self.weekdays != EVERY_DAY or self.hours != ALL_HOURS

    def window(self, now_us: int) -> tuple[int, int]:
        """`(start, end)` of the range at this moment, in microseconds UTC."""
        if self.range == EVERYTHING:
            first_us = min((series.first_us for series in self.series if series.first_us), default=0)
            return (min(first_us or now_us - US_PER_DAY, now_us - US_PER_MS), now_us)
        return (now_us - PRESETS[self.range], now_us) if self.relative else (self.start_us, self.end_us)

    def search(self) -> str:
        """The address's query that opens this; what is as usual is left out."""
        pairs = [("series", series.key) for series in self.series]
        if self.relative:
            pairs.append(("range", self.range))
        else:
            pairs += [("from", iso_utc(self.start_us)), ("to", iso_utc(self.end_us))]
        if self.detail:
            pairs.append(("detail", str(self.detail + 1)))
        if self.comparisons:
            pairs.append(("compare", ",".join(self.comparisons)))
        if self.weekdays != EVERY_DAY:
            pairs.append(("days", "".join(str(day + 1) for day in self.weekdays)))
        if self.hours != ALL_HOURS:
            pairs.append(("hours", f"{self.hours[0]}-{self.hours[1]}"))
        if self.marks != MARKS:
            pairs.append(("marks", ",".join(self.marks) or "none"))
        if self.zone:
            pairs.append(("zone", self.zone))
        return "?" + urlencode(pairs, safe=":/,")

    def as_json(self) -> dict[str, Any]:
        """What the browser keeps of it (milliseconds, since its numbers are floats)."""
        return {
            "series": [
                {
                    "key": series.key, "device": series.device, "metric": series.metric, "unit": series.unit,
                    "label": series.label, "name": series.name, "first": series.first_us // US_PER_MS,
                    "last": series.last_us // US_PER_MS, "decimals": series.decimals, "colour": series.colour,
                }
                for series in self.series
            ],
            "range": self.range,
            "from": self.start_us // US_PER_MS,
            "to": self.end_us // US_PER_MS,
            "detail": self.detail,
            "comparisons": list(self.comparisons),
            "weekdays": list(self.weekdays),
            "hours": list(self.hours),
            "marks": list(self.marks),
            "zone": self.zone,
            "search": self.search(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Exploration:
        """What the browser kept."""
        return cls(
            tuple(
                Series(
                    row["device"], row["metric"], row["unit"], row["label"], row["name"],
                    int(row["first"]) * US_PER_MS, int(row["last"]) * US_PER_MS, row["decimals"], row["colour"],
                )
                for row in kept["series"]
            ),
            kept["range"],
            int(kept["from"]) * US_PER_MS,
            int(kept["to"]) * US_PER_MS,
            int(kept["detail"]),
            tuple(kept["comparisons"]),
            tuple(kept["weekdays"]),
            (int(kept["hours"][0]), int(kept["hours"][1])),
            tuple(kept["marks"]),
            str(kept["zone"]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Catalog:
    """The series and devices that there are, as rows of the questions of these names."""

    series: Sequence[Mapping[str, Any]]
    devices: Sequence[Mapping[str, Any]] = field(default=())

    def find(self, device: str, metric: str) -> Series | None:
        """The series of this name; None where there is none."""
        found = (row for row in self.series if (row["device"], row["metric"]) == (device, metric))
        row = next(found, None)
        return self.entry(row) if row else None

    def entry(self, row: Mapping[str, Any]) -> Series:
        """A row of the question `series`, with its device's name and colour."""
        device = next((each for each in self.devices if each["device"] == row["device"]), {})
        return Series(
            row["device"], row["metric"], row["unit"], row["label"], device.get("name") or row["device"],
            row["first_us"] or 0, row["last_us"] or 0, row.get("decimals"), device.get("colour"),
        )  # fmt: skip

    def first(self) -> tuple[Series, ...]:
        """What is shown when nothing is asked for: the first series that has readings, else the first."""
        rows = sorted(self.series, key=lambda row: not row["count"])
        return (self.entry(rows[0]),) if rows else ()


def resolve(search: str, catalog: Catalog) -> Exploration:
    """What an address asks for, among the series that exist."""
    asked = parse_qs(search.removeprefix("?"))
    last = {key: values[-1] for key, values in asked.items()}
    series = _series(asked.get("series", []), catalog)
    span = _moments(last.get("from"), last.get("to"))
    preset = last.get("range", DEFAULT_PRESET)
    detail = last.get("detail", "1")
    return Exploration(
        series,
        CUSTOM if span else preset if preset in PRESETS else DEFAULT_PRESET,
        *(span or (0, 0)),
        int(detail) - 1 if detail in map(str, range(1, len(series) + 1)) else 0,
        _among(last.get("compare"), COMPARISONS),
        tuple(day for day in EVERY_DAY if str(day + 1) in last["days"]) or EVERY_DAY if "days" in last else EVERY_DAY,
        _hours(last.get("hours", "")),
        _among(last["marks"], MARKS) if "marks" in last else MARKS,
        _zone(last.get("zone", "")),
    )


def zoom_in(search: str) -> tuple[int, int] | None:
    """The part of the time axis that an address zooms to, in microseconds UTC."""
    asked = parse_qs(search.removeprefix("?")).get("zoom", [""])[-1]
    return _moments(*asked.partition("/")[::2])


def _series(keys: Sequence[str], catalog: Catalog) -> tuple[Series, ...]:
    found: dict[str, Series] = {}
    for key in keys:
        device, _, metric = key.partition("/")
        series = catalog.find(unquote(device), unquote(metric))
        if series is not None and len(found) < MOST_SERIES:
            found.setdefault(series.key, series)
    return tuple(found.values()) or catalog.first()


def _moments(start: str | None, end: str | None) -> tuple[int, int] | None:
    if not start or not end:
        return None
    try:
        start_us, end_us = (parse_instant(text) // US_PER_MS * US_PER_MS for text in (start, end))
    except QuestionError:
        return None
    return (start_us, end_us) if start_us < end_us else None


def _among(asked: str | None, known: Sequence[str]) -> tuple[str, ...]:
    wishes = (asked or "").split(",")
    return tuple(name for name in known if name in wishes)


def _zone(asked: str) -> str:
    try:
        return zone_of(asked).key if asked else ""
    except QuestionError:
        return ""


def _hours(asked: str) -> tuple[int, int]:
    first, _, last = asked.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        return ALL_HOURS
    span = (int(first), int(last))
    return span if all(0 <= hour <= HOURS_PER_DAY for hour in span) and span[0] != span[1] else ALL_HOURS
