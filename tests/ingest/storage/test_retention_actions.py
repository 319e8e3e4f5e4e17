"""Retention as people set it: shown first, then set, then done; at the console with ingest and without."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.__main__ import main
from ingest.broker.board_users import BoardUsers
from ingest.serving.actions import Actions
from ingest.serving.read_service import ReadService
from ingest.storage.manifest import backups
from ingest.storage.store import opened
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError
from telemetry.questions import QUESTIONS, answer, metadata_of
from telemetry.reader import Reader
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY, now_us
from tests.ingest.conftest import Desk, settings_in

TODAY = now_us() // US_PER_DAY * US_PER_DAY


def fill(desk: Desk, days: int = 6) -> None:
    """Two series, 24 readings a day each, the days before today closed."""
    rows = [
        (TODAY - day * US_PER_DAY + n * US_PER_DAY // 48, 1 + n % 2, float(n), 0)
        for day in range(1, days + 1)
        for n in range(48)
    ]
    for device in ("window", "attic"):
        desk.hand(f"esp32/{device}/output", {"light": 5})
    desk.rows("SELECT 1")
    desk.do(lambda: desk.writer.connection.executemany("INSERT INTO tail VALUES ($1, $2, $3, $4)", rows))
    desk.do(lambda: desk.writer._fold(0))
    desk.writer.keeper.round(now_us() + US_PER_DAY)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    settings = settings_in(tmp_path_factory.mktemp("filled"))
    folder = DataFolder(settings.data_dir)
    desk = Desk(settings, folder)
    fill(desk)
    desk.close()
    return folder


@pytest.fixture
def desk(filled: DataFolder, settings: Settings, folder: DataFolder) -> Iterator[Desk]:
    shutil.copytree(filled.path, folder.path)
    made = Desk(settings, folder)
    yield made
    made.close()


@pytest.fixture
def actions(desk: Desk, settings: Settings, folder: DataFolder) -> Actions:
    return Actions(desk.writer, desk.recent, BoardUsers(settings, folder))


def test_what_goes_is_shown_first_and_nothing_newer_goes(
    service: ReadService, actions: Actions, desk: Desk, folder: DataFolder
) -> None:
    reader = Reader(folder, 10)
    before = desk.rows("SELECT count(*) FROM readings")[0][0]
    rule = {"level": "raw", "days": 3, "device": "window", "metric": "light"}
    plan = actions.carry_out("preview_retention", rule, "ada")
    assert reader.ask("expiring").num_rows == 0
    assert actions.carry_out("set_retention", rule, "ada") == plan
    limit = TODAY - 3 * US_PER_DAY
    ((old,),) = desk.rows(f"SELECT count(*) FROM readings WHERE series_id = 1 AND t_us < {limit}")
    (row,) = plan["expires"]
    assert (row["device"], row["level"], row["before_us"], row["rows"]) == ("window", "raw", limit, old)
    assert reader.ask("expiring").to_pylist() == plan["expires"]
    assert desk.rows("SELECT count(*) FROM readings") == [(before,)]
    assert actions.carry_out("expire_now", {}, "ada") == {"rows": old}
    assert desk.rows("SELECT count(*) FROM readings") == [(before - old,)]
    assert desk.rows(f"SELECT count(*) FROM readings WHERE series_id = 1 AND t_us < {limit}") == [(0,)]
    assert reader.ask("expiring").num_rows == 0
    rules = [(row["level"], row["device"], row["days"], row["asked_by"]) for row in reader.ask("retention").to_pylist()]
    assert rules == [
        ("raw", None, 400, None), ("raw", "window", 3, "ada"),
        *((level, None, 0, None) for level in ("minute", "quarter", "hour", "day")),
    ]  # fmt: skip
    actions.carry_out("set_retention", {**rule, "days": None}, "ada")
    assert reader.ask("retention").num_rows == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"level": "raws", "days": 3}, "'raws' is no level; did you mean 'raw'"),
        ({"level": "raw", "days": 0.2}, "must be 1 to"),
        ({"level": "hour", "days": 3}, "hour would be kept shorter than quarter"),
        ({"level": "raw", "days": 3, "device": "window"}, "name a device and a metric, or neither"),
        ({"level": "raw", "days": 3, "device": "window", "metric": "lihgt"}, "did you mean 'light'"),
    ],
)
@pytest.mark.parametrize("name", ["set_retention", "preview_retention"])
def test_a_wrong_rule_is_refused_with_a_sentence(
    name: str, arguments: dict[str, Any], words: str, actions: Actions, desk: Desk
) -> None:
    with pytest.raises(ActionError, match=words):
        actions.carry_out(name, arguments, "ada")
    assert desk.rows("SELECT count(*) FROM retention") == [(0,)]


def test_a_setting_changed_at_run_time_is_in_force_and_outlives_a_restart(
    service: ReadService, actions: Actions, desk: Desk, folder: DataFolder, restarted: Any
) -> None:
    keeper = desk.writer.keeper
    assert len(backups(folder.backups)) == 1  # the night's
    actions.carry_out("change_setting", {"key": "backups-kept", "value": "0"}, "ada")
    keeper.round(now_us() + 3 * US_PER_DAY)
    assert len(backups(folder.backups)) == 1
    actions.carry_out("change_setting", {"key": "store-limit", "value": "3MB"}, "ada")
    facts = metadata_of(Reader(folder, 10).ask("forecast"))
    assert (facts["limit_bytes"], facts["cause"]) == (3_000_000, "limit")
    for key, value, words in (
        ("backups-kep", "1", "cannot be changed while ingest runs; did you mean 'backups-kept'"),
        ("backups-kept", "many", "backups-kept: 'many' is not"),
    ):
        with pytest.raises(ActionError, match=words):
            actions.carry_out("change_setting", {"key": key, "value": value}, "ada")
    service.close()
    desk.close()
    with restarted() as later:
        later.writer.keeper.round(now_us() + 6 * US_PER_DAY)
        assert len(backups(folder.backups)) == 1
        Actions(later.writer, later.recent, actions.boards).carry_out("change_setting", {"key": "backups-kept"}, "bob")
        later.writer.keeper.round(now_us() + 9 * US_PER_DAY)
        assert len(backups(folder.backups)) == 2


def _console(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code = main([*words, "--data-dir", str(tmp_path / "data")])
    heard = capsys.readouterr()
    assert (code, heard.err) == (0, "")
    return heard.out


@pytest.mark.parametrize("running", [True, False])
def test_the_console_sets_and_forecasts_with_ingest_and_without(
    running: bool, request: pytest.FixtureRequest, actions: Actions, desk: Desk, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if running:
        request.getfixturevalue("service")
    else:
        desk.close()
    told = _console(tmp_path, capsys, "retention", "set", "raw", "2", "--dry-run")
    assert "window light raw: 96 rows before" in told
    assert "192 rows would go" in told
    assert "raw      every series: 400 days\n" in _console(tmp_path, capsys, "retention", "list")
    _console(tmp_path, capsys, "retention", "set", "raw", "2")
    assert "192 rows go in the coming night" in _console(tmp_path, capsys, "retention", "preview")
    assert "raw      every series: 2 days; by " in _console(tmp_path, capsys, "retention", "list")
    assert _console(tmp_path, capsys, "retention", "apply") == "192 rows deleted\n"
    _console(tmp_path, capsys, "retention", "set", "raw", "3", "attic", "light")
    _console(tmp_path, capsys, "retention", "drop", "raw", "attic", "light")
    assert "attic" not in _console(tmp_path, capsys, "retention", "list")
    assert "backups-kept 3; by " in _console(tmp_path, capsys, "setting", "backups-kept", "3")
    assert _console(tmp_path, capsys, "setting", "backups-kept") == ""
    told = _console(tmp_path, capsys, "forecast")
    assert re.search(r"window light: 2\d readings a day, \d", told)
    assert "not full within a hundred years" in told


def test_a_file_that_is_mostly_free_is_made_smaller_by_the_next_start(settings: Settings, folder: DataFolder) -> None:
    with opened(settings, folder) as connection:
        connection.execute("INSERT INTO devices VALUES (1, 'window', NULL, NULL, 0)")
        connection.execute("INSERT INTO sketch SELECT hash(i) % 1000000007, 1, 1, 1 FROM range(4000000) r(i)")
        connection.execute("CHECKPOINT")
        connection.execute("INSERT INTO tail VALUES (5, 1, 7, 0)")
        connection.execute("DELETE FROM sketch")
    before = folder.database.stat().st_size
    with opened(settings, folder) as connection:
        assert folder.database.stat().st_size < before / 2
        assert connection.execute("SELECT value FROM readings").fetchall() == [(7.0,)]
        assert answer(connection, QUESTIONS, "devices", {}).num_rows == 1
        constraint = connection.execute(
            "SELECT is_nullable FROM duckdb_columns() WHERE table_name = 'tail' AND column_name = 'value'"
        ).fetchall()
        assert constraint == [(False,)]
    assert sorted(path.name for path in folder.path.glob("lumos.*")) == ["lumos.duckdb"]
