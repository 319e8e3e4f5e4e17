"""The page Alerts: its lists, and acknowledging an alert. Rules and channels have modules of their own."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, html
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.access.guard import identity
from dashboard.access.roles import Role
from dashboard.alerts import lists
from dashboard.alerts.choices import resolve
from dashboard.callbacks.alert_channels import known_channels
from dashboard.callbacks.forms import act, answered
from dashboard.callbacks.state import Kept, style_of
from dashboard.context import Context
from dashboard.pages import ALERTS
from dashboard.panels.parts import empty, failed
from dashboard.plain import plain
from telemetry.errors import LumosError
from telemetry.timestamps import US_PER_DAY, now_us

_LISTED = 200


def register(app: dash.Dash, context: Context) -> None:
    """Lists, and the form of acknowledging."""
    _register_lists(app, context)
    _register_seen(app, context)


def _register_lists(app: dash.Dash, context: Context) -> None:
    live = f"{context.settings.base_path.rstrip('/')}/"

    @app.callback(
        Output(ids.ALERTS_OPEN, "children"),
        Output(ids.ALERTS_PAST, "children"),
        Output(ids.ALERTS_FILTERS, "children"),
        Output(ids.ALERT_RULES, "children"),
        Output(ids.ALERT_CHANNELS, "children"),
        Input(ids.visit(ALERTS), "data"),
        Input(ids.ALERTS_CHANGED, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def list_alerts(visit: Kept | None, _changed: Kept | None, page: Kept) -> Any:
        if not visit:
            raise PreventUpdate
        style, choices, at_us = style_of(context, page, visit["look"]), resolve(str(visit["search"])), now_us()
        may_act, may_admit = identity().role >= Role.OPERATOR, identity().role >= Role.ADMIN
        asked: dict[str, Any] = {"start_us": at_us - choices.days * US_PER_DAY, "end_us": at_us + US_PER_DAY}
        asked |= {"state": "ended", "severity": choices.severity or None, "limit": _LISTED + 1}
        try:
            names = {row["device"]: row["name"] or row["device"] for row in context.rows("devices")}
            open_ = context.rows("alert_episodes", state="open", limit=_LISTED + 1)
            past = context.rows("alert_episodes", **asked, devices=[choices.device] if choices.device else None)
            rules = context.rows("alert_rules")
        except LumosError as error:
            shown = plain(failed(style.say, str(error), ids.ALERTS_CHANGED))
            return shown, shown, None, shown, shown
        channels = known_channels(context)
        said = {row["id"]: row["name"] for row in channels or ()}

        def table(rows: list[dict[str, Any]], nothing: str) -> Any:
            if not rows:
                return plain(empty("circle-check", style.say(nothing)))
            shown = lists.episodes(rows[:_LISTED], names, style, live=live, may_act=may_act)
            rest = html.P(style.say("newest alerts", count=_LISTED), className="dim") if len(rows) > _LISTED else None
            return plain([shown, rest])

        return (
            table(open_, "nothing open"),
            table(past, "nothing found"),
            plain(lists.filters(choices, style)),
            plain(lists.rules(rules, names, said, style, may_act=may_act)),
            plain(
                empty("plug-connected-x", style.say("ingest banner"))
                if channels is None
                else lists.channels(channels, style, may_act=may_admit)
            ),
        )


def _register_seen(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.ALERT_SEEN, "opened"),
        Output(ids.ALERT_NOTE, "value"),
        Output(ids.ALERT_SEEN_PROBLEM, "children"),
        Input(ids.ALERT_SEEN_WISH, "data"),
        prevent_initial_call=True,
    )
    def open_seen(_wish: Kept) -> Any:
        return True, "", ""

    @app.callback(
        Output(ids.ALERT_SEEN_PROBLEM, "children", allow_duplicate=True),
        Output(ids.ALERT_SEEN, "opened", allow_duplicate=True),
        Output(ids.ALERTS_CHANGED, "data", allow_duplicate=True),
        Input(ids.ALERT_SEEN_SAVE, "n_clicks"),
        State(ids.ALERT_SEEN_WISH, "data"),
        State(ids.ALERT_NOTE, "value"),
        prevent_initial_call=True,
    )
    def acknowledge(_clicks: int, wish: Kept, note: str) -> Any:
        return answered(lambda: act(context, "acknowledge_alert", {"id": wish["id"], "note": note or None}))
