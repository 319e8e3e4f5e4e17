"""Rollups of past weeks in order of series and time: nothing else about them changes, whatever happens meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from ingest.storage.archive import Archive
from ingest.storage.closing import close_day
from ingest.storage.clustering import STRETCH_US, cluster
from ingest.storage.fold import fold
from ingest.storage.keeper import Keeper
from ingest.storage.store import opened
from telemetry.datafolder import DataFolder
from telemetry.levels import LEVELS
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR
from tests.ingest.conftest import settings_in

_TABLES = [level.table for level in LEVELS if level.table]
_STRETCH_DAYS = STRETCH_US // US_PER_DAY
#: In the middle of a stretch; a whole one follows, and the beginning of a third.
_FIRST_DAY = 625 * _STRETCH_DAYS + 20
_DAYS = _STRETCH_DAYS + 20
#: Far apart, so that they are sorted in several turns.
_SERIES = (3, 150, 450)


@pytest.fixture(scope="module")
def closed_days(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """Days that were closed one by one, one of them twice since readings came late."""
    settings = settings_in(tmp_path_factory.mktemp("closed"))
    folder = DataFolder(settings.data_dir)
    archive = Archive(folder.archive, 0)
    with opened(settings, folder) as connection:
        for day in [*range(_FIRST_DAY, _FIRST_DAY + _DAYS), _FIRST_DAY + 1]:
            late = US_PER_HOUR // 2 if day < _FIRST_DAY + _DAYS - 1 and day == _FIRST_DAY + 1 else 0
            connection.execute(
                f"""
                INSERT INTO tail SELECT {day * US_PER_DAY + late} + i * {US_PER_HOUR}, s, i * s, 0
                FROM range(24) r(i), (SELECT unnest({list(_SERIES)}) AS s) ORDER BY i
                """
            )
            fold(connection)
            close_day(connection, archive, day)
    return folder


@pytest.fixture
def store(closed_days: DataFolder, settings: Settings, folder: DataFolder) -> Iterator[Any]:
    shutil.copytree(closed_days.path, folder.path)
    with opened(settings, folder) as connection:
        yield connection


def _rows(connection: Any, table: str) -> list[tuple[Any, ...]]:
    return list(connection.execute(f"FROM {table} ORDER BY ALL").fetchall())


def _places(connection: Any, table: str, stretch: int) -> list[tuple[int, int]]:
    """Series and bucket as they lie, of one stretch."""
    rows: list[tuple[int, int]] = connection.execute(
        f"SELECT series_id, bucket_us FROM {table} WHERE bucket_us // {STRETCH_US} = {stretch} ORDER BY rowid"
    ).fetchall()
    return rows


def _ends(connection: Any) -> int:
    return int((_FIRST_DAY + _DAYS) * US_PER_DAY)


def test_stretches_that_are_over_lie_in_order_and_hold_what_they_held(store: Any) -> None:
    before = {table: _rows(store, table) for table in _TABLES}
    assert _places(store, "rollup_hour", 626) != sorted(_places(store, "rollup_hour", 626))
    assert [cluster(store, _ends(store)) for _ in range(3)] == [True, True, False]
    for table in _TABLES:
        assert _rows(store, table) == before[table]
        for stretch in (625, 626):
            places = _places(store, table, stretch)
            assert places
            assert places == sorted(places)
    last = _places(store, "rollup_hour", 627)
    assert last != sorted(last)
    store.execute("CHECKPOINT")
    assert _rows(store, "rollup_quarter") == before["rollup_quarter"]


def test_the_keeper_does_it_at_night(store: Any, settings: Settings) -> None:
    Keeper(settings, store).round(_ends(store))
    places = _places(store, "rollup_hour", 626)
    assert places
    assert places == sorted(places)


def test_a_stretch_is_left_until_it_is_over(store: Any) -> None:
    end_us = 626 * STRETCH_US
    assert not cluster(store, end_us - 1)
    assert cluster(store, end_us)
    assert not cluster(store, end_us + STRETCH_US - 1)


def test_a_stretch_that_late_readings_disturb_is_put_in_order_again(store: Any, folder: DataFolder) -> None:
    while cluster(store, _ends(store)):
        pass
    archive = Archive(folder.archive, 0)
    # Of the first stretch, of a time before all others (an import), and of the one that is not over.
    for day in (_FIRST_DAY + 2, _FIRST_DAY + 3, _FIRST_DAY - 5 * _STRETCH_DAYS, _FIRST_DAY + _DAYS - 1):
        late = (
            f"SELECT {day * US_PER_DAY} + i * {US_PER_HOUR} + 7, s, i, 0 FROM range(24) r(i), range(3, 451, 149) t(s)"
        )
        store.execute(f"INSERT INTO tail {late} ORDER BY i")
        fold(store)
        close_day(store, archive, day)
    before = {table: _rows(store, table) for table in _TABLES}
    assert _places(store, "rollup_hour", 625) != sorted(_places(store, "rollup_hour", 625))
    assert [cluster(store, _ends(store)) for _ in range(3)] == [True, True, False]
    for table in _TABLES:
        assert _rows(store, table) == before[table]
        for stretch in (620, 625, 626):
            places = _places(store, table, stretch)
            assert places == sorted(places)
    assert not cluster(store, 627 * STRETCH_US)
    assert cluster(store, 628 * STRETCH_US)  # and so on, from where it was


@pytest.mark.parametrize("statement", range(4, 16, 3))
def test_a_failure_at_any_step_leaves_it_as_it_was(store: Any, statement: int) -> None:
    class Failing:
        count = 0

        def execute(self, *words: Any) -> Any:
            self.count += 1
            if self.count == statement and words[0] != "ROLLBACK":
                raise OSError("the disk is gone")
            return store.execute(*words)

    before = {table: _rows(store, table) for table in _TABLES}
    failing: Any = Failing()
    with pytest.raises(OSError, match="the disk is gone"):
        cluster(failing, _ends(store))
    assert {table: _rows(store, table) for table in _TABLES} == before
    assert cluster(store, _ends(store))
    assert {table: _rows(store, table) for table in _TABLES} == before
