"""Telling several devices at once: whom, what, and how far it has come with each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.commands.acknowledgements import outcome
from dashboard.commands.commanding import Dispatch, Left, Target
from dashboard.devices.roster import Entry, tagged
from dashboard.translations import Say
from telemetry.commands import CommandState

#: What several, and schedules, can tell: name → (command, value), where None is asked for beside it.
COMMANDS: Mapping[str, tuple[str, Any]] = {
    "led on": ("led", True),
    "led off": ("led", False),
    "message": ("message", None),
    "clear": ("message", ""),
    "resume": ("sending", True),
    "pause": ("sending", False),
    "period": ("period", None),
    "identify": ("identify", True),
    "reboot": ("reboot", True),
}
#: How the targets begin that are all of a tag.
_TAG = "tag:"
CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Progress:
    """How a command to several stands: each outcome's phrase and tone with its devices; whether some may still move."""

    by_outcome: Mapping[tuple[str, str], tuple[str, ...]]
    under_way: bool


def choices(say: Say) -> list[dict[str, str]]:
    """What can be told, to choose from."""
    return [{"value": name, "label": say(f"tell {name}")} for name in COMMANDS]


def name_of(cmd: str, value: Any) -> str | None:
    """Under which name it is told, where nothing is asked for beside it; None for what has no name here."""
    return next((name for name, pair in COMMANDS.items() if pair == (cmd, value)), None)


def targets(to: str, chosen: Sequence[str], entries: Sequence[Entry]) -> list[Target]:
    """Who is meant, of those that there are: foreign devices know other words and are left out."""
    if to.startswith(_TAG):
        found = tagged(entries, to.removeprefix(_TAG))
    else:
        known = {entry.device: entry for entry in entries}
        found = [known[device] for device in chosen if device in known]
    return [Target(entry.device, entry.standing.silent) for entry in found if entry.standing.source is None]


def tag_target(tag: str) -> str:
    """The choice that means all of a tag."""
    return f"{_TAG}{tag}"


def progress(told: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> Progress:
    """From what was told (`device`, `id`, `left`) and the rows of `commands`."""
    by_id = {row["command_id"]: row for row in rows}
    found: dict[tuple[str, str], list[str]] = {}
    moving = False
    for one in told:
        row = by_id.get(one["id"])
        moving = moving or (one["left"] == Left.PUBLISHED and (row is None or row["state"] == CommandState.SENT))
        if row is None:
            key = _LEFT[one["left"]]
        else:
            state = outcome(row)
            key = state.phrase, state.tone
        found.setdefault(key, []).append(one["device"])
    return Progress({key: tuple(devices) for key, devices in found.items()}, moving)


def remembered(dispatches: Sequence[Dispatch]) -> list[dict[str, str]]:
    """What the browser keeps of what was told."""
    return [
        {"device": one.device, "id": one.command_id, "left": str(one.left), "error": str(one.error or "")}
        for one in dispatches
    ]


_LEFT: Mapping[str, tuple[str, str]] = {
    Left.PUBLISHED: ("waiting", "waiting"),
    Left.HELD: ("held", "waiting"),
    Left.UNCONFIRMABLE: ("unconfirmable", "warning"),
    Left.NOT_SENT: ("not sent", "bad"),
}
