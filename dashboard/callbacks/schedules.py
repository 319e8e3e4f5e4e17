"""The page Schedules: the list follows what happens; wishes, and the form, become named actions."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any

import dash
from dash import Input, Output, State, html
from dash.exceptions import PreventUpdate

from dashboard import ids, zones
from dashboard.access.guard import identity
from dashboard.access.roles import Role
from dashboard.callbacks.forms import act, answered, changed_now
from dashboard.callbacks.state import Kept, style_of
from dashboard.commands.acknowledgements import Outcome
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.pages import SCHEDULES
from dashboard.panels.parts import Child, failed
from dashboard.panels.telling import line
from dashboard.schedules import form, listing, words
from telemetry.errors import ActionError, LumosError
from telemetry.occurrences import has_none_today, next_run
from telemetry.schedules import from_json, read_schedule
from telemetry.timestamps import now_us

_FILLED = [State(ids.schedule_field(name), "value") for name in form.FIELDS]
_RUNS = 30


def register(app: dash.Dash, context: Context) -> None:
    """The list, the wishes of its buttons, the form."""
    _register_list(app, context)
    _register_form(app, context)

    @app.callback(
        Output(ids.SCHEDULES_SAID, "children"),
        Output(ids.SCHEDULES_CHANGED, "data"),
        Input(ids.SCHEDULE_WISH, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def do(wish: Kept | None, browser: Kept, page: Kept) -> Any:
        if not wish or wish["what"] not in ("on", "off", "run"):
            raise PreventUpdate
        return done(context, wish, style_of(context, page, browser)), changed_now()


def _register_list(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.SCHEDULES_LIST, "children"),
        Output(ids.SCHEDULES_RUNS, "children"),
        Input(ids.visit(SCHEDULES), "data"),
        Input(ids.SCHEDULES_CHANGED, "data"),
        Input(ids.SCHEDULES_TICK, "n_intervals"),
        Input(ids.SCHEDULES_RETRY, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.SCHEDULES_TICK, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def show(visit: Kept | None, _changed: Any, _ticks: Any, _retry: Any, page: Kept) -> Any:
        if not visit:
            raise PreventUpdate
        return shown(context, style_of(context, page, visit["look"]), may_act=identity().role >= Role.OPERATOR)


def _register_form(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.SCHEDULE_FORM, "opened"),
        Output(ids.SCHEDULE_EDITED, "data"),
        Output(ids.SCHEDULE_PROBLEM, "children", allow_duplicate=True),
        Output(ids.SCHEDULE_REMOVE, "hidden"),
        Output(ids.schedule_field("devices"), "data"),
        Output(ids.schedule_field("tag"), "data"),
        Output(ids.schedule_field("zone"), "data"),
        Output(ids.schedule_field("cmd"), "data"),
        *(Output(ids.schedule_field(name), "value") for name in form.FIELDS),
        Input(ids.SCHEDULE_WISH, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def open_form(wish: Kept | None, browser: Kept, page: Kept) -> Any:
        if not wish or wish["what"] not in ("new", "edit"):
            raise PreventUpdate
        return opened(context, wish["id"], style_of(context, page, browser))

    @app.callback(
        Output(ids.SCHEDULE_PROBLEM, "children"),
        Output(ids.SCHEDULE_FORM, "opened", allow_duplicate=True),
        Output(ids.SCHEDULES_CHANGED, "data", allow_duplicate=True),
        Input(ids.SCHEDULE_SAVE, "n_clicks"),
        Input(ids.SCHEDULE_REMOVE, "n_clicks"),
        State(ids.SCHEDULE_EDITED, "data"),
        *_FILLED,
        running=[(Output(ids.SCHEDULE_SAVE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def save(_clicks: int, _removals: int, edited: str | None, *filled: Any) -> Any:
        if dash.ctx.triggered_id == ids.SCHEDULE_REMOVE:
            return answered(lambda: act(context, "delete_schedule", {"id": edited}))
        return answered(lambda: keep(context, edited or "", list(filled)))

    @app.callback(
        Output(ids.SCHEDULE_PREVIEW, "children"),
        *(Input(ids.schedule_field(name), "value") for name in form.FIELDS),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def preview(*given: Any) -> Any:
        *filled, browser, page = given
        return foreseen(filled, now_us(), style_of(context, page, browser))


def shown(context: Context, style: Style, *, may_act: bool) -> tuple[Child, Child]:
    """The list and the last runs, or why not."""
    at_us = now_us()
    try:
        rows, runs = context.rows("schedules"), context.rows("schedule_runs", limit=_RUNS)
        names = {row["device"]: row["name"] or row["device"] for row in context.rows("devices")}
    except LumosError as error:
        return failed(style.say, str(error), ids.SCHEDULES_RETRY), None
    return listing.table(rows, runs, names, at_us, style, may_act=may_act), listing.history(runs, at_us, style)


def done(context: Context, wish: Mapping[str, Any], style: Style) -> Child:
    """Switch one, or run it now; nothing is said of what the list shows by itself."""
    try:
        if wish["what"] == "run":
            act(context, "run_schedule", {"id": wish["id"]})
            return line(style.say("schedule ran"), Outcome("done", "good"))
        act(context, "switch_schedule", {"id": wish["id"], "enabled": wish["what"] == "on"})
    except LumosError as error:
        return line(str(error), Outcome("refused", "bad"))
    return None


def opened(context: Context, schedule_id: str, style: Style) -> list[Any]:
    """The form for a new schedule, or for one that there is."""
    rows = context.rows("devices")
    devices = [
        {"value": row["device"], "label": f"{row['name']} · {row['device']}" if row["name"] else row["device"]}
        for row in rows
        if row["source"] is None
    ]
    tags = sorted({tag for row in rows for tag in row["tags"] or ()})
    filled = form.blank(zones.name_of(style.zone))
    if schedule_id:
        found = next((row for row in context.rows("schedules") if row["schedule_id"] == schedule_id), None)
        if found is None:
            raise PreventUpdate
        filled = form.values(from_json(found["definition"], tuple(found["devices"])))
    known = sorted(zoneinfo.available_timezones())
    told = form.commands(filled[form.FIELDS.index("cmd")], style.say)
    return [True, schedule_id, None, not schedule_id, devices, tags, known, told, *filled]


def keep(context: Context, edited: str, filled: list[Any]) -> None:
    """Make it, or change it. Raises LumosError with a sentence."""
    said = form.arguments(filled)
    if edited:
        act(context, "change_schedule", {"id": edited, **said})
    else:
        act(context, "make_schedule", said)


def foreseen(filled: list[Any], at_us: int, style: Style) -> Child:
    """When what is in the form would run next; nothing while it is not yet a schedule."""
    said = form.arguments(filled)
    try:
        schedule = read_schedule({**said, "name": said["name"] or "-", "devices": said["devices"] or ["any"]})
    except ActionError:
        return None
    row = {"enabled": True, "next_us": next_run(schedule, at_us), "none_today": has_none_today(schedule, at_us)}
    text = words.following(schedule, row, at_us, style)
    return [html.Strong(style.say("next run")), " ", f"{text} ({words.when(schedule, style)})"]
