"""The channels over which alerts are told: their form, and what is done to one."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, no_update

from dashboard import ids
from dashboard.callbacks.forms import act, answered, changed_now
from dashboard.callbacks.state import Kept, style_of
from dashboard.context import Context
from telemetry.errors import LumosError, StoreUnavailableError


def register(app: dash.Dash, context: Context) -> None:
    """The form, and its buttons with those of the list."""
    _register_form(app, context)
    _register_deeds(app, context)


def known_channels(context: Context) -> list[dict[str, Any]] | None:
    """The channels; None while ingest, which alone knows them, does not run."""
    try:
        return context.rows("alert_channels")
    except StoreUnavailableError:
        return None


def _register_form(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.CHANNEL_FORM, "opened"),
        Output(ids.CHANNEL_EDITED, "data"),
        Output(ids.CHANNEL_NAME, "value"),
        Output(ids.CHANNEL_URL, "value"),
        Output(ids.CHANNEL_URL, "placeholder"),
        Output(ids.CHANNEL_LANGUAGE, "value"),
        Output(ids.CHANNEL_REMOVE, "hidden"),
        Output(ids.CHANNEL_PROBLEM, "children"),
        Input(ids.CHANNEL_WISH, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def open_channel(wish: Kept, browser: Kept, page: Kept) -> Any:
        style, is_new = style_of(context, page, browser), not wish.get("id")
        hint = "" if is_new else style.say("channel address kept")
        language = wish.get("language") or style.language
        return True, {"id": wish.get("id", "")}, wish.get("name", ""), "", hint, language, is_new, ""

    @app.callback(
        Output(ids.CHANNEL_PROBLEM, "children", allow_duplicate=True),
        Output(ids.CHANNEL_FORM, "opened", allow_duplicate=True),
        Output(ids.ALERTS_CHANGED, "data", allow_duplicate=True),
        Output(ids.CHANNEL_URL, "value", allow_duplicate=True),
        Input(ids.CHANNEL_SAVE, "n_clicks"),
        State(ids.CHANNEL_EDITED, "data"),
        State(ids.CHANNEL_NAME, "value"),
        State(ids.CHANNEL_URL, "value"),
        State(ids.CHANNEL_LANGUAGE, "value"),
        running=[(Output(ids.CHANNEL_SAVE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def save_channel(_clicks: int, edited: Kept, name: str, url: str, language: str) -> Any:
        said = {"name": name or "", "language": language}
        if edited["id"]:
            answer = answered(
                lambda: act(context, "change_alert_channel", {"id": edited["id"], **said, "url": url or None})
            )
        else:
            answer = answered(lambda: act(context, "make_alert_channel", {**said, "url": url or ""}))
        # Once it is kept, the address does not stay in the page.
        return *answer, no_update if answer[0] else ""


def _register_deeds(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.CHANNEL_PROBLEM, "children", allow_duplicate=True),
        Output(ids.CHANNEL_FORM, "opened", allow_duplicate=True),
        Output(ids.ALERTS_CHANGED, "data", allow_duplicate=True),
        Input(ids.CHANNEL_REMOVE, "n_clicks"),
        State(ids.CHANNEL_EDITED, "data"),
        prevent_initial_call=True,
    )
    def delete_channel(_clicks: int, edited: Kept) -> Any:
        return answered(lambda: act(context, "delete_alert_channel", {"id": edited["id"]}))

    @app.callback(
        Output(ids.ALERTS_SAID, "children"),
        Output(ids.ALERTS_CHANGED, "data", allow_duplicate=True),
        Input(ids.CHANNEL_DEED, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def test_channel(deed: Kept, browser: Kept, page: Kept) -> Any:
        style = style_of(context, page, browser)
        try:
            found = act(context, "test_alert_channel", {"id": deed["id"]})
        except LumosError as error:
            return str(error), no_update
        return style.say("test sent") if found["ok"] else style.say("test failed", why=found["error"]), changed_now()
