"""What others' devices take commands for, and the payload of a command in their own words.

Ingest keeps these as their conventions announce them; whoever sends a command publishes `payload` to `topic`. Boards of
this project are told in the words of `telemetry.commands` instead.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from telemetry.errors import CommandError

#: What a control may be.
KINDS = ("switch", "number", "select", "text", "button")
_LONGEST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Control:
    """One thing that can be set: the topic that its convention names, and what is published there."""

    name: str
    kind: str
    topic: str
    #: The metric that shows what came of it; empty for none.
    metric: str = ""
    label: str | None = None
    unit: str | None = None
    #: The payloads of a switch, whole; `on` alone is a button's.
    on: str = ""
    off: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    options: tuple[str, ...] = ()
    #: The JSON key, or keys with dots, that a value stands under; empty where the payload is the value alone.
    key: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Control:
        """The control in a row of the question `controls`."""
        told = {field.name: row[field.name] for field in fields(cls)}
        return cls(**{**told, "options": tuple(json.loads(told["options"]))})

    def payload(self, value: Any) -> bytes:
        """What to publish for a value. Raises CommandError for one that it does not take."""
        if self.kind == "button":
            return self.on.encode()
        if self.kind == "switch":
            if not isinstance(value, bool):
                raise CommandError(f"{self.name} takes true or false, not {value!r:.64}")
            return (self.on if value else self.off).encode()
        if self.kind == "number":
            return self._written(self._number(value))
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise CommandError(f"{self.name} takes a text of up to {_LONGEST_TEXT} characters, not {value!r:.64}")
        if self.kind == "select" and value not in self.options:
            raise CommandError(f"{self.name} takes one of {', '.join(self.options)}, not '{value[:64]}'")
        return self._written(value)

    def _number(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise CommandError(f"{self.name} takes a number, not {value!r:.64}")
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= value <= high:
            raise CommandError(f"{self.name} takes {low:g} to {high:g}, not {value:g}")
        return int(value) if float(value).is_integer() else value

    def _written(self, value: Any) -> bytes:
        if not self.key:
            return str(value).encode()
        for key in reversed(self.key.split(".")):
            value = {key: value}
        return json.dumps(value, ensure_ascii=False).encode()
