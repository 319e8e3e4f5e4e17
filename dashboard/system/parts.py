"""The four parts as lists of facts: broker connection, ingest, store, dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard import formats
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.panels.parts import Child, dot, fact
from dashboard.system.choices import Choices
from telemetry.logs import Troubles, troubles
from telemetry.process import memory_bytes
from telemetry.timestamps import US_PER_SECOND


def broker(context: Context, _choices: Choices, at_us: int, style: Style) -> Child:
    """Where it is, since when we are connected, what it does not let us read."""
    row, say = _vitals(context), style.say
    connected = bool(row["broker_connected"])
    since = row["connected_us"]
    lines = [
        fact(
            say("connection"), _state(say("connected" if connected else "disconnected"), "good" if connected else "bad")
        ),
        fact(say("address"), html.Span(row["broker_address"], className="mono")),
        fact(say("connected since"), _when(since, at_us, style) if connected and since else formats.DASH),
        fact(say("reconnects"), _number(max(0, row["connections"] - 1), style)),
        fact(say("messages per second"), _rate(row["messages_per_second"], style)),
    ]
    if row["refused"]:
        lines.append(fact(say("refused topics"), html.Span(", ".join(row["refused"]), className="mono tone-bad")))
    return _facts(lines)


def ingest(context: Context, _choices: Choices, at_us: int, style: Style) -> Child:
    """What waits, how long, what went wrong."""
    row, say = _vitals(context), style.say
    lag = formats.delay(row["lag_ms"], style.language) if row["lag_ms"] else say("nothing waits")
    waiting = say(
        "waiting messages", count=_number(row["waiting_messages"], style), size=_size(row["waiting_bytes"], style)
    )
    found = Troubles(row["warnings"], row["errors"], row["last_trouble"] or "", row["last_trouble_us"] or 0)
    return _facts(
        [
            fact(say("lag"), lag),
            fact(say("queue"), waiting),
            fact(say("stored since start"), _number(row["stored_readings"], style)),
            fact(say("unreadable since start"), _number(row["quarantined"], style)),
            *_process(row["started_us"], row["memory_bytes"], at_us, style),
            *_troubles(found, at_us, style),
        ]
    )


def store(context: Context, _choices: Choices, at_us: int, style: Style) -> Child:
    """How much is in it, and the last backup with its outcome."""
    health, row, say = context.rows("health")[0], _vitals(context), style.say
    newest = health["newest_us"]
    return _facts(
        [
            fact(say("readings of it"), _number(health["readings"], style)),
            fact(say("size"), _size(health["bytes"], style)),
            fact(say("series"), _number(row["series"], style)),
            fact(say("page devices"), _number(row["devices"], style)),
            fact(say("newest reading"), _when(newest, at_us, style) if newest else formats.DASH),
            *_backups(context.rows("backups"), row, at_us, style),
        ]
    )


def dashboard(context: Context, _choices: Choices, at_us: int, style: Style) -> Child:
    """This very process; it answers whatever ingest does."""
    activity, say = context.activity, style.say
    answers = dict(activity.answers)
    failed = answers.get("5xx", 0)
    return _facts(
        [
            fact(say("clients"), _number(activity.clients(), style)),
            fact(say("requests"), _number(sum(answers.values()), style)),
            fact(say("failed requests"), html.Span(_number(failed, style), className="tone-bad" if failed else "")),
            *_process(activity.started_us, memory_bytes(), at_us, style),
            *_troubles(troubles(), at_us, style),
        ]
    )


def _vitals(context: Context) -> Mapping[str, Any]:
    return context.rows("vitals")[0]


def _facts(lines: Sequence[Child]) -> html.Dl:
    return html.Dl(lines, className="facts")


def _state(words: str, tone: str) -> html.Span:
    return html.Span([dot(tone), html.Span(words)], className="state-words")


def _process(started_us: int, memory: int | None, at_us: int, style: Style) -> list[Child]:
    say = style.say
    lines = [fact(say("uptime"), formats.span(at_us - started_us, style.language))]
    if memory is not None:
        lines.append(fact(say("memory"), _size(memory, style)))
    return lines


def _troubles(found: Troubles, at_us: int, style: Style) -> list[Child]:
    say = style.say
    words = say("errors and warnings", errors=_number(found.errors, style), warnings=_number(found.warnings, style))
    lines = [fact(say("log"), html.Span(words, className="tone-bad" if found.errors else ""))]
    if found.last:
        moment = html.Time(_when(found.last_us, at_us, style), className="mono")
        lines.append(
            html.Div([html.Dt([say("last trouble"), " ", moment]), html.Dd(found.last)], className="fact fact-long")
        )
    return lines


def _backups(rows: Sequence[Mapping[str, Any]], vitals: Mapping[str, Any], at_us: int, style: Style) -> list[Child]:
    say, lines = style.say, []
    if rows:
        newest = rows[0]
        lines.append(fact(say("last backup"), _when(newest["made_us"], at_us, style)))
        lines.append(fact(say("backups"), say("backups kept", count=len(rows), size=_size(newest["bytes"], style))))
    else:
        words = say("no backup yet" if vitals["backups_kept"] else "no backup wanted")
        lines.append(fact(say("last backup"), words))
    if vitals["backup_failed_us"]:
        words = say("backup failed", time=_when(vitals["backup_failed_us"], at_us, style))
        why = html.Dd(vitals["backup_trouble"])
        lines.append(html.Div([html.Dt(words, className="tone-bad"), why], className="fact fact-long"))
    return lines


def _number(value: float, style: Style) -> str:
    return formats.number(value, 0, style.language)


def _rate(value: float, style: Style) -> str:
    return formats.number(value, 0 if value >= 100 else 1, style.language)


def _size(value: int, style: Style) -> str:
    return formats.size(value, style.language)


def _when(t_us: int, at_us: int, style: Style) -> str:
    return formats.when(t_us, at_us, style.zone, style.language, seconds=at_us - t_us < 86_400 * US_PER_SECOND)
