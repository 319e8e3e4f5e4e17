"""What a schedule says: when, what, to whom. Checked, written as JSON and read back; no clock and no broker here.

`telemetry.occurrences` works out when it is due; only ingest runs it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from telemetry import commands
from telemetry.errors import ActionError, CommandError, QuestionError, nearest
from telemetry.local_time import DAYS_PER_WEEK, zone_of
from telemetry.topics import ORIGINAL_DEVICE, is_device_id

NAME_LENGTH = 64
TAG_LENGTH = 64
MINUTES_PER_DAY = 1_440
OFFSET_MINUTES = (-720, 720)
LATE_MINUTES = (0, MINUTES_PER_DAY)
MOST_DEVICES = 1_000
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class Kind(StrEnum):
    """At a time of the day, at sunrise or sunset, or again and again."""

    AT = "at"
    SUN = "sun"
    EVERY = "every"


class SunEvent(StrEnum):
    """When the sun's upper edge passes the horizon."""

    SUNRISE = "sunrise"
    SUNSET = "sunset"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule, checked. Clock times are minutes after midnight in its zone; days are 0 (Monday) to 6."""

    name: str
    kind: Kind
    zone: str
    days: tuple[int, ...]
    cmd: str
    value: Any
    #: Whom it tells: these, and all that have the tag when it runs.
    devices: tuple[str, ...] = ()
    tag: str = ""
    #: Of `at`.
    time: int = 0
    #: Of `sun`: so many minutes after it (negative: before), at this place.
    event: SunEvent = SunEvent.SUNRISE
    offset_minutes: int = 0
    latitude: float = 0.0
    longitude: float = 0.0
    #: Of `every`: from `start` on, up to `end` (included); the same: all day.
    minutes: int = 60
    start: int = 0
    end: int = 0
    #: A run that was missed is made up for while it is at most so late; 0: it is not.
    late_minutes: int = 0

    def to_json(self) -> str:
        """As the store keeps it: without the devices, which stand in a table of their own."""
        said = asdict(self)
        del said["devices"]
        return json.dumps(said, ensure_ascii=False)


def from_json(text: str, devices: tuple[str, ...] = ()) -> Schedule:
    """What `to_json` wrote, with its devices."""
    said = json.loads(text)
    said["kind"], said["event"], said["days"] = Kind(said["kind"]), SunEvent(said["event"]), tuple(said["days"])
    return Schedule(**said, devices=devices)


def read_schedule(said: Mapping[str, Any]) -> Schedule:
    """A schedule from an action's arguments. Raises ActionError, which names what is wrong and what would be right."""
    kind = _one_of("kind", said.get("kind"), Kind)
    try:
        zone_of(str(said["zone"]))
    except QuestionError as cause:
        raise ActionError(str(cause)) from cause
    cmd, value = _command(str(said["cmd"]), said.get("value"))
    found = Schedule(
        name=_text("name", said["name"], NAME_LENGTH),
        kind=Kind(kind),
        zone=str(said["zone"]),
        days=_days(said.get("days")),
        cmd=cmd,
        value=value,
        devices=_devices(said.get("devices")),
        tag=str(said.get("tag") or "").strip()[:TAG_LENGTH],
        late_minutes=_whole("late_minutes", said.get("late_minutes"), 0, LATE_MINUTES),
        **_WHEN[Kind(kind)](said),
    )
    if not found.devices and not found.tag:
        raise ActionError("a schedule tells somebody: name devices, or a tag")
    return found


def clock_text(minutes: int) -> str:
    """`06:30`."""
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _at(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"time": _clock("time", said.get("time"))}


def _sun(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event": SunEvent(_one_of("event", said.get("event"), SunEvent)),
        "offset_minutes": _whole("offset_minutes", said.get("offset_minutes"), 0, OFFSET_MINUTES),
        "latitude": _degrees("latitude", said.get("latitude"), 90),
        "longitude": _degrees("longitude", said.get("longitude"), 180),
    }


def _every(said: Mapping[str, Any]) -> dict[str, Any]:
    start, end = said.get("start"), said.get("end")
    if bool(start) != bool(end):
        raise ActionError("give both start and end, or neither for all day")
    return {
        "minutes": _whole("minutes", said.get("minutes"), None, (1, MINUTES_PER_DAY)),
        "start": _clock("start", start) if start else 0,
        "end": _clock("end", end) if end else 0,
    }


_WHEN = {Kind.AT: _at, Kind.SUN: _sun, Kind.EVERY: _every}


def _command(cmd: str, value: Any) -> tuple[str, Any]:
    if cmd == "config":
        raise ActionError("config holds passwords, which are not kept: it cannot be scheduled")
    try:
        checked = commands.make("any", cmd, value, "")
    except CommandError as cause:
        raise ActionError(str(cause)) from cause
    return checked.cmd, checked.value


def _text(key: str, value: Any, longest: int) -> str:
    text = str(value).strip()
    if not 0 < len(text) <= longest or not text.isprintable():
        raise ActionError(f"{key}={text!r:.80} must be a text of 1 to {longest} characters")
    return text


def _one_of(key: str, value: Any, kinds: type[StrEnum]) -> str:
    known = [str(kind) for kind in kinds]
    if value not in known:
        raise ActionError(f"{key}={value!r:.64} must be one of {', '.join(known)}{nearest(str(value), known)}")
    return str(value)


def _clock(key: str, value: Any) -> int:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ActionError(f"{key}={value!r:.64} must be a time of the day such as 06:30")
    return int(found[1]) * 60 + int(found[2])


def _whole(key: str, value: Any, default: int | None, limits: tuple[int, int]) -> int:
    value = default if value is None else value
    low, high = limits
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or not low <= value <= high:
        raise ActionError(f"{key}={value!r:.64} must be a whole number of minutes from {low} to {high}")
    return int(value)


def _degrees(key: str, value: Any, most: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > most:
        raise ActionError(f"{key}={value!r:.64} must be degrees from -{most} to {most}, such as 48.85")
    return float(value)


def _days(value: Any) -> tuple[int, ...]:
    if value is None:
        return tuple(range(DAYS_PER_WEEK))
    days = value if isinstance(value, list) else []
    if not days or not all(isinstance(day, int) and 0 <= day < DAYS_PER_WEEK for day in days):
        raise ActionError(f"days={value!r:.64} must be numbers from 0 (Monday) to 6 (Sunday), at least one")
    return tuple(sorted(set(days)))


def _devices(value: Any) -> tuple[str, ...]:
    names = value or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(names) > MOST_DEVICES:
        raise ActionError(f"devices must be a list of at most {MOST_DEVICES:,} names")
    for name in names:
        if not is_device_id(name) and name != ORIGINAL_DEVICE:
            raise ActionError(f"'{name[:64]}' is no board of this project: it does not know such commands")
    return tuple(dict.fromkeys(names))
