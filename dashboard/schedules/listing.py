"""The list of schedules and that of their last runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import formats
from dashboard.figures import Style
from dashboard.panels.parts import Child, aria, data, empty, icon, pill
from dashboard.schedules import words
from telemetry.schedules import from_json
from telemetry.timestamps import US_PER_MINUTE

Row = Mapping[str, Any]
#: How a command's state is toned; what is not named is neutral.
_TONES = {
    "acknowledged": "good", "refused": "bad", "timed out": "warning", "held": "waiting", "sent": "waiting",
    "expired": "warning", "sent, cannot be confirmed": "warning",
}  # fmt: skip


def table(
    rows: Sequence[Row], runs: Sequence[Row], names: Mapping[str, str], at_us: int, style: Style, *, may_act: bool
) -> Child:
    """One line a schedule."""
    say = style.say
    if not rows:
        return empty("clock", say("no schedule"), say("no schedule hint"))
    last: dict[str, Row] = {}
    for run in runs:
        last.setdefault(run["schedule_id"], run)
    heads = [html.Th(say(f"column {name}"), scope="col") for name in ("schedule", "told", "next")]
    heads.append(html.Th(say("column last run"), scope="col", className="cell-last"))
    first = html.Th(html.Span(say("schedule on"), className="unseen"), scope="col") if may_act else None
    end = html.Th(html.Span(say("schedule do"), className="unseen"), scope="col") if may_act else None
    lines = [_line(row, last.get(row["schedule_id"]), names, at_us, style, may_act=may_act) for row in rows]
    return html.Table([html.Thead(html.Tr([first, *heads, end])), html.Tbody(lines)], className="table schedules")


def history(rows: Sequence[Row], at_us: int, style: Style) -> Child:
    """The last runs, those that were missed among them."""
    say = style.say
    if not rows:
        return html.P(say("no run yet"), className="dim")
    lines = [
        html.Tr(
            [
                html.Td(
                    formats.when(row["ran_us"] or row["due_us"], at_us, style.zone, style.language), className="mono"
                ),
                html.Th(html.Bdi(row["name"]), scope="row"),
                html.Td(outcome(row, at_us, style)),
                html.Td(html.Bdi(row["asked_by"]) if row["asked_by"] else "", className="dim"),
            ]
        )
        for row in rows
    ]
    heads = [html.Th(say(f"column {name}"), scope="col") for name in ("ran at", "schedule", "run outcome", "run by")]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(lines)], className="table")


def outcome(row: Row, at_us: int, style: Style) -> list[Child]:
    """What came of a run, as pills."""
    say = style.say
    if row["ran_us"] is None:
        return [html.Span(words.missed(row, at_us, style), className="tone-bad")]
    if row["problem"]:
        return [html.Span(say(f"run {row['problem']}"), className="tone-warning")]
    states: dict[str, int] = json.loads(row["states"])
    if row["unconfirmed"]:
        states["sent, cannot be confirmed"] = states.get("sent, cannot be confirmed", 0) + row["unconfirmed"]
    shown: list[Child] = [
        pill(_counted(say(f"outcome {state}"), count), _TONES.get(state, "neutral")) for state, count in states.items()
    ]
    late_us = row["ran_us"] - row["due_us"]
    if late_us > US_PER_MINUTE:
        shown.append(html.Span(say("ran late", span=formats.span(late_us, style.language)), className="dim"))
    return [html.Span(shown, className="pills")]


def _counted(text: str, count: int) -> str:
    return text if count == 1 else f"{count} × {text}"


def _line(row: Row, run: Row | None, names: Mapping[str, str], at_us: int, style: Style, *, may_act: bool) -> html.Tr:
    say, schedule = style.say, from_json(row["definition"])
    key, enabled = row["schedule_id"], row["enabled"]
    switch = html.Button(
        [
            html.Span(say("on short"), className="switch-on"),
            html.Span(say("off short"), className="switch-off"),
            html.Span(className="switch-thumb"),
        ],
        className="switch",
        role="switch",
        **aria(checked=str(enabled).lower(), label=say("schedule switch", name=schedule.name)),
        **data(schedule="off" if enabled else "on", id=key),
    )
    buttons = [
        _button("player-play", say("run schedule", name=schedule.name), "run", key, once="1"),
        _button("edit", say("edit schedule", name=schedule.name), "edit", key),
    ]
    zone = "" if schedule.zone == str(style.zone) else f" · {schedule.zone}"
    who: list[Child] = [html.Bdi(schedule.name), html.Span(words.when(schedule, style) + zone, className="dim block")]
    told: list[Child] = [
        words.what(schedule, style),
        html.Span(html.Bdi(words.whom(schedule, row["devices"], names, style)), className="dim block"),
    ]
    return html.Tr(
        [
            html.Td(switch) if may_act else None,
            html.Th(who, scope="row", className="wrap"),
            html.Td(told, className="wrap"),
            html.Td(words.following(schedule, row, at_us, style), className="" if enabled else "dim"),
            html.Td(_last(run, at_us, style), className="cell-last"),
            html.Td(html.Div(buttons, className="line-buttons")) if may_act else None,
        ]
    )


def _last(run: Row | None, at_us: int, style: Style) -> Child:
    if run is None:
        return html.Span(formats.DASH, className="dim")
    if run["ran_us"] is None:
        return outcome(run, at_us, style)
    time = formats.when(run["ran_us"], at_us, style.zone, style.language)
    shown: list[Child] = [html.Time(time, className="mono"), " ", *outcome(run, at_us, style)]
    return shown


def _button(drawing: str, label: str, deed: str, key: str, **more: str) -> html.Button:
    return html.Button(
        icon(drawing),
        className="button square small",
        title=label,
        **aria(label=label),
        **data(schedule=deed, id=key, **more),
    )
