"""Sending what somebody wishes, for whoever asks, and how it stands after: the plain functions behind the callbacks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.commands.acknowledgements import Outcome
from dashboard.commands.commanding import Dispatch, Left
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.liveness import Standing
from dashboard.panels.parts import Child
from dashboard.panels.telling import OTHER, line
from telemetry.commands import CommandState
from telemetry.controls import Control
from telemetry.errors import BrokerError, CommandError, LumosError, nearest

#: Most boards answer within this time, and then one answer of ours tells it all; the clock watches for the others.
_PATIENCE_SECONDS = 0.25
_PAUSE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a click led to at once: the line under the control, and the command to watch for."""

    cmd: str
    line: Child
    dispatch: Dispatch | None = None


def act(
    context: Context, device: str, standing: Standing | None, wish: Mapping[str, Any], by: str, style: Style
) -> Reaction:
    """Send a wish (`token`, `cmd`, `value`); an error becomes the line under the control."""
    cmd, value = str(wish["cmd"]), wish.get("value")
    try:
        dispatch = _send(context, device, standing, cmd, value, by, str(wish.get("token", "")))
    except BrokerError:
        words = style.say("broker refused", address=context.commander.publisher.address)
        return Reaction(cmd, line(words, Outcome("refused", "bad")))
    except LumosError as error:
        return Reaction(cmd, line(str(error), Outcome("refused", "bad")))
    if dispatch is None:
        return Reaction(cmd, None)
    lines = {
        Left.PUBLISHED: line(style.say("answer waiting"), Outcome("waiting", "waiting")),
        Left.HELD: line(style.say("answer held"), Outcome("held", "waiting")),
        Left.UNCONFIRMABLE: line(style.say("answer unconfirmable"), Outcome("unconfirmable", "warning")),
    }
    if dispatch.left is Left.PUBLISHED:
        wait_shortly(context, dispatch)
    return Reaction(cmd, lines[dispatch.left], dispatch)


def _send(
    context: Context, device: str, standing: Standing | None, cmd: str, value: Any, by: str, token: str
) -> Dispatch | None:
    commander = context.commander
    if cmd == "withdraw":
        commander.actions.call("withdraw_command", {"id": str(value)}, by=by)
        return None
    if cmd.startswith(OTHER):
        return commander.tell_other(device, other_control(context, device, cmd.removeprefix(OTHER)), value, by=by)
    silent = standing is not None and standing.silent
    return commander.send(device, cmd, value, by=by, silent=silent, token=token)


def other_control(context: Context, device: str, name: str) -> Control:
    """What a foreign device takes commands for, by its name. Raises CommandError for what it does not."""
    rows = context.rows("controls", device=device)
    found = next((row for row in rows if row["name"] == name), None)
    if found is None:
        known = [row["name"] for row in rows]
        raise CommandError(f"{device} takes no command for '{name[:64]}'{nearest(name, known) if known else ''}")
    return Control.of(found)


def wait_shortly(context: Context, dispatch: Dispatch) -> None:
    """Until the command is settled, for a moment at most."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            rows = context.rows("commands", command_id=dispatch.command_id, limit=1)
        except LumosError:
            return
        if rows and rows[0]["state"] != CommandState.SENT:
            return
        time.sleep(_PAUSE_SECONDS)
