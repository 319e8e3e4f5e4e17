"""What is no longer to be kept goes, with its space; nothing newer is touched, wherever the power fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.storage.retention import doomed, expire, horizons, set_retention
from telemetry.errors import ActionError
from telemetry.levels import DAY as A_DAY
from telemetry.levels import LEVELS
from telemetry.questions import metadata_of
from telemetry.questions.places import place
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


def expire_first_series(store: Stock) -> None:
    """Series 1 is kept for three days at every level, 2 for ever, but raw."""
    for level in LEVELS:
        set_retention(store.connection, level.name, 3, [1], "ada", RAW_SECONDS)
    expired(store)


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


def test_each_series_is_answered_by_what_is_left_of_itself_whatever_expired_of_others(store: Stock) -> None:
    expire_first_series(store)
    whole = {"start_us": FIRST, "end_us": FIRST + 10 * DAY, "points": 10}
    left = {1: [r for r in READINGS if r[1] == 1 and r[0] >= FIRST + 7 * DAY], 2: [r for r in READINGS if r[1] == 2]}
    assert {series_id: len(rows) for series_id, rows in left.items()} == {1: 75, 2: 250}

    both = store.ask("buckets_of", series=[["window", "light"], ["attic", "light"]], **whole).to_pylist()
    for series_id, device in ((1, "window"), (2, "attic")):
        alone = store.ask("buckets", device=device, metric="light", **whole).to_pylist()
        assert sum(row["count"] for row in alone) == len(left[series_id])
        assert [{key: row[key] for key in alone[0]} for row in both if row["device"] == device] == alone

    # As one device each goes on with what is left of it.
    store.connection.execute("INSERT INTO replacements VALUES (2, 1)")
    merged = left[1] + left[2]
    span = {"device": "window", "metric": "light", "start_us": FIRST, "end_us": FIRST + 10 * DAY}
    (row,) = store.ask("statistics", **span).to_pylist()
    values = [value for *_, value in merged]
    assert (row["count"], row["min"], row["max"]) == (len(merged), min(values), max(values))
    assert row["mean"] == pytest.approx(sum(values) / len(values))
    assert sum(row["count"] for row in store.ask("histogram", **span).to_pylist()) == len(merged)
    assert sum(row["count"] for row in store.ask("buckets", **span, points=10).to_pylist()) == len(merged)
    readings = store.ask("readings", **span)
    wanted = [r for r in merged if r[0] >= FIRST + (7 if r[1] == 1 else 5) * DAY]
    assert [tuple(row.values()) for row in readings.to_pylist()] == [(t, v) for t, _, v in sorted(wanted)]
    assert not metadata_of(readings)["complete"]


def test_series_whose_horizons_differ_have_all_other_parts_in_common(store: Stock) -> None:
    expire_first_series(store)
    where = place(store.connection, (1, 2), FIRST, FIRST + 10 * DAY)
    assert where.parts(A_DAY).count("FROM rollup_day") == 2
    assert replace(where, start_us=FIRST + 8 * DAY).parts(A_DAY).count("FROM rollup_day") == 1


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
