"""What one tells a device: LED, screen, measuring, identify and reboot; or what a foreign device's convention names.

The same parts stand twice, for the device of the live page and for the one that the page Devices has open (`where`).
They only carry what is wished, in `data-` attributes: assets/telling.js makes a wish of a click, the callbacks of
`dashboard.callbacks.telling` send it. Who may only look sees the states, without the controls.
"""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import ids
from dashboard.panels.parts import aria, data, icon
from dashboard.translations import Say
from telemetry.commands import MESSAGE_LENGTH, PERIOD_MS

#: The place of the live page, whose parts have no prefix, and that of the page Devices.
LIVE, BOARD = "", "board"


def controls(where: str, say: Say, *, may_act: bool) -> list[Any]:
    """All parts; callbacks show those that fit the device."""
    return [
        *memory(where),
        html.Div(
            [_led(where, say, may_act), _screen(where, say, may_act), _more(where, say, may_act)],
            id=ids.control(where, "own-words"),
        ),
        html.Div(id=ids.control(where, "others"), className="others"),
        _answer(where, "others"),
        html.Div(id=ids.control(where, "held")),
    ]


def memory(where: str) -> list[Any]:
    """What is wished, what was sent and not answered yet, what is new, and the clock that watches for answers."""
    return [
        dcc.Store(id=ids.control(where, "news")),
        dcc.Store(id=ids.control(where, "wish")),
        dcc.Store(id=ids.control(where, "pending"), data={}),
        dcc.Store(id=ids.control(where, "told")),
        dcc.Interval(id=ids.control(where, "command-tick"), interval=120, disabled=True),
    ]


def switch(where: str, name: str, say: Say, label: str, *, may_act: bool) -> html.Button:
    """A switch that shows what the board says; a click wishes the other."""
    return html.Button(
        [
            html.Span(say("on short"), className="switch-on"),
            html.Span(say("off short"), className="switch-off"),
            html.Span(className="switch-thumb"),
        ],
        id=ids.control(where, name),
        className="switch",
        role="switch",
        disabled=True,
        hidden=not may_act,
        **aria(checked="false", label=label),
        **data(tell=name, where=where, take="toggle"),
    )


def _led(where: str, say: Say, may_act: bool) -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.Span(icon("bulb"), className="led-icon"),
                    html.Div(
                        [
                            html.H2(say("led"), className="panel-title"),
                            html.P(id=ids.control(where, "led-state"), className="dim"),
                        ],
                        className="grow",
                    ),
                    switch(where, "led", say, say("led"), may_act=may_act),
                ],
                className="led-row",
            ),
            _answer(where, "led"),
        ],
        className="panel-part",
    )


def _screen(where: str, say: Say, may_act: bool) -> html.Section:
    screen = html.Pre("", id=ids.control(where, "screen"))
    return html.Section(
        [
            html.H2(say("screen message"), className="panel-title"),
            html.Div(screen, className="oled", role="img", **aria(label=say("screen preview"))),
            html.P(id=ids.control(where, "screen-caption"), className="dim caption"),
            dcc.Store(id=ids.control(where, "screen-shown")),
            html.Div(_message(where, say), hidden=not may_act),
            _answer(where, "send"),
        ],
        className="panel-part",
    )


def _message(where: str, say: Say) -> list[Any]:
    text = ids.control(where, "message")
    return [
        dmc.Textarea(
            id=text,
            value="",
            placeholder=say("message hint"),
            minRows=3,
            maxRows=8,
            autosize=True,
            inputProps={},
            **aria(label=say("message")),
        ),
        html.Div(
            [
                html.Span(f"0 / {MESSAGE_LENGTH}", id=ids.control(where, "message-count"), className="dim mono"),
                html.Button(
                    [icon("send"), say("send")],
                    id=ids.control(where, "send"),
                    className="button primary",
                    disabled=True,
                    **data(tell="message", where=where, take="text", source=text),
                ),
            ],
            className="send-row",
        ),
    ]


def _more(where: str, say: Say, may_act: bool) -> html.Section:
    """Sending, the period, identify, reboot: what the original program does not know."""
    return html.Section(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H2(say("sending"), className="panel-title"),
                            html.P(id=ids.control(where, "sending-state"), className="dim"),
                        ],
                        className="grow",
                    ),
                    switch(where, "sending", say, say("sending"), may_act=may_act),
                ],
                className="led-row",
            ),
            html.Div(_period(where, say), hidden=not may_act),
            html.Div(
                [
                    _button(where, "identify", "eye", say("identify"), say("identify help")),
                    _button(where, "reboot", "refresh", say("reboot"), say("reboot help")),
                ],
                className="button-row",
                hidden=not may_act,
            ),
            _answer(where, "more"),
        ],
        id=ids.control(where, "more"),
        className="panel-part",
    )


def _period(where: str, say: Say) -> html.Div:
    field = ids.control(where, "period")
    low, high = PERIOD_MS
    return html.Div(
        [
            html.Label(say("period"), htmlFor=field, className="panel-title grow"),
            dmc.NumberInput(
                id=field,
                min=low / 1_000,
                max=high / 1_000,
                step=0.1,
                decimalScale=3,
                suffix=f"\u202f{say('seconds')}",
                hideControls=True,
                allowNegative=False,
                className="period-input",
            ),
            html.Button(
                say("set"),
                id=ids.control(where, "period-set"),
                className="button",
                disabled=True,
                **data(tell="period", where=where, take="milliseconds", source=field),
            ),
        ],
        className="led-row period-row",
    )


def _button(where: str, cmd: str, drawing: str, words: str, title: str) -> html.Button:
    return html.Button(
        [icon(drawing), words],
        id=ids.control(where, cmd),
        className="button grow",
        title=title,
        disabled=True,
        **data(tell=cmd, where=where, take="nothing"),
    )


def _answer(where: str, name: str) -> html.Div:
    return html.Div(id=ids.control(where, f"{name}-answer"), className="answer-line", role="status")
