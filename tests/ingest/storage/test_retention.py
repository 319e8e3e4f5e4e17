"""What is no longer to be kept goes, with its space; nothing newer is touched, wherever the power fails."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    gone = expire(store.connection, store.archive, horizons(store.connection, seconds, NOW))
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


def test_one_series_may_be_kept_longer_or_shorter(store: Stock) -> None:
    set_retention(store.connection, "raw", 2, 1, "ada", RAW_SECONDS)
    set_retention(store.connection, "minute", 4, 1, "ada", RAW_SECONDS)
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


class _Doomed:
    """A connection whose process is killed before its n-th statement."""

    def __init__(self, connection: Any, statements: int) -> None:
        self._connection = connection
        self._left = statements

    def execute(self, *arguments: Any) -> Any:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1
        return self._connection.execute(*arguments)


def _expire_and_die(folder: Path, statements: int) -> None:
    with stock_again(folder) as store:
        cursor: Any = _Doomed(store.connection, statements)
        expire(cursor, store.archive, horizons(cursor, RAW_SECONDS, NOW))
        store.archive.sweep(cursor)


def stock_again(folder: Path) -> Any:
    import contextlib

    import duckdb

    from ingest.storage.archive import Archive

    @contextlib.contextmanager
    def opened() -> Iterator[Stock]:
        made = object.__new__(Stock)
        made.connection = duckdb.connect(str(folder / "lumos.duckdb"))
        made.archive = Archive(folder / "archive", patience_seconds=0)
        try:
            yield made
        finally:
            made.connection.close()

    return opened()


def test_a_kill_at_any_step_leaves_all_or_nothing_expired(tmp_path: Path) -> None:
    with stock(tmp_path) as store:
        store.close(READINGS)
        store.connection.execute("INSERT INTO retention VALUES (1, 'raw', $1, 'ada', 0)", [8 * DAY])
    spawning = multiprocessing.get_context("spawn")
    states = []
    for statements in range(0, 200, 3):
        child = spawning.Process(target=_expire_and_die, args=(tmp_path, statements))
        child.start()
        child.join()
        with stock_again(tmp_path) as store:
            store.archive.sweep(store.connection)
            left = sorted(store.rows("SELECT t_us, series_id, value FROM readings"))
            assert {reading for reading in READINGS if reading[0] >= FIRST + 5 * DAY} <= set(left)
            assert len(left) in (500, 325)
            named = {segment.file for segment in store.archive.segments(store.connection)}
            lying = {path.relative_to(tmp_path / "archive").as_posix() for path in tmp_path.rglob("*.parquet")}
            assert named == lying
            states.append(len(left))
        if child.exitcode == 0:
            break
    assert states[0] == 500
    assert states[-1] == 325
