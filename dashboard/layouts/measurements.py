"""The page Live: all devices as cards, or one opened: toolbar, stat cards, chart, history, statistics.

A further chart is one more card.
"""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from dashboard import figures, ids
from dashboard.access.roles import Identity
from dashboard.layouts import overview
from dashboard.layouts.controls import chart_room, custom_range, link_field, range_choice
from dashboard.layouts.early import Early
from dashboard.layouts.lazy import Lazy
from dashboard.notes.panel import section
from dashboard.panels.parts import Child, ago, all_devices, aria, icon, skeleton
from dashboard.takeaway.menu import menu
from dashboard.translations import Say
from dashboard.views import DEFAULT_PRESET, PRESETS


def content(say: Say, who: Identity) -> list[Child]:
    """Everything below the banners."""
    return [
        html.Div(id=ids.WELCOME),
        Lazy(overview.content(say), ids.OVERVIEW),
        Lazy(opened(say, who), ids.CONTENT),
    ]


def opened(say: Say, who: Identity) -> list[html.Div]:
    """What there is to see of an opened device."""
    return [
        html.Div([all_devices(say), html.H1(id=ids.TRAIL, className="trail-name")], className="trail"),
        toolbar(say),
        custom_range(ids.CUSTOM, ids.CUSTOM_FROM, ids.CUSTOM_TO, ids.CUSTOM_APPLY, ids.CUSTOM_PROBLEM, say),
        html.Div(
            [
                _now_card(say),
                html.Div(
                    [html.Article(skeleton(), className="card stat") for _ in range(3)],
                    id=ids.CARDS,
                    className="passthrough",
                ),
            ],
            className="stats",
        ),
        html.Div([_chart_card(say)], className="row"),
        html.Div([section(ids.LIVE_PAGE, say, who)], className="row"),
        html.Div(
            [
                card(say("history"), "history", skeleton("skeleton-block"), ids.HISTORY, extra="span-7"),
                card(say("statistics"), "table", skeleton("skeleton-block"), ids.STATISTICS, extra="span-5"),
            ],
            className="row",
        ),
    ]


def card(title: str, drawing: str, body: Child, body_id: str, *, extra: str = "") -> html.Section:
    """A titled card whose body a callback fills."""
    heading = f"{body_id}-heading"
    return html.Section(
        [
            html.Header([icon(drawing), html.H2(title, id=heading)], className="card-head"),
            html.Div(body, id=body_id, className="card-body"),
        ],
        className=f"card {extra}".strip(),
        **aria(labelledby=heading),
    )


def toolbar(say: Say) -> html.Div:
    """What is shown, over which range, and what to take away."""
    return html.Div(
        [
            dmc.Select(
                id=ids.METRIC,
                data=[],
                allowDeselect=False,
                leftSection=icon("gauge"),
                rightSection=icon("selector"),
                className="metric-select",
                **aria(label=say("metric")),
            ),
            range_choice(ids.RANGE, PRESETS, DEFAULT_PRESET, say),
            html.Div(
                [
                    html.Button(
                        [icon("player-pause", "when-on"), icon("player-play", "when-off"), say("live")],
                        id=ids.LIVE_SWITCH,
                        className="button live-switch",
                        title=say("live help"),
                        **aria(pressed="true"),
                    ),
                    menu(ids.LIVE_PAGE, ids.CHART, say),
                    link_field(ids.LINK, say),
                ],
                className="tools",
            ),
        ],
        className="toolbar",
    )


def _now_card(say: Say) -> html.Article:
    """The newest reading: ticks write the value; the browser keeps the time since."""
    template = say("updated ago", ago=say("ago", span="{span}"))
    return html.Article(
        [
            html.H2(say("now"), className="stat-label"),
            html.P(skeleton("skeleton-value"), id=ids.NOW_VALUE, className="stat-value"),
            html.P(ago(None, template, component_id=ids.NOW_TIME), className="stat-detail"),
            html.Div(id=ids.NOW_SPARK, className="spark-room"),
        ],
        id=ids.NOW,
        className="card stat",
    )


def _chart_card(say: Say) -> html.Section:
    return html.Section(
        [
            html.Header(
                [
                    icon("chart-line"),
                    html.H2(id=ids.CHART_TITLE, className="chart-title"),
                    html.Span(id=ids.CHART_SUBTITLE, className="subtitle"),
                    html.Span(id=ids.CHART_STATE, className="card-state"),
                ],
                className="card-head",
            ),
            chart_room(ids.CHART, ids.CHART_BOX, ids.CHART_COVER, figures.HEIGHT, say, Early()),
        ],
        className="card span-12",
        **aria(labelledby=ids.CHART_TITLE),
    )
