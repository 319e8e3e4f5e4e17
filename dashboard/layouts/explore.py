"""The page Explore: a toolbar over a timeline, and the panels of `dashboard.explore.panels` below it.

A further tool in the toolbar is one more row of TOOLS, a further panel one more row of PANELS there; what a panel needs
beside a question and a drawing (a form, a list that is edited) is one more row of SECTIONS here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import figures, ids
from dashboard.access.roles import Identity
from dashboard.explore.choices import DEFAULT_PRESET, MOST_SERIES, PRESETS
from dashboard.explore.drawing import HEIGHT
from dashboard.explore.panels import PANELS, Panel
from dashboard.layouts.controls import link_field, moment
from dashboard.panels.parts import aria, icon, skeleton
from dashboard.translations import Say
from dashboard.views import CUSTOM

#: What stands at the end of the toolbar, in this order: functions from the page's language and reader to a component.
TOOLS: tuple[Callable[[Say, Identity], Any], ...] = (lambda say, _: link_field(ids.EXPLORE_LINK, say),)
#: What stands below the panels: functions likewise, each giving a card of its own.
SECTIONS: tuple[Callable[[Say, Identity], Any], ...] = ()


def panel(say: Say, _who: Identity) -> html.Div:
    """The left panel: what is looked at, and how."""
    return html.Div(
        html.Section(
            dmc.MultiSelect(
                id=ids.EXPLORE_SERIES,
                label=say("series"),
                data=[],
                value=[],
                maxValues=MOST_SERIES,
                searchable=True,
                hidePickedOptions=True,
                nothingFoundMessage=say("no series found"),
                comboboxProps={"withinPortal": True},
                className="series-select",
            ),
            className="panel-part",
        ),
        className="device-panel",
    )


def content(say: Say, who: Identity) -> list[Any]:
    """Everything below the banners."""
    return [
        _toolbar(say, who),
        _custom(say),
        html.Div(_timeline(say), className="row"),
        html.Div([_card(panel, say) for panel in PANELS], className="row"),
        *(html.Div(section(say, who), className="row") for section in SECTIONS),
    ]


def _toolbar(say: Say, who: Identity) -> html.Div:
    return html.Div(
        [
            html.Div(
                dmc.SegmentedControl(
                    id=ids.EXPLORE_RANGE,
                    data=[{"value": name, "label": say(f"range {name}")} for name in (*PRESETS, CUSTOM)],
                    value=DEFAULT_PRESET,
                    transitionDuration=0,
                    className="ranges",
                ),
                role="group",
                className="ranges-box",
                **aria(label=say("range")),
            ),
            html.Div([tool(say, who) for tool in TOOLS], className="tools"),
        ],
        className="toolbar",
    )


def _custom(say: Say) -> html.Div:
    return html.Div(
        [
            moment(ids.EXPLORE_FROM, say("from"), say),
            moment(ids.EXPLORE_TO, say("to"), say),
            html.Button(say("apply"), id=ids.EXPLORE_APPLY, className="button primary"),
            html.Span(id=ids.EXPLORE_PROBLEM, className="tone-bad", role="alert"),
        ],
        id=ids.EXPLORE_CUSTOM,
        className="custom-range",
        hidden=True,
    )


def _timeline(say: Say) -> html.Section:
    graph = dcc.Graph(
        id=ids.EXPLORE_CHART,
        figure={"data": [], "layout": {}},
        config=figures.config(say("code")),
        style={"height": f"{HEIGHT}px"},
        responsive=True,
        className="graph",
    )
    return html.Section(
        [
            html.Header(
                [
                    icon("chart-line"),
                    html.H2(id=ids.EXPLORE_TITLE),
                    html.Span(id=ids.EXPLORE_SUBTITLE, className="subtitle"),
                ],
                className="card-head",
            ),
            html.Div(
                [
                    html.Div(graph, id=ids.EXPLORE_BOX, role="img"),
                    html.Div(skeleton("skeleton-chart"), id=ids.EXPLORE_COVER, className="chart-cover"),
                ],
                className="chart-room",
            ),
        ],
        className="card span-12",
        **aria(labelledby=ids.EXPLORE_TITLE),
    )


def _card(row: Panel, say: Say) -> html.Section:
    body = ids.explore_panel(row.name)
    heading = f"{body}-heading"
    return html.Section(
        [
            html.Header(
                [icon(row.icon), html.H2(say(f"panel {row.name}"), id=f"{body}-heading")], className="card-head"
            ),
            html.Div(skeleton("skeleton-block"), id=body, className="card-body"),
        ],
        className=f"card span-{row.span}",
        **aria(labelledby=heading),
    )
