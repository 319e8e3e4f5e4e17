"""The whole chart of a view: asks for its points and says what stands around them. No callbacks here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dashboard import figures, formats, stretches
from dashboard.alerts import marks as alerts
from dashboard.context import Context
from dashboard.explore import happenings
from dashboard.figures import Figure, Mark, Style, Window
from dashboard.live import Shown, describe
from dashboard.notes.marks import marks
from dashboard.panels.cards import range_name, readings
from dashboard.panels.parts import Child, action_link, empty
from dashboard.stretches import Points
from dashboard.views import CUSTOM, View
from telemetry.errors import LumosError, StoreUnavailableError
from telemetry.questions import metadata_of
from telemetry.timestamps import US_PER_DAY, US_PER_MS, US_PER_SECOND

#: About one point a pixel of the widest card; buckets are never more.
POINTS = 2_000
#: A zoom is asked for with this share more on both sides, so that the line runs to the edges.
_MARGIN = 0.1
#: More than this in one row are a smear.
_MARKS = 100


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart and its words; `shown` is what ticks need to go on from it."""

    figure: Figure
    title: str
    subtitle: str
    cover: Child
    description: str
    shown: Shown


def zoom_of(kept: Mapping[str, Any] | None, view: View) -> Window | None:
    """The part of the time axis that somebody zoomed to, in UTC; None for the whole, or for another view's zoom."""
    if not kept or kept.get("search") != view.search() or "from" not in kept:
        return None
    start, end = (int(kept[edge]) * US_PER_MS for edge in ("from", "to"))
    return (start, end) if start < end else None


def draw(
    context: Context,
    view: View,
    style: Style,
    before: Shown,
    zoom: Window | None,
    now_us: int,
    *,
    only_zoom: bool = False,
    anew: bool = False,
) -> Drawing | None:
    """The chart; None when a zoom (`only_zoom`) needs nothing that the browser does not have already.

    `anew`: what somebody has dragged to in the browser does not count any more. Raises StoreUnavailableError or
    QuestionError.
    """
    window = view.window(now_us)
    if only_zoom and not _needs(before, view, zoom, window):
        return None
    # In the same view it stays: what lies between it and now has yet to be heard, by the newest reading if not by the
    # chart, which then has it already.
    heard = before.cursor if before.view == view.search() and before.cursor else cursor(context, view)
    asked = padded(zoom) if zoom else window
    noted, told = _notes(context, view, zoom or window, style), happened(context, view, zoom or window, style)
    points = ask(context, view, asked)
    shown = replace(
        describe(points, before),
        view=view.search(), cursor=heard, zoomed=zoom is not None, stats_us=now_us,
    )  # fmt: skip
    subtitle = subtitle_of(len(points), points.bucket_us, style)
    # Plotly keeps what was dragged to as long as the revision stays.
    revision = f"{view.search()} {now_us}" if anew else view.search()
    figure = figures.series_figure(
        points, style, unit=view.unit, window=window, zoom=zoom, revision=revision, marks=told
    )
    return Drawing(
        {**figure, "layout": {**figure["layout"], **noted}},
        view.title,
        f"{subtitle} · {style.say('zoomed')}" if zoom else subtitle,
        None if len(points) else nothing(context, view, style),
        _description(view, style),
        shown,
    )


def _notes(context: Context, view: View, window: Window, style: Style) -> Figure:
    """The marks of notes and alerts; none where they cannot be asked for: the chart matters more."""
    series = [[view.device, view.metric]]
    try:
        rows = context.rows("notes", series=series, start_us=window[0], end_us=window[1])
    except LumosError:
        return {}
    return dict(alerts.joined(alerts.of_series(context, series, window, style), marks(rows, window, style)))


def happened(context: Context, view: View, window: Window, style: Style) -> list[Mark]:
    """What the device was told, and told of; nothing where it cannot be asked for: the chart matters more."""
    try:
        rows = context.rows("happenings", devices=[view.device], start_us=window[0], end_us=window[1], limit=_MARKS)
    except LumosError:
        return []
    return happenings.marks(rows, style)


def ask(context: Context, view: View, window: Window, points: int = POINTS) -> Points:
    """The points of a window, in buckets where there are more readings."""
    return stretches.points_of(
        context.reader.ask(
            "buckets", device=view.device, metric=view.metric, start_us=window[0], end_us=window[1], points=points
        )
    )


def cursor(context: Context, view: View) -> str:
    """Where "what is new" begins: asked for before the points, so that nothing falls between; empty without ingest."""
    try:
        table = context.reader.ask("changes", device=view.device, metric=view.metric, cursor="")
    except StoreUnavailableError:
        return ""
    return str(metadata_of(table)["cursor"])


def newest(context: Context, view: View) -> tuple[int, float | None]:
    """The newest reading of a series: its time and value, `(0, None)` where there is none."""
    last_us = context.last_us(view.device, view.metric)
    if last_us is None:
        return 0, None
    found = context.rows(
        "buckets", device=view.device, metric=view.metric, start_us=last_us, end_us=last_us + 1, points=1
    )
    return last_us, found[-1]["mean"] if found else None


def points_in(points: int, zoom: Window | None) -> int:
    """How many of a chart's points lie in what is in sight: a zoom is drawn with a margin."""
    return int(points / (1 + 2 * _MARGIN)) if zoom else points


def padded(zoom: Window) -> Window:
    """A zoom with a margin on both sides."""
    margin = int((zoom[1] - zoom[0]) * _MARGIN)
    return zoom[0] - margin, zoom[1] + margin


def subtitle_of(count: int, bucket_us: int, style: Style) -> str:
    """`min–max band, mean, 1 min buckets · 1,396 points`, or `342 readings`."""
    if not bucket_us:
        return readings(count, style)
    words = style.say("points", count=formats.number(count, 0, style.language))
    return style.say("buckets", width=formats.width(bucket_us, style.language), points=words)


def nothing(context: Context, view: View, style: Style) -> Child:
    """What stands in place of an empty chart: when there was data last, and the way there."""
    last_us = context.last_us(view.device, view.metric)
    if last_us is None:
        return empty("chart-line", style.say("no measurement"), style.say("never sent", device=view.device))
    clock, date = formats.clock(last_us, style.zone, seconds=False), formats.date(last_us, style.zone, style.language)
    sent = style.say("last sent", device=view.device, when=style.say("at", time=clock, date=date))
    end_us = last_us // US_PER_SECOND * US_PER_SECOND + US_PER_SECOND
    target = View(view.device, view.metric, CUSTOM, end_us - US_PER_DAY, end_us)
    action = action_link(style.say("show last"), target.search())
    return empty("chart-line", style.say("no measurement"), sent, action)


def _needs(before: Shown, view: View, zoom: Window | None, window: Window) -> bool:
    """Whether a zoom wants other points than those in the browser."""
    if before.view != view.search() or not before.cursor:
        return True
    if zoom is None:
        return before.zoomed
    inside = window[0] <= zoom[0] and zoom[1] <= window[1]
    return before.zoomed or before.bucket_us > 0 or not inside


def _description(view: View, style: Style) -> str:
    """What a screen reader says of the chart."""
    of = style.say("chart of", metric=view.title, device=view.device, range=range_name(view, style))
    return f"{of}; {style.say('chart alternative')}"
