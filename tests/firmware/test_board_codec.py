"""The payloads are those of the contract, and reading never raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.board import codec


def test_a_sample_has_its_number_its_time_and_its_metrics() -> None:
    payload = codec.sample("9f2c01ab", 4711, 1790000000123, None, codec.readings({"light": 1234, "temperature": 21.5}))
    assert json.loads(payload) == {
        "boot": "9f2c01ab", "seq": 4711, "t": 1790000000123, "light": 1234, "temperature": 21.5,
    }  # fmt: skip


def test_a_sample_without_a_clock_has_its_age_and_a_failed_sensor_is_null() -> None:
    assert json.loads(codec.sample("b", 0, None, 250, codec.readings({"light": None}))) == {
        "boot": "b", "seq": 0, "age": 250, "light": None,
    }  # fmt: skip


def test_a_board_without_sensors_sends_samples_all_the_same() -> None:
    assert json.loads(codec.sample("b", 1, 5, None, codec.readings({}))) == {"boot": "b", "seq": 1, "t": 5}
    assert json.loads(b"".join(codec.batch("b", 1, [(5, None, "")])))["rows"] == [[5, {}]]


def test_a_batch_has_the_first_number_and_rows_whose_negative_times_are_ages() -> None:
    rows = [(1790000000123, None, '"light":1'), (None, 40, '"light":2'), (None, 0, '"light":3')]
    assert json.loads(b"".join(codec.batch("b", 7, rows))) == {
        "boot": "b",
        "seq": 7,
        "rows": [[1790000000123, {"light": 1}], [-40, {"light": 2}], [-1, {"light": 3}]],
    }


def test_an_event_is_numbered_and_timed() -> None:
    assert json.loads(codec.event("b", 3, 1790000000123, None, "button", True)) == {
        "boot": "b", "n": 3, "t": 1790000000123, "event": "button", "value": True,
    }  # fmt: skip


def test_acknowledgements_and_refusals_carry_the_id() -> None:
    assert json.loads(codec.answer("01J", None, {"led": True})) == {"id": "01J", "ok": True, "led": True}
    assert json.loads(codec.answer("01J", "no", {})) == {"id": "01J", "ok": False, "error": "no"}


@pytest.mark.parametrize(
    ("payload", "read"),
    [
        (b'{"9f2c01ab": 4711}', {"9f2c01ab": 4711}),
        (b"{}", {}),
        (b"", None),
        (b"[1]", None),
        (b'{"a": "1"}', None),
        (b'{"a": true}', None),
        (b'{"a": 1.5}', None),
        (b"\xff", None),
        (b"[" * 8000, None),
    ],
)
def test_what_is_stored_is_read_or_refused(payload: bytes, read: object) -> None:
    assert codec.read_stored(payload) == read


@given(st.binary(max_size=200))
def test_no_payload_makes_reading_raise(payload: bytes) -> None:
    assert isinstance(codec.read_stored(payload), dict | None)
    assert isinstance(codec.read_command(payload), dict | None)
    assert isinstance(codec.read_text(payload), str | None)
