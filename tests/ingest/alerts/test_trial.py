"""What a rule would have found, before it is made; and what is usual, as it is looked up for one that asks."""

from __future__ import annotations

import json

import pytest

from ingest.alerts.usual import look_up
from telemetry.errors import QuestionError
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, now_us
from tests.ingest.alerts.conftest import SECOND, Watchroom


@pytest.fixture
def past(room: Watchroom) -> Watchroom:
    """An hour of heat, every ten seconds, that was too high for two minutes twice; and a battery."""
    room.now_us = now_us()
    rows = []
    for n in range(360):
        ago = 3_600.0 - 10 * n
        too_high = 100 <= n < 112 or 200 <= n < 212
        rows.append((ago, {"heat": 35.0 if too_high else 20.0, "battery": 80.0 - n / 5}))
    room.read_many("window", rows)
    return room


def trial(room: Watchroom, **rule: object) -> list[tuple[str, str | None, int]]:
    found = room.ask("alert_preview", rule=json.dumps(rule))
    return [(row["device"], row["metric"], row["count"]) for row in found]


def test_a_rule_is_tried_on_what_was(past: Watchroom) -> None:
    assert trial(past, kind="above", metric="heat", level=30) == [("window", "heat", 2)]
    assert trial(past, kind="above", metric="heat", level=30, hold_seconds=90) == [("window", "heat", 2)]
    assert trial(past, kind="above", metric="heat", level=30, hold_seconds=150) == [("window", "heat", 0)]
    assert trial(past, kind="change", device="window", metric="heat", level=10) == [("window", "heat", 4)]
    assert trial(past, kind="battery") == [("window", "battery", 1)]
    assert trial(past, kind="silent", hold_seconds=600) == [("window", None, 0)]
    past.now_us -= 4_000 * SECOND
    past.read("window", heat=1)
    assert trial(past, kind="silent", hold_seconds=60) == [("window", None, 1)]
    assert trial(past, kind="below", tag="nobody", metric="heat", level=1) == []
    with pytest.raises(QuestionError, match="needs a metric"):
        trial(past, kind="above", level=1)


def test_what_is_usual_is_looked_up_and_a_value_outside_of_it_trips(room: Watchroom) -> None:
    room.now_us = now_us() // US_PER_HOUR * US_PER_HOUR + 1_800 * SECOND
    for weeks in (3, 2, 1):
        ago = weeks * 7 * US_PER_DAY / SECOND
        room.read_many("window", [(ago - n * 10, {"heat": 18 + n % 5}) for n in range(60)])
    room.read(heat=20)
    room.rule("outside", device="window", metric="heat", level=20, hold_seconds=0, zone="Asia/Kolkata")
    wanted = room.alerts.wanting_bands()
    assert [zone for _, zone in wanted] == ["Asia/Kolkata"]
    found = room.desk.do(lambda: look_up(room.desk.writer.connection, wanted, room.now_us))
    ((low, high),) = set(next(iter(found.values())).values())
    assert low == pytest.approx(18, rel=0.02)
    assert high == pytest.approx(22, rel=0.02)
    room.desk.do(lambda: room.alerts.take_bands(found))
    assert room.alerts.wanting_bands(only_new=True) == []
    for value in (22.5, 23.5):
        room.pass_time(2)
        room.read(heat=value)
    assert room.episodes("value") == [23.5]
