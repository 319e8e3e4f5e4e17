"""Into the store and out of it: nothing twice, each reading in its place, rollups equal to raw; ingest runs or not."""

from __future__ import annotations

import csv
import itertools
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyarrow import parquet

from ingest.__main__ import main
from ingest.serving.action import check_arguments
from ingest.serving.actions import ACTIONS
from ingest.storage.closing import close_days
from ingest.storage.exporting import export_part
from ingest.storage.retention import expire
from ingest.transfer import exporting, reading
from ingest.transfer.importing import import_part, part_name
from ingest.transfer.reading import Chunk
from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError
from telemetry.questions import QUESTIONS, answer
from telemetry.reader import Reader
from telemetry.timestamps import US_PER_DAY, now_us
from tests.harness.processes import ROOT, free_port, module
from tests.harness.waiting import until
from tests.ingest.conftest import READINGS, Desk

#: Noon of a day some days ago.
DAY = now_us() // US_PER_DAY - 5
NOON = DAY * US_PER_DAY + US_PER_DAY // 2
SECOND = 1_000_000
_NUMBERS = itertools.count()
#: (t_us, device, metric, value)
Rows = Sequence[tuple[int, str, str, float]]


def put(desk: Desk, rows: Rows) -> dict[str, Any]:
    """Have the store take rows as the command line does, in the asker's thread beside the writer."""
    chunk = Chunk()
    for row in rows:
        chunk.add(*row)
    name = part_name("x", next(_NUMBERS))
    path = desk.writer.keeper.backups / name
    path.parent.mkdir(exist_ok=True)
    parquet.write_table(chunk.table(), path)
    found = import_part(desk.writer, name, lambda work: desk.writer.ask(work).result(20))
    return {key: found[key] for key in ("added", "known", "expired")}


