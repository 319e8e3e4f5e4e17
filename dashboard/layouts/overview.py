"""All devices: which are looked for and in what order, over their cards."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard import ids
from dashboard.overview.choices import ALL, SORTS, STATES
from dashboard.panels.parts import aria, icon, skeleton
from dashboard.translations import Say


def content(say: Say) -> list[Any]:
    """A toolbar over the room for the cards."""
    return [
        html.H1(say("all devices"), className="visually-hidden"),
        html.Div([_words(say), _states(say), _metric(say), _sort(say)], className="toolbar"),
        html.Div([skeleton("skeleton-block")], id=ids.OVERVIEW_CARDS),
    ]


def states(say: Say, counts: dict[str, int] | None = None) -> list[dict[str, str]]:
    """The states one may look for, with how many devices are in each."""
    return [
        {"value": state, "label": say(f"state {state}") + (f" {counts[state]}" if counts else "")} for state in STATES
    ]


def _words(say: Say) -> dmc.TextInput:
    return dmc.TextInput(
        id=ids.OVERVIEW_WORDS,
        value="",
        debounce=250,
        placeholder=say("find device"),
        leftSection=icon("search"),
        className="device-search",
        inputProps={"type": "search"},
        **aria(label=say("find device")),
    )


def _states(say: Say) -> html.Div:
    control = dmc.SegmentedControl(
        id=ids.OVERVIEW_STATE, data=states(say), value=ALL, transitionDuration=0, className="ranges"
    )
    return html.Div(control, role="group", className="ranges-box", **aria(label=say("state")))


def _metric(say: Say) -> dmc.Select:
    return dmc.Select(
        id=ids.OVERVIEW_METRIC,
        data=[],
        value=None,
        clearable=True,
        placeholder=say("first metric"),
        leftSection=icon("gauge"),
        rightSection=icon("selector"),
        className="overview-select",
        **aria(label=say("metric")),
    )


def _sort(say: Say) -> dmc.Select:
    return dmc.Select(
        id=ids.OVERVIEW_SORT,
        data=[{"value": sort, "label": say(f"sort {sort}")} for sort in SORTS],
        value=SORTS[0],
        allowDeselect=False,
        leftSection=icon("sort-ascending"),
        rightSection=icon("selector"),
        className="overview-select",
        **aria(label=say("sort by")),
    )
