"""From every earlier schema to the newest, on a real file, with a copy kept first."""

from __future__ import annotations

import duckdb
import pytest

from ingest.storage.schema import MIGRATIONS, migrate, version
from ingest.storage.store import opened
from telemetry.datafolder import DataFolder
from telemetry.questions import QUESTIONS, answer
from telemetry.settings import Settings

MINUTE = 60_000_000
START = 1_794_924_000_000_000

#: What an earlier Lumos would have left behind: one device, one series, readings in each place.
_FILL_1 = f"""
    INSERT INTO devices VALUES (1, 'window', NULL, NULL, 0);
    INSERT INTO series VALUES (1, 1, 'light', 'lx', NULL, 0, 10, 0);
    INSERT INTO readings SELECT {START} + i * 1000000, 1, i, 0 FROM range(120) r(i);
    INSERT INTO rollup_minute SELECT t_us // {MINUTE} * {MINUTE}, series_id, count(*), sum(value),
        sum(value * value), min(value), max(value), min(t_us), arg_min(value, t_us), max(t_us),
        arg_max(value, t_us) FROM readings GROUP BY 1, 2;
    INSERT INTO tail VALUES ({START} + 120000000, 1, 120, 0);
    INSERT INTO arrivals VALUES (1, 'b', 7, 126, {START}, {START} + 119000000, {START} + 119000000, false);
    INSERT INTO arrivals_tail VALUES (1, 'c', 1, 1, {START}, {START}, {START} + 120000000, false);
"""
_FILL_2 = _FILL_1.replace("readings", "live_readings").replace("rollup_minute", "live_minutes")
#: Version 5 counts late arrivals, and knows that boot b began before the device was first heard of.
_FILL_5 = f"{_FILL_2.replace(', false);', ', false, false);')} INSERT INTO boots VALUES (1, 'b', {START}, NULL, true);"
_FILL = {1: _FILL_1, 2: _FILL_2, 5: _FILL_5}


@pytest.mark.parametrize("before", range(1, len(MIGRATIONS)))
def test_an_earlier_database_is_copied_and_brought_up_to_date(
    before: int, settings: Settings, folder: DataFolder
) -> None:
    folder.ensure()
    with duckdb.connect(str(folder.database)) as made:
        migrate(made, before)
        made.execute(_FILL[max(key for key in _FILL if key <= before)])
    for _ in range(2):
        with opened(settings, folder) as connection:
            assert version(connection) == len(MIGRATIONS)
            whole = {"device": "window", "metric": "light", "start_us": START, "end_us": START + 10 * MINUTE}
            (row,) = answer(connection, QUESTIONS, "statistics", whole).to_pylist()
            assert (row["count"], row["min"], row["max"], row["max_us"]) == (121, 0, 120, START + 120_000_000)
            (row,) = answer(connection, QUESTIONS, "losses", {}).to_pylist()
            # Of boot c the first sample is missing; boot b began before the device was first heard of.
            assert (row["expected"], row["received"], row["missing"]) == (122, 121, 1)
    copies = list(folder.backups.iterdir())
    assert [path.name for path in copies] == [f"before-schema-{before + 1}.duckdb"]
    with duckdb.connect(str(copies[0]), read_only=True) as copy:
        assert version(copy) == before


def test_a_fresh_database_needs_no_copy(settings: Settings, folder: DataFolder) -> None:
    with opened(settings, folder) as connection:
        assert version(connection) == len(MIGRATIONS)
    assert list(folder.backups.iterdir()) == []


def test_files_that_the_database_does_not_name_are_swept_at_start(settings: Settings, folder: DataFolder) -> None:
    folder.ensure()
    stray = folder.archive / "2026" / "2026-11-17-raw-00000000.parquet"
    stray.parent.mkdir()
    stray.write_bytes(b"half written")
    with opened(settings, folder):
        assert not stray.exists()
