"""From the address to what is shown: the view, and the choices there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dash
from dash import Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from dashboard import formats, ids, zones
from dashboard.callbacks.state import Kept, span_between, style_of
from dashboard.context import Context
from dashboard.drawing import zoom_of
from dashboard.explore.choices import zoom_in
from dashboard.figures import Style
from dashboard.overview.choices import resolve as overview_choices
from dashboard.pages import LIVE
from dashboard.panels.parts import banner
from dashboard.panels.welcome import welcome
from dashboard.views import CUSTOM, View, device_in, resolve
from telemetry.timestamps import US_PER_MS, US_PER_SECOND, now_us


@dataclass(frozen=True, slots=True)
class Opened:
    """A view with what can be chosen beside it."""

    view: View
    devices: list[dict[str, str]]
    metrics: list[dict[str, str]]


def register(app: dash.Dash, context: Context) -> None:
    """The address and the custom range."""

    @app.callback(
        Output(ids.VIEW, "data"),
        Output(ids.DEVICE, "data"),
        Output(ids.METRIC, "data"),
        Output(ids.CHOSEN_VIEW, "data"),
        Output(ids.CUSTOM_FROM, "value"),
        Output(ids.CUSTOM_TO, "value"),
        Output(ids.CONTENT, "hidden"),
        Output(ids.OVERVIEW, "hidden"),
        Output(ids.WELCOME, "children"),
        Output(ids.OVERVIEW_CHOICES, "data"),
        Output(ids.TRAIL, "children"),
        Output(ids.ZOOM, "data", allow_duplicate=True),
        Input(ids.visit(LIVE), "data"),
        State(ids.VIEW, "data"),
        State(ids.ZOOM, "data"),
        State(ids.OVERVIEW_CHOICES, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def open_address(
        visit: Kept | None, kept: Kept | None, zoomed: Kept | None, choices: Kept | None, page: Kept
    ) -> Any:
        if not visit:
            raise PreventUpdate
        search, style = str(visit["search"]), style_of(context, page, visit["look"])
        opened = open_view(search, context.rows("series"), context.rows("devices"))
        view = opened.view
        looked_for = None if view.device or not opened.devices else overview_choices(search).as_json()
        moments = [local_text(t_us, style) for t_us in view.window(now_us())]
        same = kept == _kept(view)
        return (
            no_update if same else _kept(view),
            opened.devices,
            opened.metrics,
            # Not what somebody may be changing at this moment (the browser looks once more: assets/address.js).
            no_update if same else {"search": search, **view.as_json()},
            *([no_update, no_update] if same else moments),
            not view.device,
            looked_for is None,
            _instead(opened, search, context, style),
            no_update if looked_for == choices else looked_for,
            next((row["label"] for row in opened.devices if row["value"] == view.device), ""),
            zoom_asked(search, zoomed, view),
        )

    @app.callback(
        Output(ids.ADDRESS, "search"),
        Output(ids.CUSTOM_PROBLEM, "children"),
        Input(ids.CUSTOM_APPLY, "n_clicks"),
        State(ids.CUSTOM_FROM, "value"),
        State(ids.CUSTOM_TO, "value"),
        State(ids.VIEW, "data"),
        State(ids.PAGE, "data"),
        State(ids.BROWSER, "data"),
        prevent_initial_call=True,
    )
    def apply_custom(_clicks: int, start: str, end: str, kept: Kept, page: Kept, browser: Kept) -> Any:
        style = style_of(context, page, browser)
        span = span_between(start, end, style)
        if isinstance(span, str):
            return no_update, style.say(span)
        return View(kept["device"], kept["metric"], CUSTOM, *span).search(), ""


def open_view(search: str, series: Sequence[Mapping[str, Any]], devices: Sequence[Mapping[str, Any]]) -> Opened:
    """The view that the address asks for, and the devices and metrics one may choose instead."""
    with_series = {row["device"] for row in series}
    # A device that has said who it is, and measured nothing yet, can be opened and told something all the same.
    mute = [
        {"device": row["device"], "metric": "", "unit": None, "label": None, "count": 0, "first_us": None}
        for row in devices
        if row["device"] not in with_series
    ]
    view = resolve(search, [*series, *mute])
    # A hidden device is out of the list, but not out of reach of a link.
    listed = [row for row in devices if not row.get("hidden") or row["device"] == view.device]
    return Opened(
        view,
        [{"value": row["device"], "label": _device_label(row)} for row in listed],
        [{"value": row["metric"], "label": _metric_label(row)} for row in series if row["device"] == view.device],
    )


def zoom_asked(search: str, zoomed: Kept | None, view: View) -> Any:
    """The part of the time axis that an address asks for, as the browser keeps it; `no_update` where it has that.

    `asked` tells it from a drag, after which the chart shows that part already.
    """
    asked, has = zoom_in(search), zoom_of(zoomed, view)
    if asked == has or (asked and has and max(abs(a - b) for a, b in zip(asked, has, strict=True)) < US_PER_MS):
        return no_update
    edges = {"from": asked[0] // US_PER_MS, "to": asked[1] // US_PER_MS} if asked else {}
    return {"search": view.search(), **edges, "asked": True}


def _instead(opened: Opened, search: str, context: Context, style: Style) -> Any:
    """What stands above the cards: how to get a first device, or that the one asked for is not there."""
    if not opened.devices:
        return welcome(context.settings, style.say)
    asked = device_in(search)
    if opened.view.device or not asked:
        return None
    return banner(style.say("no such device", device=asked[:64]), style.say("no such device detail"), "warning")


def local_text(t_us: int, style: Style, *, seconds: bool = False) -> str:
    """A moment as the pickers hold it: the page's clock, to the minute or the second."""
    local = (t_us + zones.offset_us(t_us, style.zone)) // US_PER_SECOND
    return datetime.fromtimestamp(local, UTC).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M:00")


def _kept(view: View) -> dict[str, Any]:
    return {**view.as_json(), "search": view.search()}


def _device_label(row: Mapping[str, Any]) -> str:
    name = row["name"] or row["device"]
    return f"{name} · {row['place']}" if row["place"] else str(name)


def _metric_label(row: Mapping[str, Any]) -> str:
    unit = formats.shown_unit(row["unit"])
    name = row["label"] or row["metric"]
    return f"{name} ({unit})" if unit else str(name)
