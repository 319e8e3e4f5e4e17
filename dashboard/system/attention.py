"""What deserves a look, in one list: each with its tone, its words, and the panel that says more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dash import html

from dashboard import formats, ids
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.panels.parts import Child, dot
from dashboard.system.choices import Choices
from dashboard.system.disk import days_left, forecast_words
from dashboard.system.ledger import GAPS, by_device, lost_of
from telemetry.errors import LumosError
from telemetry.questions import metadata_of
from telemetry.timestamps import US_PER_HOUR

#: A disk that is full sooner is bad; sooner than the second is worth a look.
_BAD_DAYS, _WARNING_DAYS = 7, 60
_BACKUP_LATE_US = 50 * US_PER_HOUR
_LAG_MS = 5_000

#: Tone, words, and the panel to look at.
Verdict = tuple[str, str, str]


def draw(context: Context, _choices: Choices, at_us: int, style: Style) -> Child:
    """All that is known; nothing is said twice, and silence about something means that it is well."""
    found = verdicts(context, at_us, style)
    if not found:
        found = [("good", style.say("all well"), "broker")]
    return html.Ul(
        [
            html.Li(
                html.A(
                    [dot(tone), html.Span(words)],
                    href=f"#{ids.system_panel(panel)}-heading",
                    className=f"verdict tone-{tone}",
                )
            )
            for tone, words, panel in found
        ],
        className="verdicts",
    )


def verdicts(context: Context, at_us: int, style: Style) -> list[Verdict]:
    """What deserves a look, the worst first."""
    try:
        health, vitals = context.rows("health")[0], context.rows("vitals")[0]
    except LumosError as error:
        return [("bad", f"{style.say('ingest')}: {error}", "ingest")]
    looks: tuple[Callable[[], Iterator[Verdict]], ...] = (
        lambda: _running(health, vitals, style),
        lambda: _backup(context, vitals, at_us, style),
        lambda: _disk(context, at_us, style),
        lambda: _lost(context, health, at_us, style),
    )
    found: list[Verdict] = []
    for look in looks:
        try:
            found += look()
        except LumosError as error:  # a question that timed out
            found.append(("warning", str(error), "ingest"))
    return sorted(found, key=lambda verdict: verdict[0] != "bad")


def _running(health: Mapping[str, Any], vitals: Mapping[str, Any], style: Style) -> Iterator[Verdict]:
    say = style.say
    if not vitals["broker_connected"]:
        yield "bad", say("broker banner"), "broker"
    if vitals["refused"]:
        yield "bad", say("topics refused"), "broker"
    if vitals["lag_ms"] > _LAG_MS:
        yield "warning", say("lags", span=formats.delay(vitals["lag_ms"], style.language)), "ingest"
    if vitals["errors"]:
        yield "warning", say("errors logged", count=formats.number(vitals["errors"], 0, style.language)), "ingest"
    if health["clock_behind"]:
        yield "warning", say("clock banner"), "ingest"


def _backup(context: Context, vitals: Mapping[str, Any], at_us: int, style: Style) -> Iterator[Verdict]:
    say = style.say
    if vitals["backup_failed_us"]:
        time = formats.when(vitals["backup_failed_us"], at_us, style.zone, style.language)
        yield "bad", say("backup failed", time=time), "store"
    elif vitals["backups_kept"] and (rows := context.rows("backups")) and at_us - rows[0]["made_us"] > _BACKUP_LATE_US:
        yield "warning", say("backup late", span=formats.span(at_us - rows[0]["made_us"], style.language)), "store"


def _disk(context: Context, at_us: int, style: Style) -> Iterator[Verdict]:
    found = metadata_of(context.reader.ask("forecast"))
    days = days_left(found, at_us)
    if days < _WARNING_DAYS:
        yield "bad" if days < _BAD_DAYS else "warning", forecast_words(found, at_us, style), "disk"


def _lost(context: Context, health: Mapping[str, Any], at_us: int, style: Style) -> Iterator[Verdict]:
    say = style.say
    rows = context.rows("losses")
    gaps = by_device(context.rows("gaps", limit=GAPS)) if any(row["gaps"] for row in rows) else {}
    lost = sum(lost_of(row, gaps.get(row["device"], ()), at_us) for row in rows)
    if lost:
        yield "warning", say("samples were lost", count=formats.number(lost, 0, style.language)), "ledger"
    if health["quarantined"]:
        count = formats.number(health["quarantined"], 0, style.language)
        yield "warning", say("messages unreadable", count=count), "quarantine"
