"""What only admins do to devices: adding a board, renewing its password, merging, separating, deleting."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import formats, ids
from dashboard.access.guard import identity
from dashboard.callbacks.board import stale
from dashboard.callbacks.devices import choices_of
from dashboard.callbacks.forms import act
from dashboard.callbacks.state import Kept, style_of
from dashboard.commands.acknowledgements import Outcome
from dashboard.context import Context
from dashboard.devices import joining
from dashboard.devices.metrics import change
from dashboard.figures import Style
from dashboard.panels.parts import Child, icon
from dashboard.panels.telling import line
from telemetry.errors import LumosError


def register(app: dash.Dash, context: Context) -> None:
    """Each button with its answer."""
    _register_joining(app, context)
    _register_merging(app, context)
    _register_deleting(app, context)


def _register_joining(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.ADD_BOX, "opened"),
        Output(ids.ADD_MADE, "children", allow_duplicate=True),
        Output(ids.ADD_NAME, "value"),
        Input(ids.ADD, "n_clicks"),
        prevent_initial_call=True,
    )
    def open_form(_clicks: int) -> Any:
        return True, None, ""

    @app.callback(
        Output(ids.ADD_MADE, "children"),
        Input(ids.ADD_MAKE, "n_clicks"),
        State(ids.ADD_NAME, "value"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.ADD_MAKE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def add_board(_clicks: int, name: str | None, browser: Kept, page: Kept) -> Any:
        return invite(context, "add_board_user", (name or "").strip(), style_of(context, page, browser))

    @app.callback(
        Output(ids.RENEWED, "children"),
        Input(ids.RENEW, "n_clicks"),
        State(ids.BOARD, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.RENEW, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def renew(_clicks: int, kept: Kept, browser: Kept, page: Kept) -> Any:
        return invite(context, "renew_board_user", str(kept["device"]), style_of(context, page, browser))


def _register_merging(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.MERGE_FROM, "data"),
        Output(ids.MERGE_FROM, "value"),
        Output(ids.SEPARATE_WHICH, "data"),
        Output(ids.SEPARATE_WHICH, "value"),
        Output(ids.SEPARATE_BOX, "hidden"),
        Output(ids.DELETE_WORDS, "children"),
        Output(ids.DELETE_TYPED, "value"),
        Output(ids.MERGE_SAID, "children", allow_duplicate=True),
        Output(ids.DELETE_SAID, "children", allow_duplicate=True),
        Output(ids.RENEWED, "children", allow_duplicate=True),
        Input(ids.BOARD, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def fill(kept: Kept | None, browser: Kept, page: Kept) -> Any:
        if not kept or not kept["device"]:
            raise PreventUpdate
        # What was just done is still to be read; another device begins without the answers given to the one before.
        answers = [no_update] * 3 if "again" in kept else [None] * 3
        return (*choices(context, str(kept["device"]), style_of(context, page, browser)), "", *answers)

    @app.callback(
        Output(ids.MERGE_SAID, "children"),
        Output(ids.BOARD, "data", allow_duplicate=True),
        Output(ids.REVISION, "data", allow_duplicate=True),
        Input(ids.MERGE, "n_clicks"),
        Input(ids.SEPARATE, "n_clicks"),
        State(ids.BOARD, "data"),
        State(ids.MERGE_FROM, "value"),
        State(ids.SEPARATE_WHICH, "value"),
        State(ids.REVISION, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def merge_or_separate(
        _merge: int,
        _separate: int,
        kept: Kept,
        other: str | None,
        which: str | None,
        revision: int | None,
        browser: Kept,
        page: Kept,
    ) -> Any:
        style, device = style_of(context, page, browser), kept["device"]
        if dash.ctx.triggered_id == ids.MERGE:
            action, arguments = "merge_device", {"device": other, "into": device}
        else:
            action, arguments = "separate_device", {"device": which}
        if not arguments["device"]:
            return line(style.say("choose board"), Outcome("refused", "bad")), no_update, no_update
        return (
            change(context, action, arguments, style, identity().by),
            {**kept, "again": stale(revision)},
            stale(revision),
        )


def _register_deleting(app: dash.Dash, context: Context) -> None:
    @app.callback(
        Output(ids.DELETE_SAID, "children"),
        Output(ids.ADDRESS, "search", allow_duplicate=True),
        Output(ids.REVISION, "data", allow_duplicate=True),
        Input(ids.DELETE, "n_clicks"),
        State(ids.BOARD, "data"),
        State(ids.DEVICES, "data"),
        State(ids.DELETE_TYPED, "value"),
        State(ids.REVISION, "data"),
        running=[(Output(ids.DELETE, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def delete(_clicks: int, kept: Kept, listed: Kept, typed: str | None, revision: int | None) -> Any:
        try:
            arguments = {"device": kept["device"], "typed": typed or ""}
            act(context, "delete_device", arguments)
        except LumosError as error:
            return line(str(error), Outcome("refused", "bad")), no_update, no_update
        return None, choices_of(listed).of("").search(), stale(revision)


def invite(context: Context, action: str, device: str, style: Style) -> Child:
    """A user at the broker, and all that whoever sets the board up needs; or why not."""
    try:
        made = act(context, action, {"device": device})
    except LumosError as error:
        return line(str(error), Outcome("refused", "bad"))
    found = joining.invitation(context.settings, made["device"], made["password"], made["note"])
    return invitation(found, style)


def invitation(found: joining.Invitation, style: Style) -> Child:
    """The password, the command, the QR code."""
    say = style.say
    return html.Div(
        [
            line(say("user made", device=found.device), Outcome("made", "good")),
            html.P(say("password once"), className="dim"),
            html.Code(found.password, className="command", tabIndex=0),
            html.P(say("broker loopback"), className="tone-warning") if not found.broker.host else None,
            html.P(found.note, className="tone-warning") if found.note else None,
            html.H3([icon("terminal-2"), say("by cable")], className="panel-title"),
            html.P(say("by cable hint"), className="dim"),
            html.Code(found.command, className="command", tabIndex=0),
            html.H3([icon("qrcode"), say("by air")], className="panel-title"),
            html.P(say("by air hint"), className="dim"),
            html.Img(src=found.picture, alt=say("qr alternative", device=found.device), className="qr"),
            html.Code(found.setup, className="command", tabIndex=0),
        ],
        className="invitation",
    )


def choices(context: Context, device: str, style: Style) -> tuple[Any, ...]:
    """What can be merged into the device, what was, and what deleting it would take away."""
    try:
        rows = context.rows("devices")
        series = [row for row in context.rows("series") if row["device"] == device]
    except LumosError:
        return [], None, [], None, True, ""
    others = [
        {"value": row["device"], "label": f"{row['name']} · {row['device']}" if row["name"] else row["device"]}
        for row in rows
        if row["device"] != device
    ]
    own = next((row for row in rows if row["device"] == device), {})
    replaced = list(own.get("replaces") or ())
    readings = formats.number(sum(row["count"] for row in series), 0, style.language)
    words = style.say("delete hint", readings=readings, series=len(series))
    return others, None, replaced, replaced[0] if replaced else None, not replaced, words
