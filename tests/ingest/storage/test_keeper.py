"""When the keeper goes its rounds."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from ingest import writer
from ingest.storage import chores, keeper
from ingest.storage.fold import fold
from ingest.storage.keeper import Keeper
from ingest.storage.store import opened
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY, now_us
from tests.harness.waiting import until
from tests.ingest.conftest import Desk

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


class Steps:
    """What the keeper does of a night, in its order; a step of `failing` fails, as on a full disk."""

    def __init__(self, kept: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.failing: set[str] = set()
        monkeypatch.setattr(keeper, "close_days", lambda *_, late: self._do("close late" if late else "close"))
        monkeypatch.setattr(keeper, "cluster", lambda *_: self._do("cluster"))
        monkeypatch.setattr(kept, "expire", lambda _: self._do("expire"))
        monkeypatch.setattr(kept, "back_up", lambda _: self._do("back up"))

    def _do(self, name: str) -> int:
        if name.removesuffix(" late") in self.failing:
            raise OSError("No space left on device")
        self.done.append(name)
        return 0

    def of(self, kept: Keeper, at_us: int) -> list[str]:
        self.done = []
        kept.round(at_us)
        return self.done


_NIGHT_US = (now_us() // US_PER_DAY + 1) * US_PER_DAY - 1
_WHOLE_NIGHT = ["expire", "close late", "cluster", "back up"]


def test_a_night_makes_room_first_and_does_each_step_once(
    settings: Settings, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(settings, folder) as connection:
        kept = Keeper(settings, connection)
        steps = Steps(kept, monkeypatch)
        assert steps.of(kept, _NIGHT_US) == _WHOLE_NIGHT
        assert steps.of(kept, _NIGHT_US) == ["close"]
        assert steps.of(kept, _NIGHT_US + US_PER_DAY) == _WHOLE_NIGHT


@pytest.mark.parametrize(
    ("failing", "at_once", "later"),
    [
        ("expire", ["close late", "cluster", "back up"], ["expire", "close"]),
        ("close", ["expire", "cluster", "back up"], ["close late"]),
        ("cluster", ["expire", "close late", "back up"], ["close", "cluster"]),
        ("back up", ["expire", "close late", "cluster"], ["close", "back up"]),
    ],
)
def test_a_step_that_fails_holds_up_no_other_and_is_tried_again(
    failing: str, at_once: list[str], later: list[str], settings: Settings, folder: DataFolder,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    clock = 1_000.0
    monkeypatch.setattr(chores.time, "monotonic", lambda: clock)
    caplog.set_level(logging.INFO)
    with opened(settings, folder) as connection:
        kept = Keeper(settings, connection)
        steps = Steps(kept, monkeypatch)
        steps.failing = {failing}
        assert steps.of(kept, _NIGHT_US) == at_once
        steps.of(kept, _NIGHT_US)
        clock += chores.PAUSE_SECONDS
        steps.of(kept, _NIGHT_US)
        assert caplog.text.count("is put off, and tried again: No space left on device") == 1
        steps.failing = set()
        assert failing not in [name.removesuffix(" late") for name in steps.of(kept, _NIGHT_US)]
        clock += chores.PAUSE_SECONDS
        assert steps.of(kept, _NIGHT_US) == later
        assert "is done after all" in caplog.text
        assert steps.of(kept, _NIGHT_US) == ["close"]


def test_an_import_that_is_under_way_puts_expiry_off_without_a_word(
    settings: Settings, folder: DataFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(settings, folder) as connection:
        kept = Keeper(replace(settings, backups_kept=0), connection)
        steps = Steps(kept, monkeypatch)
        staged = folder.backups / "import-x"
        staged.mkdir()
        assert steps.of(kept, _NIGHT_US) == ["close late", "cluster"]
        staged.rmdir()
        assert steps.of(kept, _NIGHT_US) == ["expire", "close"]
    assert caplog.text == ""


def test_a_stop_gives_up_what_is_under_way_and_says_so_to_whoever_asked(settings: Settings, folder: DataFolder) -> None:
    with opened(settings, folder) as connection, ThreadPoolExecutor(1) as pool:
        kept = Keeper(settings, connection)
        begun = threading.Event()

        def never_ends(cursor: Any) -> None:
            begun.set()
            cursor.execute("SELECT sum(hash(a.range + b.range)) FROM range(100000000) a, range(100000) b").fetchall()

        asked = pool.submit(kept.work, never_ends)
        begun.wait()
        kept.stop(2)
        with pytest.raises(ActionError, match="ingest is stopping, and this was not done"):
            asked.result(15)
        assert not kept.lock.locked()


def test_what_was_not_folded_at_the_end_is_folded_by_the_next_writer(
    desk: Desk, restarted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.hand("esp32/window/output", {"boot": "b", "seq": 1, "light": 1})
    desk.rows("SELECT 1")
    with desk.writer.keeper.lock:  # the keeper is at work
        desk.close()
    monkeypatch.setattr(writer, "_FOLD_SECONDS", 0.0)
    with restarted() as later:
        until(lambda: later.rows("SELECT count(*) FROM live_readings") == [(1,)], "the fold")
        assert later.rows("SELECT count(*) FROM tail") == [(0,)]
