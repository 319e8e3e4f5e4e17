"""Corrections as people ask for them: by action while ingest runs, and at the console with ingest or without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest.__main__ import main
from ingest.broker.board_users import BoardUsers
from ingest.serving.actions import Actions
from ingest.serving.read_service import ReadService
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError
from telemetry.questions import metadata_of
from telemetry.reader import Reader
from telemetry.settings import Settings
from tests.ingest.conftest import Desk

T = 1_790_000_000_000
WHOLE = {"device": "window", "metric": "light", "start_us": T * 1000, "end_us": (T + 60_000) * 1000}


def send(desk: Desk, first: int, count: int = 5) -> None:
    for seq in range(first, first + count):
        desk.hand("esp32/window/output", {"boot": "b", "seq": seq, "t": T + seq * 1000, "light": seq})
    desk.rows("SELECT 1")


@pytest.fixture
def actions(desk: Desk, settings: Settings, folder: DataFolder) -> Actions:
    sensors = {"light": {"unit": "raw", "label": "Light", "min": 0, "max": 4095}}
    desk.hand("esp32/window/status", {"online": True, "sensors": sensors})
    send(desk, 0)
    return Actions(desk.writer, desk.recent, BoardUsers(settings, folder))


def values(reader: Reader) -> list[float]:
    return list(reader.ask("readings", **WHOLE).column("value").to_pylist())


def test_a_correction_shows_everywhere_at_once_and_so_does_its_end(
    service: ReadService, actions: Actions, desk: Desk, folder: DataFolder
) -> None:
    reader = Reader(folder, 10)
    live = {"device": "window", "metric": "light"}
    here = metadata_of(reader.ask("changes", **live, cursor=""))
    span = {"from_us": T * 1000, "to_us": (T + 60_000) * 1000}
    made = actions.carry_out("hide_readings", {**live, **span, "low": 2, "high": 2.5, "note": "a spider"}, "ada")
    inverted = actions.carry_out("recalibrate", {**live, "invert": True}, "ada")
    assert (inverted["factor"], inverted["offset"]) == (-1, 4095)
    send(desk, 5, 1)
    assert values(reader) == [4095, 4094, 4092, 4091, 4090]
    assert reader.ask("last_values").to_pylist()[0]["value"] == 4090
    table = reader.ask("changes", **live, cursor=here["cursor"])
    assert table.column("value").to_pylist() == [4090]
    assert metadata_of(table)["revision"] > here["revision"]  # what is drawn is drawn anew
    actions.carry_out("withdraw_correction", {"correction_id": made["correction_id"]}, "bob")
    actions.carry_out("withdraw_correction", {"correction_id": inverted["correction_id"]}, "bob")
    assert values(reader) == [0, 1, 2, 3, 4, 5]
    rows = desk.rows("SELECT asked_by, action FROM changes ORDER BY changed_us")
    assert rows == [
        ("ada", "hide_readings"), ("ada", "recalibrate"),
        ("bob", "withdraw_correction"), ("bob", "withdraw_correction"),
    ]  # fmt: skip


def test_a_correction_concerns_the_board_that_was_replaced_too(
    service: ReadService, actions: Actions, desk: Desk, folder: DataFolder
) -> None:
    desk.hand("esp32/old/output", {"boot": "o", "seq": 0, "t": T - 1, "light": 1})
    desk.rows("SELECT 1")
    actions.carry_out("merge_device", {"device": "old", "into": "window"}, "ada")
    made = actions.carry_out("recalibrate", {"device": "window", "metric": "light", "factor": 10}, "ada")
    reader = Reader(folder, 10)
    whole = {**WHOLE, "start_us": T * 1000 - 1_000}
    assert reader.ask("readings", **whole).column("value").to_pylist() == [10, 0, 10, 20, 30, 40]
    assert reader.ask("corrections").num_rows == 1
    actions.carry_out("withdraw_correction", {"correction_id": made["correction_id"]}, "ada")
    assert reader.ask("readings", **whole).column("value").to_pylist() == [1, 0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("hide_readings", {"metric": "lihgt", "from_us": 0, "to_us": 1}, "no metric 'lihgt'; did you mean 'light'"),
        ("hide_readings", {"device": "windows", "from_us": 0, "to_us": 1}, "no device with readings; did you mean"),
        ("hide_readings", {"from_us": 5, "to_us": 5}, "end lies at or before its start"),
        ("hide_readings", {"from_us": 0, "to_us": 2**60}, "between the years 1900 and 2200"),
        ("hide_readings", {"from_us": 0, "to_us": 1, "low": 3, "high": 2}, "low=3 lies above high=2"),
        ("hide_readings", {"from_us": 0, "to_us": 1, "low": float("nan")}, "low=nan must lie between"),
        ("hide_readings", {"from_us": True, "to_us": 1}, "from_us=True is of the wrong type"),
        ("hide_readings", {"to_us": 1}, "needs from_us"),
        ("recalibrate", {}, "give a factor, an offset, or both"),
        ("recalibrate", {"factor": 0}, "factor=0 would make every reading the same"),
        ("recalibrate", {"factor": 1e300}, "must lie between -1e15 and 1e15"),
        ("recalibrate", {"invert": True, "offset": 1}, "invert stands alone"),
        ("recalibrate", {"offset": 1, "note": "x" * 501}, "at most 500 characters"),
        ("withdraw_correction", {"correction_id": 3}, "no correction 3"),
    ],
)
def test_a_wrong_correction_is_refused_with_a_sentence(
    name: str, arguments: dict[str, Any], words: str, actions: Actions, desk: Desk
) -> None:
    series = {} if name == "withdraw_correction" else {"device": "window", "metric": "light"}
    with pytest.raises(ActionError, match=words):
        actions.carry_out(name, {**series, **arguments}, "ada")
    assert desk.rows("SELECT count(*) FROM corrections") == [(0,)]
    assert desk.rows("SELECT count(*) FROM changes") == [(0,)]


def test_a_range_that_is_not_known_cannot_be_inverted(actions: Actions, desk: Desk) -> None:
    desk.hand("esp32/attic/output", {"temperature": 20})
    desk.rows("SELECT 1")
    with pytest.raises(ActionError, match="give factor -1 and an offset"):
        actions.carry_out("recalibrate", {"device": "attic", "metric": "temperature", "invert": True}, "ada")


def _console(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["correct", *words, "--data-dir", str(tmp_path / "data")])
    heard = capsys.readouterr()
    return code, heard.out + heard.err


@pytest.mark.parametrize("running", [True, False])
def test_the_console_corrects_with_ingest_and_without(
    running: bool, request: pytest.FixtureRequest, actions: Actions, desk: Desk, folder: DataFolder, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if running:
        request.getfixturevalue("service")
    else:
        desk.close()
    span = ["--from", str(T), "--to", str(T + 60_000)]
    hidden = _console(tmp_path, capsys, "hide", "window", "light", *span, "--low", "4", "--note", "a spider")
    assert hidden == (0, "correction 1 is in force\n")
    assert _console(tmp_path, capsys, "scale", "window", "light", "--factor", "2", "--offset", "-1.5")[0] == 0
    assert values(Reader(folder, 10)) == [-1.5, 0.5, 2.5, 4.5]
    listed = _console(tmp_path, capsys, "list")[1].splitlines()
    assert listed[0].startswith("2  window light: value · 2 - 1.5, from the beginning to now on; by ")
    assert "hide from 4, from 2026-09-21T14:13:20.000Z to 2026-09-21T14:14:20.000Z (a spider); by " in listed[1]
    assert _console(tmp_path, capsys, "withdraw", "1") == (0, "correction 1 is withdrawn\n")
    assert values(Reader(folder, 10)) == [-1.5, 0.5, 2.5, 4.5, 6.5]
    assert "withdrawn by" in _console(tmp_path, capsys, "list")[1]
    code, told = _console(tmp_path, capsys, "withdraw", "1")
    assert (code, "was withdrawn already" in told) == (2, True)
    assert _console(tmp_path, capsys, "hide", "window", "light")[0] == 2  # a span is needed
