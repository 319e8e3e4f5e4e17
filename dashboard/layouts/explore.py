"""The page Explore: a toolbar over a timeline, and the panels of `dashboard.explore.panels` below it.

A further tool in the toolbar is one more row of TOOLS, a further panel one more row of PANELS there; what a panel needs
beside a question and a drawing (a form, a list that is edited) is one more row of SECTIONS here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard import ids
from dashboard.access.roles import Identity
from dashboard.explore.choices import COMPARISONS, DEFAULT_PRESET, EVERY_DAY, MARKS, MOST_SERIES
from dashboard.explore.drawing import HEIGHT
from dashboard.explore.panels import PANELS, Panel
from dashboard.layouts.controls import chart_room, custom_range, link_field, range_choice
from dashboard.layouts.early import Early
from dashboard.notes.panel import section
from dashboard.panels.parts import aria, data, icon, skeleton
from dashboard.series import PRESETS
from dashboard.takeaway.menu import menu
from dashboard.translations import LONG_WEEKDAYS, WEEKDAYS, Say

#: What stands at the end of the toolbar, in this order: functions from the page's language and reader to a component.
TOOLS: tuple[Callable[[Say, Identity], Any], ...] = (
    lambda say, _: menu(ids.EXPLORE, ids.EXPLORE_CHART, say),
    lambda say, _: link_field(ids.EXPLORE_LINK, say),
)
#: What stands below the panels: functions likewise, each giving a card of its own.
SECTIONS: tuple[Callable[[Say, Identity], Any], ...] = (lambda say, who: section(ids.EXPLORE, say, who),)


#: How many series the control lists at once; typing leads to the others.
_LISTED = 200


def panel(say: Say, _who: Identity) -> html.Div:
    """The left panel: what is looked at, compared with what, restricted to what, with which marks."""
    return html.Div(
        [
            _part(_series(say)),
            _part(_checks(ids.EXPLORE_COMPARE, say("compare"), "compare", COMPARISONS, (), say)),
            _part(*_restriction(say)),
            _part(_checks(ids.EXPLORE_MARKS, say("marks"), "marks", MARKS, MARKS, say)),
        ],
        className="device-panel",
    )


def _part(*children: Any) -> html.Section:
    return html.Section(list(children), className="panel-part")


def _series(say: Say) -> dmc.MultiSelect:
    return dmc.MultiSelect(
        id=ids.EXPLORE_SERIES,
        label=say("series"),
        description=say("series hint", count=MOST_SERIES),
        placeholder=say("add series"),
        data=[],
        value=[],
        maxValues=MOST_SERIES,
        searchable=True,
        limit=_LISTED,
        hidePickedOptions=True,
        nothingFoundMessage=say("no series found"),
        comboboxProps={"withinPortal": True},
        maxDropdownHeight=420,
        className="series-select",
    )


def _checks(
    component_id: str, label: str, family: str, choices: Sequence[str], chosen: Sequence[str], say: Say
) -> dmc.CheckboxGroup:
    return dmc.CheckboxGroup(
        html.Div(
            [dmc.Checkbox(label=_check_label(say, family, name), value=name, size="sm") for name in choices],
            className="checks",
        ),
        id=component_id,
        label=label,
        value=list(chosen),
    )


def _check_label(say: Say, family: str, name: str) -> html.Span:
    """The words, after the shape that the timeline has for it."""
    return html.Span([html.Span(className=f"shape shape-{name}"), say(f"{family} {name}")], className="check-label")


def _restriction(say: Say) -> list[Any]:
    """Weekdays and hours of the day; 22 to 6 goes over midnight."""
    language = say("code")
    chips = [
        dmc.Chip(day, value=str(number), size="xs", **aria(label=LONG_WEEKDAYS[language][number]))
        for number, day in enumerate(WEEKDAYS[language])
    ]

    def hour(component_id: str, label: str, hours: range) -> dmc.Select:
        return dmc.Select(
            id=component_id,
            data=[{"value": str(number), "label": f"{number:02}:00"} for number in hours],
            value=str(hours[0] if hours[0] == 0 else hours[-1]),
            allowDeselect=False,
            className="hour-select",
            **aria(label=label),
        )

    return [
        html.H2(say("only"), className="panel-title"),
        html.Div(
            dmc.ChipGroup(chips, id=ids.EXPLORE_DAYS, multiple=True, value=[str(day) for day in EVERY_DAY]),
            role="group",
            className="weekdays",
            **aria(label=say("weekdays")),
        ),
        html.Div(
            [
                hour(ids.EXPLORE_HOUR_FROM, say("from hour"), range(24)),
                html.Span("–", className="dim"),
                hour(ids.EXPLORE_HOUR_TO, say("to hour"), range(1, 25)),
            ],
            role="group",
            className="hours",
            **aria(label=say("hours")),
        ),
    ]


def content(say: Say, who: Identity) -> list[Any]:
    """Everything below the banners."""
    return [
        _toolbar(say, who),
        custom_range(ids.EXPLORE_CUSTOM, ids.EXPLORE_FROM, ids.EXPLORE_TO, ids.EXPLORE_APPLY, ids.EXPLORE_PROBLEM, say),
        html.Div(_timeline(say), className="row"),
        html.Div(
            [
                html.Span(say("detail"), id=f"{ids.EXPLORE_DETAIL}-label", className="dim"),
                dmc.SegmentedControl(
                    id=ids.EXPLORE_DETAIL, data=[], value="1", transitionDuration=0, className="ranges"
                ),
            ],
            id=ids.EXPLORE_DETAILS,
            role="group",
            className="details",
            hidden=True,
            **aria(labelledby=f"{ids.EXPLORE_DETAIL}-label"),
        ),
        html.Div([_card(row, say) for row in PANELS], className="row"),
        *(html.Div(section(say, who), className="row") for section in SECTIONS),
    ]


def _toolbar(say: Say, who: Identity) -> html.Div:
    return html.Div(
        [
            range_choice(ids.EXPLORE_RANGE, PRESETS, DEFAULT_PRESET, say),
            html.Div(
                [
                    html.Button(
                        [icon("adjustments"), say("choose series")],
                        className="button narrow-only",
                        **data(opens=ids.BURGER),
                    ),
                    *(tool(say, who) for tool in TOOLS),
                ],
                className="tools",
            ),
        ],
        className="toolbar",
    )


def _timeline(say: Say) -> html.Section:
    return html.Section(
        [
            html.Header(
                [
                    icon("chart-line"),
                    html.H2(id=ids.EXPLORE_TITLE, className="legend"),
                    html.Span(id=ids.EXPLORE_SUBTITLE, className="subtitle"),
                ],
                className="card-head timeline-head",
            ),
            html.Div(id=ids.EXPLORE_LEGEND, className="legend legend-more"),
            chart_room(ids.EXPLORE_CHART, ids.EXPLORE_BOX, ids.EXPLORE_COVER, HEIGHT, say, Early()),
        ],
        className="card span-12",
        **aria(labelledby=ids.EXPLORE_TITLE),
    )


def _card(row: Panel, say: Say) -> html.Section:
    body = ids.explore_panel(row.name)
    heading = f"{body}-heading"
    return html.Section(
        [
            html.Header(
                [
                    icon(row.icon),
                    html.H2(say(f"panel {row.name}"), id=heading),
                    html.Span(id=ids.explore_about(row.name), className="subtitle"),
                ],
                className="card-head",
            ),
            html.Div(skeleton("skeleton-block"), id=body, className="card-body"),
        ],
        className=f"card span-{row.span} panel-{row.name}",
        **aria(labelledby=heading),
    )
