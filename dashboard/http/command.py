"""`POST /command` for scripts: send one command, and wait a while for what the device makes of it (docs/contract.md).

The answer tells the outcome as far as it is known when the time is over. Waiting asks the store again and again, for a
few requests at once, so that scripts never keep the page from being served.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import flask
import orjson

from dashboard.access.guard import identity
from dashboard.callbacks.frame import device_standing
from dashboard.callbacks.telling import is_ours
from dashboard.commands.commanding import Dispatch, Left
from dashboard.context import Context
from dashboard.http.data import problem
from telemetry.commands import ACK_TIMEOUT_SECONDS, CommandState
from telemetry.controls import Control
from telemetry.errors import CommandError, LumosError, StoreUnavailableError, nearest
from telemetry.timestamps import now_us

_TIMEOUT_SECONDS = (0.0, 30.0)
#: How many requests may wait at once; more are answered with what is known at once.
_WAITING = 4
_PAUSE_SECONDS = 0.02
#: So many of the commands that a device of others takes are named where another one was asked for.
_NAMED = 50
#: After these nothing more is to be expected, at least not soon. An answer that is late may come at any moment.
_SETTLED = frozenset(CommandState) - {CommandState.SENT, CommandState.TIMED_OUT}
_STATUS: Mapping[str, int] = {CommandState.ACKNOWLEDGED: 200, CommandState.REFUSED: 409}
_ACCEPTED = 202


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request."""

    device: str
    cmd: str
    value: Any
    timeout_seconds: float
    command_id: str


def blueprint(context: Context) -> flask.Blueprint:
    """The route, to be registered on the dashboard's server."""
    routes = flask.Blueprint("http_command", __name__)
    waiting = threading.BoundedSemaphore(_WAITING)

    @routes.post("/command")
    def command() -> flask.Response:
        asked = parse(flask.request.get_json(silent=True))
        dispatch = send(context, asked, identity().by)
        outcome = _outcome(asked, dispatch)
        if dispatch.left is not Left.UNCONFIRMABLE and waiting.acquire(blocking=False):
            try:
                outcome |= wait(context, dispatch, asked.timeout_seconds)
            finally:
                waiting.release()
        return flask.Response(
            orjson.dumps(outcome), _STATUS.get(outcome["state"], _ACCEPTED), mimetype="application/json"
        )

    routes.register_error_handler(LumosError, problem)
    return routes


def parse(body: Any) -> Asked:
    """The request in a JSON body. Raises CommandError with a sentence."""
    if not isinstance(body, dict):
        raise CommandError('send a JSON object, as application/json: {"device": …, "cmd": …, "value": …}')
    for key in body:
        if key not in _TAKES:
            raise CommandError(f"/command takes no '{key[:64]}'{nearest(key, _TAKES)}")
    for key in ("device", "cmd"):
        if not isinstance(body.get(key), str) or not body[key]:
            raise CommandError(f"{key} takes a text")
    seconds, command_id = body.get("timeout", ACK_TIMEOUT_SECONDS), body.get("id", "")
    low, high = _TIMEOUT_SECONDS
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not low <= seconds <= high:
        raise CommandError(f"timeout takes {low:g} to {high:g} seconds, not {seconds!r:.64}")
    if not isinstance(command_id, str):
        raise CommandError("id takes a ULID as text, or is left out")
    return Asked(body["device"], body["cmd"], body.get("value"), float(seconds), command_id)


_TAKES = ("device", "cmd", "value", "timeout", "id")


def send(context: Context, asked: Asked, by: str) -> Dispatch:
    """Send what was asked, to a device of others in its own words.

    A device that nobody heard of is a mistake of the script, not a board to wait for.
    """
    try:
        known = [row["device"] for row in context.rows("devices")]
    except StoreUnavailableError:
        known = [asked.device]  # without a store nobody knows; the board itself may be there
    if asked.device not in known:
        raise CommandError(f"there is no device '{asked.device[:64]}'{nearest(asked.device, known)}")
    standing = device_standing(context, asked.device, now_us())
    if not is_ours(asked.device, standing):
        control = _control(context, asked)
        return context.commander.tell_other(asked.device, control, asked.value, by=by, command_id=asked.command_id)
    silent = standing is not None and standing.silent
    return context.commander.send(
        asked.device, asked.cmd, asked.value, by=by, silent=silent, command_id=asked.command_id
    )


def _control(context: Context, asked: Asked) -> Control:
    """What a device of others takes under the name that was asked. Raises CommandError, which names all it takes."""
    rows = {row["name"]: row for row in reversed(context.rows("controls", device=asked.device))}
    if asked.cmd in rows:
        return Control.of(rows[asked.cmd])
    names = sorted(rows)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    takes = f"it takes {', '.join(names[:_NAMED])}{more}" if names else "it takes no commands at all"
    raise CommandError(f"{asked.device} takes no '{asked.cmd[:64]}', as it is no board of this project: {takes}")


def wait(context: Context, dispatch: Dispatch, seconds: float) -> dict[str, Any]:
    """What is known of a command once it is settled, or once the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            rows = context.rows("commands", command_id=dispatch.command_id)
        except LumosError:
            return {}  # it went out; ingest will say what came of it
        left = deadline - time.monotonic()
        if rows and (rows[0]["state"] in _SETTLED or left <= 0):
            return _known(rows[0])
        if left <= 0:
            return {}
        time.sleep(min(_PAUSE_SECONDS, left))


def _outcome(asked: Asked, dispatch: Dispatch) -> dict[str, Any]:
    states = {Left.HELD: CommandState.HELD, Left.UNCONFIRMABLE: CommandState.UNCONFIRMABLE}
    state = states.get(dispatch.left, CommandState.SENT)
    told = {"id": dispatch.command_id, "device": asked.device, "cmd": asked.cmd, "value": asked.value}
    return {**told, "state": str(state), "delay_ms": None, "result": None, "error": None}


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    refused = row["state"] == CommandState.REFUSED
    answered = row["state"] == CommandState.ACKNOWLEDGED
    return {
        "state": row["state"],
        "delay_ms": row["delay_ms"],
        "result": json.loads(row["detail"] or "{}") if answered else None,
        "error": row["detail"] if refused else None,
    }
