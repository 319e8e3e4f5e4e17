"""Zigbee2MQTT's payloads as its documentation has them (MQTT topics and messages, exposes)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ingest.sources.conftest import Table

STATE = {"type": "binary", "name": "state", "property": "state", "value_on": "ON", "value_off": "OFF",
         "value_toggle": "TOGGLE", "access": 7}  # fmt: skip
#: The documentation's list of devices, shortened, with exposes from its page on them.
DEVICES: list[dict[str, Any]] = [
    {
        "ieee_address": "0x00158d00018255df",
        "type": "Router",
        "friendly_name": "my_plug",
        "definition": {
            "model": "ZNCZ02LM",
            "vendor": "Xiaomi",
            "exposes": [
                {"type": "switch", "features": [STATE]},
                {"type": "numeric", "name": "power", "label": "Power", "property": "power", "unit": "W", "access": 5},
                {"type": "numeric", "name": "temperature", "property": "temperature", "unit": "°C", "access": 1},
                {"type": "enum", "name": "identify", "property": "identify", "values": ["blink", "okay"], "access": 2},
            ],
        },
    },
    {
        "friendly_name": "kitchen/floor_light",
        "type": "Router",
        "definition": {
            "model": "LED1624G9",
            "vendor": "IKEA",
            "exposes": [
                {
                    "type": "light",
                    "features": [
                        STATE,
                        {"type": "numeric", "name": "brightness", "property": "brightness", "value_min": 0,
                         "value_max": 254, "access": 7},
                        {"type": "composite", "name": "color_xy", "property": "color", "features": [
                            {"type": "numeric", "name": "x", "property": "x", "access": 7},
                            {"type": "numeric", "name": "y", "property": "y", "access": 7}]},
                    ],
                },
                {"type": "numeric", "name": "linkquality", "property": "linkquality", "unit": "lqi", "access": 1,
                 "value_min": 0, "value_max": 255},
            ],
        },
    },
    {"friendly_name": "front_door", "type": "EndDevice", "definition": {"model": "DL", "vendor": "Yale", "exposes": [
        {"type": "lock", "features": [
            {"type": "binary", "name": "state", "property": "state", "value_on": "LOCK", "value_off": "UNLOCK",
             "access": 7},
            {"type": "enum", "name": "lock_state", "property": "lock_state",
             "values": ["not_fully_locked", "locked", "unlocked"], "access": 1}]},
        {"type": "binary", "name": "bolt", "property": "bolt", "value_on": "out", "value_off": "in", "access": 1}]}},
    {"friendly_name": "my_sensor", "type": "Router", "supported": False, "definition": None},
    {"friendly_name": "Coordinator", "type": "Coordinator", "definition": None},
]  # fmt: skip

#: (topic below zigbee2mqtt/, payload, readings by device, events)
CASES: list[tuple[str, Any, dict[str, dict[str, float]], list[tuple[str, str, Any]]]] = [
    (
        "0x00158d0001a2b3c4",
        {"temperature": 27.34, "humidity": 44.72},
        {"0x00158d0001a2b3c4": {"temperature": 27.34, "humidity": 44.72}},
        [],
    ),
    ("remote", {"action": "single"}, {}, [("remote", "action", "single")]),
    ("remote", {"action": ""}, {}, []),
    ("motion", {"occupancy": True}, {"motion": {"occupancy": 1}}, []),
    (
        "bulb",
        {"state": "ON", "brightness": 215, "color_temp": 325},
        {"bulb": {"state": 1, "brightness": 215, "color_temp": 325}},
        [],
    ),
    (
        "kitchen/floor_light",
        {"state": "OFF", "color": {"x": 0.123, "y": 0.456}, "last_seen": "2026-01-01T00:00:00Z", "color_mode": "xy"},
        {"kitchen/floor_light": {"state": 0, "color.x": 0.123, "color.y": 0.456}},
        [("kitchen/floor_light", "color_mode", "xy")],
    ),
    ("kitchen/floor_light/brightness", "120", {"kitchen/floor_light": {"brightness": 120}}, []),  # output: attribute
    ("my_plug", {"power": None, "update": {"state": "idle"}}, {}, []),
    ("front_door", {"state": "LOCK", "bolt": "in", "lock_state": "unlocked"},
     {"front_door": {"state": 1, "bolt": 0, "lock_state": 0}}, []),
    ("my_plug/set", {"state": "ON"}, {}, []),
    ("my_plug/set/state", "ON", {}, []),
    ("my_plug/get", {"state": ""}, {}, []),
    ("bridge/logging", {"level": "info", "message": "Zigbee: allowing new devices to join."}, {}, []),
    ("bridge/info", {"version": "1.13.0-dev"}, {}, []),
    ("bridge/response/permit_join", {"data": {"value": True}, "status": "ok"}, {}, []),
]  # fmt: skip


@pytest.mark.parametrize("announced", [False, True])
@pytest.mark.parametrize(("path", "payload", "readings", "events"), CASES)
def test_a_documented_payload(
    table: Callable[[str], Table], path: str, payload: Any, readings: Any, events: Any, announced: bool
) -> None:
    bridge = table('sources = "zigbee2mqtt"')
    if announced:
        bridge.hear(("zigbee2mqtt/bridge/devices", DEVICES))
    elif path == "front_door":
        return  # what `in` and `out` mean is announced, nothing else says it
    heard = bridge.hear((f"zigbee2mqtt/{path}", payload))
    assert heard.readings == readings
    assert heard.events == events
    assert heard.quarantined == []


def test_bridge_devices_gives_units_labels_and_command_topics(table: Callable[[str], Table]) -> None:
    heard = table('sources = "zigbee2mqtt"').hear(("zigbee2mqtt/bridge/devices", DEVICES))
    assert heard.units["power"] == "W"
    assert heard.units["linkquality"] == "lqi"
    assert heard.labels["power"] == "Power"
    described = {part.device: part for part in heard.parts if hasattr(part, "sensors") and hasattr(part, "model")}
    assert set(described) == {"my_plug", "kitchen/floor_light", "front_door", "my_sensor"}
    assert described["my_plug"].model == "Xiaomi ZNCZ02LM"
    plug = {control.name: control for control in described["my_plug"].controls}
    assert set(plug) == {"state", "identify"}
    assert plug["state"].topic == "zigbee2mqtt/my_plug/set"
    assert plug["state"].payload(False) == b'{"state": "OFF"}'
    assert plug["identify"].payload("blink") == b'{"identify": "blink"}'
    assert (plug["identify"].metric, plug["state"].metric) == ("", "state")
    light = {control.name: control for control in described["kitchen/floor_light"].controls}
    assert light["brightness"].payload(12) == b'{"brightness": 12}'
    assert (light["brightness"].low, light["brightness"].high) == (0, 254)


@pytest.mark.parametrize("word", ["offline", '{"state": "offline"}'])
def test_availability_of_devices_and_of_the_bridge(table: Callable[[str], Table], word: str) -> None:
    heard = table('sources = "zigbee2mqtt"').hear(
        ("zigbee2mqtt/kitchen/floor_light/availability", word), ("zigbee2mqtt/bridge/state", '{"state":"online"}')
    )
    assert heard.standing == {"kitchen/floor_light": False, "zigbee2mqtt": True}


def test_two_bridges_at_once(table: Callable[[str], Table]) -> None:
    both = table(
        'sources = "zigbee2mqtt, upstairs"\n[source.upstairs]\npreset = "zigbee2mqtt"\nroot = "house/zigbee"\n'
        "[source.zigbee2mqtt]"
    )
    heard = both.hear(("zigbee2mqtt/a", {"x": 1}), ("house/zigbee/b", {"x": 2}))
    assert heard.readings == {"a": {"x": 1}, "b": {"x": 2}}
    assert both.sources.filters() == ["zigbee2mqtt/#", "house/zigbee/#"]


def test_a_list_of_devices_may_be_large_and_a_state_may_not(table: Callable[[str], Table]) -> None:
    bridge = table('sources = "zigbee2mqtt"')
    many = [
        {"friendly_name": f"device {n}", "type": "Router", "definition": None, "pad": "x" * 1_000} for n in range(200)
    ]
    heard = bridge.hear(("zigbee2mqtt/bridge/devices", many))
    assert heard.announced == ["zigbee2mqtt/bridge/devices"]
    large = bridge.hear(("zigbee2mqtt/a", {"x": "y" * 70_000}))
    assert "are more than the 65536" in large.quarantined[0]
