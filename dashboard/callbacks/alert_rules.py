"""The rules of alerts: their form with its preview, and what is done to one."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, no_update

from dashboard import ids
from dashboard.alerts import form
from dashboard.callbacks.alert_channels import known_channels
from dashboard.callbacks.forms import act, answered, changed_now
from dashboard.callbacks.state import Kept, style_of
from dashboard.context import Context
from telemetry.alerts import from_json, read_rule
from telemetry.errors import LumosError


def register(app: dash.Dash, context: Context) -> None:
    """The form, and its buttons with those of the list."""
    _register_form(app, context)
    _register_preview(app, context)
    _register_deeds(app, context)


def _register_form(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.ALERT_FORM, "opened"),
        Output(ids.ALERT_EDITED, "data"),
        *(Output(name, "value") for name in form.FIELDS),
        Output(ids.ALERT_WHOM, "data"),
        Output(ids.ALERT_METRIC, "data"),
        Output(ids.ALERT_TELL, "data"),
        Output(ids.ALERT_REMOVE, "hidden"),
        Output(ids.ALERT_PROBLEM, "children"),
        Output(ids.ALERT_PREVIEW, "children"),
        Input(ids.ALERT_RULE_WISH, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def open_rule(wish: Kept, browser: Kept, page: Kept) -> Any:
        style = style_of(context, page, browser)
        try:
            rows = {row["id"]: row for row in context.rows("alert_rules")}
            devices, series = context.rows("devices"), context.rows("series")
        except LumosError as error:
            return True, no_update, *[no_update] * (len(form.FIELDS) + 4), str(error), ""
        kept = rows.get(str(wish.get("id")))
        rule = form.fresh(str(style.zone)) if kept is None else from_json(kept["rule"])
        whom = form.whom(devices, style)
        if rule.device and not any(choice["value"] == f"device:{rule.device}" for choice in whom):
            whom.append({"value": f"device:{rule.device}", "label": rule.device})
        tell = [{"value": form.EVERY_CHANNEL, "label": style.say("every channel")}]
        tell += [{"value": row["id"], "label": row["name"]} for row in known_channels(context) or ()]
        edited = {"id": "" if kept is None else kept["id"], "zone": rule.zone}
        return True, edited, *form.filled(rule), whom, form.metrics(series), tell, kept is None, "", ""

    wire: Any = app.clientside_callback
    wire(
        dash.ClientsideFunction(namespace="lumos", function_name="show_alert_fields"),
        Output(ids.ALERT_LEVEL_BOX, "hidden"),
        Output(ids.ALERT_CLEAR_BOX, "hidden"),
        Output(ids.ALERT_CHANGE_BOX, "hidden"),
        Input(ids.ALERT_KIND, "value"),
    )


def _register_preview(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.ALERT_PREVIEW, "children", allow_duplicate=True),
        Input(ids.ALERT_TRY, "n_clicks"),
        State(ids.ALERT_EDITED, "data"),
        *(State(name, "value") for name in form.FIELDS),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.ALERT_TRY, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def try_rule(_clicks: int, edited: Kept, *said: Any) -> Any:
        *values, browser, page = said
        style = style_of(context, page, browser)
        try:
            rule = read_rule(form.asked(values, str(edited["zone"])))
            found = context.rows("alert_preview", rule=rule.to_json(), days=7)
        except LumosError as error:
            return str(error)
        count = sum(row["count"] for row in found)
        return style.say("would have tripped", count=count, series=len(found))


def _register_deeds(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.ALERT_PROBLEM, "children", allow_duplicate=True),
        Output(ids.ALERT_FORM, "opened", allow_duplicate=True),
        Output(ids.ALERTS_CHANGED, "data", allow_duplicate=True),
        Input(ids.ALERT_SAVE, "n_clicks"),
        State(ids.ALERT_EDITED, "data"),
        *(State(name, "value") for name in form.FIELDS),
        running=[(Output(ids.ALERT_SAVE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def save_rule(_clicks: int, edited: Kept, *values: Any) -> Any:
        asked = form.asked(values, str(edited["zone"]))
        if edited["id"]:
            return answered(lambda: act(context, "change_alert_rule", {"id": edited["id"], **asked}))
        return answered(lambda: act(context, "make_alert_rule", asked))

    @app.callback(
        Output(ids.ALERT_PROBLEM, "children", allow_duplicate=True),
        Output(ids.ALERT_FORM, "opened", allow_duplicate=True),
        Output(ids.ALERTS_CHANGED, "data", allow_duplicate=True),
        Input(ids.ALERT_REMOVE, "n_clicks"),
        State(ids.ALERT_EDITED, "data"),
        prevent_initial_call=True,
    )
    def delete_rule(_clicks: int, edited: Kept) -> Any:
        return answered(lambda: act(context, "delete_alert_rule", {"id": edited["id"]}))

    @app.callback(
        Output(ids.ALERTS_CHANGED, "data"),
        Output(ids.ALERTS_SAID, "children", allow_duplicate=True),
        Input(ids.ALERT_DEED, "data"),
        prevent_initial_call=True,
    )
    def switch_rule(deed: Kept) -> Any:
        try:
            act(context, "switch_alert_rule", {"id": deed["id"], "enabled": bool(deed["enabled"])})
        except LumosError as error:
            return no_update, str(error)
        return changed_now(), ""
