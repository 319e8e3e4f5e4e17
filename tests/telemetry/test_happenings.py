"""What happened to devices over a range: commands with what came of them, and events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telemetry.errors import QuestionError
from telemetry.questions import metadata_of
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR
from tests.harness.stock import Stock, stock

START = 1_794_924_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stock]:
    with stock(tmp_path) as made:
        for number, (device, state) in enumerate(((1, "acknowledged"), (2, "refused"), (1, "sent"))):
            asked_us = START + number * 60_000_000
            made.connection.execute(
                "INSERT INTO commands VALUES ($1, $2, 'led', 'true', 'ada', $3)", [f"c{number}", device, asked_us]
            )
            for step, at_us in ((state, asked_us + 84_000), ("sent", asked_us)):
                row = [f"c{number}", at_us, step]
                made.connection.execute("INSERT INTO command_states VALUES ($1, $2, $3, NULL)", row)
        made.connection.execute("INSERT INTO events VALUES (1, $1, 'b', 1, 'button', 'true')", [START + 30_000_000])
        yield made


def ask(store: Stock, **arguments: Any) -> list[dict[str, Any]]:
    asked = {"devices": ["window"], "start_us": START, "end_us": START + US_PER_HOUR, **arguments}
    rows: list[dict[str, Any]] = store.ask("happenings", **asked).to_pylist()
    return rows


def test_commands_and_events_come_in_order_with_what_came_of_them(store: Stock) -> None:
    rows = ask(store)
    assert [(row["kind"], row["what"], row["state"]) for row in rows] == [
        ("command", "led", "acknowledged"), ("event", "button", None), ("command", "led", "timed out"),
    ]  # fmt: skip
    assert [row["delay_ms"] for row in rows] == [84.0, None, None]
    assert [row["asked_by"] for row in rows] == ["ada", None, "ada"]


def test_a_range_has_its_start_and_not_its_end(store: Stock) -> None:
    assert len(ask(store, end_us=START + 30_000_000)) == 1
    assert len(ask(store, start_us=START + 1)) == 2


def test_only_the_devices_that_are_asked_for_and_the_newest_of_too_many(store: Stock) -> None:
    assert [row["state"] for row in ask(store, devices=["attic"])] == ["refused"]
    assert [row["state"] for row in ask(store, devices=["window", "attic"], limit=2)] == ["refused", "timed out"]
    assert ask(store, devices=[]) == []


def test_of_one_kind_many_of_another_hide_nothing(store: Stock) -> None:
    store.connection.execute(
        "INSERT INTO events SELECT 1, $1 + i, 'b', 2 + i, 'button', 'true' FROM range(50) r(i)", [START + 200_000_000]
    )
    asked = {"devices": ["window"], "start_us": START, "end_us": START + US_PER_HOUR, "limit": 10}
    found = store.ask("happenings", **asked, kinds=["command"])
    assert [row["what"] for row in found.to_pylist()] == ["led", "led"]
    assert metadata_of(found) == {"complete": True}
    found = store.ask("happenings", **asked, kinds=["command", "event"])
    assert {row["what"] for row in found.to_pylist()} == {"button"}
    assert metadata_of(found) == {"complete": False}
    assert ask(store, kinds=[]) == []
    with pytest.raises(QuestionError, match="'events' is none; did you mean 'event'"):
        ask(store, kinds=["events"])


def test_what_is_no_name_is_refused(store: Stock) -> None:
    with pytest.raises(QuestionError, match="devices must be a list of their names"):
        ask(store, devices=[3])


def test_a_restriction_holds_for_the_typical_week_and_the_period_before(store: Stock) -> None:
    """2026-11-17 was a Tuesday; the readings are one an hour over two weeks."""
    hours = [START - START % US_PER_DAY + hour * US_PER_HOUR for hour in range(-14 * 24, 0)]
    store.close([(t_us, 1, float(t_us // US_PER_HOUR % 24)) for t_us in hours])
    asked = {"device": "window", "metric": "light", "zone": "UTC", "weekdays": [0, 1], "hours": [9, 12]}
    week = store.ask("hour_weekday", start_us=hours[0], end_us=hours[-1] + 1, **asked).to_pylist()
    assert [(row["weekday"], row["hour"], row["count"]) for row in week] == [
        (day, hour, 2) for day in (0, 1) for hour in (9, 10, 11)
    ]
    before = store.ask(
        "buckets_before", start_us=hours[-1] - 6 * US_PER_DAY, end_us=hours[-1] + 1, points=1_000, **asked
    ).to_pylist()  # fmt: skip
    shown = [(row["shown_us"] // US_PER_HOUR) % 24 for row in before]
    assert sorted(set(shown)) == [9, 10, 11]
    assert all((row["shown_us"] // US_PER_DAY + 3) % 7 in (0, 1) for row in before)
