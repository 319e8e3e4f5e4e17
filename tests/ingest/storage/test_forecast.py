"""The forecast against days that are simulated one after the other, and against what files really take."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.storage.forecast import Growth, _days_until, forecast
from ingest.storage.retention import kept_us
from telemetry.levels import MINUTE, RAW
from telemetry.timestamps import US_PER_DAY
from tests.harness.stock import Stock, stock

FIRST = 20_000 * US_PER_DAY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stock]:
    with stock(tmp_path) as made:
        yield made


@given(
    parts=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 40) | st.just(math.inf)), max_size=5),
    room=st.integers(1, 2_000),
)
def test_the_day_on_which_the_room_is_used_up_is_that_of_the_simulation(
    parts: list[tuple[int, float]], room: int
) -> None:
    growth = [Growth(1, "raw", float(rate), days) for rate, days in parts]
    used, day = 0.0, 0
    while used < room and day < 3_000:
        used += sum(each.bytes_per_day for each in growth if each.days > day)
        day += 1
    found = _days_until(growth, room)
    assert (math.ceil(found) if math.isfinite(found) else 3_000) == (day if used >= room else 3_000)


def test_growth_is_what_the_files_of_a_day_take(store: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(4):
        store.close([(FIRST + day * US_PER_DAY + n * 10_000_000, 1, (n * 7919 % 4096) / 8) for n in range(8_640)])
    at_us = FIRST + 4 * US_PER_DAY
    found = forecast(store.connection, store.archive, kept_us(store.connection, 0), 0, at_us)
    assert round(found.readings_per_day[1]) == 8_640
    segments = store.archive.segments(store.connection)
    for level in (RAW, MINUTE):
        daily = sum(segment.bytes for segment in segments if segment.level == level.name) / 4
        (each,) = (each for each in found.growth if each.level == level.name and each.series_id == 1)
        assert 0.8 * daily <= each.bytes_per_day <= 1.2 * daily
    assert found.cause is None  # no disk is full within a hundred years of this
    room = shutil._ntuple_diskusage(10**9, 10**9, 100 * round(found.bytes_per_day(1)))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    full = forecast(store.connection, store.archive, kept_us(store.connection, 0), 0, at_us)
    assert (full.cause, round((full.full_us or 0) / US_PER_DAY)) == ("disk", 20_104)
    limit = found.store_bytes + 10 * round(found.bytes_per_day(1))
    soon = forecast(store.connection, store.archive, kept_us(store.connection, 0), limit, at_us)
    assert (soon.cause, round((soon.full_us or 0) / US_PER_DAY)) == ("limit", 20_014)


def test_a_series_that_fell_silent_and_an_empty_store_add_nothing(store: Stock) -> None:
    store.close([(FIRST, 2, 1.0)])
    found = forecast(store.connection, store.archive, kept_us(store.connection, 0), 0, FIRST + 30 * US_PER_DAY)
    assert (found.readings_per_day, found.full_us, found.cause) == ({}, None, None)
