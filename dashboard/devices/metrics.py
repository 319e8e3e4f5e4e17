"""What people say of a metric: how it is shown, and how long its readings are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import formats
from dashboard.commands.acknowledgements import Outcome
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.panels.parts import Child
from dashboard.panels.telling import line
from telemetry.errors import LumosError

#: What is kept for a time of its own: the readings themselves.
_RAW = "raw"
#: What may be said of a metric, in the order of the form.
_WORDS = ("label", "unit", "low", "high", "decimals")


def with_kept(context: Context, series: list[dict[str, Any]], style: Style) -> list[dict[str, Any]]:
    """The series, each with how long its readings are kept in words; without, where only a running ingest knows."""
    try:
        rules = context.rows("retention")
    except LumosError:
        return series
    days = {(rule["device"], rule["metric"]): rule["days"] for rule in rules if rule["level"] == _RAW}

    def words(row: Mapping[str, Any]) -> str:
        kept = days.get((row["device"], row["metric"]), days.get((None, None), 0))
        return (
            style.say("kept days", days=formats.number(kept, 0, style.language)) if kept else style.say("kept always")
        )

    return [{**row, "kept": words(row)} for row in series]


def metric_form(context: Context, device: str, metric: str) -> list[Any]:
    """What people said of a metric, and beside it, where they said nothing, what the board says."""
    rows = context.rows("descriptions", device=device)
    row = next((row for row in rows if row["metric"] == metric), {})
    said = [*(row.get(key) for key in _WORDS), own_rule(context, device, metric)]
    own = [row.get(f"own_{key}") for key in _WORDS]
    shown = ["" if value is None else value for value in said]
    return [*shown, *("" if value is None else str(value) for value in own), ""]


def own_rule(context: Context, device: str, metric: str) -> float | None:
    """For how many days its readings are kept by a rule of its own; None where it has none, or nobody knows."""
    try:
        rules = context.rows("retention")
    except LumosError:
        return None
    found = (
        rule["days"] for rule in rules if (rule["level"], rule["device"], rule["metric"]) == (_RAW, device, metric)
    )
    return next(found, None)


def describe_metric(context: Context, device: str, metric: str, told: Sequence[Any], style: Style, by: str) -> Child:
    """Keep what was said of a metric, and for how long its readings are kept; what came of it, as a line."""
    *words, days = told
    arguments = {"device": device, "metric": metric, **dict(zip(_WORDS, words, strict=True))}
    answer = change(context, "describe_metric", arguments, style, by)
    before = own_rule(context, device, metric)
    if days == before:
        return answer
    rule = {"level": _RAW, "days": days, "device": device, "metric": metric}
    try:
        plan = context.commander.actions.call("set_retention", rule, by=by)
    except LumosError as error:
        return line(str(error), Outcome("refused", "bad"))
    gone = sum(row["rows"] for row in plan["expires"] if (row["device"], row["metric"]) == (device, metric))
    if not gone:
        return answer
    words_of = style.say("saved and expires", rows=formats.number(gone, 0, style.language))
    return line(words_of, Outcome("saved", "warning"))


def change(context: Context, action: str, arguments: Mapping[str, Any], style: Style, by: str) -> Child:
    """Carry an action out for whoever asks; the line that says what came of it."""
    try:
        context.commander.actions.call(action, dict(arguments), by=by)
    except LumosError as error:
        return line(str(error), Outcome("refused", "bad"))
    return line(style.say("saved"), Outcome("saved", "good"))
