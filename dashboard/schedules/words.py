"""A schedule in words: when, what, to whom, when next, and what came of a run. Plain functions, no Dash."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import formats
from dashboard.devices.many import name_of
from dashboard.figures import Style
from dashboard.translations import WEEKDAYS
from telemetry.local_time import DAYS_PER_WEEK
from telemetry.schedules import Kind, Schedule, clock_text
from telemetry.timestamps import US_PER_MS

_SHOWN_TEXT = 60
_SHOWN_DEVICES = 3


def when(schedule: Schedule, style: Style) -> str:
    """`at 06:30, Mon–Fri`, `30 min before sunset, every day`, `every 15 min from 08:00 to 18:00, Sat, Sun`."""
    return f"{_TIMES[schedule.kind](schedule, style)}, {days(schedule.days, style)}"


def what(schedule: Schedule, style: Style) -> str:
    """`LED on`, `Show a message: “Bonjour”`."""
    say, value = style.say, schedule.value
    known = name_of(schedule.cmd, value)
    if known is not None:
        return say(f"tell {known}")
    if schedule.cmd == "message":
        text = value if len(value) <= _SHOWN_TEXT else f"{value[:_SHOWN_TEXT]}…"
        return say("schedule message", text=text)
    if schedule.cmd == "period":
        return say("schedule period", span=formats.delay(value, style.language))
    return told(schedule.cmd, value)


def told(cmd: str, value: Any) -> str:
    """`beep 200`: a command that the page has no words for, as a script may have scheduled it."""
    return f"{cmd} {json.dumps(value, ensure_ascii=False)}"


def whom(schedule: Schedule, devices: Sequence[str], names: Mapping[str, str], style: Style) -> str:
    """The devices by their names, and all of a tag."""
    shown = [names.get(device, device) for device in devices[:_SHOWN_DEVICES]]
    if len(devices) > _SHOWN_DEVICES:
        shown.append(style.say("and more", count=len(devices) - _SHOWN_DEVICES))
    if schedule.tag:
        shown.append(style.say("schedule tag", tag=schedule.tag))
    return ", ".join(shown) or style.say("schedule nobody")


def following(schedule: Schedule, row: Mapping[str, Any], at_us: int, style: Style) -> str:
    """`tomorrow 06:41, sunrise`; where the sun does not rise today, that, and when it will."""
    say, next_us = style.say, row["next_us"]
    if not row["enabled"]:
        return say("schedule off")
    event = say(str(schedule.event)) if schedule.kind is Kind.SUN else ""
    if next_us is None:
        return say("no event ahead", event=event) if event else say("schedule never")
    text = moment(next_us, at_us, style)
    if event:
        text = f"{text}, {event}"
    return say("no event today", event=event, next=text) if row["none_today"] else text


def moment(t_us: int, at_us: int, style: Style) -> str:
    """`today 06:41`, `tomorrow 06:41`, `Thu 06:41`, `12 Feb 06:41`, with the year where it is another one."""
    local, today = (formats.moment(each, style.zone) for each in (t_us, at_us))
    distance = (local.date() - today.date()).days
    clock = formats.clock(t_us, style.zone, seconds=False)
    if distance in (0, 1):
        return f"{style.say('today' if distance == 0 else 'tomorrow')} {clock}"
    if 1 < distance < DAYS_PER_WEEK:
        return f"{WEEKDAYS[style.language][local.weekday()]} {clock}"
    day = formats.date(t_us, style.zone, style.language)
    return f"{day} {local.year} {clock}" if local.year != today.year else f"{day} {clock}"


def days(chosen: Sequence[int], style: Style) -> str:
    """`every day`, `Mon–Fri`, `Sat, Sun`."""
    if len(chosen) == DAYS_PER_WEEK:
        return style.say("every day")
    names = WEEKDAYS[style.language]
    if len(chosen) > 2 and list(chosen) == list(range(chosen[0], chosen[-1] + 1)):
        return f"{names[chosen[0]]}–{names[chosen[-1]]}"
    return ", ".join(names[day] for day in chosen)


def missed(row: Mapping[str, Any], at_us: int, style: Style) -> str:
    """`3 missed, the last 06:30: ingest was down`."""
    count = formats.number(row["count"], 0, style.language)
    time = formats.when(row["due_us"], at_us, style.zone, style.language)
    problem = row["problem"]
    return f"{style.say('runs missed', count=count, time=time)}: {style.say(f'missed {problem}')}"


def _at(schedule: Schedule, style: Style) -> str:
    return style.say("at time", time=clock_text(schedule.time))


def _sun(schedule: Schedule, style: Style) -> str:
    say, offset = style.say, schedule.offset_minutes
    event = say(str(schedule.event))
    if not offset:
        return say("at event", event=event)
    span = formats.span(abs(offset) * 60_000 * US_PER_MS, style.language)
    return say("before event" if offset < 0 else "after event", span=span, event=event)


def _every(schedule: Schedule, style: Style) -> str:
    say = style.say
    span = formats.span(schedule.minutes * 60_000 * US_PER_MS, style.language)
    if schedule.start == schedule.end:
        return say("every span", span=span)
    return say("every span between", span=span, start=clock_text(schedule.start), end=clock_text(schedule.end))


_TIMES = {Kind.AT: _at, Kind.SUN: _sun, Kind.EVERY: _every}
