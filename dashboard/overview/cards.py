"""Devices as cards. What changes by the second is left empty here: the browser writes it in, from what ticks bring.

A card tells the browser by data attributes which device and metrics it shows, and after how long without a reading it
is quiet; so a device that falls silent is told without a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard import formats
from dashboard.figures import Style
from dashboard.liveness import Presence, Standing
from dashboard.overview.choices import Choices
from dashboard.overview.entries import Entry, Metric
from dashboard.panels.parts import Child, action_link, ago, aria, data, dot, empty
from dashboard.views import View
from telemetry.timestamps import US_PER_MS

#: Below the large one.
_SMALL_METRICS = 3


def cards(entries: Sequence[Entry], choices: Choices, style: Style) -> Child:
    """The grid of cards, or what stands in its place when nothing is found."""
    if not entries and choices == Choices():
        return empty("cpu", style.say("no device shown"), style.say("no device shown hint"))
    if not entries:
        link = action_link(style.say("show all devices"), "?")
        return empty("search", style.say("no device found"), style.say("no device found hint"), link)
    return html.Ul([html.Li(card(entry, style)) for entry in entries], className="devices")


def card(entry: Entry, style: Style) -> html.Article:
    """One device. Its name is the link that opens it; the link covers the card."""
    main = entry.metrics[0] if entry.metrics else None
    target = View(entry.device, main.name if main else "").search()
    heading = html.H2(dcc.Link(html.Bdi(entry.name), href=target, className="device-link"), className="device-name")
    colour = {"borderTopColor": entry.colour} if entry.colour else {}
    return html.Article(
        [
            html.Header([heading, _presence(entry.standing, style)], className="device-head"),
            _where(entry),
            *(_measured(main, style) if main else [html.P(style.say("no data yet"), className="device-none dim")]),
            _others(entry.metrics[1:], style),
        ],
        className="card device-card" + (" device-coloured" if entry.colour else ""),
        style=colour,
        **data(
            device=entry.device,
            presence=str(entry.standing.presence),
            quiet=str(entry.standing.quiet_us // US_PER_MS),
            since=str((entry.standing.since_us or 0) // US_PER_MS),
        ),
    )


def _presence(standing: Standing, style: Style) -> html.Span:
    """How it stands. The browser goes on from there: it knows the newest reading, and what the time is."""
    say, since = style.say, {"span": "{span}"}
    templates = {
        "live": say("live ago", ago=say("ago", **since)),
        "quiet": say("no data for", **since),
        "silent": say("silent for", **since),
    }
    if standing.presence in templates:
        words: Child = ago(standing.since_us, templates[standing.presence])
    else:
        words = html.Span(say("paused" if standing.presence is Presence.PAUSED else "no data yet"))
    return html.Span([dot("card"), words], className="device-presence", **data(**templates))


def _where(entry: Entry) -> html.P:
    tags = [html.Span(html.Bdi(tag), className="tag") for tag in entry.tags]
    return html.P([html.Bdi(entry.place or "\u00a0", className="device-place"), *tags], className="device-where dim")


def _measured(metric: Metric, style: Style) -> list[Any]:
    return [
        html.Div(
            [
                html.P([_value(metric), _unit(metric)], className="stat-value"),
                html.Div(className="device-curve", **data(curve=metric.name), **aria(hidden="true")),
            ],
            className="device-main",
        ),
        html.P([html.Bdi(metric.label), html.Span(style.say("last hour"))], className="device-metric dim"),
    ]


def _others(metrics: Sequence[Metric], style: Style) -> html.Ul | None:
    if not metrics:
        return None
    more = len(metrics) - _SMALL_METRICS
    rows = [
        html.Li([html.Bdi(metric.label, className="dim"), html.Span([_value(metric), _unit(metric)])])
        for metric in metrics[:_SMALL_METRICS]
    ]
    if more > 0:
        rows.append(html.Li(style.say("more metrics", count=more), className="dim"))
    return html.Ul(rows, className="device-others")


def _value(metric: Metric) -> html.Span:
    """Where the browser writes the newest value."""
    decimals = {} if metric.decimals is None else data(decimals=str(metric.decimals))
    return html.Span(formats.DASH, **data(value=metric.name), **decimals)


def _unit(metric: Metric) -> html.Span:
    return html.Span(formats.shown_unit(metric.unit), className="stat-unit")
