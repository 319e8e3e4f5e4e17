"""The cards of the device that the page Devices has open: what it is, and the forms that change that."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard import ids
from dashboard.access.roles import Identity, Role
from dashboard.layouts.measurements import card
from dashboard.panels.parts import aria, data, icon, skeleton
from dashboard.translations import Say

_SWATCHES = ["#d97706", "#2f5bd0", "#0f8f73", "#b5307f", "#0aa2c0", "#6d4a12", "#8c7be0", "#3a4656"]


def board_cards(say: Say, who: Identity) -> list[Any]:
    """The cards in their rows; forms are for admins."""
    hidden = who.role < Role.ADMIN
    facts = card(say("what it is"), "cpu", skeleton("skeleton-block"), ids.BOARD_FACTS, extra="span-5")
    return [
        html.Div([facts, _form(say, hidden)], className="row"),
        html.Div(_metrics(say, hidden), className="row"),
        html.Div([_merging(say), _access(say), _deleting(say)], className="row", hidden=hidden),
    ]


def _form(say: Say, hidden: bool) -> html.Section:
    fields = html.Div(
        [
            dmc.TextInput(id=ids.BOARD_NAME, label=say("name")),
            dmc.TextInput(id=ids.BOARD_PLACE, label=say("place")),
            dmc.TagsInput(id=ids.BOARD_TAGS, label=say("tags"), value=[], data=[], maxTags=16, clearable=True),
            dmc.ColorInput(
                id=ids.BOARD_COLOUR,
                label=say("colour"),
                value="",
                format="hex",
                swatches=_SWATCHES,
                withEyeDropper=False,
                popoverProps={"withinPortal": True},
            ),
            dmc.Textarea(
                id=ids.BOARD_NOTES,
                label=say("notes"),
                autosize=True,
                minRows=2,
                maxRows=8,
                className="wide-field",
            ),
            dmc.Switch(
                id=ids.BOARD_HIDDEN,
                label=say("hide device"),
                description=say("hide device hint"),
                className="wide-field",
            ),
        ],
        className="form-grid",
    )
    return _card(
        say("how it is called"), "edit", [fields, _save(say, ids.BOARD_SAVE, ids.BOARD_SAID)], "span-7", hidden
    )


def _metrics(say: Say, hidden: bool) -> html.Section:
    def number(name: str, label: str, **more: Any) -> dmc.NumberInput:
        return dmc.NumberInput(id=name, label=label, hideControls=True, **more)

    form = html.Div(
        [
            html.H3(say("how it is shown"), className="panel-title"),
            html.Div(
                [
                    dmc.Select(
                        id=ids.METRIC_WHICH,
                        label=say("metric"),
                        data=[],
                        allowDeselect=False,
                        rightSection=icon("selector"),
                        comboboxProps={"withinPortal": True},
                    ),
                    dmc.TextInput(id=ids.METRIC_LABEL, label=say("label")),
                    dmc.TextInput(id=ids.METRIC_UNIT, label=say("unit")),
                    number(ids.METRIC_LOW, say("range from")),
                    number(ids.METRIC_HIGH, say("range to")),
                    number(ids.METRIC_DECIMALS, say("decimals"), min=0, max=9, allowDecimal=False),
                    number(
                        ids.METRIC_KEEP,
                        say("keep days"),
                        min=0,
                        allowDecimal=False,
                        description=say("keep days hint"),
                        className="wide-field",
                    ),
                ],
                className="form-grid three",
            ),
            html.P(say("metric form hint"), className="dim caption"),
            _save(say, ids.METRIC_SAVE, ids.METRIC_SAID),
        ],
        className="metric-form",
        hidden=hidden,
    )
    section = card(say("metrics"), "gauge", skeleton("skeleton-block"), ids.BOARD_METRICS, extra="span-12")
    section.children = [*section.children, form]
    return section


def _merging(say: Say) -> html.Section:
    common: dict[str, Any] = {"rightSection": icon("selector"), "comboboxProps": {"withinPortal": True}}
    body = [
        html.P(say("merge hint"), className="dim caption"),
        html.Div(
            [
                dmc.Select(id=ids.MERGE_FROM, label=say("replaced board"), data=[], searchable=True, **common),
                html.Button(say("merge"), id=ids.MERGE, className="button", **data(once="1")),
            ],
            className="many-row",
        ),
        html.Div(
            [
                dmc.Select(id=ids.SEPARATE_WHICH, label=say("merged boards"), data=[], **common),
                html.Button(say("separate"), id=ids.SEPARATE, className="button", **data(once="1")),
            ],
            id=ids.SEPARATE_BOX,
            className="many-row",
            hidden=True,
        ),
        _said(ids.MERGE_SAID),
    ]
    return _card(say("continue history"), "arrow-merge", body, "span-4")


def _access(say: Say) -> html.Section:
    body = [
        html.P(say("renew hint"), className="dim caption"),
        html.Button(say("renew password"), id=ids.RENEW, className="button", **data(once="1")),
        html.Div(id=ids.RENEWED, **aria(live="polite")),
    ]
    return _card(say("broker access"), "key", body, "span-4")


def _deleting(say: Say) -> html.Section:
    body = [
        html.P(id=ids.DELETE_WORDS, className="caption"),
        html.Div(
            [
                dmc.TextInput(id=ids.DELETE_TYPED, label=say("type its name"), value="", className="grow"),
                html.Button(
                    [icon("trash"), say("delete")],
                    id=ids.DELETE,
                    className="button danger",
                    disabled=True,
                    **data(once="1"),
                ),
            ],
            className="many-row",
        ),
        _said(ids.DELETE_SAID),
    ]
    return _card(say("delete device"), "trash", body, "span-4")


def _card(title: str, drawing: str, body: list[Any], span: str, hidden: bool = False) -> html.Section:
    heading = f"{span}-{drawing}-heading"
    return html.Section(
        [
            html.Header([icon(drawing), html.H2(title, id=heading)], className="card-head"),
            html.Div(body, className="card-body form-body"),
        ],
        className=f"card {span}",
        hidden=hidden,
        **aria(labelledby=heading),
    )


def _save(say: Say, button: str, answer: str) -> html.Div:
    return html.Div(
        [html.Button(say("save"), id=button, className="button primary", **data(once="1")), _said(answer)],
        className="save-row",
    )


def _said(name: str) -> html.Div:
    return html.Div(id=name, className="answer-line", role="status")
