"""When the keeper goes its rounds."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.storage import keeper
from ingest.storage.fold import fold
from ingest.storage.keeper import Keeper
from ingest.storage.store import opened
from telemetry.datafolder import DataFolder
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY, now_us
from tests.harness.waiting import until

_OVER = now_us() // US_PER_DAY - 2


def _closed(connection: Any) -> set[int]:
    with connection.cursor() as cursor:
        return {day for (day,) in cursor.execute("SELECT DISTINCT day FROM segments").fetchall()}


def _arrive(connection: Any, day: int, count: int) -> None:
    with connection.cursor() as cursor:
        moments = f"SELECT {day * US_PER_DAY} + i * 1000000, 1, i, 0 FROM range({count}) r(i)"
        cursor.execute(f"INSERT INTO tail {moments}")
        fold(cursor)


def test_much_of_a_day_that_is_over_is_closed_before_the_hour_is(
    settings: Settings, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_TICK_SECONDS", 0.02)
    monkeypatch.setattr(keeper, "_MUCH", 1_000)
    with opened(settings, folder) as connection:
        kept = Keeper(settings, connection)
        _arrive(connection, _OVER, 10)
        kept.start()
        until(lambda: _closed(connection) == {_OVER}, "the first round, at the start")
        _arrive(connection, _OVER - 1, 999)
        assert not kept._is_behind(now_us())
        _arrive(connection, _OVER - 2, 1)
        until(lambda: len(_closed(connection)) == 3, "a round before its time")
        assert not kept._is_behind(now_us())
        kept.stop(20)
