"""A writer on a real database whose schedules live by a clock that a test moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest.broker.board_users import BoardUsers
from ingest.serving.actions import Actions
from telemetry.datafolder import DataFolder
from telemetry.questions import QUESTIONS, answer
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_SECOND
from tests.ingest.conftest import Desk

ZONE = "Europe/Paris"
LAMP = {"name": "Lamp", "kind": "at", "zone": ZONE, "time": "06:30", "cmd": "led", "value": True, "devices": ["window"]}


def us(text: str) -> int:
    """A moment of Paris."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp()) * US_PER_SECOND


class HostClock:
    """The host's clock and the steady one beside it."""

    def __init__(self, text: str) -> None:
        self.now_us, self.seconds = us(text), 0.0

    def pass_to(self, text: str) -> None:
        """Time passes, as it does."""
        self.seconds += (us(text) - self.now_us) / US_PER_SECOND
        self.now_us = us(text)

    def set_to(self, text: str) -> None:
        """Somebody sets the clock, in no time."""
        self.now_us = us(text)


class Room:
    """Schedules are made, time passes, boards are told."""

    def __init__(self, desk: Desk, settings: Settings, folder: DataFolder, clock: HostClock) -> None:
        self.clock, self._settings, self._folder = clock, settings, folder
        self.sit_at(desk)

    def sit_at(self, desk: Desk) -> None:
        """Another run of ingest goes on with the same clock."""
        self.desk = desk
        self.actions = Actions(desk.writer, desk.recent, BoardUsers(self._settings, self._folder))

    def act(self, action: str, **arguments: Any) -> Any:
        return self.actions.carry_out(action, arguments, "ada")

    def board(self, name: str = "window", *, online: bool = True) -> None:
        self.desk.hand(f"esp32/{name}/status", {"online": True})
        if not online:
            self.desk.hand(f"esp32/{name}/status", {"online": False})
        self.desk.do(lambda: None)

    def make(self, **said: Any) -> str:
        return str(self.act("make_schedule", **{**LAMP, **said})["id"])

    def at(self, text: str, *, set_only: bool = False) -> None:
        """It is then; the writer looks at the clock."""
        (self.clock.set_to if set_only else self.clock.pass_to)(text)
        self.tick()

    def tick(self) -> None:
        def look() -> None:
            self.desk.writer.schedules.tick()
            self.desk.writer.holding.publish(self.desk.broker, self.desk.writer._topics)

        self.desk.do(look)

    def told(self, name: str = "window") -> list[Any]:
        """The commands that went to a board."""
        return [json.loads(body) for topic, body in self.desk.broker.published if topic == f"esp32/{name}/input"]

    def ask(self, question: str, **arguments: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.desk.do(
            lambda: answer(self.desk.writer.connection, QUESTIONS, question, arguments).to_pylist()
        )
        return found

    def missed(self) -> list[tuple[int, str]]:
        return [(row["count"], row["problem"]) for row in self.ask("schedule_runs") if row["ran_us"] is None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HostClock:
    made = HostClock("2026-11-16T12:00")
    monkeypatch.setattr("ingest.schedules.engine.now_us", lambda: made.now_us)
    monkeypatch.setattr("ingest.schedules.engine.monotonic", lambda: made.seconds)
    return made


@pytest.fixture
def room(clock: HostClock, settings: Settings, folder: DataFolder, restarted: Callable[[], Any]) -> Iterator[Room]:
    with restarted() as desk:
        made = Room(desk, settings, folder, clock)
        made.board()
        yield made
