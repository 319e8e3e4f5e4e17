"""What an overview needs to know: everything when it is opened, and then once a second what is new, which is little.

The cards are drawn again only when another set of devices would be shown, and once a minute for their curves; readings
alone travel as numbers, which the browser writes into the cards it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.context import Context
from dashboard.figures import Style
from dashboard.overview.cards import cards
from dashboard.overview.choices import Choices
from dashboard.overview.entries import Entry, chosen, counts, curves, entries, metrics_of
from dashboard.panels.parts import Child
from telemetry.errors import StoreUnavailableError
from telemetry.questions import metadata_of
from telemetry.timestamps import US_PER_MINUTE, US_PER_MS

Readings = dict[str, dict[str, list[float]]]


@dataclass(frozen=True, slots=True)
class Heard:
    """Up to where the browser knows: ingest's cursor, the list of devices it has, and the minute of its curves."""

    cursor: str = ""
    standing: int = -1
    minute: int = 0

    def as_json(self) -> dict[str, Any]:
        """What the browser keeps."""
        return {"cursor": self.cursor, "standing": self.standing, "minute": self.minute}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> Heard:
        """What the browser kept."""
        return cls(**kept) if kept else cls()


@dataclass(frozen=True, slots=True)
class Overview:
    """The page without a chosen device; `news` is what the browser writes into the cards."""

    cards: Child
    counts: Mapping[str, int]
    metrics: Mapping[str, str]
    news: dict[str, Any]
    heard: Heard


def overview(context: Context, choices: Choices, style: Style, now_us: int) -> Overview:
    """All of it. Raises StoreUnavailableError or QuestionError."""
    heard = _here(context, now_us)  # first, so that nothing falls between
    found = entries(context.rows("devices"), context.rows("last_values"), choices.metric, now_us)
    shown = chosen(found, choices)
    news = {"readings": _readings(shown), "curves": curves(context.reader, shown, now_us)}
    return Overview(cards(shown, choices, style), counts(found), metrics_of(found), news, heard)


def tick(context: Context, heard: Heard, now_us: int) -> tuple[dict[str, Any] | None, Heard, bool] | None:
    """`(news, heard, draw all again)`, or None when nothing is new."""
    try:
        table = context.reader.ask("latest", cursor=heard.cursor)
    except StoreUnavailableError:
        # Without ingest nothing is new; on its return everything may be.
        return None if not heard.cursor else (None, Heard("", heard.standing, heard.minute), False)
    facts = metadata_of(table)
    after = Heard(facts["cursor"], facts["standing"], now_us // US_PER_MINUTE)
    if not facts["complete"] or after.standing != heard.standing or after.minute != heard.minute:
        return None, after, True
    if not table.num_rows:
        return None
    readings: Readings = {}
    for row in table.to_pylist():
        readings.setdefault(row["device"], {})[row["metric"]] = [row["t_us"] // US_PER_MS, row["value"]]
    return {"readings": readings}, after, False


def _here(context: Context, now_us: int) -> Heard:
    """Where "what is new" begins; nowhere without ingest."""
    try:
        facts = metadata_of(context.reader.ask("latest", cursor=""))
    except StoreUnavailableError:
        return Heard("", -1, now_us // US_PER_MINUTE)
    return Heard(facts["cursor"], facts["standing"], now_us // US_PER_MINUTE)


def _readings(shown: list[Entry]) -> Readings:
    return {
        entry.device: {metric.name: [metric.t_us // US_PER_MS, metric.value] for metric in entry.metrics}
        for entry in shown
    }
