"""What the metrics are taken from, and the functions that take them: from answers to samples with labels.

A function yields nothing where the answer is not there: a figure that is unknown is absent, never 0. Figures of single
devices are bounded (DEVICES), so that no fleet floods a Prometheus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from dashboard.liveness import Presence, standing
from telemetry.logs import Troubles
from telemetry.timestamps import US_PER_DAY, US_PER_SECOND

#: Devices that have figures of their own: the first by name. `lumos_devices_left_out` tells how many have none.
DEVICES = 200
_SECONDS_PER_DAY = US_PER_DAY // US_PER_SECOND

Row = Mapping[str, Any]
#: The values of the labels, and the figure.
Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was asked: rows by question (a question that was not answered is missing), and the dashboard's own part."""

    at_us: int
    answers: Mapping[str, Sequence[Row]]
    forecast: Row = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    clients: int = 0
    started_us: int = 0
    memory_bytes: int | None = None
    cpu_seconds: float = 0.0
    troubles: Troubles = field(default_factory=Troubles)

    def one(self, question: str) -> Row:
        """The one row of an answer; empty where it was not answered."""
        rows = self.answers.get(question)
        return rows[0] if rows else {}

    def devices(self) -> Sequence[Row]:
        return self.answers.get("devices", ())[:DEVICES]


Figures = Callable[[Facts], Iterable[Sample]]


def fact(question: str, column: str, scale: float = 1.0) -> Figures:
    """A column of an answer of one row, divided by `scale`."""

    def figures(facts: Facts) -> Iterator[Sample]:
        value = facts.one(question).get(column)
        if value is not None:
            yield (), float(value) / scale

    return figures


def own(figure: Callable[[Facts], float | None]) -> Figures:
    def figures(facts: Facts) -> Iterator[Sample]:
        value = figure(facts)
        if value is not None:
            yield (), float(value)

    return figures


def logged(facts: Facts) -> Iterator[Sample]:
    row = facts.one("vitals")
    if row:
        yield ("error",), row["errors"]
        yield ("warning",), row["warnings"]


def own_logged(facts: Facts) -> Iterator[Sample]:
    yield ("error",), facts.troubles.errors
    yield ("warning",), facts.troubles.warnings


def by_reason(facts: Facts) -> Iterator[Sample]:
    found = facts.one("health").get("quarantined_by_reason")
    for reason, count in orjson.loads(found).items() if found else ():
        yield (reason,), count


def of_levels(column: Callable[[Row], float]) -> Figures:
    return lambda facts: [((row["level"],), column(row)) for row in facts.answers.get("levels", ())]


def forecast(column: str, scale: float = 1.0) -> Figures:
    return own(lambda facts: None if facts.forecast.get(column) is None else facts.forecast[column] / scale)


def growth(facts: Facts) -> Iterator[Sample]:
    if "forecast" in facts.answers:
        yield (), sum(row["bytes_per_day"] for row in facts.answers["forecast"]) / _SECONDS_PER_DAY


def last_backup(facts: Facts) -> Iterator[Sample]:
    if facts.answers.get("backups"):
        yield (), max(row["made_us"] for row in facts.answers["backups"]) / US_PER_SECOND


def _last_us(facts: Facts) -> dict[str, int]:
    last: dict[str, int] = {}
    for row in facts.answers.get("series", ()):
        if row["last_us"] is not None:
            last[row["device"]] = max(last.get(row["device"], 0), row["last_us"])
    return last


def device_up(facts: Facts) -> Iterator[Sample]:
    last = _last_us(facts)
    for row in facts.devices():
        presence = standing(row["device"], row, last.get(row["device"]), facts.at_us).presence
        yield (row["device"],), float(presence in (Presence.LIVE, Presence.PAUSED))


def device_last(facts: Facts) -> Iterator[Sample]:
    last = _last_us(facts)
    for row in facts.devices():
        if row["device"] in last:
            yield (row["device"],), last[row["device"]] / US_PER_SECOND


def device_samples(column: str) -> Figures:
    def figures(facts: Facts) -> Iterator[Sample]:
        counted = {row["device"]: row[column] for row in facts.answers.get("losses", ())}
        for row in facts.devices():
            if row["device"] in counted:
                yield (row["device"],), counted[row["device"]]

    return figures
