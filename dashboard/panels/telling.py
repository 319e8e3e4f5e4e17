"""What changes in the parts that tell a device something: answers, what is held, a foreign device's controls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard import formats, ids
from dashboard.commands.acknowledgements import Outcome
from dashboard.figures import Style
from dashboard.panels.history import target_text, value_text
from dashboard.panels.parts import Child, answer, aria, data, icon
from telemetry.commands import CommandState
from telemetry.controls import Control

#: How the wish for a foreign device's control begins.
OTHER = "other:"


def line(words: str, outcome: Outcome) -> Child:
    """The line under a control."""
    return answer(words, outcome.tone, outcome.icon)


def held(rows: Sequence[Mapping[str, Any]], where: str, at_us: int, style: Style, *, may_act: bool) -> Child:
    """The commands that wait for the device, each with the way to take it back; nothing where none does."""
    waiting = [row for row in rows if row["state"] == CommandState.HELD]
    if not waiting:
        return None
    return html.Section(
        [
            html.H2(style.say("held commands"), className="panel-title"),
            html.Ul([_held(row, where, at_us, style, may_act=may_act) for row in waiting], className="held"),
        ],
        className="panel-part",
    )


def _held(row: Mapping[str, Any], where: str, at_us: int, style: Style, *, may_act: bool) -> html.Li:
    what = " ".join(filter(None, (target_text(row["cmd"], style), value_text(row["cmd"], row["value"], style))))
    expires_us = _expiry(row)
    until = formats.when(expires_us, at_us, style.zone, style.language) if expires_us else ""
    words = style.say("held until", time=until) if until else style.say("result held")
    taken = {**data(tell="withdraw", where=where, take="value", value=json.dumps(row["command_id"]))}
    button = html.Button(style.say("withdraw"), className="button small", **taken)
    return html.Li(
        [
            html.Span([html.Bdi(what, className="held-what"), html.Span(words, className="dim")], className="grow"),
            button if may_act else None,
        ]
    )


def _expiry(row: Mapping[str, Any]) -> int | None:
    try:
        return int(json.loads(row["detail"] or "{}").get("expires_us", 0)) or None
    except (ValueError, TypeError, AttributeError):
        return None


def others(
    rows: Sequence[Mapping[str, Any]], values: Mapping[str, float], where: str, style: Style, *, may_act: bool
) -> Child:
    """What a foreign device takes commands for, as its convention announced it; `values` are the newest by metric."""
    if not rows:
        return None
    parts = [
        _other(Control.of(row), values, ids.control(where, f"other-{place}"), where, style, may_act=may_act)
        for place, row in enumerate(rows)
    ]
    return html.Section(
        [
            html.H2(style.say("controls"), className="panel-title"),
            html.P(style.say("others hint"), className="dim caption"),
            *parts,
        ],
        className="panel-part",
    )


def _other(
    control: Control, values: Mapping[str, float], field: str, where: str, style: Style, *, may_act: bool
) -> html.Div:
    value = values.get(control.metric)
    label = control.label or control.name
    state = _state(control, value, style)
    head = html.Div(
        [html.Label(html.Bdi(label), htmlFor=field), html.Span(state, className="dim") if state else None],
        className="grow other-name",
    )
    parts = _KINDS[control.kind](control, value, field, where, style) if may_act else []
    return html.Div([head, *parts], className="led-row")


def _state(control: Control, value: float | None, style: Style) -> str:
    if value is None:
        return ""
    if control.kind == "switch":
        return style.say("on state" if value else "off state")
    if control.kind == "number":
        return formats.with_unit(formats.number(value, formats.decimals_for([value]), style.language), control.unit)
    return ""


def _switch(control: Control, value: float | None, field: str, where: str, style: Style) -> list[Any]:
    return [
        html.Button(
            [
                html.Span(style.say("on short"), className="switch-on"),
                html.Span(style.say("off short"), className="switch-off"),
                html.Span(className="switch-thumb"),
            ],
            id=field,
            className="switch" if value is not None else "switch unknown",
            role="switch",
            **aria(checked="true" if value else "false", label=control.label or control.name),
            **data(tell=f"{OTHER}{control.name}", where=where, take="toggle"),
        )
    ]


def _number(control: Control, value: float | None, field: str, where: str, style: Style) -> list[Any]:
    bounds = {key: number for key, number in (("min", control.low), ("max", control.high)) if number is not None}
    return [
        dmc.NumberInput(
            id=field,
            value="" if value is None else value,
            step=control.step or 1,
            hideControls=True,
            suffix=f"{formats.THIN}{control.unit}" if formats.shown_unit(control.unit) else "",
            className="period-input",
            **bounds,
        ),
        _set(control, field, where, style, "number"),
    ]


def _select(control: Control, _value: float | None, field: str, where: str, style: Style) -> list[Any]:
    return [
        dmc.Select(
            id=field,
            data=list(control.options),
            value=control.options[0] if control.options else None,
            allowDeselect=False,
            rightSection=icon("selector"),
            className="period-input",
        ),
        _set(control, field, where, style, "text"),
    ]


def _text(control: Control, _value: float | None, field: str, where: str, style: Style) -> list[Any]:
    return [dmc.TextInput(id=field, value="", className="period-input"), _set(control, field, where, style, "text")]


def _button(control: Control, _value: float | None, field: str, where: str, style: Style) -> list[Any]:
    tell = data(tell=f"{OTHER}{control.name}", where=where, take="nothing")
    return [html.Button([icon("send"), style.say("send")], id=field, className="button", **tell)]


def _set(control: Control, field: str, where: str, style: Style, take: str) -> html.Button:
    tell = data(tell=f"{OTHER}{control.name}", where=where, take=take, source=field)
    return html.Button(style.say("set"), className="button", **tell)


_KINDS = {"switch": _switch, "number": _number, "select": _select, "text": _text, "button": _button}
