"""The left panel of the live page: the device, what it says of itself, and what one may tell it."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from dashboard import ids
from dashboard.layouts.telling import LIVE, controls
from dashboard.panels.parts import all_devices, icon, skeleton
from dashboard.translations import Say


def panel(say: Say, *, may_act: bool) -> html.Div:
    """The panel's frame; callbacks fill it."""
    parts = [all_devices(say), _chooser(say), *controls(LIVE, say, may_act=may_act)]
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
