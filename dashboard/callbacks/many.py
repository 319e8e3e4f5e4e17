"""Telling several devices at once, and watching how far it has come with each."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import dash
from dash import Input, Output, State, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.access.guard import identity
from dashboard.callbacks.state import Kept, style_of
from dashboard.commands.acknowledgements import Outcome
from dashboard.context import Context
from dashboard.devices import many
from dashboard.devices.roster import everybody
from dashboard.figures import Style
from dashboard.panels.parts import Child, pill
from dashboard.panels.telling import line
from telemetry.errors import CommandError, LumosError
from telemetry.timestamps import US_PER_MS, US_PER_SECOND, now_us

#: How many names stand beside an outcome; the history has them all.
_NAMED = 8
#: After this long nobody watches any more.
_WATCH_US = 8 * US_PER_SECOND


def register(app: dash.Dash, context: Context) -> None:
    """Sending, and the progress."""

    @app.callback(
        Output(ids.MANY_TOLD, "data"),
        Output(ids.MANY_ANSWER, "children", allow_duplicate=True),
        Output(ids.MANY_TICK, "disabled", allow_duplicate=True),
        Input(ids.MANY_SEND, "n_clicks"),
        State(ids.MANY_TO, "value"),
        State(ids.MANY_CMD, "value"),
        State(ids.MANY_TEXT, "value"),
        State(ids.MANY_PERIOD, "value"),
        State(ids.CHOSEN, "data"),
        State(ids.MANY_TOLD, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.MANY_SEND, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def tell_many(
        _clicks: int,
        to: str,
        what: str,
        text: str,
        period: float | str,
        chosen: list[str],
        before: Kept | None,
        browser: Kept,
        page: Kept,
    ) -> Any:
        style, at_us = style_of(context, page, browser), now_us()
        token = (before or {}).get("token") or secrets.token_hex(8)
        try:
            targets = many.targets(to, chosen, everybody(context, at_us))
            if not targets:
                raise CommandError(style.say("nobody to tell"))
            cmd, value = wished(what, text, period)
            found = context.commander.send_all(targets, cmd, value, by=identity().by, token=token)
        except LumosError as error:
            return no_update, line(str(error), Outcome("refused", "bad")), True
        # The next request is another one, so it gets a token of its own.
        told = {"told": many.remembered(found), "at": at_us // US_PER_MS, "token": secrets.token_hex(8)}
        return told, no_update, False

    @app.callback(
        Output(ids.MANY_ANSWER, "children"),
        Output(ids.MANY_TICK, "disabled"),
        Input(ids.MANY_TOLD, "data"),
        Input(ids.MANY_TICK, "n_intervals"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        running=[(Output(ids.MANY_TICK, "max_intervals"), 0, -1)],
        prevent_initial_call=True,
    )
    def watch_many(told: Kept | None, _count: int, browser: Kept, page: Kept) -> Any:
        if not told:
            raise PreventUpdate
        style, at_us = style_of(context, page, browser), now_us()
        since_us = int(told["at"]) * US_PER_MS
        try:
            rows = context.rows("commands", start_us=since_us - US_PER_SECOND, limit=10_000)
        except LumosError:
            rows = []
        found = many.progress(told["told"], rows)
        return outcomes(found, told["told"], style), not (found.under_way and at_us - since_us < _WATCH_US)


def wished(what: str, text: str, period: float | str) -> tuple[str, Any]:
    """The command and its value. Raises CommandError for what is none."""
    if what not in many.COMMANDS:
        raise CommandError(f"'{what[:32]}' cannot be told to several")
    cmd, value = many.COMMANDS[what]
    if cmd == "message" and value is None:
        return cmd, text or ""
    if cmd == "period":
        return cmd, round(period * 1_000) if isinstance(period, int | float) else None
    return cmd, value


def outcomes(found: many.Progress, told: Sequence[Mapping[str, str]], style: Style) -> Child:
    """Each outcome with how many it has, and the first names."""
    errors = {one["device"]: one["error"] for one in told if one["error"]}
    found_first = sorted(found.by_outcome.items(), key=lambda item: json.dumps(item[0]))
    return html.Ul([_outcome(*key, devices, errors, style) for key, devices in found_first], className="outcomes")


def _outcome(phrase: str, tone: str, devices: Sequence[str], errors: Mapping[str, str], style: Style) -> html.Li:
    names = [part for name in devices[:_NAMED] for part in (html.Bdi(name), ", ")][:-1]
    why = next((errors[name] for name in devices if name in errors), "")
    return html.Li(
        [
            pill(f"{len(devices)} {style.say(f'result {phrase}')}", tone),
            html.Span(names, className="dim"),
            html.Span(f"+{len(devices) - _NAMED}", className="dim") if len(devices) > _NAMED else None,
            html.Span(why, className=f"tone-{tone}"),
        ]
    )
