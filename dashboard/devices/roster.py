"""The devices that are chosen, each with how it stands: plain functions from rows of questions to entries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.context import Context
from dashboard.devices.choices import TROUBLED, Choices
from dashboard.liveness import Presence, Standing, standing

#: How many stand on one page of the list: what a browser draws at once without being felt.
PER_PAGE = 50
_ORDER = {presence: place for place, presence in enumerate(reversed(Presence))}
_TROUBLE = (Presence.SILENT, Presence.QUIET)


@dataclass(frozen=True, slots=True)
class Entry:
    """A device with what people say of it and how it stands."""

    device: str
    tags: tuple[str, ...]
    notes: str
    colour: str
    hidden: bool
    replaces: tuple[str, ...]
    model: str
    standing: Standing

    @property
    def name(self) -> str:
        return self.standing.name

    @property
    def place(self) -> str:
        return self.standing.place or ""


@dataclass(frozen=True, slots=True)
class Roster:
    """A page of the list; `found` is how many there are on all pages, `total` how many there are at all."""

    entries: tuple[Entry, ...]
    found: int
    total: int
    page: int
    pages: int
    #: Each tag with how many devices have it, hidden ones apart.
    tags: Mapping[str, int]


def everybody(context: Context, at_us: int) -> list[Entry]:
    """All devices. Raises LumosError where the store does not answer."""
    last: dict[str, int] = {}
    for row in context.rows("series"):
        if row["last_us"]:
            last[row["device"]] = max(last.get(row["device"], 0), row["last_us"])
    return [_entry(row, last.get(row["device"]), at_us) for row in context.rows("devices")]


def _entry(row: Mapping[str, Any], last_us: int | None, at_us: int) -> Entry:
    return Entry(
        device=row["device"],
        tags=tuple(row.get("tags") or ()),
        notes=row.get("notes") or "",
        colour=row.get("colour") or "",
        hidden=bool(row.get("hidden")),
        replaces=tuple(row.get("replaces") or ()),
        model=row.get("model") or "",
        standing=standing(row["device"], row, last_us, at_us),
    )


def roster(entries: Sequence[Entry], choices: Choices) -> Roster:
    """The page of the list that is chosen."""
    tags: dict[str, int] = {}
    for entry in entries:
        for tag in entry.tags if not entry.hidden else ():
            tags[tag] = tags.get(tag, 0) + 1
    found = sorted((entry for entry in entries if _fits(entry, choices)), key=_KEYS[choices.sort])
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(choices.page, pages)
    shown = tuple(found[(page - 1) * PER_PAGE : page * PER_PAGE])
    return Roster(shown, len(found), len(entries), page, pages, dict(sorted(tags.items())))


def tagged(entries: Sequence[Entry], tag: str) -> list[Entry]:
    """The devices that have a tag; hidden ones are out of the way of commands too."""
    return [entry for entry in entries if tag in entry.tags and not entry.hidden]


def _fits(entry: Entry, choices: Choices) -> bool:
    if entry.hidden and not choices.hidden:
        return False
    if choices.tag and choices.tag not in entry.tags:
        return False
    if choices.state == TROUBLED and entry.standing.presence not in _TROUBLE:
        return False
    if choices.state not in ("", TROUBLED) and choices.state != entry.standing.presence:
        return False
    words = choices.find.casefold().split()
    said = " ".join((entry.device, entry.name, entry.place, entry.notes, *entry.tags, *entry.replaces)).casefold()
    return all(word in said for word in words)


def _by_name(entry: Entry) -> Any:
    return (_natural(entry.name), entry.device)


def _natural(text: str) -> list[str | int]:
    """A key by which `board 2` stands before `board 10`: texts and numbers take turns."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"([0-9]+)", text.casefold()))]


_KEYS: Mapping[str, Any] = {
    "name": _by_name,
    "state": lambda entry: (_ORDER[entry.standing.presence], _by_name(entry)),
    "place": lambda entry: (not entry.place, _natural(entry.place), _by_name(entry)),
    "seen": lambda entry: (-(entry.standing.last_us or entry.standing.status_us or 0), _by_name(entry)),
}
