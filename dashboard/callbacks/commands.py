"""Acting on the chosen device, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash
from dash import Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard import acknowledgements, ids
from dashboard.access.guard import identity
from dashboard.acknowledgements import TIMEOUT_US, Outcome, led_state, screen_text, sentence, under_way
from dashboard.callbacks.frame import device_standing
from dashboard.callbacks.state import Kept, style_of, view_of
from dashboard.commanding import Dispatch, Left
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.liveness import Standing
from dashboard.panels.device import led_words
from dashboard.panels.history import history
from dashboard.panels.parts import Child, answer, failed
from dashboard.views import View
from telemetry.commands import CommandState
from telemetry.errors import BrokerError, LumosError
from telemetry.timestamps import US_PER_MS, now_us

_SHOWN = 12
_CONTROLS = {"led": ids.LED_ANSWER, "message": ids.SEND_ANSWER}


def register(app: dash.Dash, context: Context) -> None:
    """The two controls, and watching for their answers."""

    @app.callback(
        Output(ids.PENDING, "data"),
        Output(ids.LED_ANSWER, "children", allow_duplicate=True),
        Output(ids.COMMAND_TICK, "disabled", allow_duplicate=True),
        Input(ids.LED, "n_clicks"),
        State(ids.LED, "aria-checked"),
        State(ids.VIEW, "data"),
        State(ids.PENDING, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.LED, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def switch_led(_clicks: int, checked: str, kept: Kept, pending: Kept, browser: Kept, page: Kept) -> Any:
        view, style = view_of(kept), style_of(context, page, browser)
        return _reaction(act(context, view, "led", checked != "true", style), pending)

    @app.callback(
        Output(ids.PENDING, "data", allow_duplicate=True),
        Output(ids.SEND_ANSWER, "children", allow_duplicate=True),
        Output(ids.COMMAND_TICK, "disabled", allow_duplicate=True),
        Input(ids.SEND, "n_clicks"),
        State(ids.MESSAGE, "value"),
        State(ids.VIEW, "data"),
        State(ids.PENDING, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.SEND, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def send_message(_clicks: int, text: str, kept: Kept, pending: Kept, browser: Kept, page: Kept) -> Any:
        view, style = view_of(kept), style_of(context, page, browser)
        return _reaction(act(context, view, "message", text or "", style), pending)

    @app.callback(
        Output(ids.LED, "aria-checked"),
        Output(ids.LED, "className"),
        Output(ids.LED, "disabled"),
        Output(ids.SEND, "disabled"),
        Output(ids.LED_STATE, "children"),
        Output(ids.LED_ANSWER, "children"),
        Output(ids.SEND_ANSWER, "children"),
        Output(ids.SCREEN_SHOWN, "data"),
        Output(ids.HISTORY, "children"),
        Output(ids.COMMAND_TICK, "disabled"),
        Input(ids.VIEW, "data"),
        Input(ids.REVISION, "data"),
        Input(ids.HEALTH, "data"),
        Input(ids.COMMAND_TICK, "n_intervals"),
        State(ids.PENDING, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.COMMAND_TICK, "max_intervals"), 0, -1)],
    )
    def show_commands(
        kept: Kept | None, _revision: int, _health: str, _count: int, pending: Kept, browser: Kept, page: Kept
    ) -> Any:
        view, style, at_us = view_of(kept), style_of(context, page, browser), now_us()
        if not view.device:
            raise PreventUpdate
        if ctx.triggered_id == ids.COMMAND_TICK:
            return watch(context, view, style, pending, at_us)
        return controls(context, view, style, pending, at_us)


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a click led to at once: the line under the control, and the command to watch for."""

    cmd: str
    line: Child
    dispatch: Dispatch | None = None


