"""The frame around the page: badges, banners, footer, and what the chosen device says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash
from dash import Input, Output, State, html

from dashboard import formats, ids, zones
from dashboard.callbacks.state import Kept, style_of
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.liveness import Presence, Standing, standing
from dashboard.panels.device import facts
from dashboard.panels.header import badges, banners
from dashboard.panels.parts import Child, ago, pill
from dashboard.views import View
from telemetry import __version__
from telemetry.errors import LumosError
from telemetry.timestamps import US_PER_SECOND, now_us


@dataclass(frozen=True, slots=True)
class Situation:
    """The store's health (None: ingest does not run) and how the chosen device stands (None: there is none)."""

    health: Mapping[str, Any] | None
    standing: Standing | None


def register(app: dash.Dash, context: Context) -> None:
    """Whatever depends on how things stand, not on the range."""

    @app.callback(
        Output(ids.BADGES, "children"),
        Output(ids.BANNERS, "children"),
        Output(ids.FOOTER, "children"),
        Output(ids.DEVICE_FACTS, "children"),
        Output(ids.CHART_STATE, "children"),
        Output(ids.NOW, "data-presence"),
        Input(ids.VIEW, "data"),
        Input(ids.LIVE, "data"),
        Input(ids.REVISION, "data"),
        Input(ids.HEALTH, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
    )
    def show_frame(kept: Kept | None, live: bool, _revision: int, _health: str, browser: Kept, page: Kept) -> Any:
        style, device = style_of(context, page, browser), (kept or {}).get("device", "")
        at_us = now_us()
        found = situation(context, device, at_us)
        return (
            badges(found.health, found.standing, style),
            banners(found.health, found.standing, at_us, style),
            footer(context, at_us, style),
            facts(device, found.standing, at_us, style) if found.standing else [],
            chart_state(View.from_json(kept), found, style, live=live) if kept else None,
            str(found.standing.presence) if found.standing else "",
        )


def situation(context: Context, device: str, at_us: int) -> Situation:
    """How things stand; what cannot be asked counts as not there."""
    try:
        health = context.rows("health")[0]
    except LumosError:
        health = None
    return Situation(health, device_standing(context, device, at_us) if device else None)


def device_standing(context: Context, device: str, at_us: int) -> Standing | None:
    """How a device stands; None where the store does not answer."""
    try:
        row = next((row for row in context.rows("devices") if row["device"] == device), None)
        times = [row["last_us"] for row in context.rows("series") if row["device"] == device and row["last_us"]]
    except LumosError:
        return None
    return standing(device, row, max(times, default=None), at_us)


def chart_state(view: View, found: Situation, style: Style, *, live: bool) -> Child:
    """Whether the chart is live, and why it is not."""
    if not view.relative or found.health is None or found.standing is None:
        return pill(style.say("stored"), "neutral")
    if not live:
        return pill(style.say("paused live"), "warning")
    if found.standing.presence is Presence.LIVE:
        return pill(style.say("live"), "good", live=True)
    tone = "bad" if found.standing.silent else "warning"
    if found.standing.last_us is None:
        return pill(style.say("no data yet"), tone)
    return pill(ago(found.standing.last_us, style.say("no data for", span="{span}"), newest=True), tone)


def footer(context: Context, at_us: int, style: Style) -> list[html.Span]:
    """The time zone, what is kept, the version."""
    seconds = context.settings.retention_raw
    kept = formats.span(seconds * US_PER_SECOND, style.language)
    offset = formats.offset(at_us, style.zone)
    return [
        html.Span(style.say("times in", zone=zones.name_of(style.zone), offset=offset)),
        html.Span(style.say("kept", span=kept) if seconds else style.say("kept for ever")),
        html.Span(style.say("version", version=__version__)),
    ]
