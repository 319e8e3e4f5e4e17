"""What is announced is kept: over a restart, over a transaction that failed, and once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from telemetry.controls import Control
from telemetry.errors import CommandError
from telemetry.questions import QUESTIONS, answer
from telemetry.settings import Settings
from tests.ingest.conftest import READINGS, Desk
from tests.ingest.sources.test_homeassistant import IRRIGATION
from tests.ingest.sources.test_zigbee2mqtt import DEVICES
from tests.ingest.test_writer import break_appender

ALL = "native, original, tasmota, zigbee2mqtt, homie, homeassistant"
CONFIG = "homeassistant/switch/irrigation/config"
STATE = "homeassistant/switch/irrigation/state"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", sources=ALL, given=frozenset(("sources",)))


def ask(desk: Desk, question: str, **arguments: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.do(
        lambda: answer(desk.writer.connection, QUESTIONS, question, arguments).to_pylist()
    )
    return found


def test_several_sources_at_once(desk: Desk) -> None:
    desk.hand("esp32/window/output", {"light": 1})
    desk.hand("tele/plug/SENSOR", {"ENERGY": {"Power": 12}})
    desk.hand("zigbee2mqtt/kitchen/lamp", {"brightness": 40})
    desk.hand("homie/car/engine/temperature", b"21.5")
    desk.hand(CONFIG, IRRIGATION, retained=True)
    desk.hand(STATE, b"ON")
    assert [(device, metric, value) for device, metric, _, value in desk.rows(READINGS)] == [
        ("car", "engine.temperature", 21.5),
        ("garden01ad", "irrigation", 1.0),
        ("kitchen/lamp", "brightness", 40.0),
        ("plug", "ENERGY.Power", 12.0),
        ("window", "light", 1.0),
    ]
    assert desk.rows("SELECT count(*) FROM quarantine") == [(0,)]
    assert STATE in desk.broker.filters
    assert desk.rows("SELECT unit FROM series WHERE metric = 'ENERGY.Power'") == [("W",)]


def test_a_configuration_is_understood_after_a_restart(desk: Desk, restarted: Callable[[], Any]) -> None:
    desk.hand(CONFIG, IRRIGATION, retained=True)
    desk.rows("SELECT 1")
    desk.close()
    with restarted() as later:
        assert STATE in later.writer.sources.filters()  # before the broker was asked for anything
        later.hand(STATE, b"ON")
        later.hand(CONFIG, IRRIGATION, retained=True)
        assert [row[:2] for row in later.rows(READINGS)] == [("garden01ad", "irrigation")]
        assert later.rows("SELECT count(*) FROM announcements") == [(1,)]
        later.hand(CONFIG, b"")
        assert later.rows("SELECT count(*) FROM announcements") == [(0,)]
        assert ask(later, "controls") == []
        assert STATE not in later.broker.filters


def test_controls_and_names_can_be_asked_for(desk: Desk) -> None:
    desk.hand("zigbee2mqtt/bridge/devices", DEVICES, retained=True)
    desk.hand(CONFIG, IRRIGATION, retained=True)
    found = {row["name"]: Control.of(row) for row in ask(desk, "controls", device="my_plug")}
    assert found["state"].topic == "zigbee2mqtt/my_plug/set"
    assert found["state"].payload(True) == b'{"state": "ON"}'
    with pytest.raises(CommandError, match="takes true or false"):
        found["state"].payload("on")
    devices = {row["device"]: row for row in ask(desk, "devices")}
    assert devices["garden01ad"]["name"] == "Garden"
    assert (devices["my_plug"]["source"], devices["my_plug"]["model"]) == ("zigbee2mqtt", "Xiaomi ZNCZ02LM")
    # A device that is gone from the list takes no more commands.
    desk.hand("zigbee2mqtt/bridge/devices", DEVICES[1:], retained=True)
    assert ask(desk, "controls", device="my_plug") == []
    assert len(ask(desk, "controls", device="kitchen/floor_light")) == 2
    # A name that people gave is stronger than the device's own.
    desk.do(lambda: desk.writer.connection.execute("UPDATE devices SET name = 'Beds' WHERE device = 'garden01ad'"))
    assert {row["device"]: row["name"] for row in ask(desk, "devices")}["garden01ad"] == "Beds"


def test_a_text_that_stands_is_an_event_once_and_a_momentary_one_each_time(
    desk: Desk, restarted: Callable[[], Any]
) -> None:
    for mode in ("auto", "auto", "heat"):
        desk.hand("zigbee2mqtt/stove", {"system_mode": mode})
    for _ in range(2):
        desk.hand("zigbee2mqtt/remote", {"action": "single"})
    desk.hand("zigbee2mqtt/remote", {"action": "single"}, retained=True)  # as the broker repeats it at a connect
    wanted = [("action", "single"), ("action", "single"), ("system_mode", "auto"), ("system_mode", "heat")]
    events = "SELECT event, value FROM events ORDER BY event, event_us"
    assert [(event, json.loads(value)) for event, value in desk.rows(events)] == wanted
    desk.close()
    with restarted() as later:
        later.hand("zigbee2mqtt/stove", {"system_mode": "heat"})
        assert len(later.rows(events)) == 4


def test_what_a_failed_transaction_took_back_is_said_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.writer._RETRY_SECONDS", 0.02)
    full: list[Exception] = [duckdb.IOException("No space left on device")] * 2
    desk.do(lambda: break_appender(desk.writer, "tail", lambda _: full.pop() if full else None))
    desk.do(lambda: [desk.hand(CONFIG, IRRIGATION), desk.hand("tele/plug/STATE", {"POWER": "ON", "Heap": 24})])
    assert {row["name"] for row in ask(desk, "controls")} == {"irrigation", "POWER"}
    assert desk.rows("SELECT unit FROM series WHERE metric = 'Heap'") == [("kB",)]
    assert desk.rows("SELECT count(*) FROM announcements") == [(1,)]


def test_availability_is_a_device_online_or_not(desk: Desk) -> None:
    desk.hand("tele/plug/LWT", b"Online", retained=True)
    desk.hand("homie/car/$state", b"lost")
    desk.hand("zigbee2mqtt/lamp/availability", {"state": "online"})
    found = {row["device"]: row["online"] for row in ask(desk, "devices")}
    assert found == {"plug": True, "car": False, "lamp": True}


def test_names_from_outside_are_data(desk: Desk) -> None:
    for name in ("<img onerror=alert(1)>", "'; DROP TABLE readings; --", "..", "مرحبا", "a%2Fb", '"', "${x}"):
        desk.hand(f"zigbee2mqtt/{name}", {name: 1})
    found = {(device, metric) for device, metric, *_ in desk.rows(READINGS)}
    assert len(found) == 7
    assert all(device == metric for device, metric in found)
