"""The page System: a card for each row of `dashboard.system.panels`, and what deserves a look in the left panel."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dashboard import ids
from dashboard.access.roles import Identity
from dashboard.panels.parts import aria, icon, skeleton
from dashboard.system.panels import PANELS, Panel
from dashboard.translations import Say


def panel(say: Say, _who: Identity) -> html.Div:
    """The left panel: the rows without columns."""
    parts = [
        html.Section(
            [
                html.H2([icon(row.icon), say(f"system {row.name}")], className="panel-title"),
                *_memory(row),
                html.Span(id=ids.system_state(row.name)),
                html.Div(skeleton("skeleton-block"), id=ids.system_panel(row.name)),
            ],
            className="panel-part",
        )
        for row in PANELS
        if not row.span
    ]
    return html.Div(parts, className="device-panel")


def content(say: Say, _who: Identity) -> list[Any]:
    """Everything below the banners."""
    stores = (
        ids.SYSTEM_LOOK,
        ids.SYSTEM_BOARD,
        ids.SYSTEM_REASON,
        ids.SYSTEM_PAGE,
        ids.SYSTEM_RETRY,
        ids.SYSTEM_REPLAY,
    )
    return [
        *(dcc.Store(id=name) for name in stores),
        dcc.Store(id=ids.SYSTEM_PANELS, data=[row.name for row in PANELS]),
        html.Div([_card(row, say) for row in PANELS if row.span], className="row system-row"),
    ]


def _memory(row: Panel) -> list[Any]:
    """When it was last drawn, and its clock, which stands still while the page is out of sight."""
    return [
        dcc.Store(id=ids.system_drawn(row.name)),
        dcc.Interval(id=ids.system_tick(row.name), interval=row.every_ms, max_intervals=0),
    ]


def _card(row: Panel, say: Say) -> html.Section:
    heading = f"{ids.system_panel(row.name)}-heading"
    said = [html.Div(id=ids.SYSTEM_REPLAYED, className="said", role="status")] if row.name == "quarantine" else []
    return html.Section(
        [
            *_memory(row),
            html.Header(
                [
                    icon(row.icon),
                    html.H2(say(f"system {row.name}"), id=heading),
                    html.Span(id=ids.system_state(row.name), className="card-state"),
                ],
                className="card-head",
            ),
            html.Div(skeleton("skeleton-block"), id=ids.system_panel(row.name), className="card-body"),
            *said,
        ],
        className=f"card span-{row.span}",
        **aria(labelledby=heading),
    )
