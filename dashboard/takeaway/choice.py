"""What is taken away: which series, over which range, in how many points, on which weekdays and hours.

It stands in a download's address, in the words that the address of the page Explore has too, so that what is seen can
be taken with the very query that shows it. A wrong parameter is one sentence, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

from dashboard.explore.choices import COMPARISONS
from dashboard.series import EVERYTHING, PRESETS, Series
from telemetry.errors import QuestionError, nearest
from telemetry.local_time import DAYS_PER_WEEK, HOURS_PER_DAY
from telemetry.questions import POINTS
from telemetry.timestamps import US_PER_DAY, US_PER_MS, iso_utc, parse_instant

#: About one point a pixel of the widest chart.
DEFAULT_POINTS = 2_000
_MOST_SERIES = 100
_PARAMETERS = (
    "series", "range", "from", "to", "zoom", "points", "zone", "days", "hours",
    "detail", "compare", "marks", "lang", "scheme", "job",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """`weekdays` (0 is Monday) and `hours` are None where each day and hour counts."""

    series: tuple[Series, ...]
    start_us: int
    end_us: int
    points: int = DEFAULT_POINTS
    zone: str = "UTC"
    weekdays: tuple[int, ...] | None = None
    hours: tuple[int, int] | None = None
    #: What the chart compares with: `before`, `usual`.
    comparisons: tuple[str, ...] = ()
    #: Where the range begins of which `start_us` to `end_us` is a zoom; what is usual is what was before it.
    range_us: int | None = None

    def question(self, series: Series) -> dict[str, Any]:
        """The arguments of `buckets` that give one of the series as a chart shows it."""
        asked: dict[str, Any] = {
            "device": series.device, "metric": series.metric, "start_us": self.start_us, "end_us": self.end_us,
            "points": self.points,
        }  # fmt: skip
        if self.weekdays is not None or self.hours is not None:
            asked["zone"] = self.zone
            asked["weekdays"] = None if self.weekdays is None else list(self.weekdays)
            asked["hours"] = None if self.hours is None else list(self.hours)
        return asked

    def before(self, series: Series) -> dict[str, Any]:
        """The arguments of `buckets_before` that give the period before it."""
        return {**self.question(series), "zone": self.zone}

    def usual(self, series: Series) -> dict[str, Any]:
        """The arguments of `usual` that give what is usual for each hour of the week."""
        before_us = self.start_us if self.range_us is None else self.range_us
        return {"device": series.device, "metric": series.metric, "before_us": before_us, "zone": self.zone}


def address(
    series: Sequence[tuple[str, str]],
    span: str | tuple[int, int],
    *,
    points: int = DEFAULT_POINTS,
    zone: str = "",
    weekdays: Sequence[int] | None = None,
    hours: Sequence[int] | None = None,
) -> str:
    """The query of a download's address; `span` is a preset (which stays relative) or two moments."""
    pairs = [("series", Series(device, metric).key) for device, metric in series]
    if isinstance(span, str):
        pairs.append(("range", span))
    else:
        pairs += [("from", iso_utc(span[0])), ("to", iso_utc(span[1]))]
    if points != DEFAULT_POINTS:
        pairs.append(("points", str(points)))
    if zone:
        pairs.append(("zone", zone))
    if weekdays is not None:
        pairs.append(("days", "".join(str(day + 1) for day in weekdays)))
    if hours is not None:
        pairs.append(("hours", f"{hours[0]}-{hours[1]}"))
    return urlencode(pairs, safe=":/")


