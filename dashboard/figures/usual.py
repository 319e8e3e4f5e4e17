"""What is usual for each hour of the week, as a band of steps behind a curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from dashboard import stretches, zones
from dashboard.figures import traces
from dashboard.figures.common import Figure, Style, Window
from dashboard.formats import decimals_for
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR

#: Hour of the week (0 is Monday's first) → the lowest and highest usual value.
Usual = Mapping[int, tuple[float, float]]

#: Over more days than this the steps of hours are a mere tint.
MOST_US = 32 * US_PER_DAY
#: The first of January 1970 was a Thursday.
_FIRST_HOUR = 3 * 24
_WEEK_HOURS = 168


def usual_band(usual: Usual, hue: str, window: Window, style: Style, **more: Any) -> list[Figure]:
    """The band over a window; nothing where nothing is usual, or the window is too long for hours."""
    if not usual or window[1] - window[0] > MOST_US:
        return []
    edges: list[int] = []
    low: list[float] = []
    high: list[float] = []
    runs: list[range] = []
    begin = 0
    for start_us, end_us, hour in hours(window, style.zone):
        if hour not in usual:
            runs.append(range(begin, len(edges)))
            begin = len(edges)
            continue
        edges += [start_us, end_us]
        low += [usual[hour][0]] * 2
        high += [usual[hour][1]] * 2
    runs = [run for run in (*runs, range(begin, len(edges))) if run]
    if not runs:
        return []
    decimals = decimals_for([*low, *high], most=3)
    x = zones.drawn(edges, style.zone)
    xs, ys = stretches.band(x, stretches.rounded(low, decimals), stretches.rounded(high, decimals), runs)
    band = traces.band(xs, ys, style.palette.faint_of(hue), style.say("usual"), **more)
    return [{**band, "line": {"width": 1, "color": style.palette.band_of(hue), "dash": "dot"}}]


def hours(window: Window, zone: tzinfo) -> Iterator[tuple[int, int, int]]:
    """Every local hour that a window touches: `(start, end, hour of the week)`, cut at the window's edges."""
    t_us, end_us = window
    while t_us < end_us:
        local_us = t_us + zones.offset_us(t_us, zone)
        hour = local_us // US_PER_HOUR
        following = min(t_us + (hour + 1) * US_PER_HOUR - local_us, end_us)
        yield t_us, following, (hour + _FIRST_HOUR) % _WEEK_HOURS
        t_us = following
