"""Telling a device something, and what came of it: on the live page and on the page Devices alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dash
from dash import Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.access.guard import identity
from dashboard.access.roles import Role
from dashboard.callbacks.frame import device_standing
from dashboard.callbacks.state import Kept, style_of
from dashboard.commands import acknowledgements
from dashboard.commands.acknowledgements import (
    TIMEOUT_US,
    Outcome,
    board_state,
    led_state,
    screen_text,
    sentence,
    under_way,
)
from dashboard.commands.telling import Reaction, act
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.layouts.telling import BOARD, LIVE
from dashboard.liveness import Standing
from dashboard.panels.device import state_words
from dashboard.panels.parts import Child
from dashboard.panels.telling import OTHER, held, line, others
from telemetry.commands import CommandState
from telemetry.errors import LumosError
from telemetry.timestamps import US_PER_MS, now_us
from telemetry.topics import ORIGINAL_DEVICE, is_device_id

#: Where the answer to a command stands, by the command; those of foreign devices have a place of their own.
_ANSWERS = {"led": "led-answer", "message": "send-answer"}
_MORE, _OTHERS = "more-answer", "others-answer"
_SWITCHES = ("led", "sending")
_BUTTONS = ("send", "period-set", "identify", "reboot")


def register(app: dash.Dash, context: Context) -> None:
    """The device of the live page, and the one that the page Devices has open."""
    _register(app, context, LIVE, ids.VIEW)
    _register(app, context, BOARD, ids.BOARD)


def _register(app: dash.Dash, context: Context, where: str, source: str) -> None:
    def part(name: str) -> str:
        return ids.control(where, name)

    @app.callback(
        Output(part("pending"), "data"),
        *(Output(part(name), "children", allow_duplicate=True) for name in (*_ANSWERS.values(), _MORE, _OTHERS)),
        Input(part("wish"), "data"),
        State(source, "data"),
        State(part("pending"), "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(part(name), "disabled"), True, False) for name in (*_SWITCHES, *_BUTTONS)],
        prevent_initial_call=True,
    )
    def tell(wish: Kept | None, kept: Kept | None, pending: Kept, browser: Kept, page: Kept) -> Any:
        if not wish or not kept or not kept["device"]:
            raise PreventUpdate
        style, device = style_of(context, page, browser), str(kept["device"])
        reaction = act(context, device, device_standing(context, device, now_us()), wish, identity().by, style)
        return (noted(own(pending, device), reaction, device), *lines_of(reaction))

    @app.callback(
        {
            **{f"{name} {key}": Output(part(name), key) for name in _SWITCHES for key in ("aria-checked", "className")},
            **{f"{name} disabled": Output(part(name), "disabled") for name in (*_SWITCHES, *_BUTTONS)},
            **{f"{name} words": Output(part(f"{name}-state"), "children") for name in _SWITCHES},
            **{name: Output(part(name), "children") for name in (*_ANSWERS.values(), _MORE, _OTHERS, "others", "held")},
            "screen": Output(part("screen-shown"), "data"),
            "period": Output(part("period"), "value"),
            "own words hidden": Output(part("own-words"), "hidden"),
            "more hidden": Output(part("more"), "hidden"),
            "told": Output(part("told"), "data"),
            "clock": Output(part("command-tick"), "disabled"),
        },
        Input(source, "data"),
        Input(part("news"), "data"),
        Input(part("command-tick"), "n_intervals"),
        Input(part("pending"), "data"),
        State(part("told"), "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(part("command-tick"), "max_intervals"), 0, -1)],
        prevent_initial_call=True,
    )
    def show_controls(
        kept: Kept | None,
        _news: Any,
        _count: int,
        pending: Kept,
        told: Kept | None,
        browser: Kept,
        page: Kept,
    ) -> Any:
        if not kept or not kept["device"]:
            raise PreventUpdate
        style, at_us, device = style_of(context, page, browser), now_us(), str(kept["device"])
        pending = own(pending, device)
        if ctx.triggered_id == part("command-tick"):
            wait_on(context, device, pending, at_us)
        return controls(context, device, where, style, pending, told, at_us)


def own(pending: Kept, device: str) -> Kept:
    """What is to be watched for of this device: nothing of what another was told, which was open before it."""
    return pending if pending.get("device") == device else {}


def noted(pending: Kept, reaction: Reaction, device: str) -> Any:
    """What is to be watched for; always something new, so that the parts are drawn again."""
    moment = {"seen": now_us(), "device": device}
    if reaction.dispatch is None:
        return {**pending, **moment}
    key = _place_of(reaction.cmd)
    return {**pending, key: reaction.dispatch.command_id, f"{key} at": now_us() // US_PER_MS, **moment}


def lines_of(reaction: Reaction) -> list[Any]:
    """The line under the control that was used; the others stay as they are."""
    place = _place_of(reaction.cmd)
    return [reaction.line if name == place else no_update for name in (*_ANSWERS.values(), _MORE, _OTHERS)]


def _place_of(cmd: str) -> str:
    return _OTHERS if cmd.startswith(OTHER) else _ANSWERS.get(cmd, _MORE)


def wait_on(context: Context, device: str, pending: Kept, at_us: int) -> None:
    """While an answer is awaited: nothing at all, several times a second, until something changed."""
    rows = context.rows("commands", device=device, limit=8)
    waiting = under_way(rows, at_us) or missing(rows, pending, at_us)
    if waiting and all(row["state"] == CommandState.SENT for row in rows if row["command_id"] in pending.values()):
        raise PreventUpdate


def controls(
    context: Context, device: str, where: str, style: Style, pending: Kept, told: Kept | None, at_us: int
) -> dict[str, Any]:
    """Everything that tells the device something, as the board has it, with what became of what it was told."""
    standing = device_standing(context, device, at_us)
    may_act, ours = identity().role >= Role.OPERATOR, is_ours(device, standing)
    try:
        rows = context.rows("commands", device=device, limit=50)
        foreign = [] if ours else context.rows("controls", device=device)
        values = {} if not foreign else _newest(context, device)
    except LumosError as error:
        return _unknown(line(str(error), Outcome("refused", "bad")))
    status, status_us = (standing.status, standing.status_us) if standing else ({}, None)
    sending = board_state(status, status_us, rows, "sending", "sending")
    period_ms = board_state(status, status_us, rows, "period", "period_ms")
    lit = led_state(status, status_us, rows)
    period = period_ms / 1_000 if isinstance(period_ms, int | float) else None
    before = told or {}
    of_others = [{**row, "cmd": f"{OTHER}{row['cmd']}"} for row in rows]
    announced = _announced(foreign, values)
    now = {"device": device, "period": period, "rows": _signature(rows), "others": announced}
    return {
        **_switched("led", lit, style.say("on"), style.say("off"), standing, style),
        **_switched(
            "sending",
            sending if isinstance(sending, bool) else None,
            style.say("sending on"),
            style.say("sending off"),
            standing,
            style,
        ),
        **{f"{name} disabled": False for name in (*_SWITCHES, *_BUTTONS)},
        **{
            name: answer_line(name, rows if ours else of_others, pending, standing, style, at_us)
            for name in (*_ANSWERS.values(), _MORE, _OTHERS)
        },
        # Not while nothing of it is new: somebody may be choosing there at this moment.
        "others": no_update
        if (before.get("device"), before.get("others")) == (device, announced)
        else others(foreign, values, where, style, may_act=may_act),
        "held": held(rows, where, at_us, style, may_act=may_act),
        "screen": screen_text(status, status_us, rows),
        "period": no_update if (before.get("device"), before.get("period")) == (device, period) else period,
        "own words hidden": not ours,
        "more hidden": device == ORIGINAL_DEVICE,
        "told": no_update if before == now else now,
        "clock": not (under_way(rows, at_us) or missing(rows, pending, at_us)),
    }


def answer_line(
    place: str, rows: Sequence[Mapping[str, Any]], pending: Kept, standing: Standing | None, style: Style, at_us: int
) -> Child:
    """What became of the last command that is answered here, or what would become of one now."""
    row = next((row for row in rows if _place_of(row["cmd"]) == place), None)
    sent = pending.get(place)
    if sent and (row is None or row["command_id"] < sent):
        overdue = at_us - pending[f"{place} at"] * US_PER_MS > TIMEOUT_US
        phrase = "answer unrecorded" if overdue else "answer waiting"
        return line(style.say(phrase), Outcome("waiting", "warning" if overdue else "waiting"))
    if row is None:
        silent = standing is not None and standing.silent and place in _ANSWERS.values()
        return line(style.say("silent held"), Outcome("held", "bad")) if silent else None
    return line(sentence(row, style.say, style.zone, style.language), acknowledgements.outcome(row))


def missing(rows: Sequence[Mapping[str, Any]], pending: Kept, at_us: int) -> bool:
    """Whether something that was sent moments ago is not recorded yet."""
    recorded = {row["command_id"] for row in rows}
    return any(
        pending[place] not in recorded and at_us - pending[f"{place} at"] * US_PER_MS < TIMEOUT_US
        for place in (*_ANSWERS.values(), _MORE, _OTHERS)
        if place in pending
    )


def is_ours(device: str, standing: Standing | None) -> bool:
    """Whether it knows the commands of this project, or some of them."""
    known = is_device_id(device) or device == ORIGINAL_DEVICE
    return known and (standing is None or standing.source is None)


def _newest(context: Context, device: str) -> dict[str, float]:
    return {row["metric"]: row["value"] for row in context.rows("last_values") if row["device"] == device}


def _signature(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the list of commands looks like, so that the history is drawn again when it changes."""
    return json.dumps([[row["command_id"], row["state"]] for row in rows[:20]])


def _announced(foreign: Sequence[Mapping[str, Any]], values: Mapping[str, float]) -> str:
    """What the controls of a foreign device look like: what it takes, and how that stands."""
    return json.dumps([[row["name"], row["kind"], row["options"], values.get(row["metric"])] for row in foreign])


def _switched(
    name: str, on: bool | None, words_on: str, words_off: str, standing: Standing | None, style: Style
) -> dict[str, Any]:
    return {
        f"{name} aria-checked": "true" if on else "false",
        f"{name} className": "switch unknown" if on is None else "switch",
        f"{name} words": state_words(on, words_on, words_off, standing, style),
    }


def _unknown(trouble: Child) -> dict[str, Any]:
    """Where the store does not answer: everything as it was, and why."""
    keys = [
        *(f"{name} {key}" for name in _SWITCHES for key in ("aria-checked", "className", "words")),
        *(f"{name} disabled" for name in (*_SWITCHES, *_BUTTONS)),
        *_ANSWERS.values(),
        _MORE,
        _OTHERS,
        "others",
        "held",
        "screen",
        "period",
        "own words hidden",
        "more hidden",
        "told",
    ]
    return {**dict.fromkeys(keys, no_update), _MORE: trouble, "clock": True}
