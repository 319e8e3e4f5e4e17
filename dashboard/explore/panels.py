"""The panels below the timeline of the page Explore: one row a panel, and nothing else to do for a new one.

A row names a question of `telemetry.questions`, the function that draws its answer, and the panel's place. The
question is asked about the chosen series (or each of them), the range and the restriction, as far as its own signature
takes these; the function gets the answers and gives a Plotly figure, a Dash component, or None where there is nothing
to show. Its title is the phrase `panel <name>`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard import zones
from dashboard.context import Context
from dashboard.explore.choices import Exploration, Series
from dashboard.figures import Answer, Style, Window
from dashboard.formats import shown_unit
from dashboard.panels.summary import summary
from telemetry.questions import QUESTIONS

Draw = Callable[[Sequence[Answer], Style], Any]


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
    arguments: Mapping[str, Any] = field(default_factory=dict)
    #: About each of the series, not the chosen one alone.
    each: bool = False
    #: About the part of the time axis that is zoomed to, not the whole range.
    zooms: bool = True


PANELS = (Panel("statistics", "table", "statistics", summary, 12, each=True),)


def ask(context: Context, panel: Panel, exploration: Exploration, window: Window, style: Style) -> list[Answer]:
    """The answers to a panel's question. Raises StoreUnavailableError or QuestionError."""
    chosen = exploration.series if panel.each else (exploration.chosen,)
    return [
        Answer(
            series_name(series, exploration),
            shown_unit(series.unit),
            hue(series, exploration, style),
            context.reader.ask(panel.question, **arguments(panel, series, exploration, window, style)),
        )
        for series in chosen
    ]


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
    }
    taken = QUESTIONS[panel.question].__annotations__
    return {**{name: value for name, value in offered.items() if name in taken}, **panel.arguments}


def hue(series: Series, exploration: Exploration, style: Style) -> str:
    """The colour of a series, by its place among the chosen ones."""
    return style.palette.hues[exploration.series.index(series) % len(style.palette.hues)]


def series_name(series: Series, exploration: Exploration) -> str:
    """`Temperature`, and `Temperature · window` where several devices are shown."""
    several = len({each.device for each in exploration.series}) > 1
    return f"{series.title} · {series.name}" if several else series.title
