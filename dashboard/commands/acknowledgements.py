"""What became of commands, in words: from a row of the question `commands` to a sentence with a tone.

The tone is a colour's name; the sentence says the same, so that nobody needs the colour.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from dashboard import formats
from dashboard.translations import Say
from telemetry.commands import ACK_TIMEOUT_SECONDS, MESSAGE_LENGTH, CommandState
from telemetry.timestamps import US_PER_MS, US_PER_SECOND

TIMEOUT_US = int(ACK_TIMEOUT_SECONDS * US_PER_SECOND)
#: After this long nobody watches closely for a late answer any more.
_WATCH_US = TIMEOUT_US + 2 * US_PER_SECOND

_ICONS = {"good": "circle-check", "bad": "alert-triangle", "waiting": "hourglass", "warning": "alert-triangle"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command's state: `phrase` is the key behind `result …` and `answer …`."""

    phrase: str
    tone: str

    @property
    def icon(self) -> str:
        """The drawing that stands before the sentence."""
        return _ICONS[self.tone]


_STATES: Mapping[str | None, Outcome] = {
    CommandState.HELD: Outcome("held", "waiting"),
    CommandState.SENT: Outcome("waiting", "waiting"),
    CommandState.ACKNOWLEDGED: Outcome("confirmed", "good"),
    CommandState.REFUSED: Outcome("refused", "bad"),
    CommandState.TIMED_OUT: Outcome("timed out", "bad"),
    CommandState.WITHDRAWN: Outcome("withdrawn", "warning"),
    CommandState.EXPIRED: Outcome("expired", "warning"),
    CommandState.UNCONFIRMABLE: Outcome("unconfirmable", "warning"),
}
LATE = Outcome("late", "warning")
SHOWN = Outcome("shown", "good")


def outcome(row: Mapping[str, Any]) -> Outcome:
    """How a command stands."""
    found = _STATES.get(row["state"], _STATES[CommandState.SENT])
    if found.phrase != "confirmed":
        return found
    if row["delay_ms"] is not None and row["delay_ms"] > ACK_TIMEOUT_SECONDS * 1_000:
        return LATE
    return SHOWN if row["cmd"] == "message" else found


def sentence(row: Mapping[str, Any], say: Say, zone: tzinfo, language: str) -> str:
    """The line under a control: what became of the last command."""
    found = outcome(row)
    answered_us = row["sent_us"] + round((row["delay_ms"] or 0) * US_PER_MS)
    delay_ms = ACK_TIMEOUT_SECONDS * 1_000 if row["delay_ms"] is None else row["delay_ms"]
    return say(
        f"answer {found.phrase}",
        delay=formats.delay(delay_ms, language),
        time=formats.clock(answered_us, zone),
        reason=reason(row["detail"]),
    )


def reason(detail: str | None) -> str:
    """The board's own words for a refusal, out of its acknowledgement."""
    try:
        body = json.loads(detail or "")
    except ValueError:
        return (detail or "")[:200]
    return str(body.get("error", ""))[:200] if isinstance(body, dict) else str(body)[:200]


def under_way(rows: Sequence[Mapping[str, Any]], now_us: int) -> bool:
    """Whether an answer may still come soon, so that it is worth looking often."""
    return any(row["state"] == CommandState.SENT and now_us - row["sent_us"] < _WATCH_US for row in rows)


def board_state(
    status: Mapping[str, Any], status_us: int | None, rows: Sequence[Mapping[str, Any]], cmd: str, name: str
) -> Any:
    """A part of the board's state, from its status or from a later acknowledgement of the command that sets it."""
    told, told_us = status.get(name), status_us or 0
    for row in rows:
        if row["cmd"] != cmd or row["state"] != CommandState.ACKNOWLEDGED:
            continue
        answered_us = row["sent_us"] + round((row["delay_ms"] or 0) * US_PER_MS)
        if answered_us > told_us:
            told, told_us = _touched(row, name), answered_us
    return told


def led_state(status: Mapping[str, Any], status_us: int | None, rows: Sequence[Mapping[str, Any]]) -> bool | None:
    """The LED as the board last told it; None when it never did."""
    told = board_state(status, status_us, rows, "led", "led")
    return told if isinstance(told, bool) else None


def screen_text(status: Mapping[str, Any], status_us: int | None, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """What stands on the board's screen, as it last told; None when it never did."""
    told = board_state(status, status_us, rows, "message", "screen")
    return told[:MESSAGE_LENGTH] if isinstance(told, str) else None


def _touched(row: Mapping[str, Any], name: str) -> Any:
    """The state in an acknowledgement; a board that acknowledges without telling did what it was told."""
    detail = _json(row["detail"])
    return detail[name] if isinstance(detail, dict) and name in detail else _json(row["value"])


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
