"""What callbacks need of the world, handed to them in one frozen object: there is no global state.

Tests pass a fake Reader and a fake Commander; nothing in the dashboard makes its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from dashboard.activity import Activity
from telemetry.settings import Settings
from telemetry.timestamps import now_us

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboard.commands.commanding import Commander


class Asks(Protocol):
    """The part of telemetry.reader.Reader that the dashboard uses."""

    def ask(self, question: str, **arguments: Any) -> pa.Table:
        """The answer to a named question."""


@dataclass(frozen=True, slots=True)
class Context:
    """Settings, where to read, how to act, and when this process started (a restarted one makes pages reload)."""

    settings: Settings
    reader: Asks
    commander: Commander
    started: str = field(default_factory=lambda: f"{now_us():x}")
    activity: Activity = field(default_factory=Activity)

    def rows(self, question: str, **arguments: Any) -> list[dict[str, Any]]:
        """The answer to a question as dictionaries."""
        rows: list[dict[str, Any]] = self.reader.ask(question, **arguments).to_pylist()
        return rows

    def last_us(self, device: str, metric: str) -> int | None:
        """When a series' newest reading was taken; None where there is none."""
        rows = self.rows("series")
        times = (row["last_us"] for row in rows if (row["device"], row["metric"]) == (device, metric))
        return next(times, None)
