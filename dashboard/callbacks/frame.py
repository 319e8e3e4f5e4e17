"""The frame around the page: badges, banners, footer, and what the chosen device says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash
from dash import Input, Output, State, html
from dash.exceptions import PreventUpdate

from dashboard import formats, ids
from dashboard.callbacks.state import Kept, style_of, view_of
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.layouts.telling import LIVE as ON_LIVE
from dashboard.liveness import Presence, Standing, standing
from dashboard.pages import EXPLORE, LIVE
from dashboard.panels.device import facts
from dashboard.panels.header import badges, banners, health_key
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

    alerts = f"{context.settings.base_path.rstrip('/')}/alerts"

    @app.callback(
        Output(ids.BADGES, "children"),
        Output(ids.BANNERS, "children"),
        Output(ids.FOOTER, "children"),
        Input(ids.OPEN_PAGE, "data"),
        Input(ids.VIEW, "data"),
        Input(ids.EXPLORED, "data"),
        Input(ids.REVISION, "data"),
        Input(ids.HEALTH, "data"),
        Input(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
    )
    def show_frame(
        open_page: str | None, kept: Kept | None, explored: Kept | None, _revision: int, _health: str, browser: Kept,
        page: Kept,
    ) -> Any:  # fmt: skip
        zone = (explored or {}).get("zone", "") if open_page == EXPLORE else ""
        style, at_us = style_of(context, page, browser, zone), now_us()
        found = situation(context, device_in_sight(open_page, kept, explored), at_us)
        return (
            badges(found.health, found.standing, style, ticking=open_page == LIVE),
            banners(found.health, found.standing, at_us, style, alerts=alerts),
            footer(context, at_us, style),
        )

    @app.callback(
        Output(ids.DEVICE_FACTS, "children"),
        Output(ids.CHART_STATE, "children"),
        Output(ids.NOW, "data-presence"),
        Input(ids.VIEW, "data"),
        Input(ids.LIVE, "data"),
        Input(ids.control(ON_LIVE, "news"), "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
    )
    def show_device(kept: Kept | None, live: bool, _news: Any, browser: Kept, page: Kept) -> Any:
        view, style, at_us = view_of(kept), style_of(context, page, browser), now_us()
        found = situation(context, view.device, at_us)
        return (
            facts(view.device, found.standing, at_us, style) if found.standing else [],
            chart_state(view, found, style, live=live),
            str(found.standing.presence) if found.standing else "",
        )

    @app.callback(
        Output(ids.HEALTH, "data", allow_duplicate=True),
        Output(ids.REVISION, "data", allow_duplicate=True),
        Input(ids.PULSE, "n_intervals"),
        State(ids.HEALTH, "data"),
        State(ids.REVISION, "data"),
        State(ids.OPEN_PAGE, "data"),
        State(ids.EXPLORED, "data"),
        running=[(Output(ids.PULSE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def feel_pulse(
        _count: int, health: str | None, revision: int | None, open_page: str | None, explored: Kept | None
    ) -> Any:
        """What the live page's tick tells, for the other pages: is all well, and has anything been done?"""
        found = situation(context, device_in_sight(open_page, None, explored), now_us())
        presence = found.standing.presence if found.standing else ""
        key = f"{health_key(found.health, quiet=False)}{presence}"
        now = found.health["revision"] if found.health else revision
        if (key, now) == (health, revision):
            raise PreventUpdate
        return key, now


def device_in_sight(open_page: str | None, kept: Kept | None, explored: Kept | None) -> str:
    """The device whose badge is shown: of the live page its own, of the page Explore that of the first series."""
    if open_page == EXPLORE:
        series = (explored or {}).get("series")
        return str(series[0]["device"]) if series else ""
    return str((kept or {}).get("device", ""))


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
    """What the zone's clock is ahead of UTC, what is kept, the version."""
    seconds = context.settings.retention_raw
    kept = formats.span(seconds * US_PER_SECOND, style.language)
    offset = formats.offset(at_us, style.zone)
    return [
        html.Span(offset),
        html.Span(style.say("kept", span=kept) if seconds else style.say("kept for ever")),
        html.Span(style.say("version", version=__version__)),
    ]
