"""The form of a schedule: its fields, from what is in them to an action's arguments, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dashboard.devices.many import COMMANDS, choices, name_of
from dashboard.schedules.words import told
from dashboard.translations import Say
from telemetry.local_time import DAYS_PER_WEEK
from telemetry.schedules import Kind, Schedule, clock_text

#: Each field's place in the lists below; the component is `ids.schedule_field(name)`.
FIELDS = (
    "name", "devices", "tag", "cmd", "text", "period", "kind", "days", "time", "event", "offset", "latitude",
    "longitude", "minutes", "start", "end", "zone", "late",
)  # fmt: skip
_EVERY_DAY = [str(day) for day in range(DAYS_PER_WEEK)]


def blank(zone: str) -> list[Any]:
    """What a new schedule's form begins with."""
    return ["", [], "", "led on", "", 1, "at", _EVERY_DAY, "07:00", "sunset", 0, None, None, 15, "", "", zone, 0]


def values(schedule: Schedule) -> list[Any]:
    """What the form shows of a schedule."""
    name, text, period = "message", "", 1.0
    known = name_of(schedule.cmd, schedule.value)
    if known is not None:
        name = known
    elif schedule.cmd == "message":
        text = str(schedule.value)
    elif schedule.cmd == "period":
        name, period = "period", schedule.value / 1_000
    else:
        name = json.dumps([schedule.cmd, schedule.value])
    is_sun, whole_day = schedule.kind is Kind.SUN, schedule.start == schedule.end
    return [
        schedule.name, list(schedule.devices), schedule.tag, name, text, period, str(schedule.kind),
        [str(day) for day in schedule.days], clock_text(schedule.time), str(schedule.event), schedule.offset_minutes,
        schedule.latitude if is_sun else None, schedule.longitude if is_sun else None, schedule.minutes,
        "" if whole_day else clock_text(schedule.start), "" if whole_day else clock_text(schedule.end), schedule.zone,
        schedule.late_minutes,
    ]  # fmt: skip


def commands(chosen: str, say: Say) -> list[dict[str, str]]:
    """What can be told, and besides what the open schedule tells: one that a script made may tell anything."""
    if chosen in COMMANDS:
        return choices(say)
    return [*choices(say), {"value": chosen, "label": told(*json.loads(chosen))}]


def arguments(filled: Sequence[Any]) -> dict[str, Any]:
    """The arguments of `make_schedule` for what is in the fields; ingest checks them."""
    said = dict(zip(FIELDS, filled, strict=True))
    cmd, value = COMMANDS.get(said["cmd"]) or json.loads(said["cmd"])
    if said["cmd"] == "message":
        value = said["text"] or ""
    elif said["cmd"] == "period":
        value = round(said["period"] * 1_000) if isinstance(said["period"], int | float) else None
    found = {
        "name": said["name"] or "", "devices": said["devices"] or [], "tag": said["tag"] or "", "cmd": cmd,
        "value": value, "kind": said["kind"], "days": sorted(int(day) for day in said["days"] or []),
        "zone": said["zone"] or "", "late_minutes": _number(said["late"]),
    }  # fmt: skip
    if said["kind"] == Kind.AT:
        return {**found, "time": said["time"] or ""}
    if said["kind"] == Kind.SUN:
        numbers = {name: _number(said[name]) for name in ("latitude", "longitude")}
        return {**found, "event": said["event"], "offset_minutes": _number(said["offset"]), **numbers}
    start, end = said["start"] or None, said["end"] or None
    return {**found, "minutes": _number(said["minutes"]), "start": start, "end": end}


def _number(value: Any) -> Any:
    """What a number field holds; an emptied one holds a text."""
    return value if isinstance(value, int | float) else None
