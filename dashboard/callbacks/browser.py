"""What only the browser can do: its functions stand in assets/, and are wired here."""

from __future__ import annotations

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State

from dashboard import ids
from dashboard.context import Context
from dashboard.layouts.telling import BOARD, LIVE
from dashboard.pages import PAGES
from dashboard.system.panels import PANELS

#: The controls of the page Explore, in the order of CHOICES in assets/explore.js, and what is filled in beside them.
CHOICES = (
    (ids.EXPLORE_SERIES, "value"), (ids.EXPLORE_RANGE, "value"), (ids.EXPLORE_COMPARE, "value"),
    (ids.EXPLORE_DAYS, "value"), (ids.EXPLORE_HOUR_FROM, "value"), (ids.EXPLORE_HOUR_TO, "value"),
    (ids.EXPLORE_MARKS, "value"),
)  # fmt: skip
DERIVED = (
    (ids.EXPLORE_DETAIL, "data"), (ids.EXPLORE_DETAIL, "value"), (ids.EXPLORE_DETAILS, "hidden"),
    (ids.ZONE, "value"), (ids.EXPLORE_FROM, "value"), (ids.EXPLORE_TO, "value"),
)  # fmt: skip


def _in_browser(name: str) -> ClientsideFunction:
    return ClientsideFunction(namespace="lumos", function_name=name)


