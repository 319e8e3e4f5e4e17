"""Which parts of Lumos were started, ended and started again by `python app.py`: a short list in the data folder.

Only the launcher writes it; the page System reads it. Parts that something else watches (systemd) are not in it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from telemetry.datafolder import DataFolder
from telemetry.timestamps import now_us

_KEPT = 100


@dataclass(frozen=True, slots=True)
class PartEvent:
    """Something that happened to a part: `started` (with all others), `ended` (with its exit code), `restarted`.

    A negative code is the number of the signal that killed it, as Python has it.
    """

    t_us: int
    part: str
    what: str
    code: int | None = None


def note(folder: DataFolder, part: str, what: str, code: int | None = None) -> None:
    """Add an event, and let the oldest go."""
    events = [*read(folder), PartEvent(now_us(), part, what, code)][-_KEPT:]
    folder.write_private(folder.part_events, json.dumps([asdict(event) for event in events]))


def read(folder: DataFolder) -> list[PartEvent]:
    """The last events, oldest first; none where nothing was noted, or what is there cannot be read."""
    text = folder.read_private_text(folder.part_events)
    try:
        rows = json.loads(text) if text else []
        return [_event(row) for row in rows]
    except (ValueError, TypeError, KeyError):
        return []


def _event(row: dict[str, Any]) -> PartEvent:
    code = row.get("code")
    return PartEvent(int(row["t_us"]), str(row["part"]), str(row["what"]), None if code is None else int(code))
