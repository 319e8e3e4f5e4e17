"""The page Devices: from the address to the list, or to the one device that is open."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from dashboard import formats, ids
from dashboard.access.guard import identity
from dashboard.access.roles import Role
from dashboard.callbacks.state import Kept, style_of
from dashboard.context import Context
from dashboard.devices.choices import Choices, resolve
from dashboard.devices.many import CHOSEN, tag_target
from dashboard.devices.roster import Roster, everybody, roster
from dashboard.figures import Style
from dashboard.layouts.telling import BOARD
from dashboard.pages import DEVICES
from dashboard.panels.parts import failed
from dashboard.panels.roster import pager, roster_table, tag_choices
from dashboard.plain import plain
from telemetry.errors import LumosError
from telemetry.timestamps import now_us


def register(app: dash.Dash, context: Context) -> None:
    """The address, and the list that follows from it."""

    @app.callback(
        Output(ids.DEVICES, "data"),
        Output(ids.BOARD, "data"),
        Output(ids.DEVICES_FIND, "value"),
        Output(ids.DEVICES_STATE, "value"),
        Output(ids.DEVICES_TAG, "value"),
        Output(ids.DEVICES_SORT, "value"),
        Output(ids.DEVICES_HIDDEN, "checked"),
        Output(ids.DEVICES_ALL, "hidden"),
        Output(ids.DEVICES_ONE, "hidden"),
        Output(ids.DEVICES_FILTERS, "hidden"),
        Output(ids.BOARD_PANEL, "hidden"),
        Input(ids.visit(DEVICES), "data"),
        State(ids.DEVICES, "data"),
        prevent_initial_call=True,
    )
    def open_devices(visit: Kept | None, kept: Kept | None) -> Any:
        if not visit:
            raise PreventUpdate
        choices, browser = resolve(str(visit["search"])), visit["look"]
        # With how it is written, so that everything is drawn again when the clock or the colours change.
        now = {**choices.as_json(), "look": browser}
        if kept == now:
            raise PreventUpdate
        one = bool(choices.device)
        return (
            now,
            {"device": choices.device, "look": browser},
            choices.find,
            choices.state,
            choices.tag or None,
            choices.sort,
            choices.hidden,
            one,
            not one,
            one,
            not one,
        )

    @app.callback(
        Output(ids.DEVICES_LIST, "children"),
        Output(ids.DEVICES_PAGER, "children"),
        Output(ids.DEVICES_COUNT, "children"),
        Output(ids.DEVICES_TAG, "data"),
        Output(ids.MANY_TO, "data"),
        Output(ids.MANY_TO, "value"),
        Output(ids.MANY_SEND, "disabled"),
        Input(ids.DEVICES, "data"),
        Input(ids.control(BOARD, "news"), "data"),
        Input(ids.CHOSEN, "data"),
        Input(ids.DEVICES_RETRY, "data"),
        State(ids.MANY_TO, "value"),
        State(ids.OPEN_PAGE, "data"),
        State(ids.BROWSER, "data"),
        State(ids.PAGE, "data"),
        prevent_initial_call=True,
    )
    def list_devices(
        kept: Kept | None,
        _news: Any,
        chosen: list[str],
        _retry: int,
        to: str | None,
        open_page: str | None,
        browser: Kept,
        page: Kept,
    ) -> Any:
        if open_page != DEVICES or not kept or kept["device"]:
            raise PreventUpdate
        style, choices, at_us = style_of(context, page, browser), choices_of(kept), now_us()
        try:
            found = roster(everybody(context, at_us), choices)
            rows = context.rows("conditions", devices=[entry.device for entry in found.entries])
        except LumosError as error:
            return plain(failed(style.say, str(error), ids.DEVICES_RETRY)), None, "", *[no_update] * 4
        may_act = identity().role >= Role.OPERATOR
        conditions = {row["device"]: row for row in rows}
        to_whom = whom(found, chosen, style)
        meant = to if to in [choice["value"] for choice in to_whom] else CHOSEN
        return (
            plain(roster_table(found, choices, conditions, chosen, at_us, style, may_act=may_act)),
            plain(pager(found, choices, style)),
            counted(found, style),
            tag_choices(found.tags, choices.tag),
            to_whom,
            # Not what somebody may have chosen since this was asked: the wrong boards would be told.
            no_update if meant == to else meant,
            meant == CHOSEN and not chosen,
        )


def choices_of(kept: Kept) -> Choices:
    """The choices that the browser kept."""
    return resolve(kept["search"])


def counted(found: Roster, style: Style) -> str:
    """How many there are, and how many of them fit."""
    total = formats.number(found.total, 0, style.language)
    if found.found == found.total:
        return style.say("devices", count=total)
    return style.say("devices found", found=formats.number(found.found, 0, style.language), total=total)


def whom(found: Roster, chosen: list[str], style: Style) -> list[dict[str, str]]:
    """Whom one may tell something: those that are ticked, and all of each tag."""
    say = style.say
    ticked = say("the chosen", count=len(chosen)) if chosen else say("nobody chosen")
    tags = [
        {"value": tag_target(tag), "label": say("all of tag", count=count, tag=tag)}
        for tag, count in found.tags.items()
    ]
    return [{"value": CHOSEN, "label": ticked}, *tags]
