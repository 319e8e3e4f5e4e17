"""What is no longer to be kept goes, with its space; nothing newer is touched, wherever the power fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.storage.retention import doomed, expire, horizons, set_retention
from telemetry.errors import ActionError
from tests.harness.stock import Stock, stock

DAY = 86_400_000_000
FIRST = 20_000 * DAY
NOW = FIRST + 10 * DAY + 7
RAW_SECONDS = 5 * 86_400
READINGS = [(FIRST + n * DAY // 50, 1 + n % 2, float(n % 17)) for n in range(500)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stock]:
    with stock(tmp_path) as made:
        made.close(READINGS)
        yield made


def expired(store: Stock, seconds: int = RAW_SECONDS) -> int:
    gone = expire(store.work, store.archive, horizons(store.connection, seconds, NOW))
    store.archive.sweep(store.connection)
    return gone


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def test_expired_raw_readings_give_their_space_back_and_their_rollups_stay(store: Stock) -> None:
    before = size(store.archive.folder)
    announced = doomed(store.connection, store.archive, horizons(store.connection, RAW_SECONDS, NOW))
    assert [(found.series_id, found.level, found.rows) for found in announced] == [(1, "raw", 125), (2, "raw", 125)]
    assert len(store.rows("FROM readings")) == 500
    assert expired(store) == 250
    assert sorted(store.rows("SELECT t_us, series_id, value FROM readings")) == READINGS[250:]
    assert before - size(store.archive.folder) == sum(found.bytes for found in announced)
    whole = {"device": "window", "metric": "light", "start_us": FIRST, "end_us": NOW}
    (row,) = store.ask("statistics", **whole).to_pylist()
    values = [value for _, series_id, value in READINGS if series_id == 1]
    assert (row["count"], row["min"], row["max"]) == (250, min(values), max(values))
    assert expired(store) == 0
    # A range within what has expired is answered from minutes, even where raw readings would have been shown.
    table = store.ask("buckets", **{**whole, "end_us": FIRST + DAY}, points=1_000)
    assert sum(table.column("count").to_pylist()) == 25


def test_a_late_reading_of_an_expired_day_counts_and_expires_too(store: Stock) -> None:
    expired(store)
    store.close([(FIRST + 1, 1, 99.0)])
    whole = {"device": "window", "metric": "light", "start_us": FIRST, "end_us": NOW}
    (row,) = store.ask("statistics", **whole).to_pylist()
    assert (row["count"], row["max"], row["max_us"]) == (251, 99.0, FIRST)
    assert expired(store) == 1
    assert store.ask("statistics", **whole).to_pylist()[0]["count"] == 251


def test_a_horizon_never_moves_back(store: Stock) -> None:
    expired(store)
    store.close([(FIRST - 20 * DAY, 1, 5.0)])
    assert expired(store, RAW_SECONDS + 8 * 86_400) == 1
    assert store.rows("SELECT DISTINCT from_us FROM horizons") == [(FIRST + 5 * DAY,)]


def test_one_series_may_be_kept_longer_or_shorter(store: Stock) -> None:
    set_retention(store.connection, "raw", 2, [1], "ada", RAW_SECONDS)
    set_retention(store.connection, "minute", 4, [1], "ada", RAW_SECONDS)
    expired(store)
    first = dict(store.rows("SELECT series_id, min(t_us) FROM readings GROUP BY series_id"))
    assert (first[1], first[2]) == (FIRST + 8 * DAY, FIRST + 5 * DAY + DAY // 50)
    segments = store.archive.segments(store.connection)
    assert {segment.day for segment in segments if segment.level == "minute"} == set(range(20_000, 20_010))
    (row,) = store.ask("statistics", device="window", metric="light", start_us=FIRST, end_us=NOW).to_pylist()
    assert row["count"] == 250


def test_rules_that_would_leave_holes_or_are_none_are_refused(store: Stock) -> None:
    with pytest.raises(ActionError, match="minute would be kept shorter than raw"):
        set_retention(store.connection, "minute", 3, None, "ada", RAW_SECONDS)
    with pytest.raises(ActionError, match=r"'minutes' is no level; did you mean 'minute'"):
        set_retention(store.connection, "minutes", 3, None, "ada", RAW_SECONDS)
    with pytest.raises(ActionError, match=r"days=0\.5 must be 1 to"):
        set_retention(store.connection, "raw", 0.5, None, "ada", RAW_SECONDS)
    assert store.rows("FROM retention") == []
    set_retention(store.connection, "raw", 3, None, "ada", RAW_SECONDS)
    set_retention(store.connection, "raw", None, None, "ada", RAW_SECONDS)
    assert store.rows("FROM retention") == []
