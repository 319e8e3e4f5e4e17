"""What messages say: a table of payloads that reads as the contract, and the law that nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoding.decode import decode
from ingest.decoding.decoded import (
    FLAG_BOARD_CLOCK,
    FLAG_HOST_CLOCK,
    Acknowledgement,
    Event,
    Quarantined,
    Sample,
    Sensor,
    Status,
)
from ingest.decoding.payload import LARGEST_PAYLOAD
from ingest.decoding.samples import Clock
from telemetry.commands import Command
from telemetry.topics import TopicKind, Topics

TOPICS = Topics("esp32")
#: 2026-11-17 14:00:00 UTC.
NOW = 1_794_924_000_000_000
NOW_MS = NOW // 1_000
CLOCK = Clock(NOW)
OUT = "esp32/window/output"


def one(topic: str, payload: Any, clock: Clock = CLOCK) -> Any:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    found = decode(TOPICS, topic, body, clock)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("payload", "sample"),
    [
        ({"boot": "b", "seq": 7, "t": NOW_MS, "light": 12}, Sample("window", "b", 7, NOW, {"light": 12.0})),
        ({"t": NOW_MS - 5_000, "a": 1.5, "b": None, "c": True, "d": False},
         Sample("window", None, None, NOW - 5_000_000, {"a": 1.5, "c": 1.0, "d": 0.0})),
        ({"age": 2_000, "x": 1}, Sample("window", None, None, NOW - 2_000_000, {"x": 1.0})),
        ({"x": 1}, Sample("window", None, None, NOW, {"x": 1.0})),
        (12.5, Sample("window", None, None, NOW, {"value": 12.5})),
        (True, Sample("window", None, None, NOW, {"value": 1.0})),
        ({"boot": "b", "seq": 0, "t": NOW_MS, "light": None}, Sample("window", "b", 0, NOW, {})),
        ({"t": 1_500_000_000_000, "x": 1}, Sample("window", None, None, NOW, {"x": 1.0}, FLAG_BOARD_CLOCK)),
        ({"t": NOW_MS + 3_600_000, "x": 1}, Sample("window", None, None, NOW, {"x": 1.0}, FLAG_BOARD_CLOCK)),
        ({"t": NOW_MS + 60_000, "x": 1}, Sample("window", None, None, NOW + 60_000_000, {"x": 1.0})),
        ({"température": 1}, Sample("window", None, None, NOW, {"température": 1.0})),
    ],
)  # fmt: skip
def test_a_sample(payload: Any, sample: Sample) -> None:
    assert one(OUT, payload) == sample


def test_a_batch_gives_each_row_its_number_and_time() -> None:
    payload = {"boot": "b", "seq": 4, "rows": [[NOW_MS - 2_000, {"x": 1}], [-1_000, {"x": 2}], [NOW_MS, {"y": 3}]]}
    found = decode(TOPICS, OUT, json.dumps(payload).encode(), CLOCK)
    assert found == [
        Sample("window", "b", 4, NOW - 2_000_000, {"x": 1.0}),
        Sample("window", "b", 5, NOW - 1_000_000, {"x": 2.0}),
        Sample("window", "b", 6, NOW, {"y": 3.0}),
    ]


def test_a_batch_with_a_wrong_clock_keeps_its_spacing() -> None:
    payload = {"boot": "b", "seq": 0, "rows": [[5_000, {"x": 1}], [6_500, {"x": 2}]]}
    found = decode(TOPICS, OUT, json.dumps(payload).encode(), CLOCK)
    assert [(s.t_us, s.flags) for s in found if isinstance(s, Sample)] == [
        (NOW - 1_500_000, FLAG_BOARD_CLOCK),
        (NOW, FLAG_BOARD_CLOCK),
    ]


def test_a_host_whose_clock_is_behind_the_store_believes_the_board() -> None:
    behind = Clock(arrived_us=1_000_000, newest_us=NOW)
    assert one(OUT, {"t": NOW_MS + 9_000, "x": 1}, behind) == Sample(
        "window", None, None, NOW + 9_000_000, {"x": 1.0}, FLAG_HOST_CLOCK
    )
    # But not a board whose own clock is decades ahead.
    assert one(OUT, {"t": NOW_MS + 40 * 31_557_600_000, "x": 1}, behind).flags == FLAG_BOARD_CLOCK


@pytest.mark.parametrize(("payload", "value"), [(b"1234.00", 1234.0), (b" 7\n", 7.0), (b"-1e3", -1000.0)])
def test_the_original_programs_number(payload: bytes, value: float) -> None:
    assert one("esp32/output", payload) == Sample("esp32", None, None, NOW, {"light": value})


@pytest.mark.parametrize("payload", [b"", b"nan", b"inf", b"1_0", b"LedOn", b"1" * 80, b"0x10", b"\xff"])
def test_what_is_no_number_there_goes_to_quarantine(payload: bytes) -> None:
    assert isinstance(one("esp32/output", payload), Quarantined)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "the payload is empty"),
        (b"\xff\xfe", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": Infinity}', "not JSON"),
        (b'{"a": 1' + b"0" * 400 + b"}", "finite|not JSON|takes"),
        (b'{"a": 1e999}', "finite|not JSON"),
        (b'{"a": 1, "a": 2}', "'a' is there twice"),
        (b'{"a": "on"}', "takes a number, true, false or null, not the text 'on'"),
        (b'{"a": [1]}', "not a list"),
        (b'{"a": {"b": 1}}', "not an object"),
        (b'"text"', "a JSON object or a bare number"),
        (b"null", "a JSON object or a bare number"),
        (b"[1]", "a JSON object or a bare number"),
        (b"{}", "holds no metric"),
        (b'{"t": 1}', "holds no metric"),
        (b'{"": 1}', "name is empty"),
        (b'{"a\\u0000b": 1}', "NUL"),
        (b'{"boot": "b", "a": 1}', "seq takes a whole number"),
        (b'{"seq": 1, "a": 1}', "boot takes a text"),
        (b'{"boot": "b", "seq": 1.5, "a": 1}', "seq takes a whole number"),
        (b'{"boot": "b", "seq": -1, "a": 1}', "seq takes a whole number"),
        (b'{"boot": "b", "seq": true, "a": 1}', "seq takes a whole number"),
        (b'{"t": "now", "a": 1}', "t takes milliseconds"),
        (b'{"t": true, "a": 1}', "t takes milliseconds"),
        (b'{"age": -1, "a": 1}', "age takes milliseconds from 0"),
        (b'{"rows": []}', "rows takes a list"),
        (b'{"rows": [[1]]}', "each of rows"),
        (b'{"rows": [[1, {"a": 1}]], "b": 2}', "a batch has boot, seq and rows, not 'b'"),
        (b"[" * 50 + b"]" * 50, "nested"),
        (b'{"a": ' * 5_000 + b"1" + b"}" * 5_000, "nested|not JSON"),
        (b"[" * 60_000, "nested|not JSON"),
        (b" " * (LARGEST_PAYLOAD + 1), "65537 bytes are more than the 65536"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(payload: bytes, reason: str) -> None:
    import re

    found = one(OUT, payload)
    assert isinstance(found, Quarantined)
    assert re.search(reason, found.reason), found.reason
    assert found.length == len(payload)
    assert payload.startswith(found.payload)
    assert len(found.payload) == (len(payload) if len(payload) <= LARGEST_PAYLOAD else 1_024)


def test_an_unreadable_sample_still_tells_its_number() -> None:
    found = one(OUT, {"boot": "b", "seq": 3, "rows": [[1, {"x": "?"}], [2, {"x": 1}]]})
    assert isinstance(found, Quarantined)
    assert found.numbering is not None
    assert (found.numbering.boot, found.numbering.first, found.numbering.last) == ("b", 3, 4)


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("esp32/window/outputs", "did you mean 'output'"),
        ("esp32/a b/output", "'a b' cannot be a device"),
        ("esp32/esp32/output", "'esp32' cannot be a device"),
        ("esp32/../output", "'..' cannot be a device"),
        ("esp32/a/b/output", "is no topic of the contract"),
        ("esp32", "is no topic of the contract"),
        (f"esp32/{'x' * 65}/output", "cannot be a device"),
    ],
)
def test_a_topic_that_is_none_says_so(topic: str, reason: str) -> None:
    found = one(topic, b"1")
    assert isinstance(found, Quarantined)
    assert reason in found.reason.replace('"', "'")


def test_two_long_names_never_become_one() -> None:
    first, second = ("n" * 200 + end for end in "ab")
    (a,) = one(OUT, {first: 1}).values
    (b,) = one(OUT, {second: 1}).values
    assert a != b
    assert len(a) == len(b) == 128


def test_a_status_an_acknowledgement_and_an_event() -> None:
    said = {"online": True, "sensors": {"light": {"unit": "lx", "min": 0, "max": 4095, "label": 7}, "x": 3}}
    found = one("esp32/window/status", said)
    assert found == Status("window", True, json.dumps(said), {"light": Sensor("lx", None, 0.0, 4095.0)})
    assert one("esp32/window/ack", {"id": "1", "ok": True, "led": True}) == Acknowledgement(
        "window", "1", True, '{"led":true}'
    )
    assert one("esp32/window/ack", {"id": "1", "ok": False, "error": "no"}).detail == "no"
    event = {"boot": "b", "n": 3, "t": NOW_MS, "event": "dropped", "value": {"from": 2, "to": 5, "count": 4}}
    found = one("esp32/window/event", event)
    assert isinstance(found, Event)
    assert (found.n, found.t_us, found.dropped) == (3, NOW, ("b", 2, 5))


@pytest.mark.parametrize("value", [None, 3, {"from": 5, "to": 2}, {"from": -1, "to": 2}, {"from": "0", "to": 1}, {}])
def test_a_drop_that_makes_no_sense_is_an_event_and_no_drop(value: Any) -> None:
    found = one("esp32/window/event", {"boot": "b", "event": "dropped", "value": value})
    assert isinstance(found, Event)
    assert found.dropped is None


def test_our_own_word_and_a_cleared_status_are_nothing() -> None:
    assert decode(TOPICS, "esp32/window/stored", b'{"b": 1}', CLOCK) == []
    assert decode(TOPICS, "esp32/window/status", b"", CLOCK) == []


def test_commands_are_read_in_both_forms() -> None:
    body = {"id": "01J", "cmd": "led", "value": True, "by": "ada"}
    assert one("esp32/window/input", body) == Command("window", "led", True, "ada", "01J")
    assert one("esp32/input", b"LedOff") == Command("esp32", "led", False, "", "")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_KEYS = ["boot", "seq", "t", "age", "rows", "light", "online", "sensors", "id", "ok", "event", "value", "cmd", "n"]
_SHAPED = st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=6)
_CLOCKS = st.builds(Clock, st.integers(0, 2**62), st.integers(0, 2**62))


@given(kind=st.sampled_from([*TopicKind, "x"]), payload=st.binary(max_size=200), clock=_CLOCKS)
def test_no_bytes_make_it_raise(kind: str, payload: bytes, clock: Clock) -> None:
    for topic in (f"esp32/window/{kind}", f"esp32/{kind}"):
        assert isinstance(decode(TOPICS, topic, payload, clock), list | tuple)


@given(kind=st.sampled_from(list(TopicKind)), body=_JSON | _SHAPED, clock=_CLOCKS)
def test_no_json_makes_it_raise_and_every_reading_is_finite(kind: str, body: Any, clock: Clock) -> None:
    found = decode(TOPICS, f"esp32/window/{kind}", json.dumps(body).encode(), clock)
    for part in found:
        if isinstance(part, Sample):
            assert all(abs(value) < float("inf") for value in part.values.values())
            assert isinstance(part.t_us, int)
