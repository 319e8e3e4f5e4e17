"""The standard deviation of values that are large beside it, from readings and from each level of rollups."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.storage.retention import expire
from telemetry.questions import deviation, metadata_of
from telemetry.timestamps import US_PER_DAY
from tests.harness.stock import Reading, Stock, stock

FIRST = 20_000 * US_PER_DAY
SECOND = 1_000_000
DAYS = 3


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stock]:
    with stock(tmp_path) as made:
        yield made


def about(offset: float, spread: float = 0.2, drift: float = 0.0) -> list[Reading]:
    """Three days of a reading each half minute, now above and now below, and rising by `drift` in all."""
    count = DAYS * 2_880
    return [
        (FIRST + n * 30 * SECOND + n % 7, 1, offset + drift * n / count + (spread if n % 2 else -spread))
        for n in range(count)
    ]


def asked(
    store: Stock, start_us: int = FIRST, end_us: int = FIRST + DAYS * US_PER_DAY, **more: Any
) -> tuple[Any, bool]:
    table = store.ask("statistics", device="window", metric="light", start_us=start_us, end_us=end_us, **more)
    return table.to_pylist()[0], metadata_of(table)["deviation_exact"]


def values_in(readings: list[Reading], start_us: int, end_us: int) -> list[float]:
    return [value for t_us, _, value in readings if start_us <= t_us < end_us]


@pytest.mark.parametrize("offset", [0.0, 20.0, -1e8, 1e8, 1.79e9, 1e12])
@pytest.mark.parametrize("drift", [0.0, 5.0])
def test_large_values_leave_the_deviation_what_it_is(offset: float, drift: float, store: Stock) -> None:
    readings = about(offset, drift=drift)
    store.spread(readings[:5_000], readings[5_000:7_000], readings[7_000:])
    for start_us, end_us in (
        (FIRST, FIRST + DAYS * US_PER_DAY),
        (FIRST + 777 * SECOND, FIRST + 2 * US_PER_DAY + 99),
        (FIRST + 777 * SECOND, FIRST + US_PER_DAY // 2),
    ):
        row, exact = asked(store, start_us, end_us)
        assert exact
        wanted = statistics.pstdev(values_in(readings, start_us, end_us))
        assert row["deviation"] == pytest.approx(wanted, rel=1e-5)


def test_hours_and_weekdays_do_too(store: Stock) -> None:
    readings = about(1.79e9)
    store.close(readings)
    row, exact = asked(store, hours=[9, 10], weekdays=list(range(7)))
    inside = [r for r in readings if (r[0] - FIRST) % US_PER_DAY // 3_600_000_000 == 9]
    assert exact
    assert row["count"] == len(inside)
    assert row["deviation"] == pytest.approx(statistics.pstdev(r[2] for r in inside), rel=1e-5)
    lowest = min(inside, key=lambda reading: (reading[2], reading[0]))
    assert (row["min"], row["min_us"]) == (lowest[2], lowest[0])


@pytest.mark.parametrize("value", [0.1, 1.79e9 + 1 / 3, 1e300])
def test_what_never_changes_has_none(value: float, store: Stock) -> None:
    store.close([(t_us, 1, value) for t_us, *_ in about(0)])
    row, exact = asked(store)
    assert (row["deviation"], exact) == (0.0, True)


def test_what_has_no_number_ends_no_question(store: Stock) -> None:
    rows = [(FIRST + n * US_PER_DAY // 10, 1, 1.7e308 if n % 2 else -1.7e308) for n in range(30)]
    store.close(rows)
    for end_us in (FIRST + US_PER_DAY, FIRST + DAYS * US_PER_DAY):
        row, _ = asked(store, end_us=end_us)
        assert not row["deviation"] < 1e300  # not known, or beyond all numbers


def test_without_a_reading_there_is_none(store: Stock) -> None:
    row, _ = asked(store)
    assert row["deviation"] is None


def test_where_only_rollups_are_left_it_is_said_whether_they_tell_it(store: Stock) -> None:
    small, wide = about(1e8), about(1e8, drift=1e6)
    store.close([*small, *((t_us, 2, value) for t_us, _, value in wide)])
    expire(store.work, store.archive, {(1, "raw"): FIRST + DAYS * US_PER_DAY, (2, "raw"): FIRST + DAYS * US_PER_DAY})
    row, exact = asked(store)
    assert not exact
    assert 0 <= row["deviation"] <= (row["max"] - row["min"]) / 2
    # Where the minutes' means spread far, what lies within them matters little.
    (row,) = store.ask(
        "statistics", device="attic", metric="light", start_us=FIRST, end_us=FIRST + DAYS * US_PER_DAY
    ).to_pylist()
    assert row["deviation"] == pytest.approx(statistics.pstdev(value for *_, value in wide), rel=1e-5)
    store.empty()
    ordinary = about(20.0)
    store.close(ordinary)
    expire(store.work, store.archive, {(1, "raw"): FIRST + DAYS * US_PER_DAY})
    row, exact = asked(store)
    assert exact
    assert row["deviation"] == pytest.approx(statistics.pstdev(value for *_, value in ordinary), rel=1e-5)


def test_more_readings_than_may_be_asked_are_not(store: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deviation, "_MOST_READINGS", 1_000)
    store.close(about(1e8))
    assert not asked(store)[1]
