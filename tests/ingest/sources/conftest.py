"""Sources made from a lumos.toml, and messages put to them as a maker's documentation shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.decoding.decoded import Announcement, Description, Event, Quarantined, Sample, Status
from ingest.decoding.samples import Clock
from ingest.sources.table import Sources
from telemetry.command_line import parser, read_arguments
from telemetry.controls import Control
from telemetry.settings import load

#: 2026-11-17 14:00:00 UTC.
NOW = 1_794_924_000_000_000
CLOCK = Clock(NOW)


class Heard:
    """What one or several messages said, sorted by kind."""

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def _of(self, kind: Any) -> list[Any]:
        return [part for part in self.parts if isinstance(part, kind)]

    @property
    def readings(self) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for part in self._of(Sample):
            found.setdefault(part.device, {}).update(part.values)
        return found

    @property
    def events(self) -> list[tuple[str, str, Any]]:
        return [(part.device, part.event, json.loads(part.value)) for part in self._of(Event)]

    @property
    def standing(self) -> dict[str, bool]:
        return {part.device: part.online for part in self._of(Status)}

    @property
    def quarantined(self) -> list[str]:
        return [part.reason for part in self._of(Quarantined)]

    @property
    def units(self) -> dict[str, str | None]:
        return {metric: said.unit for part in self._of(Description) for metric, said in part.sensors.items()}

    @property
    def labels(self) -> dict[str, str | None]:
        return {metric: said.label for part in self._of(Description) for metric, said in part.sensors.items()}

    @property
    def controls(self) -> dict[str, Control]:
        return {control.name: control for part in self._of(Description) for control in part.controls}

    @property
    def announced(self) -> list[str]:
        return [part.topic for part in self._of(Announcement)]


class Table:
    """The rows in force."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def hear(self, *messages: tuple[str, Any], clock: Clock = CLOCK) -> Heard:
        """Put messages to the sources: (topic, payload), where what is no text is sent as JSON."""
        parts: list[Any] = []
        for topic, payload in messages:
            parts += self.sources.decode(topic, as_bytes(payload), clock)
        return Heard(parts)


def as_bytes(payload: Any) -> bytes:
    if isinstance(payload, bytes):
        return payload
    return (payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)).encode()


def made(folder: Path, toml: str) -> Table:
    (folder / "lumos.toml").write_text(toml, encoding="utf-8")
    return Table(Sources(load(read_arguments(parser("test", ""), []), environment={}, folder=folder)))


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], Table]:
    """`table('sources = "tasmota"')`: the rows of that lumos.toml."""
    return lambda toml: made(tmp_path, toml)
