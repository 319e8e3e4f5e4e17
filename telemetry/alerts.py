"""What an alert rule says: its kind, what it watches, when it trips and clears, whom it tells and when it keeps quiet.

A rule is data, kept in the store as JSON; ingest watches by it, the page shows and edits it. Both read and check it
here, so that what a form accepts is what ingest takes. Adding a kind means adding a row to KINDS.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telemetry.errors import ActionError, QuestionError, nearest
from telemetry.local_time import zone_of


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of the table of kinds."""

    name: str
    #: Whether it needs a metric; without one it watches devices (silence), or every battery.
    metric: bool
    #: Whether it needs a level, and what it is where none was said.
    level: float | None = None
    #: The level at which it clears lies below the one at which it trips (or above: a rule for low values).
    clears_below: bool = True
    #: How long it must hold where nothing was said.
    hold_seconds: float = 0.0


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("above", metric=True),
        Kind("below", metric=True, clears_below=False),
        # How far outside the band, in percent of its width.
        Kind("outside", metric=True, level=0.0, hold_seconds=900.0),
        Kind("change", metric=True),
        Kind("silent", metric=False, level=0.0, hold_seconds=600.0),
        Kind("battery", metric=False, level=20.0, clears_below=False),
    )
}
SEVERITIES = ("info", "warning", "critical")
PER = {"minute": 60.0, "hour": 3_600.0}
DIRECTIONS = ("any", "rising", "falling")
#: What becomes of messages in quiet hours: held until their end, then one digest; or not sent at all.
QUIET = ("digest", "show")
LONGEST_HOLD_SECONDS = 30 * 86_400.0
NAME_LENGTH = 100
#: The last word of a metric that tells a battery's charge in percent, and of one that says that it is low.
BATTERY_METRICS = frozenset(("battery", "battery_level", "battery_percent", "battery_percentage", "batterypercentage"))
BATTERY_FLAGS = frozenset(("battery_low", "batterylow", "low_battery"))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `device`, `tag` and `metric` narrow what it watches; without any of them it is everything that fits."""

    kind: str
    name: str = ""
    device: str | None = None
    tag: str | None = None
    metric: str | None = None
    #: Trips beyond this value, clears at `clear_level` (hysteresis; None: the same).
    level: float | None = None
    clear_level: float | None = None
    #: Of a rate of change: by minute or hour, and which way.
    per: str = "minute"
    direction: str = "any"
    #: So long it must hold before it trips; for `silent`, so long nothing must have come.
    hold_seconds: float = 0.0
    severity: str = "warning"
    #: Ids of channels; None: all that there are, empty: none, it is only shown.
    channels: tuple[str, ...] | None = None
    #: Wall-clock times `22:00` and `07:00` in `zone`, over midnight where the first is the later; None: never quiet.
    quiet_from: str | None = None
    quiet_to: str | None = None
    quiet_then: str = "digest"
    zone: str = "UTC"

    @property
    def clears_at(self) -> float:
        """The level at which it clears."""
        level = 0.0 if self.level is None else self.level
        return level if self.clear_level is None else self.clear_level

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)


FIELDS = tuple(field.name for field in dataclasses.fields(Rule))


def from_json(text: str) -> Rule:
    """A rule as the store keeps it."""
    said = json.loads(text)
    channels = said.get("channels")
    said["channels"] = None if channels is None else tuple(channels)
    return Rule(**{name: said[name] for name in FIELDS if name in said})


def read_rule(said: Mapping[str, Any]) -> Rule:
    """A rule out of what somebody asked for; what is absent or None is as the kind has it. Raises ActionError."""
    said = {key: value for key, value in said.items() if value is not None}
    for key in said:
        if key not in FIELDS:
            raise ActionError(f"a rule has no '{key[:64]}'{nearest(key, FIELDS)}")
    kind = KINDS.get(str(said.get("kind")))
    if kind is None:
        raise ActionError(f"kind='{said.get('kind')!s:.32}' is none{nearest(str(said.get('kind')), KINDS)}")
    said.setdefault("level", kind.level)
    said.setdefault("hold_seconds", kind.hold_seconds)
    if said.get("channels") is not None:
        said["channels"] = tuple(str(channel) for channel in said["channels"])
    for name in ("name", "device", "tag", "metric"):
        if isinstance(said.get(name), str):
            said[name] = said[name].strip() or (None if name != "name" else "")
    rule = Rule(**said)
    _check_target(rule, kind)
    _check_levels(rule, kind)
    _check_words(rule)
    _check_quiet(rule)
    return rule


def _check_target(rule: Rule, kind: Kind) -> None:
    if kind.metric and not rule.metric:
        raise ActionError(f"a rule of kind {kind.name} needs a metric")
    if rule.device and rule.tag:
        raise ActionError("a rule is for a device or for a tag, not both: leave one out")
    for name, value in (("device", rule.device), ("tag", rule.tag), ("metric", rule.metric)):
        if value is not None and len(value) > 200:
            raise ActionError(f"{name} has at most 200 characters")


def _check_levels(rule: Rule, kind: Kind) -> None:
    for name, value in (("level", rule.level), ("clear_level", rule.clear_level), ("hold_seconds", rule.hold_seconds)):
        if value is not None and not math.isfinite(value):
            raise ActionError(f"{name}={value} must be a number")
    if rule.level is None:
        raise ActionError(f"a rule of kind {kind.name} needs a level: the value beyond which it trips")
    if kind.name in ("outside", "change") and rule.level < 0:
        raise ActionError(f"level={rule.level:g} must be 0 or more: the direction says which way")
    if rule.clear_level is not None:
        wrong = rule.clear_level > rule.level if kind.clears_below else rule.clear_level < rule.level
        if wrong:
            side = "at or below" if kind.clears_below else "at or above"
            raise ActionError(
                f"clear_level={rule.clear_level:g} must lie {side} the level {rule.level:g}, or it never stays open"
            )
    least = 1.0 if kind.name == "silent" else 0.0
    if not least <= rule.hold_seconds <= LONGEST_HOLD_SECONDS:
        raise ActionError(f"hold_seconds={rule.hold_seconds:g} must be {least:g} to {LONGEST_HOLD_SECONDS:g}")


def _check_words(rule: Rule) -> None:
    for name, value, known in (
        ("severity", rule.severity, SEVERITIES), ("per", rule.per, PER), ("direction", rule.direction, DIRECTIONS),
        ("quiet_then", rule.quiet_then, QUIET),
    ):  # fmt: skip
        if value not in known:
            raise ActionError(f"{name}='{value!s:.32}' is none{nearest(str(value), known)}")
    if len(rule.name) > NAME_LENGTH:
        raise ActionError(f"a rule's name has at most {NAME_LENGTH} characters, this one has {len(rule.name)}")


def _check_quiet(rule: Rule) -> None:
    try:
        zone_of(rule.zone)
    except QuestionError as cause:
        raise ActionError(str(cause)) from cause
    if (rule.quiet_from is None) != (rule.quiet_to is None):
        raise ActionError("quiet hours need both quiet_from and quiet_to, such as 22:00 and 07:00")
    if rule.quiet_from is not None and rule.quiet_to is not None:
        start, end = clock_seconds(rule.quiet_from), clock_seconds(rule.quiet_to)
        if start == end:
            raise ActionError(f"quiet hours from {rule.quiet_from} to {rule.quiet_to} never end: exchange one of them")


def clock_seconds(text: str) -> int:
    """Seconds since midnight of `22:00`. Raises ActionError."""
    hours, colon, minutes = text.partition(":")
    if colon and hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit() and len(minutes) == 2:
        found = int(hours) * 3_600 + int(minutes) * 60
        if int(hours) < 24 and int(minutes) < 60:
            return found
    raise ActionError(f"'{text[:32]}' is no time of day: write it as 22:00")


def is_battery(metric: str) -> bool:
    """Whether a metric tells of a battery, by the last word of its name."""
    last = metric.rsplit(".", 1)[-1].casefold()
    return last in BATTERY_METRICS or last in BATTERY_FLAGS


def is_battery_flag(metric: str) -> bool:
    """Whether it only says that the battery is low."""
    return metric.rsplit(".", 1)[-1].casefold() in BATTERY_FLAGS
