"""What expired in the database file is given back to the file system while ingest runs, and nothing else changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ingest.storage import shrinking
from ingest.storage.keeper import Keeper
from ingest.storage.store import opened
from telemetry.datafolder import DataFolder
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY

_DAYS = 60
_FIRST = 20_000 * US_PER_DAY
_KEPT_US = _FIRST + 55 * US_PER_DAY
_SERIES = 90


@pytest.fixture
def store(settings: Settings, folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two months of quarter hours and hours as closed days bring them, each day behind the others."""
    monkeypatch.setattr(shrinking, "WORTH_BYTES", 0)
    with opened(settings, folder) as connection:
        ids = ", ".join(f"({n}, 1, 'm{n}', 0)" for n in range(1, _SERIES + 1))
        connection.execute("INSERT INTO devices (device_id, device, first_seen_us) VALUES (1, 'window', 0)")
        connection.execute(f"INSERT INTO series (series_id, device_id, metric, created_us) VALUES {ids}")
        for day in range(_DAYS):
            start_us = _FIRST + day * US_PER_DAY
            for table, width, series in (("rollup_quarter", 900_000_000, _SERIES), ("rollup_hour", 3_600_000_000, 9)):
                rows = f"range({start_us}, {start_us + US_PER_DAY}, {width}) t(b), range(1, {series + 1}) r(s)"
                connection.execute(
                    f"INSERT INTO {table} SELECT b, s, 60, hash(b + s) / 7, hash(b * s) / 3, hash(b - s) / 5,"
                    f" hash(b) / 3, b, hash(s) / 7, b + 1, hash(b + 7) / 3 FROM {rows} ORDER BY s, b"
                )
            if day % 5 == 4:
                connection.execute("CHECKPOINT")
        yield connection


def _expire_quarters(kept: Keeper) -> int:
    kept.work(
        lambda cursor: cursor.execute(
            "INSERT INTO retention SELECT NULL, unnest(['raw', 'minute', 'quarter']), $1, 'ada', 0", [5 * US_PER_DAY]
        )
    )
    return kept.expire(_FIRST + _DAYS * US_PER_DAY)


def _rows(connection: Any, table: str) -> list[Any]:
    """In the order in which they lie."""
    return list(connection.execute(f"FROM {table} WHERE bucket_us >= {_KEPT_US} ORDER BY rowid").fetchall())


def test_the_file_becomes_smaller_while_others_read_and_write(store: Any, settings: Settings) -> None:
    kept = Keeper(settings, store)
    size, quarters, hours = (
        kept.folder.database.stat().st_size,
        _rows(store, "rollup_quarter"),
        _rows(store, "rollup_hour"),
    )
    stop, written, wrong = threading.Event(), [0], []

    def write() -> None:
        with store.cursor() as cursor:
            while not stop.wait(0.001):
                cursor.execute("INSERT INTO tail VALUES ($1, 1, 1, 0)", [written[0]])
                written[0] += 1

    def read() -> None:
        with store.cursor() as cursor:
            while not stop.wait(0.001):
                ((count,),) = cursor.execute("SELECT count(*) FROM rollup_hour").fetchall()
                if count != _DAYS * 24 * 9:
                    wrong.append(count)

    others = [threading.Thread(target=write), threading.Thread(target=read)]
    for other in others:
        other.start()
    gone = _expire_quarters(kept)
    stop.set()
    for other in others:
        other.join()
    # A question that was under way may have held the last step up: the night goes on with it.
    kept._expire_tonight(_FIRST + _DAYS * US_PER_DAY)
    assert gone == 55 * 96 * _SERIES
    assert kept.folder.database.stat().st_size < size / 2
    assert not kept.work(shrinking.is_mostly_free)
    assert _rows(store, "rollup_quarter") == quarters
    assert _rows(store, "rollup_hour") == hours
    assert wrong == []
    assert written[0]
    assert store.execute("SELECT count(*), count(DISTINCT t_us) FROM tail").fetchall() == [(written[0], written[0])]


def test_what_is_not_worth_it_is_left_to_be_used_again(
    store: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shrinking, "WORTH_BYTES", 100_000_000)
    kept = Keeper(settings, store)
    assert _expire_quarters(kept)
    assert not kept.work(shrinking.is_mostly_free)


def test_a_table_that_is_written_anew_keeps_its_order(store: Any) -> None:
    before = {
        table: store.execute(f"FROM {table} ORDER BY rowid").fetchall()
        for table in ("rollup_quarter", "rollup_hour", "series")
    }
    assert shrinking.move_last(store) in before
    for table, rows in before.items():
        assert store.execute(f"FROM {table} ORDER BY rowid").fetchall() == rows
