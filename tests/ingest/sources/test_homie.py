"""The Homie convention's own examples, versions 3, 4 and 5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ingest.sources.conftest import Table

#: The super car of versions 3 and 4, retained topics in the order of their names.
CAR: list[tuple[str, str]] = [
    ("homie/super-car/$homie", "4.0.0"),
    ("homie/super-car/$name", "Super car"),
    ("homie/super-car/$localip", "192.168.0.10"),
    ("homie/super-car/$fw/name", "weatherstation-firmware"),
    ("homie/super-car/$fw/version", "1.0.0"),
    ("homie/super-car/$nodes", "wheels,engine,lights[]"),
    ("homie/super-car/$implementation", "esp8266"),
    ("homie/super-car/$stats/interval", "60"),
    ("homie/super-car/engine/$name", "Car engine"),
    ("homie/super-car/engine/$type", "V8"),
    ("homie/super-car/engine/$properties", "speed,direction,temperature"),
    ("homie/super-car/engine/temperature/$name", "Engine temperature"),
    ("homie/super-car/engine/temperature/$settable", "false"),
    ("homie/super-car/engine/temperature/$unit", "°C"),
    ("homie/super-car/engine/temperature/$datatype", "float"),
    ("homie/super-car/engine/temperature/$format", "-20:120"),
    ("homie/super-car/$state", "ready"),
]

#: A version 5 device.
DESCRIPTION: dict[str, Any] = {
    "homie": "5.0",
    "name": "Supercar",
    "version": 7,
    "nodes": {
        "engine": {
            "name": "Car engine",
            "properties": {
                "temperature": {"name": "Engine temperature", "unit": "°C", "datatype": "float", "format": "-20:120"},
                "gear": {"datatype": "enum", "format": "park,drive", "settable": True},
                "horn": {"datatype": "enum", "format": "short,long", "retained": False},
                "since": {"datatype": "datetime"},
            },
        },
        "lights": {
            "properties": {
                "power": {"name": "Lights", "datatype": "boolean", "settable": True, "format": "off,on"},
                "brightness": {"datatype": "integer", "format": "0:100:5", "settable": True, "unit": "%"},
            }
        },
    },
}


def test_a_device_of_version_4(table: Callable[[str], Table]) -> None:
    homie = table('sources = "homie"')
    heard = homie.hear(*CAR, ("homie/super-car/engine/temperature", "21.5"))
    assert heard.readings == {"super-car": {"engine.temperature": 21.5}}
    assert heard.events == []
    assert heard.standing == {"super-car": True}
    assert heard.units == {"engine.temperature": "°C"}
    assert heard.labels == {"engine.temperature": "Engine temperature"}
    sensor = heard.parts[-3].sensors["engine.temperature"]
    assert (sensor.low, sensor.high) == (-20, 120)
    status = heard.parts[-2]
    assert status.text == (
        '{"online":true,"state":"ready","ip":"192.168.0.10","firmware":"weatherstation-firmware","fw":"1.0.0"}'
    )
    assert heard.controls == {}
    assert homie.hear(("homie/super-car/$state", "lost")).standing == {"super-car": False}


def test_statistics_and_arrays_of_version_3(table: Callable[[str], Table]) -> None:
    heard = table('sources = "homie"').hear(
        ("homie/super-car/$stats/uptime", "120"),
        ("homie/super-car/$stats/battery", "80"),
        ("homie/super-car/lights/intensity/$datatype", "integer"),
        ("homie/super-car/lights_0/intensity", "55"),
        ("homie/super-car/lights/intensity/$unit", "%"),
    )
    assert heard.readings == {"super-car": {"$stats.uptime": 120, "$stats.battery": 80, "lights_0.intensity": 55}}
    assert heard.units == {"$stats.uptime": "s", "$stats.battery": "%", "lights.intensity": "%"}


def test_a_settable_property_names_its_command_topic(table: Callable[[str], Table]) -> None:
    heard = table('sources = "homie"').hear(
        ("homie/kitchen-light/light/power/$datatype", "boolean"),
        ("homie/kitchen-light/light/power/$settable", "true"),
        ("homie/kitchen-light/light/power", "true"),
        ("homie/kitchen-light/light/power/set", "false"),
    )
    control = heard.controls["light.power"]
    assert (control.kind, control.topic) == ("switch", "homie/kitchen-light/light/power/set")
    assert (control.payload(True), control.payload(False)) == (b"true", b"false")
    assert heard.readings == {"kitchen-light": {"light.power": 1}}


def test_a_device_of_version_5(table: Callable[[str], Table]) -> None:
    homie = table('sources = "homie"')
    heard = homie.hear(
        ("homie/5/super-car/$description", DESCRIPTION),
        ("homie/5/super-car/$state", "ready"),
        ("homie/5/super-car/engine/temperature", "21.5"),
        ("homie/5/super-car/engine/gear", "park"),
        ("homie/5/super-car/engine/gear/$target", "drive"),
        ("homie/5/super-car/engine/gear/set", "drive"),
        ("homie/5/super-car/lights/power", "false"),
        ("homie/5/super-car/$log/warn", "low on oil"),
        ("homie/5/super-car/$alert/battery", "Battery is low, at 8%"),
        ("homie/5/$broadcast/alert", "Intruder detected"),
    )
    assert heard.readings == {"super-car": {"engine.temperature": 21.5, "lights.power": 0}}
    assert heard.events == [
        ("super-car", "engine.gear", "park"),
        ("super-car", "$alert.battery", "Battery is low, at 8%"),
    ]
    assert heard.standing == {"super-car": True}
    assert heard.units == {"engine.temperature": "°C", "lights.power": None, "lights.brightness": "%"}
    assert {name: control.topic for name, control in heard.controls.items()} == {
        "engine.gear": "homie/5/super-car/engine/gear/set",
        "lights.power": "homie/5/super-car/lights/power/set",
        "lights.brightness": "homie/5/super-car/lights/brightness/set",
    }
    brightness = heard.controls["lights.brightness"]
    assert (brightness.low, brightness.high, brightness.step) == (0, 100, 5)
    assert heard.controls["engine.gear"].options == ("park", "drive")
    assert heard.announced == ["homie/5/super-car/$description"]


def test_a_momentary_property_happens_each_time_and_a_state_stands(table: Callable[[str], Table]) -> None:
    homie = table('sources = "homie"')
    homie.hear(("homie/5/super-car/$description", DESCRIPTION))
    heard = homie.hear(("homie/5/super-car/engine/horn", "short"), ("homie/5/super-car/engine/gear", "park"))
    assert [part.stands for part in heard.parts] == [False, True]


def test_a_bridge_that_is_lost_takes_its_devices_with_it(table: Callable[[str], Table]) -> None:
    homie = table('sources = "homie"')
    homie.hear(
        ("homie/5/bridge/$description", {"homie": "5.0", "version": 1, "children": ["lamp"]}),
        ("homie/5/lamp/$description", {"homie": "5.0", "version": 1, "root": "bridge"}),
    )
    assert homie.hear(("homie/5/bridge/$state", "lost")).standing == {"bridge": False, "lamp": False}
    assert homie.hear(("homie/5/bridge/$state", "disconnected")).standing == {"bridge": False}


@pytest.mark.parametrize(
    ("path", "payload", "reason"),
    [
        ("engine/temperature", "warm", "described as float, which 'warm' is not"),
        ("engine/temperature", "NaN", "described as float"),
        ("engine/temperature", "1e999", "no finite number"),
        ("lights/power", "maybe", "described as boolean"),
        ("$state", "asleep", "one of init, ready"),
        ("$description", "[]", "a JSON object"),
        ("$description", "{", "not JSON"),
    ],
)
def test_what_breaks_its_own_description_is_quarantined(
    table: Callable[[str], Table], path: str, payload: str, reason: str
) -> None:
    homie = table('sources = "homie"')
    homie.hear(("homie/5/super-car/$description", DESCRIPTION))
    heard = homie.hear((f"homie/5/super-car/{path}", payload))
    assert reason in heard.quarantined[0]
    assert heard.readings == {}


def test_the_empty_text_and_a_cleared_topic(table: Callable[[str], Table]) -> None:
    homie = table('sources = "homie"')
    assert homie.hear(("homie/5/car/engine/note", b"\x00")).events == [("car", "engine.note", "")]
    assert homie.hear(("homie/5/car/engine/note", b"")).parts == []
    assert homie.hear(("homie/5/car/$state", b"")).standing == {"car": False}
