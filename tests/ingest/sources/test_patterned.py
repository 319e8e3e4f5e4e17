"""`plain`, `json` and rows of one's own: tables of topics and payloads, and what is said of a mistake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.decoding.decoded import FLAG_BOARD_CLOCK
from telemetry.errors import SettingError
from tests.ingest.sources.conftest import NOW, Table, made

GREENHOUSE = """
[source.greenhouse]
topic = "garden/{device}/sensors/{metric*}"
units = { "soil/moisture" = "%" }
labels = { "soil/moisture" = "Soil" }
status = "garden/{device}/online"
command = "garden/{device}/do"
"""
WEATHER = """
[source.weather]
topic = "weather/+/{device}/{device}/json"
payload = "json"
device = "weather {device}"
time = "ts"
ignore = ["wifi", "uptime"]
"""


@pytest.mark.parametrize(
    ("toml", "topic", "payload", "readings", "events"),
    [
        ('sources = "plain"', "esp32/window/temperature", "21.5", {"window": {"temperature": 21.5}}, []),
        ('sources = "plain"', "esp32/window/lamp", "ON", {"window": {"lamp": 1}}, []),
        ('sources = "plain"', "esp32/window/door", "Closed", {"window": {"door": 0}}, []),
        ('sources = "plain"', "esp32/window/says", "hello", {}, [("window", "says", "hello")]),
        ('sources = "plain"', "esp32/window/nothing", "", {}, []),
        ('sources = "plain"', "esp32/fenêtre/température", "1e1", {"fenêtre": {"température": 10}}, []),
        ('sources = "plain"\n[source.plain]\nroot = "lab"', "lab/a/b", "-3", {"a": {"b": -3}}, []),
        ('sources = "json"', "esp32/window", {"a": 1, "b": {"c": [2, {"d": "3"}]}, "e": None},
         {"window": {"a": 1, "b.c.0": 2, "b.c.1.d": 3}}, []),
        ('sources = "json"', "esp32/window", 7, {"window": {"value": 7}}, []),
        ('sources = "json"', "esp32/window", True, {"window": {"value": 1}}, []),
        ('sources = "json"', "esp32/window", {"state": "open", "note": "dry"}, {"window": {"state": 1}},
         [("window", "note", "dry")]),
        (GREENHOUSE, "garden/bed 3/sensors/soil/moisture", "44", {"bed 3": {"soil/moisture": 44}}, []),
        (WEATHER, "weather/v2/roof/north/json", {"t": 4, "wifi": {"rssi": -60}, "uptime": 5},
         {"weather roof/north": {"t": 4}}, []),
    ],
)  # fmt: skip
def test_a_row_reads(
    table: Callable[[str], Table], toml: str, topic: str, payload: Any, readings: Any, events: Any
) -> None:
    heard = table(toml).hear((topic, payload))
    assert heard.readings == readings
    assert heard.events == events
    assert heard.quarantined == []


@pytest.mark.parametrize(
    ("said", "t_us", "flags"),
    [
        (NOW // 1_000 - 5_000, NOW - 5_000_000, 0),
        (NOW // 1_000_000 - 5, NOW - 5_000_000, 0),
        ("2026-11-17T13:59:55Z", NOW - 5_000_000, 0),
        ("2026-11-17T14:59:55+01:00", NOW - 5_000_000, 0),
        ("2026-11-17 13:59:55", NOW - 5_000_000, 0),
        ("1999-01-01", NOW, FLAG_BOARD_CLOCK),
    ],
)
def test_a_payload_may_tell_its_time(table: Callable[[str], Table], said: Any, t_us: int, flags: int) -> None:
    (sample,) = table(WEATHER).hear(("weather/v2/a/b/json", {"t": 1, "ts": said})).parts
    assert (sample.t_us, sample.flags) == (t_us, flags)


def test_a_row_of_ones_own_knows_units_status_and_command_topic(table: Callable[[str], Table]) -> None:
    greenhouse = table(GREENHOUSE)
    heard = greenhouse.hear(("garden/bed/sensors/soil/moisture", "44"), ("garden/bed/online", "offline"))
    assert heard.units == {"soil/moisture": "%"}
    assert heard.labels == {"soil/moisture": "Soil"}
    assert heard.standing == {"bed": False}
    assert heard.controls["command"].topic == "garden/bed/do"
    again = greenhouse.hear(("garden/bed/sensors/soil/moisture", "45"))
    assert (again.units, again.controls) == ({}, {})
    greenhouse.sources.forget()  # as after a transaction that failed
    assert greenhouse.hear(("garden/bed/sensors/soil/moisture", "46")).units == {"soil/moisture": "%"}


def test_the_first_row_that_matches_reads(table: Callable[[str], Table]) -> None:
    rows = '\n[source.a]\ntopic = "x/{device}/{metric}"\n[source.b]\ntopic = "x/{device}/+"\nmetric = "only"'
    assert table(rows).hear(("x/d/m", "1")).readings == {"d": {"m": 1}}
    assert table('sources = "b, a"' + rows).hear(("x/d/m", "1")).readings == {"d": {"only": 1}}
    both = table('sources = "native, plain"')
    heard = both.hear(("esp32/window/output", "5"), ("esp32/window/temperature", "6"))
    assert heard.readings == {"window": {"value": 5, "temperature": 6}}
    assert both.sources.filters() == ["esp32/#"]


def test_a_mistyped_topic_below_our_root_is_told_and_others_are_not_ours(table: Callable[[str], Table]) -> None:
    rows = table('sources = "native, tasmota"')
    assert "did you mean 'output'" in rows.hear(("esp32/window/outputs", "1")).quarantined[0]
    assert rows.hear(("elsewhere/x", "1"), ("tele/x/y/z", "1")).parts == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"a.b": 1, "a": {"b": 2}}, "two values are both called 'a.b'"),
        ({str(n): n for n in range(1_001)}, "more than 1000 values"),
        ({"a\x00b": 1}, "NUL"),
        ({"a": "x\x00y"}, "NUL"),
        ({"": 1}, "name is empty"),
        (b'{"a": 1, "a": 2}', "there twice"),
        (b'{"a": 1e999}', "not JSON|finite"),
        (b'{"a": "1e999"}', "finite"),
        (b'{"a": ' * 40 + b"1" + b"}" * 40, "nested"),
        (b"\xff", "not JSON"),
        (b" " * 65_537, "65537 bytes"),
    ],
)
def test_what_cannot_be_kept_is_quarantined(table: Callable[[str], Table], payload: Any, reason: str) -> None:
    import re

    heard = table('sources = "json"').hear(("esp32/window", payload))
    assert heard.readings == {}
    assert re.search(reason, heard.quarantined[0])


def test_long_names_are_cut_and_never_become_one(table: Callable[[str], Table]) -> None:
    rows = table('sources = "plain"')
    heard = rows.hear(*((f"esp32/{'d' * 200}{end}/{'m' * 200}{end}", "1") for end in "ab"))
    assert [len(name) for name in heard.readings] == [128, 128]
    assert [len(metric) for values in heard.readings.values() for metric in values] == [128, 128]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('sources = "natve"', "'natve' is no source; did you mean 'native'?"),
        ('sources = "plain, plain"', "'plain' is named twice"),
        ('sources = ","', "no source is named"),
        ("source = 3", "write [source.NAME] above"),
        ('[source."a b"]\ntopic = "x/{device}/{metric}"', "a name has 1 to 64"),
        ("[source.a]", "[source.a]: topic is missing"),
        ('[source.a]\ntopic = "a/b{device}"', "topic takes levels with / between them"),
        ('[source.a]\ntopic = "a/{device}"', "the topic has no {metric}"),
        ('[source.a]\ntopic = "a/{metric}"', "the topic has no {device}"),
        ('[source.a]\ntopik = "a"', "topik is no option of 'plain'; did you mean 'topic'?"),
        ('[source.a]\npreset = "tasmotta"', "preset 'tasmotta' is none; did you mean 'tasmota'?"),
        ('[source.zigbee2mqtt]\nroot = "a/#"', "root takes a topic without wildcards"),
        ('[source.zigbee2mqtt]\ntopic = "a"', "topic is no option of 'zigbee2mqtt'"),
        ('[source.tasmota]\ntopic = "a/{device}"', "FullTopic with {prefix} and {device}"),
        ('[source.a]\ntopic = "a/{device}/{metric}"\nunits = ["°C"]', "units takes texts by metric"),
        ('[source.a]\ntopic = "a/{device}/{metric}"\npayload = "xml"', "payload takes one of number, json"),
        ("[source.native]\nroot = \"x\"", "root is no option of 'native'"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_settings_names_the_place(tmp_path: Path, toml: str, words: str) -> None:
    with pytest.raises(SettingError) as refused:
        made(tmp_path, toml)
    assert words in str(refused.value)
    assert "lumos.toml" in str(refused.value)
