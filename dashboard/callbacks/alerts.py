"""The page Alerts: its lists, its forms, and what its buttons do."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.access.guard import identity
from dashboard.access.roles import Role
from dashboard.alerts import form, lists
from dashboard.alerts.choices import resolve
from dashboard.callbacks.state import Kept, style_of
from dashboard.context import Context
from dashboard.pages import ALERTS
from dashboard.panels.parts import empty, failed
from dashboard.plain import plain
from telemetry.alerts import from_json, read_rule
from telemetry.errors import LumosError, StoreUnavailableError
from telemetry.timestamps import US_PER_DAY, US_PER_MS, now_us

_LISTED = 200


def register(app: dash.Dash, context: Context) -> None:
    """Lists, the rules' form, acknowledging, the channels' form."""
    _register_lists(app, context)
    _register_rule_form(app, context)
    _register_rule_deeds(app, context)
    _register_seen(app, context)
    _register_channel_form(app, context)
    _register_channel_deeds(app, context)


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
        asked |= {"state": "ended", "severity": choices.severity or None, "limit": _LISTED}
        try:
            names = {row["device"]: row["name"] or row["device"] for row in context.rows("devices")}
            open_ = context.rows("alert_episodes", state="open", limit=_LISTED)
            past = context.rows("alert_episodes", **asked, devices=[choices.device] if choices.device else None)
            rules = context.rows("alert_rules")
        except LumosError as error:
            shown = plain(failed(style.say, str(error), ids.ALERTS_CHANGED))
            return shown, shown, None, shown, shown
        channels = _channels(context)
        said = {row["id"]: row["name"] for row in channels or ()}

        def table(rows: list[dict[str, Any]], nothing: str) -> Any:
            if not rows:
                return plain(empty("circle-check", style.say(nothing)))
            return plain(lists.episodes(rows, names, style, live=live, may_act=may_act))

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


def _channels(context: Context) -> list[dict[str, Any]] | None:
    """The channels; None while ingest, which alone knows them, does not run."""
    try:
        return context.rows("alert_channels")
    except StoreUnavailableError:
        return None


def _register_rule_form(app: dash.Dash, context: Context) -> None:
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
        tell += [{"value": row["id"], "label": row["name"]} for row in _channels(context) or ()]
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


def _register_rule_deeds(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.ALERTS_CHANGED, "data"),
        Output(ids.ALERT_FORM, "opened", allow_duplicate=True),
        Output(ids.ALERT_PROBLEM, "children", allow_duplicate=True),
        Input(ids.ALERT_SAVE, "n_clicks"),
        State(ids.ALERT_EDITED, "data"),
        *(State(name, "value") for name in form.FIELDS),
        running=[(Output(ids.ALERT_SAVE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def save_rule(_clicks: int, edited: Kept, *values: Any) -> Any:
        asked = form.asked(values, str(edited["zone"]))
        try:
            if edited["id"]:
                _act(context, "change_alert_rule", {"id": edited["id"], **asked})
            else:
                _act(context, "make_alert_rule", asked)
        except LumosError as error:
            return no_update, no_update, str(error)
        return _now(), False, ""

    @app.callback(
        Output(ids.ALERTS_CHANGED, "data", allow_duplicate=True),
        Output(ids.ALERT_FORM, "opened", allow_duplicate=True),
        Output(ids.ALERT_PROBLEM, "children", allow_duplicate=True),
        Input(ids.ALERT_REMOVE, "n_clicks"),
        State(ids.ALERT_EDITED, "data"),
        prevent_initial_call=True,
    )
    def delete_rule(_clicks: int, edited: Kept) -> Any:
        try:
            _act(context, "delete_alert_rule", {"id": edited["id"]})
        except LumosError as error:
            return no_update, no_update, str(error)
        return _now(), False, ""

    @app.callback(
        Output(ids.ALERTS_CHANGED, "data", allow_duplicate=True),
        Output(ids.ALERTS_SAID, "children", allow_duplicate=True),
        Input(ids.ALERT_DEED, "data"),
        prevent_initial_call=True,
    )
    def switch_rule(deed: Kept) -> Any:
        try:
            _act(context, "switch_alert_rule", {"id": deed["id"], "enabled": bool(deed["enabled"])})
        except LumosError as error:
            return no_update, str(error)
        return _now(), ""


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
        Output(ids.ALERTS_CHANGED, "data", allow_duplicate=True),
        Output(ids.ALERT_SEEN, "opened", allow_duplicate=True),
        Output(ids.ALERT_SEEN_PROBLEM, "children", allow_duplicate=True),
        Input(ids.ALERT_SEEN_SAVE, "n_clicks"),
        State(ids.ALERT_SEEN_WISH, "data"),
        State(ids.ALERT_NOTE, "value"),
        prevent_initial_call=True,
    )
    def acknowledge(_clicks: int, wish: Kept, note: str) -> Any:
        try:
            _act(context, "acknowledge_alert", {"id": wish["id"], "note": note or None})
        except LumosError as error:
            return no_update, no_update, str(error)
        return _now(), False, ""


def _register_channel_form(app: dash.Dash, context: Context) -> None:
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
        try:
            if edited["id"]:
                _act(context, "change_alert_channel", {"id": edited["id"], **said, "url": url or None})
            else:
                _act(context, "make_alert_channel", {**said, "url": url or ""})
        except LumosError as error:
            return str(error), no_update, no_update, no_update
        # The address does not stay in the page.
        return "", False, _now(), ""


def _register_channel_deeds(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.CHANNEL_PROBLEM, "children", allow_duplicate=True),
        Output(ids.CHANNEL_FORM, "opened", allow_duplicate=True),
        Output(ids.ALERTS_CHANGED, "data", allow_duplicate=True),
        Input(ids.CHANNEL_REMOVE, "n_clicks"),
        State(ids.CHANNEL_EDITED, "data"),
        prevent_initial_call=True,
    )
    def delete_channel(_clicks: int, edited: Kept) -> Any:
        try:
            _act(context, "delete_alert_channel", {"id": edited["id"]})
        except LumosError as error:
            return str(error), no_update, no_update
        return "", False, _now()

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
            found = _act(context, "test_alert_channel", {"id": deed["id"]})
        except LumosError as error:
            return str(error), no_update
        return style.say("test sent") if found["ok"] else style.say("test failed", why=found["error"]), _now()


def _act(context: Context, action: str, arguments: dict[str, Any]) -> Any:
    return context.commander.actions.call(action, arguments, by=identity().by)


def _now() -> dict[str, int]:
    """Something was changed: draw the lists again."""
    return {"at": now_us() // US_PER_MS}
