"""The page Alerts: what is open, the rules and the channels, what was; and the forms, over whatever is there.

Who may only look sees no button; channels, which hold passwords, are for admins.
"""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import ids
from dashboard.access.roles import Identity, Role
from dashboard.layouts.controls import dialog
from dashboard.panels.parts import aria, data, icon, skeleton
from dashboard.translations import LANGUAGES, Say
from telemetry.alerts import DIRECTIONS, KINDS, NAME_LENGTH, PER, QUIET, SEVERITIES

_NOTE_LENGTH = 500
_COMMON: dict[str, Any] = {"rightSection": icon("selector"), "comboboxProps": {"withinPortal": True}}


def panel(say: Say, who: Identity) -> html.Div:
    """The left panel: what may be made."""
    rule = html.Button([icon("plus"), say("new rule")], className="button primary wide", **data(alert="rule", id=""))
    channel = html.Button([icon("plus"), say("new channel")], className="button wide", **data(alert="channel", id=""))
    return html.Div(
        [
            html.Section(html.P(say("alerts hint"), className="dim"), className="panel-part"),
            html.Section(rule, className="panel-part", hidden=who.role < Role.OPERATOR),
            html.Section(channel, className="panel-part", hidden=who.role < Role.ADMIN),
        ],
        className="device-panel",
    )


def content(say: Say, _who: Identity) -> list[Any]:
    """Everything below the banners."""
    stores = (ids.ALERT_RULE_WISH, ids.ALERT_DEED, ids.ALERT_SEEN_WISH, ids.CHANNEL_WISH, ids.CHANNEL_DEED)
    return [
        *(dcc.Store(id=name) for name in (*stores, ids.ALERTS_CHANGED, ids.ALERT_EDITED, ids.CHANNEL_EDITED)),
        html.Div(id=ids.ALERTS_SAID, className="alerts-said", role="status"),
        _card("bell", say("open alerts"), ids.ALERTS_OPEN),
        _card("adjustments", say("rules"), ids.ALERT_RULES),
        _card("send", say("channels"), ids.ALERT_CHANNELS),
        _card("history", say("alerts before"), ids.ALERTS_PAST, html.Div(id=ids.ALERTS_FILTERS)),
        _rule_form(say),
        _seen_form(say),
        _channel_form(say),
    ]


def _card(drawing: str, title: str, body: str, above: Any = None) -> html.Div:
    heading = f"{body}-heading"
    section = html.Section(
        [
            html.Header([icon(drawing), html.H2(title, id=heading)], className="card-head"),
            above,
            html.Div(skeleton("skeleton-line"), id=body, className="card-body"),
        ],
        className="card span-12",
        **aria(labelledby=heading),
    )
    return html.Div(section, className="row")


def _select(name: str, label: str, choices: list[dict[str, str]], **more: Any) -> dmc.Select:
    return dmc.Select(id=name, label=label, data=choices, **{**_COMMON, "allowDeselect": False, **more})


def _of(family: str, names: Any, say: Say) -> list[dict[str, str]]:
    return [{"value": name, "label": say(f"{family} {name}")} for name in names]


