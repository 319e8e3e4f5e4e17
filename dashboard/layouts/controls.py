"""Controls that more than one page has."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from dashboard.panels.parts import icon
from dashboard.translations import Say


def link_field(component_id: str, say: Say) -> dmc.Popover:
    """A link to the view, in a field to select from: copying by a button works over https only."""
    return dmc.Popover(
        [
            dmc.PopoverTarget(
                html.Button([icon("link"), say("link")], className="button", title=say("link help")),
                boxWrapperProps={"className": "tool"},
            ),
            dmc.PopoverDropdown(
                dmc.TextInput(
                    id=component_id, readOnly=True, label=say("link help"), description=say("link copy"), value=""
                )
            ),
        ],
        width=360,
        position="bottom-end",
        shadow="md",
        trapFocus=True,
        transitionProps={"duration": 0},
    )


def moment(component_id: str, label: str, say: Say) -> dmc.DateTimePicker:
    """A date and a time of day on the page's clock."""
    return dmc.DateTimePicker(
        id=component_id,
        label=label,
        valueFormat="D MMM YYYY HH:mm",
        highlightToday=True,
        popoverProps={"transitionProps": {"duration": 0}},
        submitButtonProps={"aria-label": say("apply")},
        className="moment",
    )
