"""The last commands with their answers, and what a metric did after each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import formats
from dashboard.commands import acknowledgements
from dashboard.figures import Style
from dashboard.panels.parts import Child, aria, empty, pill

_KNOWN = ("led", "message", "sending", "period", "identify", "reboot")
_LONGEST = 48


def history(
    rows: Sequence[Mapping[str, Any]],
    now_us: int,
    style: Style,
    *,
    with_device: bool = False,
    effects: Mapping[str, Mapping[str, Any]] | None = None,
    series: Sequence[Mapping[str, Any]] = (),
) -> Child:
    """The table, newest first; `effects` by command id, with `series` to know units and decimals by."""
    say = style.say
    if not rows:
        return empty("history", say("no command"), say("no command hint"))
    heads = ["time", *(["device"] if with_device else []), "target", "value", "who", "result", "delay"]
    heads += ["effect"] if effects else []
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(say(head), scope="col", className=f"cell-{head}") for head in heads])),
                html.Tbody([_row(row, now_us, style, with_device, effects, series) for row in rows]),
            ],
            className="table",
        ),
        className="table-room",
        tabIndex=0,
        role="group",
        **aria(label=say("history")),
    )


def _row(
    row: Mapping[str, Any],
    now_us: int,
    style: Style,
    with_device: bool,
    effects: Mapping[str, Mapping[str, Any]] | None,
    series: Sequence[Mapping[str, Any]],
) -> html.Tr:
    found = acknowledgements.outcome(row)
    cmd = str(row["cmd"])
    why = acknowledgements.reason(row["detail"]) if found.phrase == "refused" else ""
    delay = "" if row["delay_ms"] is None else formats.delay(row["delay_ms"], style.language)
    return html.Tr(
        [
            html.Td(formats.when(row["sent_us"], now_us, style.zone, style.language, seconds=True), className="mono"),
            html.Td(html.Bdi(row["device"]), className="cell-device mono") if with_device else None,
            html.Td(html.Bdi(target_text(cmd, style))),
            html.Td(html.Bdi(value_text(cmd, row["value"], style)), className="cell-value"),
            html.Td(html.Bdi(str(row["asked_by"])[:_LONGEST]), className="cell-who"),
            html.Td(html.Span(pill(style.say(f"result {found.phrase}"), found.tone), title=why or None)),
            html.Td(delay or formats.DASH, className="cell-delay mono"),
            html.Td(_effect(row, effects, series, style), className="cell-effect") if effects else None,
        ]
    )


def _effect(
    row: Mapping[str, Any],
    effects: Mapping[str, Mapping[str, Any]],
    series: Sequence[Mapping[str, Any]],
    style: Style,
) -> str:
    """`light 812 → 1,930`: what the metric did in the seconds after."""
    found = effects.get(row["command_id"])
    if found is None or found["before"] is None or found["after"] is None:
        return formats.DASH
    about = next((one for one in series if (one["device"], one["metric"]) == (row["device"], found["metric"])), {})
    values = [found["before"], found["after"]]
    told = about.get("decimals")
    decimals = formats.decimals_for(values, most=2) if told is None else told
    before, after = (formats.number(value, decimals, style.language) for value in values)
    name = about.get("label") or found["metric"]
    return formats.with_unit(f"{name} {before} → {after}", about.get("unit"))


def target_text(cmd: str, style: Style) -> str:
    """What a command is for, as a person would say it; a foreign device's control by its own name."""
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
    if found is None:
        return ""
    if not isinstance(found, str):
        return json.dumps(found, ensure_ascii=False)[:_LONGEST]
    if not found:
        return style.say("value clear")
    short = " ".join(found.split())
    short = short if len(short) <= _LONGEST else short[: _LONGEST - 1] + "…"
    return f"«{formats.THIN}{short}{formats.THIN}»" if style.language == "fr" else f"“{short}”"
