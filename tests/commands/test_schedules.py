"""Schedules over a real Mosquitto to the firmware's own board: run with no page open, held while it is silent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from telemetry.reader import Actions
from telemetry.schedules import clock_text
from telemetry.timestamps import US_PER_SECOND, now_us
from tests.commands.conftest import Room
from tests.harness.waiting import until

HOUR_US = int(timedelta(hours=1) / timedelta(microseconds=1))


class HostClock:
    """The host's clock, put ahead."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def now_us(self) -> int:
        return now_us() + self.ahead_us


@pytest.fixture
def host_clock(room: Room, monkeypatch: pytest.MonkeyPatch) -> HostClock:
    clock = HostClock()
    monkeypatch.setattr("ingest.schedules.engine.now_us", clock.now_us)
    room.ingest.writer.schedules.clock = clock.now_us
    return clock


def make(room: Room, name: str, device: str, clock: HostClock, **more: Any) -> str:
    """A schedule that is due in an hour by this clock."""
    due = (clock.now_us() + HOUR_US) // US_PER_SECOND // 60 % 1_440
    said = {"name": name, "kind": "at", "zone": "UTC", "time": clock_text(due), "cmd": "led", "value": True}
    made = Actions(room.ingest.folder, 20).call("make_schedule", {**said, "devices": [device], **more}, by="ada")
    return str(made["id"])


def states(room: Room, schedule_id: str) -> dict[str, int]:
    rows = room.reader.ask("schedule_runs", schedule_id=schedule_id).to_pylist()
    return dict(json.loads(rows[0]["states"])) if rows else {}


def reach(room: Room, schedule_id: str, clock: HostClock) -> None:
    """Put the clock to the moment at which a schedule is due."""
    rows: Callable[[], list[dict[str, Any]]] = lambda: room.reader.ask("schedules").to_pylist()  # noqa: E731
    (row,) = [row for row in rows() if row["schedule_id"] == schedule_id]
    clock.ahead_us += row["next_us"] - clock.now_us() + US_PER_SECOND


def test_a_board_is_told_with_no_page_open_and_its_answer_is_kept(room: Room, host_clock: HostClock) -> None:
    board = room.desk.board("lamp")
    room.wait_for_device(board, online=True)
    schedule_id = make(room, "Evening", "lamp", host_clock)
    reach(room, schedule_id, host_clock)
    until(lambda: states(room, schedule_id) == {"acknowledged": 1}, "the board's answer")
    assert board.led_on
    (command,) = room.reader.ask("commands", device="lamp").to_pylist()
    assert command["asked_by"] == "schedule Evening"


def test_a_board_that_is_silent_then_is_told_when_it_returns(room: Room, host_clock: HostClock) -> None:
    board = room.silent_board("asleep-lamp")
    schedule_id = make(room, "Night", "asleep-lamp", host_clock)
    reach(room, schedule_id, host_clock)
    until(lambda: states(room, schedule_id) == {"held": 1}, "the command to be held")
    board.switch_on()
    until(lambda: states(room, schedule_id) == {"acknowledged": 1}, "the board's answer")
    assert board.led_on


def test_over_a_restart_of_ingest_a_missed_run_is_made_up_for_where_wanted(room: Room, host_clock: HostClock) -> None:
    board = room.desk.board("porch")
    room.wait_for_device(board, online=True)
    wanted = make(room, "Made up for", "porch", host_clock, late_minutes=120)
    unwanted = make(room, "Missed", "porch", host_clock, value=False)
    room.ingest.stop()
    host_clock.ahead_us += HOUR_US + HOUR_US // 2
    room.ingest.start()
    until(lambda: states(room, wanted) == {"acknowledged": 1}, "the late run")
    assert board.led_on
    (row,) = room.reader.ask("schedule_runs", schedule_id=unwanted).to_pylist()
    assert (row["ran_us"], row["count"], row["problem"]) == (None, 1, "down")
    assert len(room.reader.ask("commands", device="porch").to_pylist()) == 1
