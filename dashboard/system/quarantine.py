"""The quarantine: why messages could not be read, samples of them, and how to try them again.

A payload is somebody's bytes: it is shown as text, cut, with everything that is not a letter escaped.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import formats, ids
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.panels.parts import Child, data, empty, icon
from dashboard.system.choices import Choices
from dashboard.system.opening import opener
from telemetry.timestamps import US_PER_DAY, now_us

_SAMPLES = 5
_KINDS = 50
_LONGEST = 400
#: So long one click tries; what is left then needs another.
_REPLAY_SECONDS = 10.0

Row = Mapping[str, Any]


def draw(context: Context, choices: Choices, at_us: int, style: Style) -> Child:
    """A line for each kind of reason, the most frequent first."""
    say = style.say
    rows = context.rows("quarantine_reasons")
    if not rows:
        return empty("circle-check", say("quarantine empty"), say("quarantine empty hint"))
    lines: list[Child] = []
    for row in rows[:_KINDS]:
        opened = row["kind"] == choices.reason
        lines.append(_line(row, at_us, style, opened=opened))
        if opened:
            samples = context.rows("quarantine", kind=row["kind"], limit=_SAMPLES)
            lines.append(html.Tr(html.Td(_samples(samples, at_us, style), colSpan=5), className="opened"))
    heads = [
        html.Th(say(f"column {name}"), scope="col", className="number" if name in ("count", "replayable") else "")
        for name in ("reason", "count", "replayable", "newest")
    ]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(className="cell-open"), *heads])), html.Tbody(lines)], className="table"
    )
    again = sum(row["replayable"] for row in rows)
    return [html.Div(table, className="table-room"), _replay(again, style) if choices.may_replay and again else None]


def replay(context: Context, by: str) -> tuple[int, int, bool]:
    """Try the entries again for a while: how many were read, how many stay, and whether all were tried."""
    arguments = {"after_us": 0, "until_us": now_us()}
    read = kept = 0
    until = time.monotonic() + _REPLAY_SECONDS
    while time.monotonic() < until:
        told = context.commander.actions.call("replay_quarantine", arguments, by=by)
        read, kept = read + told["read"], kept + told["kept"]
        if told["next_us"] is None:
            return read, kept, True
        arguments["after_us"] = told["next_us"]
    return read, kept, False


def shown_payload(payload: bytes, length: int) -> str:
    """A payload as text: what is no letter escaped, cut where it is long."""
    text = payload.decode("utf-8", "backslashreplace")
    safe = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text[:_LONGEST]
    )
    return f"{safe}…" if len(text) > _LONGEST or length > len(payload) else safe


def _line(row: Row, at_us: int, style: Style, *, opened: bool) -> html.Tr:
    say = style.say
    return html.Tr(
        [
            html.Td(
                opener(ids.SYSTEM_REASON, row["kind"], say("samples of", reason=row["kind"]), opened=opened),
                className="cell-open",
            ),
            html.Th(
                [html.Bdi(row["reason"]), html.Span(html.Bdi(row["topic"][:200]), className="dim mono block")],
                scope="row",
                className="wrap",
            ),
            html.Td(formats.number(row["count"], 0, style.language), className="number"),
            html.Td(formats.number(row["replayable"], 0, style.language), className="number"),
            html.Td(_when(row["last_us"], at_us, style), className="mono"),
        ]
    )


def _samples(rows: Sequence[Row], at_us: int, style: Style) -> Child:
    say = style.say
    return html.Ul(
        [
            html.Li(
                [
                    html.Div(
                        [
                            html.Time(_when(row["arrived_us"], at_us, style), className="mono"),
                            html.Span(html.Bdi(row["topic"][:200]), className="mono"),
                            html.Span(
                                say("bytes long", count=formats.number(row["length"], 0, style.language)),
                                className="dim",
                            ),
                            html.Span(say("not replayable"), className="dim") if not row["replayable"] else None,
                        ],
                        className="sample-head",
                    ),
                    html.Code(html.Bdi(shown_payload(row["payload"], row["length"])), className="payload"),
                    html.P(html.Bdi(row["reason"]), className="dim"),
                ]
            )
            for row in rows
        ],
        className="samples",
    )


def _replay(count: int, style: Style) -> Child:
    say = style.say
    words = say("replay hint", command="python -m ingest replay")
    button = html.Button(
        [icon("refresh"), say("replay", count=formats.number(count, 0, style.language))],
        className="button tinted",
        **data(once="1", presses=ids.SYSTEM_REPLAY),
    )
    return html.Div([button, html.Span(words, className="dim")], className="replay-row")


def _when(t_us: int, at_us: int, style: Style) -> str:
    return formats.when(t_us, at_us, style.zone, style.language, seconds=at_us - t_us < US_PER_DAY)
