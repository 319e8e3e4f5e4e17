"""The device that the page Devices has open: what it is, and the forms that change what people say of it."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.access.guard import identity
from dashboard.callbacks.devices import choices_of
from dashboard.callbacks.state import Kept, style_of
from dashboard.context import Context
from dashboard.devices.metrics import change, describe_metric, metric_form, with_kept
from dashboard.devices.roster import Entry, everybody
from dashboard.layouts.telling import BOARD
from dashboard.pages import DEVICES
from dashboard.panels import board
from dashboard.panels.parts import failed
from dashboard.plain import plain
from dashboard.views import View
from telemetry.errors import LumosError
from telemetry.timestamps import now_us

_FORM = (
    (ids.BOARD_NAME, "value"),
    (ids.BOARD_PLACE, "value"),
    (ids.BOARD_TAGS, "value"),
    (ids.BOARD_COLOUR, "value"),
    (ids.BOARD_NOTES, "value"),
    (ids.BOARD_HIDDEN, "checked"),
)
_METRIC = (ids.METRIC_LABEL, ids.METRIC_UNIT, ids.METRIC_LOW, ids.METRIC_HIGH, ids.METRIC_DECIMALS, ids.METRIC_KEEP)


def register(app: dash.Dash, context: Context) -> None:
    """What is shown of the open device, and its two forms."""
    _register_shown(app, context)
    _register_form(app, context)
    _register_metric_form(app, context)


def _register_shown(app: dash.Dash, context: Context) -> None:
    prefix = f"{context.settings.base_path.rstrip('/')}/"

    @app.callback(
        Output(ids.BOARD_HEAD, "children"),
        Output(ids.BOARD_FACTS, "children"),
        Output(ids.BOARD_METRICS, "children"),
        Output(ids.BOARD_CARDS, "hidden"),
        Input(ids.BOARD, "data"),
        Input(ids.control(BOARD, "news"), "data"),
        Input(ids.DEVICES_RETRY, "data"),
        State(ids.DEVICES, "data"),
        State(ids.OPEN_PAGE, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def show_board(
        kept: Kept | None,
        _news: Any,
        _retry: int,
        listed: Kept | None,
        open_page: str | None,
        browser: Kept,
        page: Kept,
    ) -> Any:
        if open_page != DEVICES or not kept or not kept["device"] or not listed:
            raise PreventUpdate
        style, device, at_us = style_of(context, page, browser), str(kept["device"]), now_us()
        choices = choices_of(listed)
        try:
            entry = find(context, device, at_us)
            if entry is None:
                return plain(board.nobody(device, choices, style)), None, None, True
            condition = next(iter(context.rows("conditions", devices=[device])), {})
            loss = next(iter(context.rows("losses", device=device)), None)
            series = with_kept(context, [row for row in context.rows("series") if row["device"] == device], style)
            newest = {row["metric"]: row for row in context.rows("last_values") if row["device"] == device}
        except LumosError as error:
            return plain(failed(style.say, str(error), ids.DEVICES_RETRY)), None, None, True
        live = prefix + View(device, series[0]["metric"] if series else "").search()
        return (
            plain(board.head(entry, choices, live, style)),
            plain(board.facts(entry, condition, loss, at_us, style)),
            plain(board.metrics(series, newest, at_us, style)),
            False,
        )


def _register_form(app: dash.Dash, context: Context) -> None:
    @app.callback(
        *(Output(*field) for field in _FORM),
        Output(ids.BOARD_TAGS, "data"),
        Output(ids.BOARD_SAID, "children", allow_duplicate=True),
        Output(ids.METRIC_WHICH, "data"),
        Output(ids.METRIC_WHICH, "value"),
        Output(ids.METRIC_SAID, "children", allow_duplicate=True),
        Input(ids.BOARD, "data"),
        prevent_initial_call=True,
    )
    def fill_forms(kept: Kept | None) -> Any:
        if not kept or not kept["device"]:
            raise PreventUpdate
        device = str(kept["device"])
        try:
            rows = context.rows("devices")
            series = [row for row in context.rows("series") if row["device"] == device]
        except LumosError:
            raise PreventUpdate from None
        row = next((row for row in rows if row["device"] == device), {})
        tags = sorted({tag for other in rows for tag in other.get("tags") or ()})
        metrics = [{"value": one["metric"], "label": one["label"] or one["metric"]} for one in series]
        return (
            row.get("name") or "",
            row.get("place") or "",
            row.get("tags") or [],
            row.get("colour") or "",
            row.get("notes") or "",
            bool(row.get("hidden")),
            tags,
            None,
            metrics,
            metrics[0]["value"] if metrics else None,
            None,
        )

    @app.callback(
        Output(ids.BOARD_SAID, "children"),
        Output(ids.REVISION, "data", allow_duplicate=True),
        Input(ids.BOARD_SAVE, "n_clicks"),
        State(ids.BOARD, "data"),
        State(ids.REVISION, "data"),
        *(State(*field) for field in _FORM),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def save_board(_clicks: int, kept: Kept, revision: int | None, *said: Any) -> Any:
        *words, browser, page = said
        style = style_of(context, page, browser)
        keys = ("name", "place", "tags", "colour", "notes", "hidden")
        told = {key: value or None for key, value in zip(keys, words, strict=True)}
        arguments = {"device": kept["device"], **told, "hidden": bool(told["hidden"])}
        return change(context, "describe_device", arguments, style, identity().by), stale(revision)


def _register_metric_form(app: dash.Dash, context: Context) -> None:
    @app.callback(
        *(Output(name, "value") for name in _METRIC),
        *(Output(name, "placeholder") for name in _METRIC),
        Input(ids.METRIC_WHICH, "value"),
        State(ids.BOARD, "data"),
        prevent_initial_call=True,
    )
    def fill_metric(metric: str | None, kept: Kept | None) -> Any:
        if not metric or not kept or not kept["device"]:
            return [""] * len(_METRIC) * 2
        return metric_form(context, str(kept["device"]), metric)

    @app.callback(
        Output(ids.METRIC_SAID, "children"),
        Output(ids.REVISION, "data", allow_duplicate=True),
        Input(ids.METRIC_SAVE, "n_clicks"),
        State(ids.BOARD, "data"),
        State(ids.METRIC_WHICH, "value"),
        State(ids.REVISION, "data"),
        *(State(name, "value") for name in _METRIC),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def save_metric(_clicks: int, kept: Kept, metric: str | None, revision: int | None, *said: Any) -> Any:
        *words, browser, page = said
        style = style_of(context, page, browser)
        if not metric:
            raise PreventUpdate
        told = [None if value in ("", None) else value for value in words]
        return describe_metric(context, str(kept["device"]), metric, told, style, identity().by), stale(revision)


def find(context: Context, device: str, at_us: int) -> Entry | None:
    """The device, or None for one that does not exist."""
    return next((entry for entry in everybody(context, at_us) if entry.device == device), None)


def stale(revision: int | None) -> int:
    """Another revision than the one shown, so that what was changed is drawn now and not with the next pulse."""
    return -1 if revision != -1 else -2
