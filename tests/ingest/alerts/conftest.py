"""A writer on a real database whose alerts live by a clock that a test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingest.alerts.engine import Clock
from ingest.broker.board_users import BoardUsers
from ingest.serving.actions import Actions
from telemetry.datafolder import DataFolder
from telemetry.questions import QUESTIONS, answer
from telemetry.settings import Settings
from tests.ingest.conftest import Desk

#: A Tuesday, 09:20 UTC.
T = 1_794_907_200_000_000
SECOND = 1_000_000


class Watchroom:
    """Readings come in, time passes, alerts open and end."""

    def __init__(self, desk: Desk, settings: Settings, folder: DataFolder, now_us: int = T) -> None:
        self.now_us = now_us
        self._seconds = 0.0
        self._settings, self._folder = settings, folder
        self._seq: dict[str, int] = {}
        self.sit_at(desk)

    def sit_at(self, desk: Desk) -> None:
        """Another run of ingest goes on with the same clock."""
        self.desk = desk
        self.alerts = desk.writer.alerts
        desk.do(lambda: setattr(self.alerts, "clock", Clock(lambda: self.now_us, lambda: self._seconds)))
        self.actions = Actions(desk.writer, desk.recent, BoardUsers(self._settings, self._folder))
        self._boot = f"boot{id(desk)}"
        self._seq = {}
        self.tick()

    def act(self, action: str, by: str = "ada", **arguments: Any) -> Any:
        return self.actions.carry_out(action, arguments, by)

    def rule(self, kind: str, **said: Any) -> str:
        """A rule, made long before what follows."""
        rule_id = str(self.act("make_alert_rule", kind=kind, **said)["id"])
        self.desk.do(lambda: self.desk.writer.connection.execute("UPDATE alert_rules SET asked_us = $1", [self.now_us]))
        self.desk.do(self.alerts.refresh)
        return rule_id

    def read(self, device: str = "window", *, ago: float = 0.0, **values: float) -> None:
        """A numbered reading of a moment `ago` seconds before now arrives now."""
        self.read_many(device, [(ago, values)])

    def read_many(self, device: str, rows: list[tuple[float, dict[str, float]]]) -> None:
        """A batch, of moments so many seconds before now."""
        seq = self._seq.get(device, 0)
        self._seq[device] = seq + len(rows)
        body = {
            "boot": self._boot, "seq": seq,
            "rows": [[(self.now_us - int(ago * SECOND)) // 1_000, values] for ago, values in rows],
        }  # fmt: skip
        self.desk.hand(f"esp32/{device}/output", body, arrived_us=self.now_us)
        self.desk.do(lambda: None)

    def pass_time(self, seconds: float, *, connected: bool = True) -> None:
        """Let time pass, and the writer look at its clock."""
        self.now_us += int(seconds * SECOND)
        self._seconds += seconds
        self.tick(connected=connected)

    def tick(self, *, connected: bool = True) -> None:
        self.desk.broker.connected = connected
        self.desk.do(lambda: self.alerts.tick(connected=connected))

    def ask(self, question: str, **arguments: Any) -> list[dict[str, Any]]:
        return list(self.table(question, **arguments).to_pylist())

    def table(self, question: str, **arguments: Any) -> Any:
        return self.desk.do(lambda: answer(self.desk.writer.connection, QUESTIONS, question, arguments))

    def episodes(self, *names: str, **arguments: Any) -> list[Any]:
        """The alerts, oldest first; one column, or some."""
        rows = self.ask("alert_episodes", **arguments)[::-1]
        return [row[names[0]] if len(names) == 1 else tuple(row[name] for name in names) for row in rows]

    def messages(self) -> list[tuple[str, str, int]]:
        """What is queued: the channel, what of, and from when on, in seconds from now."""
        return [
            (channel, what, (due_us - self.now_us) // SECOND)
            for channel, what, due_us in self.desk.rows(
                "SELECT channel_id, what, due_us FROM alert_messages ORDER BY message_id"
            )
        ]


@pytest.fixture
def room(desk: Desk, settings: Settings, folder: DataFolder) -> Watchroom:
    return Watchroom(desk, settings, folder)


@pytest.fixture
def again(
    room: Watchroom, desk: Desk, restarted: Callable[[], Any], settings: Settings, folder: DataFolder
) -> Iterator[Callable[[], Watchroom]]:
    """Stop ingest, and start it on the same data; the room goes on there."""
    left = []

    def restart() -> Watchroom:
        (left[-1].__exit__(None, None, None) if left else desk.close())
        if left:
            left.pop()
        context = restarted()
        left.append(context)
        room.sit_at(context.__enter__())
        return room

    yield restart
    for context in left:
        context.__exit__(None, None, None)
