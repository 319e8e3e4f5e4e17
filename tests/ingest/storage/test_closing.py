"""Closed days against what they are made of: whatever came in whatever order and however late, nothing differs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.storage.closing import close_day, close_days, open_days
from telemetry.levels import BY_NAME, LEVELS, Level
from tests.harness.reference import Reference, plain
from tests.harness.stock import Reading, Stock, stock

HOUR_US = 3_600_000_000
NOON = 1_794_916_800_000_000 // (24 * HOUR_US) * 24 * HOUR_US + 12 * HOUR_US
#: Three days, so that every portion touches days which others have closed before.
_READING = st.tuples(
    st.integers(NOON - 30 * HOUR_US, NOON + 30 * HOUR_US) | st.integers(NOON, NOON + 400),
    st.integers(1, 2),
    st.floats(-1e9, 1e9, allow_nan=False) | st.sampled_from([0.0, 1e300, -1e300, 5e-324, 20.5]),
)
WHOLE = (NOON - 60 * HOUR_US, NOON + 60 * HOUR_US)
_SPAN = st.tuples(st.integers(*WHOLE), st.integers(*WHOLE)).map(lambda ends: (min(ends), max(ends)))
_PORTIONS = st.lists(st.lists(_READING, max_size=12), min_size=1, max_size=4)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stock]:
    with stock(tmp_path) as made:
        yield made


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(portions=_PORTIONS, tail=st.lists(_READING, max_size=5), span=_SPAN, level=st.sampled_from(LEVELS))
def test_every_level_equals_the_readings(
    portions: list[list[Reading]], tail: list[Reading], span: tuple[int, int], level: Level, store: Stock
) -> None:
    store.empty()
    for number, portion in enumerate(portions):
        store.fold(portion) if number % 2 else store.close(portion)
    store.put(tail)
    everything = Reference([reading for portion in [*portions, tail] for reading in portion])
    assert plain(store.rows("SELECT t_us, series_id, value FROM readings")) == plain(everything.raw)
    everything.assert_equal(store, LEVELS, *WHOLE)
    everything.assert_equal(store, [level], *span)
    everything.assert_bins(store, *span)


def test_a_closed_day_lies_in_order_of_series_and_time(store: Stock) -> None:
    store.close([(NOON + 7 * n % 1000, 1 + n % 2, n) for n in range(100)])
    store.close([(NOON + n, 1, n) for n in range(5)])
    raw = [segment for segment in store.archive.segments(store.connection) if segment.level == "raw"]
    assert [segment.rows for segment in raw] == [105]
    lying = store.rows(f"SELECT series_id, t_us FROM ({store.archive.read(raw)})")
    assert lying == sorted(lying)
    assert store.rows("SELECT count(*) FROM live_readings") == [(0,)]


def test_few_late_readings_wait_for_the_night(store: Stock) -> None:
    store.close([(NOON, 1, 1.0)])
    store.fold([(NOON + 1, 1, 2.0)])
    later = NOON + 40 * HOUR_US
    assert close_days(store.connection, store.archive, later, late=False) == 0
    assert open_days(store.connection, 1_000_000) == [(NOON // (24 * HOUR_US), 1)]
    assert close_days(store.connection, store.archive, later, late=True) == 1
    assert store.rows("SELECT count(*) FROM readings") == [(2,)]


def test_what_is_not_over_stays_open(store: Stock) -> None:
    store.fold([(NOON, 1, 1.0)])
    assert close_days(store.connection, store.archive, NOON + HOUR_US, late=True) == 0
    assert store.archive.segments(store.connection) == []


@pytest.mark.parametrize("table", ["rollup_day", "sketch", "segments"])
def test_a_closing_that_fails_leaves_the_state_before_it(table: str, store: Stock) -> None:
    store.fold([(NOON, 1, 1.0), (NOON + 1, 2, 2.0)])
    store.connection.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    with pytest.raises(duckdb.Error):
        close_day(store.connection, store.archive, NOON // (24 * HOUR_US))
    store.connection.execute(f"ALTER TABLE elsewhere RENAME TO {table}")
    assert store.rows("SELECT count(*) FROM live_readings") == [(2,)]
    store.archive.sweep(store.connection)
    assert list(store.archive.folder.rglob("*.parquet")) == []
    store.close()
    assert sorted(store.rows("SELECT value FROM readings")) == [(1.0,), (2.0,)]
    assert len(list(store.archive.folder.rglob("*.parquet"))) == 2


def test_the_levels_divide_each_other() -> None:
    widths = [level.width_us for level in BY_NAME.values()][1:]
    assert all(after % before == 0 for before, after in itertools.pairwise(widths))