def register(app: dash.Dash, _context: Context) -> None:
    """Wire the functions of assets/*.js."""
    wire: Any = app.clientside_callback
    # Its zone, scheme, width and pointer.
    wire(_in_browser("describe"), Output(ids.BROWSER, "data"), Input(ids.PAGE, "data"))
    # Which page is in sight; only what is in sight ticks.
    wire(
        _in_browser("turn_page"),
        Output(ids.OPEN_PAGE, "data"),
        *(Output(part(page.name), "hidden") for page in PAGES for part in (ids.page, ids.page_panel)),
        *(Output(ids.page_link(page.name, where), "className") for where in ("", ids.DRAWER) for page in PAGES),
        Input(ids.ADDRESS, "pathname"),
        State(ids.PAGE, "data"),
    )
    # The page that is open hears of its address, and the others of nothing.
    wire(
        _in_browser("visit"),
        *(Output(ids.visit(page.name), "data") for page in PAGES),
        Input(ids.ADDRESS, "search"),
        Input(ids.OPEN_PAGE, "data"),
        Input(ids.REVISION, "data"),
        Input(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
    )
    wire(_in_browser("zones"), Output(ids.ZONE, "data"), Output(ids.ZONE, "value"), Input(ids.PAGE, "data"))
    wire(
        _in_browser("choose_zone"),
        Input(ids.ZONE, "value"),
        State(ids.OPEN_PAGE, "data"),
        State(ids.EXPLORED, "data"),
        State(ids.BROWSER, "data"),
        prevent_initial_call=True,
    )
    # The ways to the other pages carry over what is looked at.
    wire(
        _in_browser("carry"),
        *(Output(ids.page_link(page.name, where), "href") for where in ("", ids.DRAWER) for page in PAGES),
        Input(ids.OPEN_PAGE, "data"),
        Input(ids.VIEW, "data"),
        Input(ids.EXPLORED, "data"),
        Input(ids.EXPLORE_ZOOM, "data"),
        State(ids.PAGE, "data"),
    )
    wire(
        _in_browser("follow"),
        Input(ids.PULSE, "n_intervals"),
        State(ids.OPEN_PAGE, "data"),
        State(ids.EXPLORED, "data"),
        State(ids.EXPLORE_ZOOM, "data"),
        prevent_initial_call=True,
    )
    # What ticks: the live page's chart, or its cards, and slowly whatever page is open beside a chart.
    wire(
        _in_browser("tick"),
        Output(ids.TICK, "max_intervals"),
        Output(ids.OVERVIEW_TICK, "max_intervals"),
        Output(ids.PULSE, "max_intervals"),
        Output(ids.DEVICE_PANEL, "hidden"),
        Output(ids.SHELL, "navbar", allow_duplicate=True),
        Input(ids.OPEN_PAGE, "data"),
        Input(ids.VIEW, "data"),
        State(ids.SHELL, "navbar"),
        prevent_initial_call=True,
    )
    wire(
        _in_browser("choose_devices"),
        Input(ids.OVERVIEW_WORDS, "value"),
        Input(ids.OVERVIEW_STATE, "value"),
        Input(ids.OVERVIEW_SORT, "value"),
        Input(ids.OVERVIEW_METRIC, "value"),
        State(ids.OVERVIEW_CHOICES, "data"),
    )
    wire(
        _in_browser("show_choices"),
        Output(ids.OVERVIEW_WORDS, "value"),
        Output(ids.OVERVIEW_STATE, "value"),
        Output(ids.OVERVIEW_SORT, "value"),
        Output(ids.OVERVIEW_METRIC, "value"),
        Input(ids.OVERVIEW_CHOICES, "data"),
    )
    wire(_in_browser("overview_news"), Input(ids.OVERVIEW_NEWS, "data"))
    # A choice goes into the address, and the address decides what is shown (dashboard.callbacks.opening): without an
    # output of its own, since address → choice → address would be a circle.
    wire(
        _in_browser("choose"),
        Input(ids.DEVICE, "value"),
        Input(ids.METRIC, "value"),
        Input(ids.RANGE, "value"),
        State(ids.VIEW, "data"),
    )
    choices = (ids.DEVICE, ids.METRIC, ids.RANGE)
    wire(
        _in_browser("show_chosen"),
        *(Output(name, "value") for name in choices),
        Input(ids.CHOSEN_VIEW, "data"),
        State(ids.ADDRESS, "search"),
        *(State(name, "value") for name in choices),
        prevent_initial_call=True,
    )
    for shown, chosen in ((ids.CUSTOM, ids.RANGE), (ids.EXPLORE_CUSTOM, ids.EXPLORE_RANGE)):
        wire(_in_browser("show_custom"), Output(shown, "hidden"), Input(chosen, "value"))
    wire(
        _in_browser("choose_explored"),
        *(Input(name, prop) for name, prop in CHOICES),
        Input(ids.EXPLORE_DETAIL, "value"),
        State(ids.EXPLORED, "data"),
        State(ids.EXPLORE_ZOOM, "data"),
        State(ids.OPEN_PAGE, "data"),
    )
    wire(
        _in_browser("show_explored"),
        *(Output(name, prop, allow_duplicate=name == ids.ZONE) for name, prop in (*CHOICES, *DERIVED)),
        Input(ids.EXPLORE_CHOSEN, "data"),
        State(ids.ADDRESS, "search"),
        prevent_initial_call=True,
    )
    wire(
        _in_browser("zoom_explored"),
        Output(ids.EXPLORE_ZOOM, "data"),
        Input(ids.EXPLORE_CHART, "relayoutData"),
        State(ids.EXPLORED, "data"),
        State(ids.EXPLORE_ZOOM, "data"),
        State(ids.EXPLORE_CHART, "figure"),
    )
    wire(
        _in_browser("explore_link"),
        Output(ids.EXPLORE_LINK, "value"),
        Input(ids.EXPLORED, "data"),
        Input(ids.EXPLORE_ZOOM, "data"),
        Input(ids.BROWSER, "data"),
    )
    wire(
        _in_browser("link"),
        Output(ids.LINK, "value"),
        Input(ids.VIEW, "data"),
        Input(ids.ZOOM, "data"),
        Input(ids.BROWSER, "data"),
    )
    wire(
        _in_browser("zoom"),
        Output(ids.ZOOM, "data"),
        Input(ids.CHART, "relayoutData"),
        State(ids.ZOOM, "data"),
        State(ids.VIEW, "data"),
        State(ids.CHART, "figure"),
    )
    wire(
        _in_browser("toggle_live"),
        Output(ids.LIVE, "data"),
        Output(ids.LIVE_SWITCH, "aria-pressed"),
        Input(ids.LIVE_SWITCH, "n_clicks"),
        State(ids.LIVE, "data"),
        prevent_initial_call=True,
    )
    wire(
        _in_browser("toggle_panel"),
        Output(ids.SHELL, "navbar"),
        Input(ids.BURGER, "opened"),
        State(ids.SHELL, "navbar"),
        prevent_initial_call=True,
    )
    wire(
        _in_browser("choose_roster"),
        Input(ids.DEVICES_FIND, "value"),
        Input(ids.DEVICES_STATE, "value"),
        Input(ids.DEVICES_TAG, "value"),
        Input(ids.DEVICES_SORT, "value"),
        Input(ids.DEVICES_HIDDEN, "checked"),
        State(ids.DEVICES, "data"),
    )
    wire(
        _in_browser("show_many"),
        Output(ids.MANY_TEXT_BOX, "hidden"),
        Output(ids.MANY_PERIOD_BOX, "hidden"),
        Input(ids.MANY_CMD, "value"),
    )
    # What is new in the store reaches the controls of the page in sight alone.
    for where, function in ((LIVE, "news_live"), (BOARD, "news_devices")):
        wire(
            _in_browser(function),
            Output(ids.control(where, "news"), "data"),
            Input(ids.REVISION, "data"),
            Input(ids.HEALTH, "data"),
            Input(ids.OPEN_PAGE, "data"),
        )
    wire(
        _in_browser("show_when"),
        *(Output(box, "hidden") for box in (ids.SCHEDULE_AT_BOX, ids.SCHEDULE_SUN_BOX, ids.SCHEDULE_EVERY_BOX)),
        Input(ids.schedule_field("kind"), "value"),
    )
    wire(
        _in_browser("show_what"),
        Output(ids.SCHEDULE_TEXT_BOX, "hidden"),
        Output(ids.SCHEDULE_PERIOD_BOX, "hidden"),
        Input(ids.schedule_field("cmd"), "value"),
    )
    wire(_in_browser("tick_schedules"), Output(ids.SCHEDULES_TICK, "max_intervals"), Input(ids.OPEN_PAGE, "data"))
    # The panels of the page System have a clock each, and hear how it is looked at while it is open.
    wire(
        _in_browser("tick_system"),
        Output(ids.SYSTEM_LOOK, "data"),
        *(Output(ids.system_tick(panel.name), "max_intervals") for panel in PANELS),
        Input(ids.OPEN_PAGE, "data"),
        Input(ids.BROWSER, "data"),
        State(ids.SYSTEM_PANELS, "data"),
    )
    wire(_in_browser("may_delete"), Output(ids.DELETE, "disabled"), Input(ids.DELETE_TYPED, "value"))
    for where in (LIVE, BOARD):
        wire(
            _in_browser("screen"),
            Output(ids.control(where, "screen"), "children"),
            Output(ids.control(where, "screen-caption"), "children"),
            Output(ids.control(where, "message-count"), "children"),
            Input(ids.control(where, "message"), "value"),
            Input(ids.control(where, "screen-shown"), "data"),
            State(ids.PAGE, "data"),
        )
