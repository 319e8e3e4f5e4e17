"""The page Devices: the list with what can be done to several, or one device with everything about it.

Who may only look sees no controls, and only admins see what changes names, data or rights.
"""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import ids
from dashboard.access.roles import Identity, Role
from dashboard.devices.choices import SORTS, STATES
from dashboard.devices.many import COMMANDS, choices
from dashboard.layouts.board import board_cards
from dashboard.layouts.controls import dialog
from dashboard.layouts.lazy import Lazy
from dashboard.layouts.measurements import card
from dashboard.layouts.telling import BOARD, controls
from dashboard.panels.parts import aria, data, icon, skeleton
from dashboard.translations import Say
from telemetry.commands import PERIOD_MS
from telemetry.questions.commanded import STATES as OUTCOMES


def panel(say: Say, who: Identity) -> html.Div:
    """The left panel: the filters of the list, or the controls of the open device."""
    return html.Div(
        [
            html.Div(_filters(say, who), id=ids.DEVICES_FILTERS),
            Lazy(controls(BOARD, say, may_act=who.role >= Role.OPERATOR), ids.BOARD_PANEL),
        ],
        className="device-panel",
    )


def content(say: Say, who: Identity) -> list[Any]:
    """Everything below the banners."""
    return [
        *_memory(),
        html.Div(_list(say, who), id=ids.DEVICES_ALL),
        Lazy(
            [
                html.Div(id=ids.BOARD_HEAD, className="board-head"),
                html.Div(board_cards(say, who), id=ids.BOARD_CARDS),
            ],
            ids.DEVICES_ONE,
        ),
        html.Div(_journal(say), className="row"),
        _invitation(say),
    ]


def _memory() -> list[Any]:
    return [
        dcc.Store(id=ids.DEVICES),
        dcc.Store(id=ids.BOARD),
        dcc.Store(id=ids.CHOSEN, data=[]),
        dcc.Store(id=ids.MANY_TOLD),
        dcc.Store(id=ids.JOURNAL_PAGE, data=1),
        dcc.Store(id=ids.DEVICES_RETRY),
        dcc.Interval(id=ids.MANY_TICK, interval=200, disabled=True),
    ]


def _filters(say: Say, who: Identity) -> list[Any]:
    def select(name: str, label: str, choices: list[dict[str, str]], **more: Any) -> Any:
        return dmc.Select(
            id=name,
            label=label,
            data=choices,
            rightSection=icon("selector"),
            comboboxProps={"withinPortal": True},
            **{"allowDeselect": False, **more},
        )

    states = [{"value": state, "label": say(f"state {state or 'any'}")} for state in STATES]
    parts = [
        dmc.TextInput(id=ids.DEVICES_FIND, label=say("find"), leftSection=icon("search"), debounce=250),
        select(ids.DEVICES_STATE, say("state"), states, value=""),
        select(ids.DEVICES_TAG, say("tag"), [], clearable=True, allowDeselect=True, placeholder=say("any tag")),
        select(
            ids.DEVICES_SORT, say("order"), [{"value": n, "label": say(f"order {n}")} for n in SORTS], value=SORTS[0]
        ),
        dmc.Switch(id=ids.DEVICES_HIDDEN, label=say("show hidden"), checked=False, className="hidden-switch"),
    ]
    add = html.Button(
        [icon("plus"), say("add board")], id=ids.ADD, className="button primary wide", hidden=who.role < Role.ADMIN
    )
    return [
        html.Section(parts, className="panel-part fields"),
        html.Section(add, className="panel-part", hidden=who.role < Role.ADMIN),
    ]


def _list(say: Say, who: Identity) -> list[Any]:
    return [
        html.Div(_many(say), className="row", hidden=who.role < Role.OPERATOR),
        html.Div(
            html.Section(
                [
                    html.Header(
                        [
                            icon("cpu"),
                            html.H2(say("page devices"), id="devices-heading"),
                            html.Span(id=ids.DEVICES_COUNT, className="subtitle"),
                            html.Nav(
                                id=ids.DEVICES_PAGER,
                                className="card-state pager",
                                **aria(label=say("pages of the list")),
                            ),
                        ],
                        className="card-head",
                    ),
                    html.Div(
                        skeleton("skeleton-block"),
                        id=ids.DEVICES_LIST,
                        className="card-body table-room",
                        tabIndex=0,
                        role="group",
                        **aria(label=say("page devices")),
                    ),
                ],
                className="card span-12",
                **aria(labelledby="devices-heading"),
            ),
            className="row",
        ),
    ]


