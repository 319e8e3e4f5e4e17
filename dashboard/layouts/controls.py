"""Controls that more than one page has, and the room for a chart with the time below it."""

from __future__ import annotations

from collections.abc import Iterable

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import figures
from dashboard.panels.parts import Child, aria, icon, skeleton
from dashboard.translations import Say
from dashboard.views import CUSTOM


def link_field(component_id: str, say: Say) -> html.Details:
    """A link to the view, in a field to select from: copying by a button works over https only."""
    return disclosure(
        [icon("link"), say("link")],
        dmc.TextInput(id=component_id, readOnly=True, label=say("link help"), description=say("link copy"), value=""),
        say("link help"),
    )


def disclosure(words: Child, content: Child, title: str = "") -> html.Details:
    """A button that opens a small card below it; the browser's script closes it on Escape and on a click elsewhere.

    The browser's own element: Mantine puts a popover's state on a box around its button, where no screen reader looks.
    """
    return html.Details(
        [
            html.Summary(words, className="button", title=title or None),
            html.Div(content, className="disclosed card"),
        ],
        className="disclosure",
    )


def range_choice(component_id: str, presets: Iterable[str], default: str, say: Say) -> html.Div:
    """The page's ranges up to now, and a custom one."""
    return html.Div(
        dmc.SegmentedControl(
            id=component_id,
            data=[{"value": name, "label": say(f"range {name}")} for name in (*presets, CUSTOM)],
            value=default,
            transitionDuration=0,
            className="ranges",
        ),
        role="group",
        className="ranges-box",
        **aria(label=say("range")),
    )


def chart_room(chart: str, box: str, cover: str, height: int, say: Say, *over: Child) -> html.Div:
    """An empty chart in its box, which gets its description, under a cover until the first one is drawn.

    `over`: what else may stand over it.
    """
    graph = dcc.Graph(
        id=chart,
        figure={"data": [], "layout": {}},
        config=figures.config(say("code")),
        style={"height": f"{height}px"},
        responsive=True,
        className="graph",
    )
    return html.Div(
        [
            # As high as the chart, which is loaded for itself: what is below stays where it is.
            html.Div(graph, id=box, role="figure", style={"minHeight": f"{height}px"}),
            html.Div(skeleton("skeleton-chart"), id=cover, className="chart-cover"),
            *over,
        ],
        className="chart-room",
    )


def dialog(component_id: str, title: str, content: list[Child], say: Say, *, size: str = "lg") -> dmc.Modal:
    """A form over the page, which a callback opens."""
    return dmc.Modal(
        content,
        id=component_id,
        title=title,
        size=size,
        centered=True,
        closeButtonProps=aria(label=say("close")),
        transitionProps={"duration": 0},
    )


def custom_range(box: str, start: str, end: str, apply: str, problem: str, say: Say) -> html.Div:
    """Two moments on the page's clock, by the ids of its parts; shown when the range is a custom one."""
    return html.Div(
        [
            moment(start, say("from"), say),
            moment(end, say("to"), say),
            html.Button(say("apply"), id=apply, className="button primary"),
            html.Span(id=problem, className="tone-bad", role="alert"),
        ],
        id=box,
        className="custom-range",
        hidden=True,
    )


def moment(component_id: str, label: str, say: Say) -> dmc.DateTimePicker:
    """A date and a time of day on the page's clock."""
    return dmc.DateTimePicker(
        id=component_id,
        label=label,
        valueFormat="D MMM YYYY HH:mm",
        highlightToday=True,
        popoverProps={"transitionProps": {"duration": 0}},
        submitButtonProps={"aria-label": say("apply")},
        className="moment",
    )
