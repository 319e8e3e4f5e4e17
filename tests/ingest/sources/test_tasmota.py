"""Tasmota's payloads as its documentation has them (docs: MQTT, JSON status responses), and what they are to us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ingest.sources.conftest import Table

#: (topic, payload, readings, events, units)
CASES: list[tuple[str, Any, dict[str, float], dict[str, Any], dict[str, str]]] = [
    (
        "tele/tasmota/SENSOR",
        {"Time": "2017-02-16T10:13:52", "DS18B20": {"Temperature": 20.6}},
        {"DS18B20.Temperature": 20.6},
        {},
        {"DS18B20.Temperature": "°C"},
    ),
    (
        "tele/tasmota/SENSOR",
        {
            "Time": "2018-02-07T20:16:19",
            "DHT11": {"Temperature": 78.8, "Humidity": 27.0},
            "SHT3X": {"Temperature": 74.8, "Humidity": 18.9},
            "TempUnit": "F",
        },
        {"DHT11.Temperature": 78.8, "DHT11.Humidity": 27.0, "SHT3X.Temperature": 74.8, "SHT3X.Humidity": 18.9},
        {},
        {
            "DHT11.Temperature": "°F", "DHT11.Humidity": "%", "SHT3X.Temperature": "°F", "SHT3X.Humidity": "%",
        },
    ),
    (
        "tele/tasmota/SENSOR",
        {"Time": "2018-02-10T22:46:34", "BMP280": {"Temperature": 80.9, "Pressure": 984.4}, "PressureUnit": "mmHg"},
        {"BMP280.Temperature": 80.9, "BMP280.Pressure": 984.4},
        {},
        {"BMP280.Temperature": "°C", "BMP280.Pressure": "mmHg"},
    ),
    (
        "tele/plug/SENSOR",
        {
            "Time": "2018.02.04 23:17:01",
            "ENERGY": {
                "TotalStartTime": "2018-01-01T00:00:00", "Total": 3.185, "Yesterday": 3.058, "Today": 0.127,
                "Power": 0, "Factor": 0.00, "Voltage": 221, "Current": 0.000,
            },
        },
        {
            "ENERGY.Total": 3.185, "ENERGY.Yesterday": 3.058, "ENERGY.Today": 0.127, "ENERGY.Power": 0,
            "ENERGY.Factor": 0, "ENERGY.Voltage": 221, "ENERGY.Current": 0,
        },
        {},
        {
            "ENERGY.Total": "kWh", "ENERGY.Yesterday": "kWh", "ENERGY.Today": "kWh", "ENERGY.Power": "W",
            "ENERGY.Voltage": "V", "ENERGY.Current": "A",
        },
    ),
    (
        "tele/three/SENSOR",
        {"Time": "2018-02-04T23:17:01", "ENERGY": {"Power": [10, 20, 30], "Voltage": 230}},
        {"ENERGY.Power.0": 10, "ENERGY.Power.1": 20, "ENERGY.Power.2": 30, "ENERGY.Voltage": 230},
        {},
        {"ENERGY.Power.0": "W", "ENERGY.Power.1": "W", "ENERGY.Power.2": "W", "ENERGY.Voltage": "V"},
    ),
    (
        "tele/air/SENSOR",
        {
            "Time": "2018-02-16T16:22:12",
            "HTU21": {"Temperature": 24.7, "Humidity": 32.1},
            "PMS5003": {"CF1": 1, "CF2.5": 2, "PM2.5": 2, "PB0.3": 423},
            "TempUnit": "C",
        },
        {
            "HTU21.Temperature": 24.7, "HTU21.Humidity": 32.1, "PMS5003.CF1": 1, "PMS5003.CF2.5": 2,
            "PMS5003.PM2.5": 2, "PMS5003.PB0.3": 423,
        },
        {},
        {"HTU21.Temperature": "°C", "HTU21.Humidity": "%", "PMS5003.PM2.5": "µg/m³"},
    ),
    (
        "tele/hall/SENSOR",
        {"Time": "2018.02.15 01:00:50", "Switch1": "OFF"},
        {"Switch1": 0.0},
        {},
        {},
    ),
    (
        "tele/hall/STATE",
        {
            "Time": "2024-02-24T22:20:38", "Uptime": "0T00:10:11", "UptimeSec": 611, "Heap": 24,
            "SleepMode": "Dynamic", "Sleep": 50, "LoadAvg": 19, "MqttCount": 1, "POWER": "OFF",
            "Wifi": {
                "AP": 1, "SSId": "lab", "BSSId": "E6:8D:8C:4B:BE:F7", "Channel": 3, "Mode": "11n", "RSSI": 44,
                "Signal": -78, "LinkCount": 1, "Downtime": "0T00:00:05",
            },
        },
        {
            "UptimeSec": 611, "Heap": 24, "Sleep": 50, "LoadAvg": 19, "MqttCount": 1, "POWER": 0, "Wifi.AP": 1,
            "Wifi.Channel": 3, "Wifi.RSSI": 44, "Wifi.Signal": -78, "Wifi.LinkCount": 1,
        },
        {"SleepMode": "Dynamic", "Wifi.SSId": "lab", "Wifi.BSSId": "E6:8D:8C:4B:BE:F7", "Wifi.Mode": "11n"},
        {"UptimeSec": "s", "Heap": "kB", "Sleep": "ms", "Wifi.RSSI": "%", "Wifi.Signal": "dBm"},
    ),
    ("stat/hall/POWER", "ON", {"POWER": 1.0}, {}, {}),
    ("stat/dual/POWER2", "OFF", {"POWER2": 0.0}, {}, {}),
    ("stat/hall/POWER", "AN", {}, {"POWER": "AN"}, {}),
    ("stat/hall/RESULT", {"POWER": "ON"}, {}, {}, {}),  # its own topic says it too
]  # fmt: skip


@pytest.mark.parametrize(("topic", "payload", "readings", "events", "units"), CASES)
def test_a_documented_payload(
    table: Callable[[str], Table], topic: str, payload: Any, readings: Any, events: Any, units: Any
) -> None:
    heard = table('sources = "tasmota"').hear((topic, payload))
    device = topic.split("/")[1]
    assert heard.readings == ({device: readings} if readings else {})
    assert {event: value for _, event, value in heard.events} == events
    assert heard.units == units
    assert heard.quarantined == []


def test_lwt_and_info_say_whether_and_what_a_device_is(table: Callable[[str], Table]) -> None:
    tasmota = table('sources = "tasmota"')
    heard = tasmota.hear(
        ("tele/hall/LWT", "Online"),
        ("tele/hall/INFO1", {"Info1": {"Module": "Sonoff Basic", "Version": "13.1.0(tasmota)"}}),
        ("tele/hall/INFO2", {"Info2": {"WebServerMode": "Admin", "Hostname": "hall", "IPAddress": "192.168.1.22"}}),
    )
    assert heard.standing == {"hall": True}
    last = heard.parts[-2]
    assert last.text == '{"online":true,"fw":"13.1.0(tasmota)","module":"Sonoff Basic","ip":"192.168.1.22"}'
    assert tasmota.hear(("tele/hall/LWT", "Offline")).standing == {"hall": False}
    assert "LWT is Online or Offline" in tasmota.hear(("tele/hall/LWT", "?")).quarantined[0]


def test_relays_and_dimmers_name_their_command_topic_once(table: Callable[[str], Table]) -> None:
    tasmota = table('sources = "tasmota"')
    heard = tasmota.hear(("tele/lamp/STATE", {"POWER1": "ON", "POWER2": "OFF", "Dimmer": 40}))
    assert {name: control.topic for name, control in heard.controls.items()} == {
        "POWER1": "cmnd/lamp/POWER1",
        "POWER2": "cmnd/lamp/POWER2",
        "Dimmer": "cmnd/lamp/Dimmer",
    }
    assert heard.controls["POWER1"].payload(True) == b"ON"
    assert heard.controls["Dimmer"].payload(55) == b"55"
    assert tasmota.hear(("tele/lamp/STATE", {"POWER1": "ON", "Dimmer": 41})).controls == {}


def test_another_full_topic(table: Callable[[str], Table]) -> None:
    tasmota = table('sources = "tasmota"\n[source.tasmota]\ntopic = "house/{device}/{prefix}"')
    heard = tasmota.hear(("house/hall/stat/POWER", "ON"), ("tele/hall/LWT", "Online"))
    assert heard.readings == {"hall": {"POWER": 1.0}}
    assert heard.controls["POWER"].topic == "house/hall/cmnd/POWER"
    assert heard.standing == {}
    assert tasmota.sources.filters() == ["house/+/tele/+", "house/+/stat/+"]


@pytest.mark.parametrize("payload", ["", "{", "[1]", "nonsense", b"\xff"])
def test_what_is_no_state_is_quarantined(table: Callable[[str], Table], payload: Any) -> None:
    heard = table('sources = "tasmota"').hear(("tele/hall/STATE", payload))
    assert heard.readings == {}
    assert len(heard.quarantined) == (1 if payload else 0)
