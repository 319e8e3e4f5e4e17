"""Home Assistant's discovery: the configurations of its documentation, and states as they follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.decoding.payload import UnreadableError
from ingest.sources.templates import MISSING, Template
from tests.ingest.sources.conftest import Heard, Table

GARDEN = {
    "name": None,
    "device_class": "motion",
    "state_topic": "homeassistant/binary_sensor/garden/state",
    "unique_id": "motion01ad",
    "device": {"identifiers": ["01ad"], "name": "Garden"},
}
BEDROOM_T = {
    "device_class": "temperature",
    "state_topic": "homeassistant/sensor/sensorBedroom/state",
    "unit_of_measurement": "°C",
    "value_template": "{{ value_json.temperature}}",
    "unique_id": "temp01ae",
    "device": {
        "identifiers": ["bedroom01ae"], "name": "Bedroom", "manufacturer": "Example sensors Ltd.",
        "model": "Example Sensor", "model_id": "K9", "sw_version": "2024.1.0",
    },
}  # fmt: skip
BEDROOM_H = {
    "device_class": "humidity",
    "state_topic": "homeassistant/sensor/sensorBedroom/state",
    "unit_of_measurement": "%",
    "value_template": "{{ value_json.humidity}}",
    "unique_id": "hum01ae",
    "device": {"identifiers": ["bedroom01ae"]},
}
IRRIGATION = {
    "name": "Irrigation",
    "command_topic": "homeassistant/switch/irrigation/set",
    "state_topic": "homeassistant/switch/irrigation/state",
    "unique_id": "irr01ad",
    "device": {"identifiers": ["garden01ad"], "name": "Garden"},
}
ABBREVIATED = {"~": "homeassistant/switch/irrigation", "name": "garden", "cmd_t": "~/set", "stat_t": "~/state"}
KITCHEN = {
    "~": "homeassistant/light/kitchen", "name": "Kitchen", "uniq_id": "kitchen_light", "cmd_t": "~/set",
    "stat_t": "~/state", "schema": "json", "brightness": True,
}  # fmt: skip
DEVICE: dict[str, Any] = {
    "dev": {"ids": "ea334450945afc", "name": "Kitchen", "mf": "Bla electronics", "mdl": "xya", "sw": "1.0"},
    "o": {"name": "bla2mqtt", "sw": "2.1", "url": "https://bla2mqtt.example.com/support"},
    "cmps": {
        "some_unique_component_id1": {
            "p": "sensor", "device_class": "temperature", "unit_of_measurement": "°C",
            "value_template": "{{ value_json.temperature}}", "unique_id": "temp01ae_t",
        },
        "some_unique_id2": {
            "p": "sensor", "device_class": "humidity", "unit_of_measurement": "%",
            "value_template": "{{ value_json.humidity}}", "unique_id": "temp01ae_h",
        },
    },
    "state_topic": "sensorBedroom/state",
    "qos": 2,
}  # fmt: skip

#: (configurations, state messages, readings)
CASES: list[tuple[list[tuple[str, Any]], list[tuple[str, Any]], dict[str, dict[str, float]]]] = [
    (
        [("binary_sensor/garden", GARDEN)],
        [("homeassistant/binary_sensor/garden/state", "ON")],
        {"01ad": {"garden": 1}},
    ),
    (
        [("sensor/sensorBedroomT", BEDROOM_T), ("sensor/sensorBedroomH", BEDROOM_H)],
        [("homeassistant/sensor/sensorBedroom/state", {"temperature": 23.20, "humidity": 43.70})],
        {"bedroom01ae": {"sensorBedroomT": 23.2, "sensorBedroomH": 43.7}},
    ),
    (
        [("switch/irrigation", IRRIGATION)],
        [("homeassistant/switch/irrigation/state", "OFF"), ("homeassistant/switch/irrigation/set", "ON")],
        {"garden01ad": {"irrigation": 0}},
    ),
    (
        [("switch/irrigation", ABBREVIATED)],
        [("homeassistant/switch/irrigation/state", "ON")],
        {"irrigation": {"switch": 1}},
    ),
    (
        [("light/kitchen", KITCHEN)],
        [("homeassistant/light/kitchen/state", {"state": "ON", "brightness": 255})],
        {"kitchen": {"light": 1, "light.brightness": 255}},
    ),
    (
        [("device/0AFFD2", DEVICE)],
        [("sensorBedroom/state", {"temperature": 21, "humidity": 50})],
        {"ea334450945afc": {"some_unique_component_id1": 21, "some_unique_id2": 50}},
    ),
    (  # a payload of one's own for on
        [("binary_sensor/door", {"state_topic": "door", "payload_on": "auf", "payload_off": "zu"})],
        [("door", "auf")],
        {"door": {"binary_sensor": 1}},
    ),
    (  # the topics of a thermostat
        [("climate/stove", {
            "name": "Stove", "current_temperature_topic": "stove/now", "temperature_state_topic": "stove/target",
            "temperature_state_template": "{{ value_json.t | float }}", "mode_state_topic": "stove/mode",
        })],
        [("stove/now", "19.5"), ("stove/target", {"t": "21"}), ("stove/mode", "off")],
        {"stove": {"climate.current_temperature": 19.5, "climate.temperature": 21, "climate.mode": 0}},
    ),
]  # fmt: skip


def configured(table: Table, *configurations: tuple[str, Any]) -> Heard:
    return table.hear(*((f"homeassistant/{path}/config", body) for path, body in configurations))


@pytest.mark.parametrize(("configurations", "states", "readings"), CASES)
def test_a_documented_configuration(
    table: Callable[[str], Table], configurations: Any, states: Any, readings: Any
) -> None:
    discovery = table('sources = "homeassistant"')
    announced = configured(discovery, *configurations)
    assert announced.quarantined == []
    assert announced.readings == {}
    heard = discovery.hear(*states)
    assert heard.readings == readings
    assert heard.quarantined == []


def test_names_units_labels_and_makers(table: Callable[[str], Table]) -> None:
    heard = configured(
        table('sources = "homeassistant"'), ("sensor/sensorBedroomT", BEDROOM_T), ("sensor/sensorBedroomH", BEDROOM_H)
    )
    assert heard.units == {"sensorBedroomT": "°C", "sensorBedroomH": "%"}
    assert heard.labels == {"sensorBedroomT": "temperature", "sensorBedroomH": "humidity"}
    first = next(part for part in heard.parts if hasattr(part, "model"))
    assert (first.device, first.name, first.model) == (
        "bedroom01ae", "Bedroom", "Example sensors Ltd. Example Sensor"
    )  # fmt: skip


def test_topics_of_states_are_heard_beside_the_configurations(table: Callable[[str], Table]) -> None:
    discovery = table('sources = "homeassistant"')
    own = ["homeassistant/+/+/config", "homeassistant/+/+/+/config"]
    assert discovery.sources.filters() == own
    configured(discovery, ("device/0AFFD2", DEVICE))
    assert discovery.sources.filters() == [*own, "sensorBedroom/state"]
    configured(discovery, ("device/0AFFD2", ""))
    assert discovery.sources.filters() == own
    assert discovery.hear(("sensorBedroom/state", {"temperature": 1})).parts == []


def test_command_topics(table: Callable[[str], Table]) -> None:
    heard = configured(
        table('sources = "homeassistant"'),
        ("switch/irrigation", IRRIGATION),
        ("light/kitchen", KITCHEN),
        ("number/speed", {"command_topic": "fan/speed", "min": 10, "max": 20, "unit_of_measurement": "%"}),
        ("select/mode", {"command_topic": "fan/mode", "options": ["slow", "fast"]}),
        ("button/restart", {"command_topic": "fan/restart", "payload_press": "RESTART"}),
        ("number/odd", {"command_topic": "fan/odd", "command_template": '{"x": {{ value }}}'}),
    )
    controls = heard.controls
    assert controls["irrigation"].topic == "homeassistant/switch/irrigation/set"
    assert controls["irrigation"].payload(True) == b"ON"
    assert controls["light"].payload(False) == b'{"state": "OFF"}'
    assert controls["light.brightness"].payload(128) == b'{"brightness": 128}'
    assert controls["number"].payload(12) == b"12"
    assert controls["select"].payload("fast") == b"fast"
    assert controls["button"].payload(None) == b"RESTART"
    assert "fan/odd" not in {control.topic for control in controls.values()}


AVAILABLE = {
    "availability": [{"topic": "bridge/state", "value_template": "{{ value_json.state }}"}, {"topic": "lamp/state"}],
    "state_topic": "lamp",
    "device": {"ids": ["lamp"]},
}


@pytest.mark.parametrize(("mode", "online"), [("all", [True, False]), ("any", [True, True]), ("latest", [True, False])])
def test_availability_in_its_three_modes(table: Callable[[str], Table], mode: str, online: list[bool]) -> None:
    discovery = table('sources = "homeassistant"')
    configured(discovery, ("sensor/lamp", {**AVAILABLE, "availability_mode": mode}))
    heard = discovery.hear(("bridge/state", {"state": "online"}), ("lamp/state", "offline"), ("lamp/state", "whatever"))
    assert [part.online for part in heard.parts] == online


def test_what_an_earlier_source_reads_stays_its_own(table: Callable[[str], Table]) -> None:
    both = table('sources = "zigbee2mqtt, homeassistant"')
    config = {"stat_t": "zigbee2mqtt/my_plug", "cmd_t": "zigbee2mqtt/my_plug/set", "val_tpl": "{{ value_json.state }}",
              "dev": {"ids": ["zigbee2mqtt_0x1"], "name": "my_plug"}}  # fmt: skip
    heard = configured(both, ("switch/0x1/switch", config))
    assert (heard.controls, heard.quarantined) == ({}, [])
    assert both.hear(("zigbee2mqtt/my_plug", {"state": "ON"})).readings == {"my_plug": {"state": 1}}


def test_two_things_of_a_device_never_share_a_name(table: Callable[[str], Table]) -> None:
    discovery = table('sources = "homeassistant"')
    device = {"ids": ["x"]}
    for _ in range(2):  # a configuration that comes again keeps its name
        configured(
            discovery,
            ("sensor/x/power", {"stat_t": "a", "dev": device}),
            ("switch/x/power", {"stat_t": "b", "dev": device}),
            ("sensor/y/power", {"stat_t": "c", "dev": device}),
        )
    heard = discovery.hear(("a", "1"), ("b", "ON"), ("c", "3"))
    assert heard.readings == {"x": {"power": 1, "switch.power": 1, "sensor.power": 3}}


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"state_topic": "#"}, "without wildcards"),
        ({"state_topic": "a/+/b"}, "without wildcards"),
        ({"state_topic": "$SYS/x"}, "without wildcards"),
        ({"state_topic": "a", "value_template": "{{ states('x') }}"}, "uses states, which is not understood"),
        ({"state_topic": "a", "value_template": "{% for x in y %}{% endfor %}"}, "uses For"),
        ({"state_topic": "a", "value_template": "{{ value "}, "cannot be read"),
        ([], "a JSON object"),
        ("{", "not JSON"),
    ],
)
def test_a_configuration_that_is_not_understood_says_why(
    table: Callable[[str], Table], config: Any, reason: str
) -> None:
    heard = configured(table('sources = "homeassistant"'), ("sensor/x", config))
    assert reason in heard.quarantined[0]


@pytest.mark.parametrize(
    ("template", "payload", "body", "value"),
    [
        ("{{ value_json.temperature }}", "", {"temperature": 21.5}, 21.5),
        ("{{ value_json['a']['b'] | float / 10 }}", "", {"a": {"b": "215"}}, 21.5),
        ("{{ (value_json['power']['value'] * 1000) | int }}", "", {"power": {"value": 1.5}}, 1500),
        ("{% if value_json.x == 1 %}ON{% else %}OFF{% endif %}", "", {"x": 1}, "ON"),
        ("{{ 'ON' if value_json.on else 'OFF' }}", "", {"on": False}, "OFF"),
        ("{{ value.split(',')[1] }}", "a,b", MISSING, "b"),
        ("{% set x = value_json.a %}{{ x + 1 }}", "", {"a": 2}, 3),
        ("{{ value_json.v | round(1) | default(0) }}", "", {"v": 1.26}, 1.3),
        ("{{ value_json.v | default(none) }}", "", {}, None),
        ("{{ value_json.v }}", "", {}, MISSING),
        ("{{ value_json.get('v', 5) }}", "", {}, 5),
        ("{{ value_json.ids[0].t }}", "", {"ids": [{"t": 4}]}, 4),
        ("{{ value | int(0) }}", "x", MISSING, 0),
        ("{{ iif(value_json.v, 'a', 'b') }}", "", {"v": True}, "a"),
        ("{{ value_json.state in ['on', 'auto'] }}", "", {"state": "auto"}, True),
    ],
)
def test_a_template_picks_its_value(template: str, payload: str, body: Any, value: Any) -> None:
    assert Template(template).value(payload, body) == value


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'a' * 9999999999 }}", "{{ value_json.x | float }}", "{{ value | int }}", "{{ [[1]] }}", "{{ 1 / 0 }}",
        "{{ value_json.x + 1 }}", "{{ value.split('') }}", "{{ value | round(1) }}", "{{ 1e300 * 1e300 * 1e300 }}",
    ],
)  # fmt: skip
def test_a_template_that_gives_nothing_here_says_so(template: str) -> None:
    with pytest.raises(UnreadableError, match="gives no value"):
        Template(template).value("text", {"x": "abc"})
