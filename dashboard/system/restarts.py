"""What was started anew: the parts, as `app.py` noted it, and boards, as they tell themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import formats
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.panels.parts import Child
from dashboard.system.choices import Choices
from telemetry import restarts
from telemetry.datafolder import DataFolder
from telemetry.errors import LumosError
from telemetry.restarts import PartEvent
from telemetry.timestamps import US_PER_DAY

_SHOWN = 10
#: Causes of a board's start that have a phrase; others are shown as they come.
CAUSES = ("power", "watchdog", "reset", "soft reset", "sleep")


def draw(context: Context, _choices: Choices, at_us: int, style: Style) -> Child:
    """Parts first: they are known without ingest too."""
    say = style.say
    events = restarts.read(DataFolder(context.settings.data_dir))
    shown: list[Child] = [html.H3(say("restarts of parts"), className="panel-title")]
    shown.append(_list([_part(event, at_us, style) for event in reversed(events[-_SHOWN:])], say("no part restarted")))
    shown.append(html.H3(say("restarts of boards"), className="panel-title"))
    try:
        rows = context.rows("restarts", limit=_SHOWN)
    except LumosError as error:
        return [*shown, html.P(str(error), className="tone-warning")]
    names = {row["device"]: row["name"] or row["device"] for row in context.rows("devices")} if rows else {}
    shown.append(_list([_board(row, names, at_us, style) for row in rows], say("no board restarted")))
    return shown


def _list(lines: Sequence[Child], nothing: str) -> Child:
    return html.Ul(lines, className="happened") if lines else html.P(nothing, className="dim")


def _part(event: PartEvent, at_us: int, style: Style) -> html.Li:
    say, code = style.say, event.code
    if event.what == "ended" and code is not None:
        words = (
            say("part killed", part=event.part, signal=-code)
            if code < 0
            else say("part ended", part=event.part, code=code)
        )
    else:
        words = say("part restarted" if event.what == "restarted" else "part started", part=event.part)
    return _line(event.t_us, words, at_us, style, tone="tone-bad" if event.what == "ended" else "")


def _board(row: Mapping[str, Any], names: Mapping[str, str], at_us: int, style: Style) -> html.Li:
    say = style.say
    name = names.get(row["device"], row["device"])
    cause = cause_words(row["cause"], style)
    after = formats.span(row["uptime_us"], style.language)
    words = [html.Bdi(name), " · ", cause, " · ", say("after span", span=after)]
    return _line(row["restarted_us"], words, at_us, style)


def cause_words(cause: str | None, style: Style) -> str:
    """Why a board started, in words where we have them."""
    try:
        said = json.loads(cause) if cause else None
    except ValueError:
        said = cause
    if said in CAUSES:
        return style.say(f"cause {said}")
    return str(said)[:64] if said else style.say("cause unknown")


def _line(t_us: int, words: Child, at_us: int, style: Style, *, tone: str = "") -> html.Li:
    time = formats.when(t_us, at_us, style.zone, style.language, seconds=at_us - t_us < US_PER_DAY)
    return html.Li([html.Time(time, className="mono"), html.Span(words, className=tone)])
