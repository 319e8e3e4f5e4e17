"""How boards are doing beyond what they say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.errors import QuestionError
from telemetry.timestamps import US_PER_DAY, now_us
from tests.harness.stock import Stock, stock

SECOND = 1_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stock]:
    with stock(tmp_path) as made:
        yield made


def boot(store: Stock, device_id: int, at_us: int) -> None:
    store.connection.execute("INSERT INTO events VALUES ($1, $2, 'b', 0, 'boot', '\"power\"')", [device_id, at_us])


def test_restarts_are_those_of_a_week_without_the_first_start(store: Stock) -> None:
    now = now_us()
    for days in (20, 8, 6, 1):
        boot(store, 1, now - days * US_PER_DAY)
    boot(store, 2, now)
    rows = store.ask("conditions", devices=["window", "attic", "nobody"]).to_pylist()
    assert {row["device"]: row["restarts"] for row in rows} == {"window": 2, "attic": 0}


def test_a_clocks_error_is_told_by_the_newest_sample_that_arrived(store: Stock) -> None:
    now = now_us()
    for boot_name, t_us, arrived_us in (("a", now - 100 * SECOND, now - 90 * SECOND), ("b", now + 3 * SECOND, now)):
        store.connection.execute(
            "INSERT INTO arrivals (device_id, boot, seq_from, seq_to, t_from_us, t_to_us, arrived_us, dropped)"
            " VALUES (1, $1, 0, 5, $2, $2, $3, false)",
            [boot_name, t_us, arrived_us],
        )
    (row,) = store.ask("conditions", devices=["window"]).to_pylist()
    assert (row["clock_error_us"], row["heard_us"], row["wrong_clock"]) == (3 * SECOND, now, 0)


def test_readings_with_an_impossible_time_are_counted_for_a_day(store: Stock) -> None:
    now = now_us()
    # Flag 1: the board's clock; flag 2: the host's, which is not the board's fault.
    for days, flags in ((2, 1), (0, 1), (0, 2), (0, 3), (0, 0)):
        store.connection.execute("INSERT INTO tail VALUES ($1, 1, 5, $2)", [now - days * US_PER_DAY - SECOND, flags])
    (row,) = store.ask("conditions", devices=["window"]).to_pylist()
    assert (row["wrong_clock"], row["clock_error_us"]) == (2, None)


def test_devices_must_be_names(store: Stock) -> None:
    with pytest.raises(QuestionError, match="list of their names"):
        store.ask("conditions", devices=[7])


def test_a_metric_is_described_by_people_and_by_the_board(store: Stock) -> None:
    store.connection.execute("INSERT INTO series_traits VALUES (1, 'Jour', NULL, NULL, 50, 1)")
    (row,) = store.ask("descriptions", device="window").to_pylist()
    assert (row["metric"], row["label"], row["unit"], row["high"], row["decimals"]) == ("light", "Jour", None, 50, 1)
    assert (row["own_label"], row["own_unit"], row["own_low"], row["own_high"]) == (None, "lx", 0, 10)
    # A board that took another's place: its own words first, those of the other where it has none.
    store.connection.execute("INSERT INTO replacements VALUES (1, 2)")
    (row,) = store.ask("descriptions", device="window").to_pylist()
    assert (row["label"], row["own_unit"]) == ("Jour", "lx")
    assert store.ask("descriptions", device="nobody").num_rows == 0