def stored(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.rows(READINGS)


def statistics(desk: Desk, device: str, metric: str) -> dict[str, Any]:
    whole = {"device": device, "metric": metric, "start_us": NOON - 100 * US_PER_DAY, "end_us": NOON + US_PER_DAY}
    found: dict[str, Any] = desk.do(
        lambda: answer(desk.writer.connection, QUESTIONS, "statistics", whole).to_pylist()[0]
    )
    return found


def past(count: int, device: str = "old", start_us: int = NOON) -> list[tuple[int, str, str, float]]:
    return [(start_us + n * SECOND, device, "m", float(n % 10)) for n in range(count)]


def test_an_import_adds_nothing_twice_wherever_the_readings_lie(desk: Desk) -> None:
    rows = past(100)
    assert put(desk, rows[:60]) == {"added": 60, "known": 0, "expired": 0}
    assert put(desk, rows[40:] + rows[90:]) == {"added": 40, "known": 20, "expired": 0}  # itself has doubles
    assert put(desk, rows) == {"added": 0, "known": 100, "expired": 0}
    closed = desk.writer.keeper.work(
        lambda cursor: close_days(cursor, desk.writer.keeper.archive, NOON + US_PER_DAY, late=True)
    )
    assert closed == 100
    assert put(desk, rows) == {"added": 0, "known": 100, "expired": 0}
    assert put(desk, [*rows, (NOON, "old", "m", 77.0)]) == {"added": 1, "known": 100, "expired": 0}
    assert len(stored(desk)) == 101
    assert desk.writer.tally.readings == 101


def test_what_came_over_the_broker_is_known_too(desk: Desk) -> None:
    desk.hand("esp32/window/output", {"boot": "b", "seq": 0, "t": NOON // 1_000, "light": 5})
    desk.rows("SELECT 1")
    rows = [(NOON, "window", "light", 5.0), (NOON + SECOND, "window", "light", 6.0)]
    assert put(desk, rows) == {"added": 1, "known": 1, "expired": 0}


def test_rollups_are_those_of_the_raw_readings_before_and_after_closing(desk: Desk) -> None:
    rows = past(5_000) + past(10, "new")
    put(desk, rows)
    values = [value for _, device, _, value in rows if device == "old"]
    for _ in range(2):
        found = statistics(desk, "old", "m")
        assert (found["count"], found["min"], found["max"]) == (5_000, 0.0, 9.0)
        assert found["mean"] == pytest.approx(sum(values) / len(values))
        desk.writer.keeper.work(
            lambda cursor: close_days(cursor, desk.writer.keeper.archive, NOON + US_PER_DAY, late=True)
        )
    assert desk.rows("SELECT count(*) FROM live_readings") == [(0,)]
    assert desk.rows("SELECT sum(count)::INTEGER FROM rollup_day") == [(5_010,)]


def test_what_expired_cannot_be_told_apart_and_is_left_out(desk: Desk) -> None:
    rows = past(100)
    put(desk, rows)
    keeper = desk.writer.keeper
    keeper.work(lambda cursor: close_days(cursor, keeper.archive, NOON + US_PER_DAY, late=True))
    series_id = desk.rows("SELECT series_id FROM series")[0][0]
    expire(keeper.work, keeper.archive, {(series_id, "raw"): (DAY + 1) * US_PER_DAY})
    before = statistics(desk, "old", "m")["count"]
    fresh = [
        (NOON + US_PER_DAY - 1, "old", "m", 1.0),
        (NOON, "other", "m", 1.0),
        (NOON - 9 * US_PER_DAY, "old", "m", 2.0),
    ]
    assert put(desk, [*rows, *fresh]) == {"added": 3, "known": 0, "expired": 100}
    assert statistics(desk, "old", "m")["count"] == before + 2


def test_an_import_finds_its_own_earlier_parts_wherever_the_keeper_has_put_them(desk: Desk) -> None:
    """The second part of a day comes when the first is closed, and the day lies before the series' horizon."""
    keeper, rows = desk.writer.keeper, past(100)
    old = [(NOON - US_PER_DAY, "old", "m", 1.0)]
    put(desk, old)
    keeper.work(lambda cursor: close_days(cursor, keeper.archive, NOON + US_PER_DAY, late=True))
    series_id = desk.rows("SELECT series_id FROM series")[0][0]
    expire(keeper.work, keeper.archive, {(series_id, "raw"): (DAY + 1) * US_PER_DAY})
    assert put(desk, rows[:60]) == {"added": 60, "known": 0, "expired": 0}
    keeper.round(now_us())
    assert desk.rows("SELECT count(*) FROM live_readings") == [(0,)]
    assert put(desk, rows[60:]) == {"added": 40, "known": 0, "expired": 0}
    assert put(desk, [*rows, *old]) == {"added": 0, "known": 100, "expired": 1}
    assert statistics(desk, "old", "m")["count"] == 101


def test_nothing_expires_while_an_import_is_under_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper, rows = desk.writer.keeper, past(100)
    monkeypatch.setattr(keeper, "settings", replace(keeper.settings, retention_raw=86_400))
    put(desk, rows[:60])
    keeper.round(now_us())
    with pytest.raises(ActionError, match="an import is under way"):
        keeper.expire(now_us())
    assert put(desk, rows[60:]) == {"added": 40, "known": 0, "expired": 0}
    # A command line that was killed leaves its folder behind.
    staged = next(keeper.backups.glob("import-*"))
    os.utime(staged, (0, 0))
    keeper.work(lambda cursor: close_days(cursor, keeper.archive, now_us(), late=True))
    assert keeper.expire(now_us()) == 100
    assert statistics(desk, "old", "m")["count"] == 100
    assert put(desk, rows) == {"added": 0, "known": 0, "expired": 100}


def test_readings_go_on_being_stored_while_a_part_is_taken(desk: Desk) -> None:
    put(desk, past(20_000))
    for seq in range(50):
        desk.hand("esp32/window/output", {"boot": "b", "seq": seq, "light": seq})
        put(desk, past(200, start_us=NOON + (20_000 + 100 * seq) * SECOND))
    assert desk.rows("SELECT count(*) FROM readings JOIN series USING (series_id) WHERE metric = 'light'") == [(50,)]
    assert desk.rows("SELECT count(*) FROM readings JOIN series USING (series_id) WHERE metric = 'm'") == [(25_100,)]


@pytest.mark.parametrize("name", ["../secrets/x.parquet", "import-x/../../y", "import-x/part-1.csv", "part-1.parquet"])
def test_only_parts_are_taken_and_given(desk: Desk, name: str) -> None:
    with pytest.raises(ActionError, match="is no part of an import"):
        import_part(desk.writer, name, lambda work: work())
    arguments = {"part": name.replace("import", "export"), "start_us": 0, "end_us": 1}
    check_arguments("export_part", ACTIONS["export_part"].takes, arguments)
    with pytest.raises(ActionError, match="is no part of an export"):
        export_part(desk.writer.keeper, {**arguments, "part": name}, "ada")


def cli(folder: DataFolder, *words: str | Path) -> int:
    return main([*map(str, words), "--data-dir", str(folder.path)])


CSV = """time,device,metric,value
2026-01-02T03:04:05Z,a,m,1.5
2026-01-02T03:04:05Z,b,m,warm
2026-01-02T03:04:06Z,a,m,2.5
"""


def test_the_command_line_imports_and_exports_where_no_ingest_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = DataFolder(tmp_path / "data")
    past_csv = tmp_path / "past.csv"
    past_csv.write_text(CSV)
    assert cli(folder, "import", past_csv) == 1
    said = capsys.readouterr()
    assert said.err == f"{past_csv}, line 3: 'warm' is no number\n"
    assert said.out == f"{past_csv}: 2 readings imported, 1 rows cannot be read\n"
    past_csv.write_text(CSV.replace("warm", "3") + "2026-01-02T03:04:07Z,a,m,4\n")
    assert cli(folder, "import", past_csv, past_csv) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{past_csv}: 2 readings imported, 2 were there already",
        f"{past_csv}: 0 readings imported, 4 were there already",
    ]
    out = tmp_path / "out.csv"
    assert cli(folder, "export", out) == 0
    assert out.read_text() == (
        "time,device,metric,value\n2026-01-02T03:04:05.000Z,a,m,1.5\n2026-01-02T03:04:05.000Z,b,m,3.0\n"
        "2026-01-02T03:04:06.000Z,a,m,2.5\n2026-01-02T03:04:07.000Z,a,m,4.0\n"
    )
    assert cli(folder, "export", out) == 2
    assert "exists: choose another name, or say --replace" in capsys.readouterr().err
    assert cli(folder, "export", out, "--replace", "--device", "a", "--from", "2026-01-02T03:04:06Z") == 0
    assert len(out.read_text().splitlines()) == 3
    assert cli(folder, "export", tmp_path / "x.csv", "--device", "aa") == 2
    assert "there is no device 'aa'; did you mean 'a'?" in capsys.readouterr().err.replace(
        ". Try one of: a, b.", "; did you mean 'a'?"
    )
    assert list(folder.backups.iterdir()) == []


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_was_exported_is_imported_to_the_last_digit(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(exporting, "_ROWS_A_PART", 100)
    monkeypatch.setattr(reading, "CHUNK_ROWS", 70)
    folder, again = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "again")
    source = tmp_path / "source.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "device", "metric", "value"])
        for n in range(1_000):
            writer.writerow([f"2026-01-02T03:{n // 60:02}:{n % 60:02}.{n:06}", f'dé"v,{n % 3}', "m\n2", n / 7 * 1e-5])
    assert cli(folder, "import", source) == 0
    out = tmp_path / f"out.{kind}"
    assert cli(folder, "export", out) == 0
    assert cli(again, "import", out) == 0
    assert cli(folder, "import", out) == 0
    assert "0 readings imported, 1000 were there already" in capsys.readouterr().out
    everything = READINGS.replace("FROM readings", "FROM live_readings")
    found = []
    for each in (folder, again):
        with duckdb.connect(str(each.database), read_only=True) as store:
            found.append(store.execute(everything).fetchall())
    assert len(found[0]) == 1_000
    assert found[0] == found[1]


@pytest.fixture
def running(tmp_path: Path) -> Any:
    """A running ingest; the broker it looks for is not there, which changes nothing for files."""
    folder = DataFolder(tmp_path / "data")
    flags = ["--data-dir", str(folder.path), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(free_port())]
    with module(tmp_path / "ingest.log", "ingest", *flags) as ingest:
        until(lambda: "answers questions" in ingest.output(), "ingest")
        yield folder
        assert "Traceback" not in ingest.output()


def test_the_command_line_asks_the_running_ingest(
    running: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    past_csv = tmp_path / "past.csv"
    past_csv.write_text("when;a;b\n02/03\n" + "".join(f"{NOON // 1_000 + n};{n},5;{n}\n" for n in range(1_000)))
    words = ["--map", "time=when", "--device", "greenhouse", "--wide", "a=temperature,b"]
    assert cli(running, "import", past_csv, *words) == 1
    assert "line 2: 1 columns are fewer than the 3" in capsys.readouterr().err
    table = Reader(running, 10).sql(
        "SELECT metric, count(*) AS n, max(value) AS high FROM history GROUP BY 1 ORDER BY 1"
    )
    assert table.to_pylist() == [
        {"metric": "b", "n": 1_000, "high": 999.0}, {"metric": "temperature", "n": 1_000, "high": 999.5}
    ]  # fmt: skip
    out = tmp_path / "out.parquet"
    assert cli(running, "export", out, "--metric", "temperature") == 0
    assert parquet.ParquetFile(out).metadata.num_rows == 1_000
    assert Reader(running, 10).ask("health").to_pylist()[0]["readings"] == 2_000
    (changes,) = (
        Reader(running, 10).sql("SELECT count(*) FROM changes WHERE action = 'import_part'").to_pylist()[0].values()
    )
    assert changes == 1


def test_an_ingest_that_is_killed_in_the_middle_costs_a_second_try_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading, "CHUNK_ROWS", 500)
    count = 20_000
    past_csv = tmp_path / "past.csv"
    past_csv.write_text("time,device,metric,value\n" + "".join(f"{NOON // 1_000 + n},a,m,{n}\n" for n in range(count)))
    folder = DataFolder(tmp_path / "data")
    flags = ["--data-dir", str(folder.path), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(free_port())]
    codes: list[int] = []
    with module(tmp_path / "first.log", "ingest", *flags) as ingest:
        until(lambda: "answers questions" in ingest.output(), "ingest")
        importing = threading.Thread(target=lambda: codes.append(cli(folder, "import", past_csv)))
        importing.start()
        until(lambda: ingest.output().count("import_part by") > 5, "the first parts")
        ingest.stop(signal.SIGKILL)
        importing.join(60)
    assert codes == [2]
    assert "ingest is not running" in capsys.readouterr().err
    assert cli(folder, "import", past_csv) == 0
    said = capsys.readouterr().out
    assert "were there already" in said
    with duckdb.connect(str(folder.database), read_only=True) as store:
        assert store.execute("SELECT count(*), count(DISTINCT value) FROM live_readings").fetchall() == [(count, count)]
        assert store.execute("SELECT sum(count)::INTEGER FROM live_minutes").fetchall() == [(count,)]
    assert list(folder.backups.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["imprt", "x.csv"], "'imprt' is no command of python -m ingest; did you mean 'import'?"),
        (["import", "nowhere.csv"], "nowhere.csv cannot be read (No such file or directory)"),
        (["import", "x.csv", "--map", "time"], "--map takes ROLE=COLUMN"),
        (["import", "x.csv", "--map", "tim=a"], "'tim' is no role; did you mean 'time'?"),
        (["import", "x.csv", "--zone", "Europe/Pari"], "'Europe/Pari' is no zone; did you mean 'Europe/Paris'?"),
        (["import", "x.csv", "--delimiter", "::"], "--delimiter takes one sign"),
        (["export", "-", "--format", "parquet"], "only CSV can go to the standard output"),
        (["export", "nowhere/x.csv"], "cannot be written"),
        (["export", "x.csv", "--from", "monday"], "--from='monday' is not a time"),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = DataFolder(tmp_path / "data")
    (tmp_path / "ok.csv").write_text(CSV)
    cli(folder, "import", tmp_path / "ok.csv")
    capsys.readouterr()
    assert cli(folder, *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_terminal_shows_how_far_one_is(tmp_path: Path) -> None:
    past_csv = tmp_path / "past.csv"
    past_csv.write_text("time,device,metric,value\n" + "".join(f"{NOON // 1_000 + n},a,m,{n}\n" for n in range(1_000)))
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (25, 80))
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest", "import", str(past_csv), "--data-dir", str(tmp_path / "data")],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while select.select([ours], [], [], 30)[0]:
        try:
            part = os.read(ours, 65_536)
        except OSError:
            break
        shown += part
    os.close(ours)
    assert process.wait(30) == 0
    assert b"past.csv: 100%" in shown


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert all(word in shown for word in ("import, export", "replay", "device", "backup"))
