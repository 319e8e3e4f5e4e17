"""What only a running ingest can answer: the newest readings of all devices, and whether their list changed."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.broker.board_users import BoardUsers
from ingest.serving.actions import Actions
from ingest.serving.live_questions import with_live_questions
from telemetry.datafolder import DataFolder
from telemetry.questions import answer, metadata_of
from telemetry.settings import Settings
from tests.ingest.conftest import Desk


class Asking:
    """An overview of all devices that asks what is new, again and again."""

    def __init__(self, desk: Desk, folder: DataFolder) -> None:
        broker: Any = desk.broker
        self._desk = desk
        self._questions = with_live_questions(folder, desk.writer, broker, desk.inbox, desk.recent)
        self.cursor = ""
        self.standing = 0

    def ask(self) -> tuple[list[tuple[str, str, float]], bool]:
        """The new readings, and whether the list itself changed."""
        self._desk.rows("SELECT 1")
        found = answer(self._desk.writer.connection.cursor(), self._questions, "latest", {"cursor": self.cursor})
        facts = metadata_of(found)
        stirred, self.standing = facts["standing"] != self.standing, facts["standing"]
        self.cursor = facts["cursor"]
        return [(row["device"], row["metric"], row["value"]) for row in found.to_pylist()], stirred


@pytest.fixture
def asking(desk: Desk, folder: DataFolder) -> Asking:
    return Asking(desk, folder)


def test_readings_are_told_once_and_stir_nothing(desk: Desk, asking: Asking) -> None:
    desk.hand("esp32/window/output", {"light": 1})
    assert asking.ask() == ([], True)  # the first time there is no cursor yet
    desk.hand("esp32/window/output", {"light": 2})
    assert asking.ask() == ([("window", "light", 2.0)], False)
    assert asking.ask() == ([], False)


def test_what_a_list_of_devices_shows_stirs_it_and_nothing_else(desk: Desk, asking: Asking) -> None:
    said = {"online": True, "sending": True, "period_ms": 1000, "rssi": -50}
    steps = [
        ("esp32/window/output", {"light": 1}, True),  # a device that was not there
        ("esp32/window/output", {"light": 1, "heat": 2}, True),  # a metric that was not there
        ("esp32/window/status", said, True),
        ("esp32/window/status", {**said, "rssi": -60}, False),
        ("esp32/window/status", {**said, "sending": False}, True),
        ("esp32/window/status", {"online": False}, True),
        ("esp32/window/status", {"online": False}, False),
        ("esp32/window/status", {**said, "sensors": {"heat": {"unit": "°C"}}}, True),
    ]
    asking.ask()
    for topic, payload, stirs in steps:
        desk.hand(topic, payload)
        assert asking.ask()[1] is stirs, payload


def test_a_name_stirs_the_list_and_a_replaced_board_speaks_for_its_successor(
    desk: Desk, asking: Asking, settings: Settings, folder: DataFolder
) -> None:
    desk.hand("esp32/old/output", {"light": 1})
    desk.hand("esp32/new/output", {"light": 2})
    actions = Actions(desk.writer, desk.recent, BoardUsers(settings, folder))
    asking.ask()
    actions.carry_out("describe_device", {"device": "new", "name": "Window"}, "ada")
    assert asking.ask() == ([], True)
    actions.carry_out("merge_device", {"device": "old", "into": "new"}, "ada")
    assert asking.ask() == ([], True)
    desk.hand("esp32/old/output", {"light": 7})
    assert asking.ask() == ([("new", "light", 7.0)], False)
