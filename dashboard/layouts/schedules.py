"""The page Schedules: the list, the last runs, and the form over them. Who may only look sees no button."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import ids
from dashboard.access.roles import Identity, Role
from dashboard.devices.many import choices
from dashboard.layouts.controls import dialog
from dashboard.panels.parts import aria, data, icon, skeleton
from dashboard.translations import LONG_WEEKDAYS, Say
from telemetry.commands import MESSAGE_LENGTH, PERIOD_MS
from telemetry.schedules import LATE_MINUTES, MINUTES_PER_DAY, NAME_LENGTH, OFFSET_MINUTES, Kind, SunEvent

_TICK_MS = 30_000
_COMMON: dict[str, Any] = {"rightSection": icon("selector"), "comboboxProps": {"withinPortal": True}}


def panel(say: Say, who: Identity) -> html.Div:
    """The left panel: what schedules are, and a new one."""
    button = html.Button(
        [icon("plus"), say("new schedule")], className="button primary wide", **data(schedule="new", id="")
    )
    return html.Div(
        [
            html.Section(html.P(say("schedules hint"), className="dim"), className="panel-part"),
            html.Section(button, className="panel-part", hidden=who.role < Role.OPERATOR),
        ],
        className="device-panel",
    )


def content(say: Say, _who: Identity) -> list[Any]:
    """Everything below the banners."""
    stores = (ids.SCHEDULE_WISH, ids.SCHEDULE_EDITED, ids.SCHEDULES_CHANGED, ids.SCHEDULES_RETRY)
    return [
        *(dcc.Store(id=name) for name in stores),
        dcc.Interval(id=ids.SCHEDULES_TICK, interval=_TICK_MS, max_intervals=0),
        html.Div(id=ids.SCHEDULES_SAID, className="said", role="status"),
        _card("clock", say("page schedules"), ids.SCHEDULES_LIST),
        _card("history", say("last runs"), ids.SCHEDULES_RUNS),
        _form(say),
    ]


def _card(drawing: str, title: str, body: str) -> html.Div:
    heading = f"{body}-heading"
    section = html.Section(
        [
            html.Header([icon(drawing), html.H2(title, id=heading)], className="card-head"),
            html.Div(
                skeleton("skeleton-block"),
                id=body,
                className="card-body table-room",
                tabIndex=0,
                role="group",
                **aria(label=title),
            ),
        ],
        className="card span-12",
        **aria(labelledby=heading),
    )
    return html.Div(section, className="row")


def _form(say: Say) -> dmc.Modal:
    buttons = [
        html.Button(
            [icon("trash"), say("delete schedule")], id=ids.SCHEDULE_REMOVE, className="button", **data(once="1")
        ),
        html.Button(say("save"), id=ids.SCHEDULE_SAVE, className="button primary", **data(once="1")),
    ]
    return dialog(
        ids.SCHEDULE_FORM,
        say("schedule"),
        [
            html.Div([*_who_and_what(say), *_when(say)], className="form-grid"),
            html.P(id=ids.SCHEDULE_PREVIEW, className="dim schedule-preview", **aria(live="polite")),
            html.P(id=ids.SCHEDULE_PROBLEM, className="tone-bad", role="alert"),
            html.Div(buttons, className="schedule-end"),
        ],
        say,
    )


def _who_and_what(say: Say) -> list[Any]:
    low, high = PERIOD_MS
    text = dmc.Textarea(
        id=_field("text"),
        label=say("message"),
        value="",
        autosize=True,
        maxRows=4,
        inputProps={"maxLength": MESSAGE_LENGTH},
    )
    period = _number(
        "period", say("period"), min=low / 1_000, max=high / 1_000, decimalScale=3, suffix=f"\u202f{say('seconds')}"
    )
    return [
        html.Div(
            dmc.TextInput(
                id=_field("name"), label=say("schedule name"), value="", inputProps={"maxLength": NAME_LENGTH}
            ),
            className="wide-field",
        ),
        dmc.MultiSelect(
            id=_field("devices"),
            label=say("schedule devices"),
            data=[],
            value=[],
            searchable=True,
            hidePickedOptions=True,
            **_COMMON,
        ),
        dmc.Select(
            id=_field("tag"),
            label=say("schedule all of"),
            data=[],
            clearable=True,
            placeholder=say("schedule no tag"),
            **_COMMON,
        ),
        dmc.Select(
            id=_field("cmd"), label=say("what"), data=choices(say), value="led on", allowDeselect=False, **_COMMON
        ),
        html.Div(
            [
                html.Div(text, id=ids.SCHEDULE_TEXT_BOX, hidden=True),
                html.Div(period, id=ids.SCHEDULE_PERIOD_BOX, hidden=True),
            ]
        ),
    ]


def _when(say: Say) -> list[Any]:
    kinds = [{"value": str(kind), "label": say(f"kind of schedule {kind}")} for kind in Kind]
    events = [{"value": str(event), "label": say(str(event))} for event in SunEvent]
    names = LONG_WEEKDAYS[say("code")]
    low, high = OFFSET_MINUTES
    minutes = f"\u202f{say('minutes short')}"
    return [
        html.Div(
            dmc.SegmentedControl(
                id=_field("kind"), data=kinds, value="at", transitionDuration=0, fullWidth=True, className="ranges"
            ),
            className="wide-field",
            role="group",
            **aria(label=say("schedule when")),
        ),
        html.Div(_clock("time", say("time of day")), id=ids.SCHEDULE_AT_BOX),
        html.Div(
            [
                dmc.Select(
                    id=_field("event"),
                    label=say("sun event"),
                    data=events,
                    value="sunset",
                    allowDeselect=False,
                    **_COMMON,
                ),
                _number("offset", say("sun offset"), min=low, max=high, allowDecimal=False, suffix=minutes),
                _number("latitude", say("latitude"), min=-90, max=90, decimalScale=4, placeholder="48.85"),
                _number("longitude", say("longitude"), min=-180, max=180, decimalScale=4, placeholder="2.35"),
            ],
            id=ids.SCHEDULE_SUN_BOX,
            className="form-grid wide-field",
            hidden=True,
        ),
        html.Div(
            [
                _number(
                    "minutes", say("every minutes"), min=1, max=MINUTES_PER_DAY, allowDecimal=False, suffix=minutes
                ),
                _clock("start", say("from time")),
                _clock("end", say("to time")),
            ],
            id=ids.SCHEDULE_EVERY_BOX,
            className="form-grid three wide-field",
            hidden=True,
        ),
        html.Div(
            dmc.CheckboxGroup(
                html.Div(
                    [dmc.Checkbox(label=name, value=str(day)) for day, name in enumerate(names)], className="day-boxes"
                ),
                id=_field("days"),
                label=say("schedule days"),
                value=[],
            ),
            className="wide-field",
        ),
        dmc.Select(
            id=_field("zone"),
            label=say("schedule zone"),
            data=[],
            searchable=True,
            allowDeselect=False,
            nothingFoundMessage=say("no zone found"),
            **_COMMON,
        ),
        _number(
            "late",
            say("late up to"),
            min=LATE_MINUTES[0],
            max=LATE_MINUTES[1],
            allowDecimal=False,
            suffix=minutes,
            description=say("late hint"),
        ),
    ]


def _number(name: str, label: str, **more: Any) -> dmc.NumberInput:
    return dmc.NumberInput(id=_field(name), label=label, hideControls=True, **more)


def _clock(name: str, label: str) -> dmc.TextInput:
    """A time of the day; it gives `HH:MM` in every language."""
    return dmc.TimeInput(id=_field(name), label=label, value="", debounce=300)


def _field(name: str) -> str:
    return ids.schedule_field(name)
