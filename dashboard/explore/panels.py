"""The panels below the timeline of the page Explore: one row a panel, and nothing else to do for a new one.

A row names a question of `telemetry.questions`, the function that draws its answer, and the panel's place. The
question is asked about the chosen series (or each of them), the range and the restriction, as far as its own signature
takes these; the function gets the answers and gives a Plotly figure, a Dash component, or None where there is nothing
to show. Its title is the phrase `panel <name>`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard import figures, formats, zones
from dashboard.context import Context
from dashboard.explore import happenings
from dashboard.explore.choices import Exploration
from dashboard.figures import Answer, Style, Window
from dashboard.panels.summary import summary
from dashboard.series import Series
from telemetry.questions import QUESTIONS
from telemetry.timestamps import US_PER_DAY

Draw = Callable[[Sequence[Answer], Style], Any]
#: Arguments of a question that depend on the range that is asked about.
More = Callable[[Window], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A row of the table."""

    name: str
    icon: str
    question: str
    draw: Draw
    #: How many of the twelve columns it takes.
    span: int
    #: Arguments of the question besides series, range and restriction.
    more: More = lambda _: {}
    #: About each of the series, not the chosen one alone.
    each: bool = False
    #: About the part of the time axis that is zoomed to, not the whole range.
    zooms: bool = True
    #: About at least so many days up to the end of the range: an hour has no weekdays to compare.
    least_days: int = 0
    #: About the devices as a whole, whatever the series.
    whole: bool = False


def _day_or_month(window: Window) -> Mapping[str, Any]:
    """As many bars as can be told apart."""
    return {"unit": "day" if window[1] - window[0] <= _MOST_DAYS * US_PER_DAY else "month"}


_MOST_DAYS = 400
PANELS = (
    Panel("week", "calendar-week", "hour_weekday", figures.heatmap, 7, zooms=False, least_days=28),
    Panel("distribution", "chart-histogram", "histogram", figures.histogram, 5, more=lambda _: {"columns": 32}),
    Panel("days", "chart-candle", "by_local", figures.days, 7, more=_day_or_month, zooms=False, least_days=7),
    Panel("statistics", "table", "statistics", summary, 5, each=True),
    Panel("happenings", "history", "happenings", happenings.listing, 12, whole=True),
)


def ask(context: Context, panel: Panel, exploration: Exploration, window: Window, style: Style) -> list[Answer]:
    """The answers to a panel's question. Raises StoreUnavailableError or QuestionError."""
    chosen = exploration.series if panel.each else (exploration.chosen,)
    return [
        Answer(
            series_name(series, exploration),
            formats.shown_unit(series.unit),
            hue(series, exploration, style),
            context.reader.ask(panel.question, **arguments(panel, series, exploration, window, style)),
            series.decimals,
        )
        for series in chosen
    ]


def window_of(panel: Panel, exploration: Exploration, zoom: Window | None, now_us: int) -> Window:
    """The range that a panel is about."""
    start, end = (zoom if panel.zooms else None) or exploration.window(now_us)
    return min(start, end - panel.least_days * US_PER_DAY), end


def about(panel: Panel, exploration: Exploration, window: Window, zoom: Window | None, style: Style) -> str:
    """`Temperature · window, 24 h`: what a panel shows, beside its title."""
    say = style.say
    if panel.least_days and window[1] - window[0] == panel.least_days * US_PER_DAY:
        span = formats.span(panel.least_days * US_PER_DAY, style.language)
    elif zoom and panel.zooms:
        span = say("zoomed part")
    else:
        span = say(f"range {exploration.range}" if exploration.relative else "chosen range")
    several = len(exploration.series) > 1 and not panel.each and not panel.whole
    return f"{series_name(exploration.chosen, exploration)}, {span}" if several else span


def arguments(panel: Panel, series: Series, exploration: Exploration, window: Window, style: Style) -> dict[str, Any]:
    """What a panel's question is asked, as far as the question takes it."""
    offered = {
        "device": series.device,
        "metric": series.metric,
        "start_us": window[0],
        "end_us": window[1],
        "zone": zones.name_of(style.zone),
        "weekdays": list(exploration.weekdays),
        "hours": list(exploration.hours),
        "devices": exploration.devices,
    }
    taken = QUESTIONS[panel.question].__annotations__
    return {**{name: value for name, value in offered.items() if name in taken}, **panel.more(window)}


def hue(series: Series, exploration: Exploration, style: Style) -> str:
    """The colour of a series: its device's own, where that can be seen here and no series before it has it; else by its
    place among the chosen ones.
    """
    place = exploration.series.index(series)
    taken = {each.colour for each in exploration.series[:place]}
    if series.colour and series.colour not in taken and style.palette.shows(series.colour):
        return series.colour
    return style.palette.hues[place % len(style.palette.hues)]


def series_name(series: Series, exploration: Exploration) -> str:
    """`Temperature`, and `Temperature · window` where several devices are shown."""
    several = len({each.device for each in exploration.series}) > 1
    return f"{series.title} · {series.name}" if several else series.title