def resolve(asked: Mapping[str, Sequence[str]], known: Sequence[Mapping[str, Any]], now_us: int) -> Choice:
    """The choice that an address's query makes, among the rows of the question `series`.

    Raises QuestionError with a sentence for whatever is wrong or missing.
    """
    for name, values in asked.items():
        if name not in _PARAMETERS:
            raise QuestionError(f"there is no parameter '{name[:64]}'{nearest(name, _PARAMETERS)}")
        if len(values) > 1 and name != "series":
            raise QuestionError(f"{name} is given {len(values)} times: give it once")
    single = {name: values[0] for name, values in asked.items()}
    series = _series(asked.get("series", ()), known)
    whole = _range(single, series, now_us)
    start_us, end_us = _zoom(single["zoom"]) if "zoom" in single else whole
    return Choice(
        series,
        start_us,
        end_us,
        _points(single.get("points")),
        single.get("zone") or "UTC",
        _weekdays(single.get("days")),
        _hours(single.get("hours")),
        _comparisons(single.get("compare")),
        whole[0],
    )


def _series(keys: Sequence[str], known: Sequence[Mapping[str, Any]]) -> tuple[Series, ...]:
    found: dict[str, Series] = {}
    for key in keys:
        device, _, metric = (unquote(part) for part in key.partition("/"))
        row = next((row for row in known if (row["device"], row["metric"]) == (device, metric)), None)
        if row is None:
            there = [f"{row['device']}/{row['metric']}" for row in known]
            raise QuestionError(f"there is no series '{device[:64]}/{metric[:64]}'{nearest(key, there)}")
        found[key] = Series(device, metric, row["unit"], row["label"], first_us=row["first_us"] or 0)
    if not found:
        raise QuestionError("series missing: name one as device/metric; /data lists what there is")
    if len(found) > _MOST_SERIES:
        raise QuestionError(f"{len(found)} series are too many for one file: at most {_MOST_SERIES}")
    return tuple(found.values())


def _range(single: Mapping[str, str], series: Sequence[Series], now_us: int) -> tuple[int, int]:
    if ("from" in single) != ("to" in single) or ("range" in single) == ("from" in single):
        raise QuestionError(f"say a range (one of {', '.join(PRESETS)}), or from and to")
    preset = single.get("range")
    if preset is None:
        return _moments(single)
    if preset not in PRESETS:
        raise QuestionError(f"range='{preset[:64]}' is no range{nearest(preset, PRESETS)}")
    if preset == EVERYTHING:
        first_us = min((one.first_us for one in series if one.first_us), default=now_us - US_PER_DAY)
        return min(first_us, now_us - US_PER_MS), now_us
    return now_us - PRESETS[preset], now_us


def _zoom(text: str) -> tuple[int, int]:
    start, _, end = text.partition("/")
    return _moments({"from": start, "to": end})


def _comparisons(text: str | None) -> tuple[str, ...]:
    found = tuple(filter(None, (text or "").split(",")))
    for name in found:
        if name not in COMPARISONS:
            raise QuestionError(f"compare='{name[:64]}' is none{nearest(name, COMPARISONS)}")
    return found


def _moments(single: Mapping[str, str]) -> tuple[int, int]:
    start_us, end_us = parse_instant(single["from"], "from"), parse_instant(single["to"], "to")
    if start_us >= end_us:
        raise QuestionError("from must lie before to: exchange them")
    return start_us, end_us


def _points(text: str | None) -> int:
    if text is None:
        return DEFAULT_POINTS
    low, high = POINTS
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise QuestionError(f"points='{text[:64]}' must be a whole number from {low} to {high}")
    return int(text)


def _weekdays(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    allowed = "1234567"[:DAYS_PER_WEEK]
    if not text or any(digit not in allowed for digit in text):
        raise QuestionError(f"days='{text[:64]}' must be digits from 1 (Monday) to {DAYS_PER_WEEK}, such as 12345")
    return tuple(sorted({int(digit) - 1 for digit in text}))


def _hours(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition("-")
    if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
        raise QuestionError(f"hours='{text[:64]}' must be two hours, such as 9-19")
    span = (int(first), int(last))
    if not all(0 <= hour <= HOURS_PER_DAY for hour in span) or span[0] == span[1]:
        raise QuestionError(f"hours='{text[:64]}' must be two different hours from 0 to {HOURS_PER_DAY}")
    return span
