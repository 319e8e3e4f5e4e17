"""Rules and alerts in words: `Heat of Greenhouse above 30`, `31.2 °C`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import formats
from dashboard.figures import Style
from telemetry.alerts import Rule
from telemetry.timestamps import US_PER_SECOND

TONES = {"info": "waiting", "warning": "warning", "critical": "bad"}
_LONGEST = 200


def target(rule: Rule, names: Mapping[str, str], style: Style) -> str:
    """Whom it watches."""
    if rule.device is not None:
        return names.get(rule.device, rule.device)[:_LONGEST]
    if rule.tag is not None:
        return style.say("everything tagged", tag=rule.tag)
    return style.say("every device")


def condition(rule: Rule, what: str, style: Style, unit: str | None = None) -> str:
    """What it watches for, of something: a metric, with whose it is or without."""
    say, hold = style.say, formats.span(round(rule.hold_seconds * US_PER_SECOND), style.language)
    level = formats.with_unit(number(rule.level or 0.0, style), unit)
    text = say(
        f"rule {rule.kind}", what=what, level=level, per=say(f"per {rule.per}"), hold=hold,
        direction=say(f"direction {rule.direction}"),
    )  # fmt: skip
    if rule.kind == "silent":
        return text
    parts = [text]
    if rule.hold_seconds:
        parts.append(say("rule holds", hold=hold))
    if rule.clear_level is not None and rule.clear_level != rule.level:
        parts.append(say("rule clears", level=formats.with_unit(number(rule.clear_level, style), unit)))
    return ", ".join(parts)


def described(rule: Rule, names: Mapping[str, str], style: Style) -> str:
    """The whole rule in one line."""
    whom = target(rule, names, style)
    return condition(rule, style.say("metric of", metric=rule.metric, whom=whom) if rule.metric else whom, style)


def value(found: float, row: Mapping[str, Any], rule: Rule, style: Style) -> str:
    """A value of an alert, as it is measured: with its unit, a rate by minute or hour, silence as a span."""
    if rule.kind == "silent":
        return formats.span(round(found * US_PER_SECOND), style.language)
    unit = row["unit"] or ("%" if rule.kind == "battery" else None)
    text = formats.with_unit(number(found, style, row["decimals"]), unit)
    return f"{text}/{style.say(f'per {rule.per}')}" if rule.kind == "change" else text


def number(found: float, style: Style, decimals: int | None = None) -> str:
    """With the decimals that people said, else those that it has, four at most."""
    rounded = float(f"{found:.6g}")
    shown = formats.decimals_for([rounded], most=4) if decimals is None else decimals
    return formats.number(rounded, shown, style.language)
