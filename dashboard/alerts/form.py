"""The form of a rule: from a rule to what its fields show, and back to what ingest is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import ids
from dashboard.figures import Style
from telemetry.alerts import KINDS, Rule

EVERYTHING = "everything"
EVERY_CHANNEL = "*"
_DEVICE, _TAG = "device:", "tag:"

#: The fields, in the order in which `filled` gives their values and `asked` takes them.
FIELDS = (
    ids.ALERT_KIND, ids.ALERT_NAME, ids.ALERT_WHOM, ids.ALERT_METRIC, ids.ALERT_LEVEL, ids.ALERT_CLEAR, ids.ALERT_PER,
    ids.ALERT_DIRECTION, ids.ALERT_HOLD, ids.ALERT_HOLD_UNIT, ids.ALERT_SEVERITY, ids.ALERT_TELL,
    ids.ALERT_QUIET_FROM, ids.ALERT_QUIET_TO, ids.ALERT_QUIET_THEN,
)  # fmt: skip


def filled(rule: Rule) -> list[Any]:
    """What the fields show of a rule."""
    whom = _DEVICE + rule.device if rule.device else _TAG + rule.tag if rule.tag else EVERYTHING
    hold, unit = _span(rule.hold_seconds)
    return [
        rule.kind, rule.name, whom, rule.metric, "" if rule.level is None else rule.level,
        "" if rule.clear_level is None else rule.clear_level, rule.per, rule.direction, hold, unit, rule.severity,
        [EVERY_CHANNEL] if rule.channels is None else list(rule.channels), rule.quiet_from or "", rule.quiet_to or "",
        rule.quiet_then,
    ]  # fmt: skip


def asked(values: Sequence[Any], zone: str) -> dict[str, Any]:
    """What an action is asked for; what a kind does not know is left out, so that nothing hidden is kept."""
    said = dict(zip(FIELDS, values, strict=True))
    kind = str(said[ids.ALERT_KIND])
    whom, tell = str(said[ids.ALERT_WHOM] or EVERYTHING), said[ids.ALERT_TELL] or []
    found: dict[str, Any] = {
        "kind": kind,
        "name": str(said[ids.ALERT_NAME] or ""),
        "device": whom.removeprefix(_DEVICE) if whom.startswith(_DEVICE) else None,
        "tag": whom.removeprefix(_TAG) if whom.startswith(_TAG) else None,
        "metric": said[ids.ALERT_METRIC] or None,
        "hold_seconds": _number(said[ids.ALERT_HOLD], 0.0) * float(said[ids.ALERT_HOLD_UNIT] or 1),
        "severity": said[ids.ALERT_SEVERITY],
        "channels": None if EVERY_CHANNEL in tell else list(tell),
        "quiet_from": str(said[ids.ALERT_QUIET_FROM] or "").strip() or None,
        "quiet_to": str(said[ids.ALERT_QUIET_TO] or "").strip() or None,
        "quiet_then": said[ids.ALERT_QUIET_THEN],
        "zone": zone,
    }
    if kind != "silent":
        found |= {"level": _number(said[ids.ALERT_LEVEL]), "clear_level": _number(said[ids.ALERT_CLEAR])}
    if kind == "change":
        found |= {"per": said[ids.ALERT_PER], "direction": said[ids.ALERT_DIRECTION]}
    return found


def whom(devices: Sequence[Mapping[str, Any]], style: Style) -> list[dict[str, Any]]:
    """Whom a rule may watch: everything, each tag, each device."""
    tags = sorted({tag for row in devices for tag in row.get("tags") or ()})
    return [
        {"value": EVERYTHING, "label": style.say("every device")},
        *({"value": _TAG + tag, "label": style.say("everything tagged", tag=tag)} for tag in tags),
        *({"value": _DEVICE + row["device"], "label": row["name"] or row["device"]} for row in devices),
    ]


def metrics(series: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The metrics that there are, each once, by the name that people gave where it has one."""
    found: dict[str, str] = {}
    for row in series:
        found.setdefault(row["metric"], row["label"] or row["metric"])
    return [
        {"value": metric, "label": label if label == metric else f"{label} ({metric})"}
        for metric, label in sorted(found.items())
    ]


def fresh(zone: str) -> Rule:
    """What a new rule begins with."""
    return Rule("above", hold_seconds=KINDS["above"].hold_seconds, zone=zone)


def _span(seconds: float) -> tuple[float, str]:
    """A duration as a number and its unit, the largest that divides it."""
    for unit in (3_600, 60):
        if seconds and seconds % unit == 0:
            return seconds / unit, str(unit)
    return seconds, "1"


def _number(value: Any, absent: float | None = None) -> Any:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else absent