def act(context: Context, view: View, cmd: str, value: Any, style: Style) -> Reaction:
    """Send a command for whoever asks; an error becomes the line under the control."""
    at_us = now_us()
    standing = device_standing(context, view.device, at_us)
    silent = standing is not None and standing.silent
    try:
        dispatch = context.commander.send(view.device, cmd, value, by=identity().by, silent=silent)
    except BrokerError:
        address = context.commander.publisher.address
        return Reaction(cmd, _line(style.say("broker refused", address=address), Outcome("refused", "bad")))
    except LumosError as error:
        return Reaction(cmd, _line(str(error), Outcome("refused", "bad")))
    words = {
        Left.PUBLISHED: _line(style.say("answer waiting"), Outcome("waiting", "waiting")),
        Left.HELD: _line(style.say("answer held"), Outcome("held", "waiting")),
        Left.UNCONFIRMABLE: _line(style.say("answer unconfirmable"), Outcome("unconfirmable", "warning")),
    }
    return Reaction(cmd, words[dispatch.left], dispatch)


def controls(context: Context, view: View, style: Style, pending: Kept, at_us: int) -> tuple[Any, ...]:
    """Everything about commands: the switch as the board has it, both answers, the history."""
    standing = device_standing(context, view.device, at_us)
    try:
        rows = context.rows("commands", device=view.device, limit=50)
    except LumosError as error:
        return (*[no_update] * 8, failed(style.say, str(error), ids.REFRESH), True)
    lit = led_state(standing.status, standing.status_us, rows) if standing else None
    words = led_words(lit, standing, style) if standing else style.say("state unknown")
    shown = screen_text(standing.status, standing.status_us, rows) if standing else None
    return (
        "true" if lit else "false",
        "switch unknown" if lit is None else "switch",
        False,
        False,
        words,
        control_line("led", rows, pending, standing, style, at_us),
        control_line("message", rows, pending, standing, style, at_us),
        shown,
        history(rows[:_SHOWN], at_us, style),
        not (under_way(rows, at_us) or missing(rows, pending, at_us)),
    )


def watch(context: Context, view: View, style: Style, pending: Kept, at_us: int) -> tuple[Any, ...]:
    """While an answer is awaited: nothing at all, several times a second, until something changed."""
    rows = context.rows("commands", device=view.device, limit=8)
    waiting = under_way(rows, at_us) or missing(rows, pending, at_us)
    if waiting and all(row["state"] == CommandState.SENT for row in rows if row["command_id"] in pending.values()):
        raise PreventUpdate
    return controls(context, view, style, pending, at_us)


def control_line(
    cmd: str,
    rows: Sequence[Mapping[str, Any]],
    pending: Kept,
    standing: Standing | None,
    style: Style,
    at_us: int,
) -> Child:
    """What became of the last command of this kind, or what would become of one now."""
    row = next((row for row in rows if row["cmd"] == cmd), None)
    sent = pending.get(cmd)
    if sent and (row is None or row["command_id"] < sent):
        overdue = at_us - pending[f"{cmd} at"] * US_PER_MS > TIMEOUT_US
        phrase = "answer unrecorded" if overdue else "answer waiting"
        return _line(style.say(phrase), Outcome("waiting", "warning" if overdue else "waiting"))
    if row is None:
        return _line(style.say("silent held"), Outcome("held", "bad")) if standing and standing.silent else None
    return _line(sentence(row, style.say, style.zone, style.language), acknowledgements.outcome(row))


def missing(rows: Sequence[Mapping[str, Any]], pending: Kept, at_us: int) -> bool:
    """Whether something that was sent moments ago is not recorded yet."""
    recorded = {row["command_id"] for row in rows}
    return any(
        pending[cmd] not in recorded and at_us - pending[f"{cmd} at"] * US_PER_MS < TIMEOUT_US
        for cmd in _CONTROLS
        if cmd in pending
    )


def _reaction(reaction: Reaction, pending: Kept) -> tuple[Any, Any, Any]:
    if reaction.dispatch is None or reaction.dispatch.left is Left.UNCONFIRMABLE:
        return no_update, reaction.line, no_update
    noted = {reaction.cmd: reaction.dispatch.command_id, f"{reaction.cmd} at": now_us() // US_PER_MS}
    return {**pending, **noted}, reaction.line, False


def _line(words: str, outcome: Outcome) -> Child:
    return answer(words, outcome.tone, outcome.icon)
