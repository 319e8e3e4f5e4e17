"""What happened to the devices that are explored: as marks on the timeline, and as a list that says it in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import formats
from dashboard.commands.acknowledgements import outcome
from dashboard.figures import Answer, Mark, Style
from dashboard.figures.traces import plain
from dashboard.panels.history import target_text, value_text
from dashboard.panels.parts import Child, pill
from telemetry.questions import metadata_of
from telemetry.timestamps import now_us

#: Kind of a row of the question `happenings` → the choice in MARKS that shows it.
KINDS = {"command": "commands", "event": "events"}
_LISTED = 100


def marks(rows: Sequence[Mapping[str, Any]], style: Style) -> list[Mark]:
    """The rows as marks of a timeline."""
    return [Mark(row["t_us"], row["kind"], plain(_sentence(row, style))) for row in rows]


def listing(answers: Sequence[Answer], style: Style) -> Child:
    """The newest of them as a table, newest first; None where nothing happened."""
    table = answers[0].table
    rows = table.to_pylist()[::-1]
    if not rows:
        return None
    is_all = len(rows) <= _LISTED and metadata_of(table)["complete"]
    names = ("time", "device", "what", "who", "result")
    heads = [html.Th(style.say(name), scope="col", className=f"cell-{name}") for name in names]
    shown = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_row(row, style) for row in rows[:_LISTED]])], className="table"
    )
    rest = None if is_all else html.P(style.say("newest listed", count=_LISTED), className="dim")
    return html.Div([shown, rest], className="table-room scrolled", tabIndex=0)


def _row(row: Mapping[str, Any], style: Style) -> html.Tr:
    moment = formats.when(row["t_us"], now_us(), style.zone, style.language, seconds=True)
    found = outcome({**row, "cmd": row["what"]})
    result = pill(style.say(f"result {found.phrase}"), found.tone) if row["kind"] == "command" else style.say("event")
    return html.Tr(
        [
            html.Td(moment, className="mono"),
            html.Td(html.Bdi(row["device"])),
            html.Td(html.Bdi(words(row, style)), className="cell-value"),
            html.Td(html.Bdi((row["asked_by"] or formats.DASH)[:48]), className="cell-who"),
            html.Td(result),
        ]
    )


def words(row: Mapping[str, Any], style: Style) -> str:
    """`LED on`, `button`: what happened."""
    value = row["value"]
    if row["kind"] == "event" and value in (None, "null", "true"):
        return str(row["what"])[:48]
    if row["kind"] == "event" and row["what"] == "dropped" and (given_up := _numbers(value)):
        return style.say("given up", **{name: formats.number(n, 0, style.language) for name, n in given_up.items()})
    return f"{target_text(row['what'], style)} {value_text(row['what'], value, style)}".strip()


def _numbers(value: str) -> dict[str, int] | None:
    """How many samples a board gave up, and which: the value of the contract's event `dropped`."""
    try:
        found = json.loads(value)
    except ValueError:
        return None
    names = ("count", "from", "to")
    if not isinstance(found, dict) or not all(isinstance(found.get(name), int) for name in names):
        return None
    return {name: found[name] for name in names}


def _sentence(row: Mapping[str, Any], style: Style) -> str:
    parts = [formats.clock(row["t_us"], style.zone), words(row, style), row["device"]]
    if row["kind"] == "command":
        parts += [row["asked_by"], style.say(f"result {outcome({**row, 'cmd': row['what']}).phrase}")]
    return " · ".join(parts)
