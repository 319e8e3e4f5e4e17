"""The live chart: one series, its mean as a line, min to max as a band behind it, gaps left open; what happened."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import stretches, zones
from dashboard.figures import traces
from dashboard.figures.common import Figure, Style, Window, date_axis, layout, value_axis
from dashboard.figures.marks import Mark, strip
from dashboard.stretches import Points

#: The order of the traces: a tick's patch counts on it.
BAND, LINE, DOTS, MARKS = 0, 1, 2, 3
#: Up to so many points each is marked: a handful of readings must not look like a doodle, nor a single one vanish.
MARKED_POINTS = 60


def series_figure(
    points: Points,
    style: Style,
    *,
    unit: str | None,
    window: Window,
    zoom: Window | None,
    revision: str,
    marks: Sequence[Mark] = (),
) -> Figure:
    """One series: its mean as a line, min to max as a band behind it, gaps left open.

    `window` is what the time axis shows without a zoom, `zoom` what it shows with one. What the user does besides stays
    as long as `revision` does.
    """
    spacing = stretches.typical_spacing(points.times_us, points.bucket_us)
    runs = stretches.stretches(points.times_us, spacing)
    decimals = stretches.rounding(points)
    x = zones.drawn(points.times_us, style.zone)
    y = stretches.rounded(points.means, decimals)
    low, high = stretches.rounded(points.lows, decimals), stretches.rounded(points.highs, decimals)
    lonely = [run.start for run in runs if len(run) == 1]
    line_x, line_y = stretches.line(x, y, runs)
    band_x, band_y = stretches.band(x, low, high, runs) if points.bucket_us else ([], [])
    dots = list(range(len(points))) if len(points) <= MARKED_POINTS else lonely
    return {
        "data": [
            traces.band(band_x, band_y, style.palette.band, style.say("band")),
            traces.line(line_x, line_y, style.palette.series, style.say("mean"), traces.hover(decimals, unit)),
            traces.dots([x[i] for i in dots], [y[i] for i in dots], style.palette.series),
            live_marks(marks, style),
        ],
        "layout": {
            **layout(style, revision),
            # For the browser, which turns a drag on the time axis back into UTC.
            "meta": {"clock": zones.clock(zoom or window, style.zone)},
            # With nothing to draw Plotly would show the year 2000: then the window is written out like a zoom.
            "xaxis": date_axis(style, window, zoom if zoom or points else window),
            "yaxis": value_axis(style),
            # The marks lie over the curve's foot: a strip of its own would move the curve with the first of them.
            "yaxis2": {"overlaying": "y", "range": [-0.03, 1], "visible": False, "fixedrange": True},
        },
    }


def live_marks(marks: Sequence[Mark], style: Style) -> Figure:
    """The trace MARKS: what happened, at the foot of the chart."""
    return strip(marks, style, "y2")