def _many(say: Say) -> html.Section:
    """Telling the chosen ones, or all of a tag."""
    low, high = PERIOD_MS
    common: dict[str, Any] = {"rightSection": icon("selector"), "comboboxProps": {"withinPortal": True}}
    return html.Section(
        [
            html.Header([icon("send"), html.H2(say("tell several"), id="many-heading")], className="card-head"),
            html.Div(
                [
                    dmc.Select(id=ids.MANY_TO, label=say("to whom"), data=[], allowDeselect=False, **common),
                    dmc.Select(
                        id=ids.MANY_CMD,
                        label=say("what"),
                        data=choices(say),
                        value=next(iter(COMMANDS)),
                        allowDeselect=False,
                        **common,
                    ),
                    html.Div(
                        dmc.Textarea(
                            id=ids.MANY_TEXT,
                            label=say("message"),
                            value="",
                            autosize=True,
                            maxRows=4,
                        ),
                        id=ids.MANY_TEXT_BOX,
                        hidden=True,
                        className="grow",
                    ),
                    html.Div(
                        dmc.NumberInput(
                            id=ids.MANY_PERIOD,
                            label=say("period"),
                            value=1,
                            min=low / 1_000,
                            max=high / 1_000,
                            decimalScale=3,
                            suffix=f"\u202f{say('seconds')}",
                            hideControls=True,
                            className="period-input",
                        ),
                        id=ids.MANY_PERIOD_BOX,
                        hidden=True,
                    ),
                    html.Button(
                        [icon("send"), say("send")],
                        id=ids.MANY_SEND,
                        className="button primary",
                        disabled=True,
                        **data(once="1"),
                    ),
                ],
                className="many-row",
            ),
            html.Div(id=ids.MANY_ANSWER, className="many-answer", role="status"),
        ],
        className="card span-12",
        **aria(labelledby="many-heading"),
    )


def _journal(say: Say) -> html.Section:
    """All commands, those of the open device, or those that are filtered."""
    common: dict[str, Any] = {
        "clearable": True,
        "rightSection": icon("selector"),
        "comboboxProps": {"withinPortal": True},
        "size": "xs",
    }

    def select(name: str, anything: str, label: str, choices: list[dict[str, str]]) -> dmc.Select:
        # Without a value of its own, Mantine reports one as soon as the choices come, and the table is asked for twice.
        return dmc.Select(id=name, value=None, placeholder=anything, data=choices, **common, **aria(label=label))

    outcomes = [{"value": state, "label": say(f"outcome {state}")} for state in OUTCOMES]
    csv: dict[str, Any] = {"href": "", "download": "", "className": "button small", "title": say("journal csv")}
    filters = html.Div(
        [
            select(ids.JOURNAL_CMD, say("any command"), say("target"), []),
            select(ids.JOURNAL_STATE, say("any outcome"), say("result"), outcomes),
            dmc.TextInput(
                id=ids.JOURNAL_BY, placeholder=say("by anybody"), debounce=300, size="xs", **aria(label=say("who"))
            ),
            select(ids.JOURNAL_METRIC, say("effect on"), say("effect on"), []),
            html.A([icon("download"), say("as csv")], id=ids.JOURNAL_CSV, **csv),
        ],
        className="journal-filters",
    )
    section = card(say("history"), "history", skeleton("skeleton-block"), ids.JOURNAL, extra="span-12")
    pager = html.Nav(id=ids.JOURNAL_PAGER, className="pager journal-pager", **aria(label=say("pages of the history")))
    section.children = [section.children[0], filters, section.children[1], pager]
    return section


def _invitation(say: Say) -> dmc.Modal:
    """Adding a board: its name, then all that whoever sets it up needs."""
    return dialog(
        ids.ADD_BOX,
        say("add board"),
        [
            html.P(say("add board hint"), className="dim"),
            html.Div(
                [
                    dmc.TextInput(id=ids.ADD_NAME, label=say("device name"), placeholder="window-2", className="grow"),
                    html.Button(say("make user"), id=ids.ADD_MAKE, className="button primary", **data(once="1")),
                ],
                className="many-row",
            ),
            html.Div(id=ids.ADD_MADE, **aria(live="polite")),
        ],
        say,
    )
