"""The left panel: the device, what it says of itself, its LED, its screen."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard import ids
from dashboard.panels.parts import all_devices, aria, icon, skeleton
from dashboard.translations import Say
from telemetry.commands import MESSAGE_LENGTH


def panel(say: Say, *, may_act: bool) -> html.Div:
    """The panel's frame; callbacks fill it. Who may only look sees the states, without the controls."""
    parts = [all_devices(say), _chooser(say), _led(say, may_act), _screen(say, may_act)]
    return html.Div(parts, id=ids.DEVICE_PANEL, className="device-panel")


def _chooser(say: Say) -> html.Section:
    return html.Section(
        [
            dmc.Select(
                id=ids.DEVICE,
                label=say("device"),
                data=[],
                allowDeselect=False,
                leftSection=icon("cpu"),
                rightSection=icon("selector"),
                searchable=False,
                comboboxProps={"withinPortal": True},
                maxDropdownHeight=420,
            ),
            html.Dl([skeleton("skeleton-line")] * 4, id=ids.DEVICE_FACTS, className="facts"),
        ],
        className="panel-part",
    )


def _led(say: Say, may_act: bool) -> html.Section:
    """The switch shows what the board says; a click is a wish, and its answer stands below."""
    return html.Section(
        [
            html.Div(
                [
                    html.Span(icon("bulb"), className="led-icon"),
                    html.Div(
                        [html.H2(say("led"), className="panel-title"), html.P(id=ids.LED_STATE, className="dim")],
                        className="grow",
                    ),
                    html.Button(
                        [
                            html.Span(say("on short"), className="switch-on"),
                            html.Span(say("off short"), className="switch-off"),
                            html.Span(className="switch-thumb"),
                        ],
                        id=ids.LED,
                        className="switch",
                        role="switch",
                        disabled=True,
                        hidden=not may_act,
                        **aria(checked="false", label=say("led")),
                    ),
                ],
                className="led-row",
            ),
            html.Div(id=ids.LED_ANSWER, className="answer-line", role="status"),
        ],
        className="panel-part",
    )


def _screen(say: Say, may_act: bool) -> html.Section:
    return html.Section(
        [
            html.H2(say("screen message"), className="panel-title"),
            html.Div(html.Pre("", id=ids.SCREEN), className="oled", role="img", **aria(label=say("screen preview"))),
            html.P(id=ids.SCREEN_CAPTION, className="dim caption"),
            html.Div(_message(say), hidden=not may_act),
            html.Div(id=ids.SEND_ANSWER, className="answer-line", role="status"),
        ],
        className="panel-part",
    )


def _message(say: Say) -> list[Any]:
    return [
        dmc.Textarea(
            id=ids.MESSAGE,
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
                html.Span(f"0 / {MESSAGE_LENGTH}", id=ids.MESSAGE_COUNT, className="dim mono"),
                html.Button([icon("send"), say("send")], id=ids.SEND, className="button primary", disabled=True),
            ],
            className="send-row",
        ),
    ]