def _rule_form(say: Say) -> dmc.Modal:
    def figure(name: str, label: str, **more: Any) -> dmc.NumberInput:
        return dmc.NumberInput(id=name, label=label, hideControls=True, decimalScale=6, **more)

    units = [{"value": value, "label": unit} for value, unit in (("1", "s"), ("60", "min"), ("3600", "h"))]
    return dialog(
        ids.ALERT_FORM,
        say("alert rule"),
        [
            html.Div(
                [
                    _select(ids.ALERT_KIND, say("watch for"), _of("kind", KINDS, say)),
                    dmc.TextInput(id=ids.ALERT_NAME, label=say("rule name"), value="",
                                  inputProps={"maxLength": NAME_LENGTH}),
                    _select(ids.ALERT_WHOM, say("of whom"), [], searchable=True),
                    _select(ids.ALERT_METRIC, say("metric"), [], searchable=True, clearable=True, allowDeselect=True,
                            placeholder=say("any metric")),
                    html.Div(figure(ids.ALERT_LEVEL, say("level")), id=ids.ALERT_LEVEL_BOX),
                    html.Div(
                        figure(ids.ALERT_CLEAR, say("clear level"), placeholder=say("the same")),
                        id=ids.ALERT_CLEAR_BOX,
                    ),
                    html.Div(
                        [
                            _select(ids.ALERT_PER, say("measured per"), _of("per", PER, say)),
                            _select(ids.ALERT_DIRECTION, say("direction"), _of("direction", DIRECTIONS, say)),
                        ],
                        id=ids.ALERT_CHANGE_BOX,
                        className="form-pair",
                    ),
                    html.Div(
                        [
                            figure(ids.ALERT_HOLD, say("for at least"), min=0),
                            _select(ids.ALERT_HOLD_UNIT, say("unit"), units),
                        ],
                        className="form-pair",
                    ),
                    _select(ids.ALERT_SEVERITY, say("severity"), _of("severity", SEVERITIES, say)),
                    dmc.MultiSelect(id=ids.ALERT_TELL, label=say("tells"), data=[], placeholder=say("only shown"),
                                    **_COMMON),
                    html.Div(
                        [
                            dmc.TextInput(id=ids.ALERT_QUIET_FROM, label=say("quiet from"), placeholder="22:00"),
                            dmc.TextInput(id=ids.ALERT_QUIET_TO, label=say("quiet to"), placeholder="07:00"),
                        ],
                        className="form-pair",
                    ),
                    _select(ids.ALERT_QUIET_THEN, say("in quiet hours"), _of("quiet", QUIET, say)),
                ],
                className="form-grid",
            ),
            html.P(id=ids.ALERT_PREVIEW, className="dim", **aria(live="polite")),
            html.P(id=ids.ALERT_PROBLEM, className="tone-bad", role="alert"),
            html.Div(
                [
                    html.Button([icon("trash"), say("delete rule")], id=ids.ALERT_REMOVE, className="button",
                                hidden=True),
                    html.Button([icon("history"), say("try rule")], id=ids.ALERT_TRY, className="button"),
                    html.Button(say("save"), id=ids.ALERT_SAVE, className="button primary", **data(once="1")),
                ],
                className="form-end",
            ),
        ],
        say,
    )  # fmt: skip


def _seen_form(say: Say) -> dmc.Modal:
    return dialog(
        ids.ALERT_SEEN,
        say("acknowledge"),
        [
            dmc.Textarea(
                id=ids.ALERT_NOTE, label=say("seen note"), value="", autosize=True, minRows=2, maxRows=6,
                inputProps={"maxLength": _NOTE_LENGTH},
            ),
            html.P(id=ids.ALERT_SEEN_PROBLEM, className="tone-bad", role="alert"),
            html.Div(
                html.Button(say("acknowledge"), id=ids.ALERT_SEEN_SAVE, className="button primary", **data(once="1")),
                className="form-end",
            ),
        ],
        say,
        size="md",
    )  # fmt: skip


def _channel_form(say: Say) -> dmc.Modal:
    languages = [{"value": name, "label": say({"en": "english", "fr": "french"}[name])} for name in LANGUAGES]
    return dialog(
        ids.CHANNEL_FORM,
        say("alert channel"),
        [
            dmc.TextInput(id=ids.CHANNEL_NAME, label=say("channel name"), value=""),
            dmc.PasswordInput(
                id=ids.CHANNEL_URL, label=say("channel address"), value="", description=say("channel address hint"),
                visibilityToggleButtonProps={"aria-label": say("show address")},
            ),
            html.P(
                [html.Code(each, className="example") for each in (
                    "ntfy://ntfy.sh/topic", "tgram://token/chat-id", "mailtos://name:password@example.org",
                    "jsons://example.org/hook")],
                className="dim examples",
            ),
            _select(ids.CHANNEL_LANGUAGE, say("channel language"), languages),
            html.P(id=ids.CHANNEL_PROBLEM, className="tone-bad", role="alert"),
            html.Div(
                [
                    html.Button(
                        [icon("trash"), say("delete channel")], id=ids.CHANNEL_REMOVE, className="button", hidden=True
                    ),
                    html.Button(say("save"), id=ids.CHANNEL_SAVE, className="button primary", **data(once="1")),
                ],
                className="form-end",
            ),
        ],
        say,
        size="md",
    )  # fmt: skip
