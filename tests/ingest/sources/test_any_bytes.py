"""The law of every source: whatever comes, the answer is readings, events, a quarantine entry; nothing is raised."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoding.decoded import Announcement, Command, Decoded, Description, Event, Quarantined, Sample, Status
from ingest.decoding.payload import LARGEST_PAYLOAD, NAME_LENGTH
from ingest.decoding.samples import Clock
from ingest.sources.table import Sources
from telemetry.command_line import parser, read_arguments
from telemetry.settings import load
from tests.ingest.sources.test_homeassistant import DEVICE, KITCHEN
from tests.ingest.sources.test_homie import DESCRIPTION
from tests.ingest.sources.test_zigbee2mqtt import DEVICES

#: By source: topics of every kind that it reads, and keys that its payloads have.
TOPICS: dict[str, list[str]] = {
    "native": ["esp32/w/output", "esp32/w/status", "esp32/w/event", "esp32/w/ack", "esp32/w/input", "esp32/w/x"],
    "original": ["esp32/output", "esp32/input"],
    "plain": ["esp32/w/m", "esp32/é\x00/m"],
    "json": ["esp32/w"],
    "tasmota": ["tele/d/SENSOR", "tele/d/STATE", "tele/d/LWT", "tele/d/INFO1", "stat/d/POWER", "stat/d/RESULT"],
    "zigbee2mqtt": [
        "zigbee2mqtt/d", "zigbee2mqtt/a/d", "zigbee2mqtt/d/availability", "zigbee2mqtt/bridge/devices",
        "zigbee2mqtt/bridge/state", "zigbee2mqtt/", "zigbee2mqtt/my_plug",
    ],
    "homie": [
        "homie/d/n/p", "homie/d/$state", "homie/d/$name", "homie/d/n/p/$unit", "homie/d/n/p/$datatype",
        "homie/d/n/p/$format", "homie/d/n/p/$settable", "homie/d/$stats/uptime", "homie/5/d/$description",
        "homie/5/d/$state", "homie/5/d/n/p", "homie/5/d/$alert/x", "homie/", "homie/5/super-car/engine/temperature",
    ],
    "homeassistant": [
        "homeassistant/sensor/o/config", "homeassistant/light/n/o/config", "homeassistant/device/o/config",
        "homeassistant/climate/o/config", "sensorBedroom/state", "homeassistant/light/kitchen/state",
    ],
}  # fmt: skip
_KEYS = [
    "boot", "seq", "t", "rows", "online", "sensors", "event", "value", "Time", "TempUnit", "ENERGY", "POWER1", "Wifi",
    "Dimmer", "Info1", "Version", "state", "action", "friendly_name", "definition", "exposes", "features", "property",
    "type", "access", "value_on", "unit", "nodes", "properties", "datatype", "format", "settable", "root", "name",
    "state_topic", "stat_t", "val_tpl", "cmd_t", "dev", "ids", "availability", "cmps", "p", "~", "schema", "brightness",
]  # fmt: skip
_WORDS = ["ON", "closed", "online", "numeric", "binary", "float", "{{ value_json.x }}", "{{ value | int }}", "a/b", "#"]
_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(_WORDS)
    | st.sampled_from([10**400, -(2**63), 2**64, math.nan, math.inf, "\x00", "1e999", "9" * 500])
)  # fmt: skip
_JSON = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.sampled_from(_KEYS), inner, max_size=6)
    ),
    max_leaves=20,
)
_SPECIAL = [
    b"", b"\xff\xfe", b"NaN", b"Infinity", b"1" + b"0" * 400, b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a\\u0000": 1}',
    b'{"\\ud800": 1}', b"[" * 5_000, b'{"a":' * 3_000 + b"1" + b"}" * 3_000, b"x" * (LARGEST_PAYLOAD + 1), b"\x00",
]  # fmt: skip
_CLOCKS = st.builds(Clock, st.integers(0, 2**62), st.integers(0, 2**62))
_ALL = [(source, topic) for source, topics in TOPICS.items() for topic in topics]


def _made(source: str) -> Sources:
    settings = load(read_arguments(parser("test", ""), ["--sources", source]), environment={})
    made = Sources(settings)
    for topic, body in (  # something is known, so that states are read by it
        ("zigbee2mqtt/bridge/devices", DEVICES),
        ("homie/5/super-car/$description", DESCRIPTION),
        ("homeassistant/device/x/config", DEVICE),
        ("homeassistant/light/kitchen/config", KITCHEN),
    ):
        made.decode(topic, json.dumps(body).encode(), Clock(1_794_924_000_000_000))
    return made


_SOURCES = {source: _made(source) for source in TOPICS}


def breaches(source: str, topic: str, payload: bytes, clock: Clock) -> list[str]:
    """What a source says to a message against the rules; one that raises fails here."""
    said = _SOURCES[source].decode(topic, payload, clock)
    return [f"{rule}: {part}" for part in said for rule, is_kept in _rules(source, part) if not is_kept]


def _rules(source: str, part: Decoded) -> list[tuple[str, bool]]:
    """What is asked of a part, and whether it is so."""
    match part:
        case Sample():
            names = (part.device, *part.values)
            return [
                ("values are finite", all(math.isfinite(value) for value in part.values.values())),
                ("names are of a length", all(0 < len(name) <= NAME_LENGTH for name in names)),
                ("names are without NUL", all("\x00" not in name for name in names)),
                ("a moment is a whole number", isinstance(part.t_us, int)),
            ]
        case Event():
            text = part.event + part.value + part.device
            return [
                ("an event is without NUL", "\x00" not in text),
                ("its value can be written", not any("\ud800" <= letter <= "\udfff" for letter in part.value)),
            ]
        case Description():
            texts = [text for each in part.controls for text in (each.name, each.topic, each.on, each.off)]
            return [("controls are without NUL", not any("\x00" in text for text in texts))]
        case Quarantined():
            return [
                ("a reason is given", bool(part.reason)),
                ("what is kept is no longer than a payload may be", len(part.payload) <= LARGEST_PAYLOAD),
            ]
        case Status() | Announcement() | Command():
            return []
        case _:
            return [("only a board of ours acknowledges", source == "native")]


@given(where=st.sampled_from(_ALL), payload=st.binary(max_size=120), clock=_CLOCKS)
def test_no_bytes_make_a_source_raise(where: tuple[str, str], payload: bytes, clock: Clock) -> None:
    assert breaches(*where, payload, clock) == []


@given(where=st.sampled_from(_ALL), body=_JSON, clock=_CLOCKS)
def test_no_json_makes_a_source_raise(where: tuple[str, str], body: Any, clock: Clock) -> None:
    assert breaches(*where, json.dumps(body).encode(), clock) == []


@pytest.mark.parametrize("source", TOPICS)
def test_no_special_payload_makes_a_source_raise(source: str) -> None:
    for topic in TOPICS[source]:
        for payload in _SPECIAL:
            assert breaches(source, topic, payload, Clock(1_794_924_000_000_000)) == []


@given(source=st.sampled_from(list(TOPICS)), tail=st.text(max_size=40), payload=st.sampled_from([b"1", b"{}", b"ON"]))
def test_no_topic_makes_a_source_raise(source: str, tail: str, payload: bytes) -> None:
    root = TOPICS[source][0].split("/")[0]
    assert breaches(source, f"{root}/{tail}", payload, Clock(1_794_924_000_000_000)) == []
