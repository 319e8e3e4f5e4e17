"""The timeline of the page Explore: asks for the points of each series and says what stands around them."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard import drawing, figures, formats, stretches, zones
from dashboard.context import Context
from dashboard.explore.choices import Exploration, Series
from dashboard.explore.panels import series_name
from dashboard.figures import Curve, Figure, Style, Window
from dashboard.panels.parts import Child, empty
from dashboard.stretches import Points

#: Up to so many points for one series, and for all of several together.
POINTS = 2_000
_POINTS_OF_ALL = 4_000
HEIGHT = 380


@dataclass(frozen=True, slots=True)
class Timeline:
    """The figure and its words."""

    figure: Figure
    title: str
    subtitle: str
    cover: Child
    description: str


def draw(context: Context, exploration: Exploration, style: Style, zoom: Window | None, now_us: int) -> Timeline:
    """The timeline. Raises StoreUnavailableError or QuestionError."""
    window = exploration.window(now_us)
    shown = zoom or window
    found = [_points(context, exploration, series, shown, style) for series in exploration.series]
    curves = [
        Curve(series_name(series, exploration), formats.shown_unit(series.unit), points)
        for series, points in zip(exploration.series, found, strict=True)
    ]
    count = sum(map(len, found))
    subtitle = drawing.subtitle_of(count, max((points.bucket_us for points in found), default=0), style)
    return Timeline(
        figures.timeline(curves, style, window=window, zoom=zoom, revision=exploration.search(), height=HEIGHT),
        " · ".join(curve.name for curve in curves),
        f"{subtitle} · {style.say('zoomed')}" if zoom else subtitle,
        None if count else empty("chart-line", style.say("no measurement")),
        ", ".join(curve.name for curve in curves),
    )


def _points(context: Context, exploration: Exploration, series: Series, window: Window, style: Style) -> Points:
    points = POINTS if len(exploration.series) == 1 else max(_POINTS_OF_ALL // len(exploration.series), 500)
    return stretches.points_of(
        context.reader.ask(
            "buckets", device=series.device, metric=series.metric, start_us=window[0], end_us=window[1], points=points,
            zone=zones.name_of(style.zone), weekdays=list(exploration.weekdays), hours=list(exploration.hours),
        )
    )  # fmt: skip
