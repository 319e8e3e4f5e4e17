"""The last commands with their answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import acknowledgements, formats
from dashboard.figures import Style
from dashboard.panels.parts import Child, empty, pill

_KNOWN = ("led", "message", "sending", "period", "identify", "reboot")
_LONGEST = 48


def history(rows: Sequence[Mapping[str, Any]], now_us: int, style: Style) -> Child:
    """The table, newest first."""
    say = style.say
    if not rows:
        return empty("history", say("no command"), say("no command hint"))
    heads = ("time", "target", "value", "who", "result", "delay")
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(say(head), scope="col", className=f"cell-{head}") for head in heads])),
            html.Tbody([_row(row, now_us, style) for row in rows]),
        ],
        className="table",
    )


def _row(row: Mapping[str, Any], now_us: int, style: Style) -> html.Tr:
    found = acknowledgements.outcome(row)
    cmd = str(row["cmd"])
    why = acknowledgements.reason(row["detail"]) if found.phrase == "refused" else ""
    delay = "" if row["delay_ms"] is None else formats.delay(row["delay_ms"], style.language)
    return html.Tr(
        [
            html.Td(formats.when(row["sent_us"], now_us, style.zone, style.language, seconds=True), className="mono"),
            html.Td(target_text(cmd, style)),
            html.Td(value_text(cmd, row["value"], style), className="cell-value"),
            html.Td(str(row["asked_by"])[:_LONGEST], className="cell-who"),
            html.Td(html.Span(pill(style.say(f"result {found.phrase}"), found.tone), title=why or None)),
            html.Td(delay or formats.DASH, className="cell-delay mono"),
        ]
    )


def target_text(cmd: str, style: Style) -> str:
    """What a command is about, as a person would say it."""
    return style.say(f"target {cmd}") if cmd in _KNOWN else cmd[:_LONGEST]


def value_text(cmd: str, value: str, style: Style) -> str:
    """A command's value as a person would say it; a message in the language's quotation marks."""
    try:
        found = json.loads(value)
    except ValueError:
        found = value
    if isinstance(found, bool):
        return style.say(f"value {str(found).lower()}") if cmd not in ("identify", "reboot") else ""
    if cmd == "period" and isinstance(found, int | float):
        return formats.with_unit(formats.number(found, 0, style.language), "ms")
    if not isinstance(found, str):
        return json.dumps(found, ensure_ascii=False)[:_LONGEST]
    if not found:
        return style.say("value clear")
    short = " ".join(found.split())
    short = short if len(short) <= _LONGEST else short[: _LONGEST - 1] + "…"
    return f"«{formats.THIN}{short}{formats.THIN}»" if style.language == "fr" else f"“{short}”"
