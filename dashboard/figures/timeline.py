"""Several series over one date axis: each a mean line on its band, gaps left open; one vertical axis for each unit.

Beside them, where asked for: the same series one period earlier, what is usual for each hour of the week, and a strip
below with what happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard import formats, stretches, zones
from dashboard.figures import traces
from dashboard.figures.common import Figure, Style, Window, date_axis, layout, value_axis
from dashboard.figures.live import MARKED_POINTS
from dashboard.figures.marks import Mark, strip
from dashboard.figures.usual import Usual, usual_band
from dashboard.stretches import Points

#: The share of the height that the strip of marks takes, with its distance from the curves.
_STRIP, _ABOVE_STRIP = 0.05, 0.09


@dataclass(frozen=True, slots=True)
class Curve:
    """One series: what it is called, its unit, its colour, its points, and what it is compared with."""

    name: str
    unit: str
    hue: str
    points: Points
    #: The points of one period earlier, at the times where each would lie now.
    before: Points | None = None
    usual: Usual = field(default_factory=dict)
    #: How many decimals people want to read; None where nobody said.
    decimals: int | None = None


def timeline(
    curves: Sequence[Curve],
    style: Style,
    *,
    window: Window,
    zoom: Window | None,
    revision: str,
    height: int,
    marks: Sequence[Mark] = (),
    layers: Mapping[str, Sequence[Figure]] | None = None,
) -> Figure:
    """All curves; `window` is what the time axis shows without a zoom, `zoom` what it shows with one.

    `layers` are shapes and annotations from elsewhere: losses, notes.
    """
    units = list(dict.fromkeys(curve.unit for curve in curves))
    named = len(curves) > 1 or any(curve.before for curve in curves)
    drawn: list[Figure] = []
    for curve in curves:
        axis = axis_name("y", units.index(curve.unit))
        drawn += usual_band(curve.usual, curve.hue, zoom or window, style, yaxis=axis)
        drawn += _curve(curve, style, axis, named=named)
    if marks:
        drawn.append(strip(marks, style, axis_name("y", len(units))))
    layers, width = layers or {}, _width(curves, style)
    points = sum(len(curve.points) for curve in curves)
    return {
        "data": drawn,
        "layout": {
            **layout(style, revision, height=height),
            "margin": {"l": 46, "r": 12, "t": 22 if width else 8, "b": 44},
            # For the browser, which turns a drag on this axis back into UTC.
            "meta": {"clock": zones.clock(zoom or window, style.zone)},
            # Without a point Plotly has nothing to range over: it is told.
            "xaxis": {
                **date_axis(style, window, zoom or (None if points else window)),
                **({"anchor": "free", "position": 0} if marks else {}),
            },
            **_axes(units, style, strip=bool(marks), ticks=points > 0),
            "shapes": list(layers.get("shapes", ())),
            "annotations": [*layers.get("annotations", ()), *width],
        },
    }


def axis_name(letter: str, number: int) -> str:
    """`y`, `y2`, `y3`: how a trace names its axis."""
    return letter if number == 0 else f"{letter}{number + 1}"


def _curve(curve: Curve, style: Style, axis: str, *, named: bool) -> list[Figure]:
    points = curve.points
    runs = stretches.stretches(points.times_us, stretches.typical_spacing(points.times_us, points.bucket_us))
    read = stretches.rounding(points) if curve.decimals is None else curve.decimals
    # What is drawn is never coarser than what the points need: a line of steps is no line.
    decimals = max(stretches.rounding(points), read)
    x = zones.drawn(points.times_us, style.zone)
    y, low, high = (stretches.rounded(values, decimals) for values in (points.means, points.lows, points.highs))
    line_x, line_y = stretches.line(x, y, runs)
    lonely = [run.start for run in runs if len(run) == 1]
    dots = list(range(len(points))) if len(points) <= MARKED_POINTS else lonely
    found = []
    more: dict[str, Any] = {"yaxis": axis}
    label = curve.name if named else ""
    if points.bucket_us:
        band_x, band_y = stretches.band(x, low, high, runs)
        found.append(traces.band(band_x, band_y, style.palette.band_of(curve.hue), style.say("band"), yaxis=axis))
        more["customdata"] = list(zip(*(stretches.line(x, edge, runs)[1] for edge in (low, high)), strict=True))
    if curve.before is not None:
        found += _before(curve, curve.before, read, style, axis)
    template = traces.hover(read, curve.unit, label, edges=points.bucket_us > 0)
    found.append(traces.line(line_x, line_y, curve.hue, curve.name, template, **more))
    if dots:
        found.append(traces.dots([x[i] for i in dots], [y[i] for i in dots], curve.hue, yaxis=axis))
    return found


def _before(curve: Curve, points: Points, read: int, style: Style, axis: str) -> list[Figure]:
    """The period before: dashed, without a band."""
    runs = stretches.stretches(points.times_us, stretches.typical_spacing(points.times_us, points.bucket_us))
    x = zones.drawn(points.times_us, style.zone)
    line_x, line_y = stretches.line(x, stretches.rounded(points.means, max(stretches.rounding(points), read)), runs)
    name = style.say("before of", name=curve.name)
    dashed = traces.line(line_x, line_y, curve.hue, name, traces.hover(read, curve.unit, name), yaxis=axis)
    return [{**dashed, "line": {"color": curve.hue, "width": 1.3, "dash": "4px,3px"}, "opacity": 0.75}]


def _axes(units: Sequence[str], style: Style, *, strip: bool, ticks: bool) -> Figure:
    """The first unit on the left, further ones on the right, without a second grid; below them the strip."""
    axes: dict[str, Any] = {}
    domain = [_ABOVE_STRIP if strip else 0, 1]
    for number, unit in enumerate(units):
        title = {"text": formats.shown_unit(unit), "font": {"color": style.palette.dim}, "standoff": 6}
        axis = {**value_axis(style), "title": title, "domain": domain, "showticklabels": ticks}
        if number:
            axis |= {
                "overlaying": "y", "side": "right", "showgrid": False, "anchor": "free" if number > 1 else "x",
                "autoshift": number > 1, "tickmode": "auto",
            }  # fmt: skip
        axes[axis_name("yaxis", number)] = axis
    if strip:
        axes[axis_name("yaxis", len(units))] = {
            "domain": [0, _STRIP], "range": [-1, 1], "visible": False, "fixedrange": True,
        }  # fmt: skip
    return axes


def _width(curves: Sequence[Curve], style: Style) -> list[Figure]:
    """How wide the buckets are, on the chart itself: an image of it still says so."""
    width = max((curve.points.bucket_us for curve in curves), default=0)
    if not width:
        return []
    text = style.say("bucket width", width=formats.width(width, style.language))
    return [
        {
            "text": text, "x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom",
            "showarrow": False, "font": {"size": 11, "color": style.palette.dim},
        }
    ]  # fmt: skip
