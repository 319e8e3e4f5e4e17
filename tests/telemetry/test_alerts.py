"""What makes a rule, the state machine behind each, and how a change and a band are measured."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.alert_state import Change, Slope, State, excess_of_band
from telemetry.alerts import from_json, is_battery, read_rule
from telemetry.errors import ActionError

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"kind": "over"}, "kind='over' is none"),
        ({"kind": "above", "level": 3}, "needs a metric"),
        ({"kind": "above", "metric": "heat"}, "needs a level"),
        ({"kind": "above", "metric": "heat", "level": 3, "clear_level": 4}, "must lie at or below the level 3"),
        ({"kind": "below", "metric": "heat", "level": 3, "clear_level": 2}, "must lie at or above the level 3"),
        ({"kind": "change", "metric": "heat", "level": -1}, "must be 0 or more"),
        ({"kind": "silent", "device": "a", "tag": "b"}, "not both"),
        ({"kind": "silent", "hold_seconds": 0}, "hold_seconds=0 must be 1 to"),
        ({"kind": "silent", "severity": "bad"}, "severity='bad' is none"),
        ({"kind": "silent", "quiet_from": "22:00"}, "need both"),
        ({"kind": "silent", "quiet_from": "22:00", "quiet_to": "25:00"}, "is no time of day"),
        ({"kind": "silent", "quiet_from": "22:00", "quiet_to": "22:00"}, "never end"),
        ({"kind": "silent", "zone": "Mars/Base"}, "is no time zone"),
        ({"kind": "silent", "name": "n" * 101}, "at most 100"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_a_sentence(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ActionError, match=sentence):
        read_rule(said)


def test_a_rule_comes_back_from_the_store_as_it_was_and_knows_its_kinds_defaults() -> None:
    rule = read_rule({"kind": "battery", "tag": " garden ", "channels": ["a"], "level": None})
    assert (rule.level, rule.tag, rule.channels) == (20.0, "garden", ("a",))
    assert from_json(rule.to_json()) == rule
    assert from_json(read_rule({"kind": "silent"}).to_json()).channels is None


@pytest.mark.parametrize(
    ("metric", "is_one"),
    [("battery", True), ("ENERGY.Battery", True), ("battery_low", True), ("battery_voltage", False), ("heat", False)],
)
def test_a_battery_is_known_by_the_last_word_of_its_metric(metric: str, is_one: bool) -> None:
    assert is_battery(metric) is is_one


READINGS = st.lists(st.tuples(st.integers(-5, 60), st.integers(0, 10)), max_size=60)


@settings(max_examples=60)
@given(steps=READINGS, level=st.integers(2, 8), below=st.integers(0, 4), hold=st.integers(0, 40))
def test_the_state_machine_says_what_a_look_over_the_whole_past_says(
    steps: list[tuple[int, int]], level: int, below: int, hold: int
) -> None:
    """It opens with the first reading for which every one of the last `hold` seconds was beyond the level, and stays
    open until one is at or under the lower level; what is not newer than the newest changes nothing."""
    state, t_us, newest_us = State(level, level - below, hold * SECOND), 0, -(2**62)
    seen: list[tuple[int, int]] = []
    is_open, ended_at = False, -1
    for step, excess in steps:
        t_us += step * SECOND
        change = state.take(t_us, excess, float(excess))
        if t_us <= newest_us:
            assert change is None
            continue
        newest_us = t_us
        seen.append((t_us, excess))
        run = len(seen)
        while run > ended_at + 1 and seen[run - 1][1] > level:
            run -= 1
        holds = run < len(seen) and t_us - seen[run][0] >= hold * SECOND
        if is_open and excess <= level - below:
            assert change is Change.CLOSED
            is_open, ended_at = False, len(seen) - 1
        elif not is_open and holds:
            assert change is Change.OPENED
            assert state.since_us == seen[run][0]
            is_open = True
        else:
            assert change is None
        assert state.is_open is is_open
        if is_open:
            worst = max(value for at_us, value in seen if at_us >= (state.since_us or 0))
            assert (state.peak, state.peak_value) == (worst, worst)


@settings(max_examples=40)
@given(
    slope=st.floats(-50, 50),
    step=st.integers(1, 300),
    count=st.integers(2, 40),
    per=st.sampled_from(["minute", "hour"]),
)
def test_a_straight_line_changes_as_fast_as_it_does_however_often_it_is_read(
    slope: float, step: int, count: int, per: str
) -> None:
    unit = {"minute": 60, "hour": 3_600}[per]
    found = Slope(per)
    said = [found.take(n * step * SECOND, slope * n * step / unit) for n in range(count)]
    for n, change in enumerate(said):
        assert (change is not None) == (n * step >= unit and n > 0)
        if change is not None:
            assert change == pytest.approx(slope, abs=1e-6)


def test_outside_a_band_is_measured_by_its_width() -> None:
    assert excess_of_band(25, 10, 20) == 50
    assert excess_of_band(5, 10, 20) == 50
    assert excess_of_band(15, 10, 20) < 0
    assert excess_of_band(10, 10, 10) == 0
    assert excess_of_band(11, 10, 10) == float("inf")
