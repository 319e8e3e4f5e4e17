"""Several series over one date axis: each a mean line on its band, gaps left open; one vertical axis for each unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard import formats, stretches, zones
from dashboard.figures import traces
from dashboard.figures.common import Figure, Style, Window, date_axis, layout, value_axis
from dashboard.figures.live import MARKED_POINTS
from dashboard.stretches import Points


@dataclass(frozen=True, slots=True)
class Curve:
    """One series: what it is called, its unit, its points."""

    name: str
    unit: str
    points: Points


def timeline(
    curves: Sequence[Curve], style: Style, *, window: Window, zoom: Window | None, revision: str, height: int
) -> Figure:
    """All curves; `window` is what the time axis shows without a zoom, `zoom` what it shows with one."""
    units = list(dict.fromkeys(curve.unit for curve in curves))
    drawn: list[Figure] = []
    for number, curve in enumerate(curves):
        hue = style.palette.hues[number % len(style.palette.hues)]
        drawn += _curve(curve, hue, style, axis_name("y", units.index(curve.unit)))
    return {
        "data": drawn,
        "layout": {
            **layout(style, revision, height=height),
            # For the browser, which turns a drag on this axis back into UTC.
            "meta": {"clock": zones.clock(zoom or window, style.zone)},
            "xaxis": date_axis(style, window, zoom),
            **_axes(units, style),
        },
    }


def axis_name(letter: str, number: int) -> str:
    """`y`, `y2`, `y3`: how a trace names its axis."""
    return letter if number == 0 else f"{letter}{number + 1}"


def _curve(curve: Curve, hue: str, style: Style, axis: str) -> list[Figure]:
    points = curve.points
    spacing = stretches.typical_spacing(points.times_us, points.bucket_us)
    runs = stretches.stretches(points.times_us, spacing)
    decimals = stretches.rounding(points)
    x = zones.drawn(points.times_us, style.zone)
    y, low, high = (stretches.rounded(values, decimals) for values in (points.means, points.lows, points.highs))
    line_x, line_y = stretches.line(x, y, runs)
    lonely = [run.start for run in runs if len(run) == 1]
    dots = list(range(len(points))) if len(points) <= MARKED_POINTS else lonely
    found = [traces.line(line_x, line_y, hue, curve.name, traces.hover(decimals, curve.unit), yaxis=axis)]
    if points.bucket_us:
        band_x, band_y = stretches.band(x, low, high, runs)
        found.insert(0, traces.band(band_x, band_y, style.palette.band_of(hue), style.say("band"), yaxis=axis))
    if dots:
        found.append(traces.dots([x[i] for i in dots], [y[i] for i in dots], hue, yaxis=axis))
    return found


def _axes(units: Sequence[str], style: Style) -> Figure:
    """The first unit on the left, further ones on the right, without a second grid."""
    axes: dict[str, Any] = {}
    for number, unit in enumerate(units):
        title = {"text": formats.shown_unit(unit), "font": {"color": style.palette.dim}}
        axis = {**value_axis(style), "title": title}
        if number:
            axis |= {"overlaying": "y", "side": "right", "showgrid": False, "anchor": "free", "autoshift": True}
        axes[axis_name("yaxis", number)] = axis
    return axes
