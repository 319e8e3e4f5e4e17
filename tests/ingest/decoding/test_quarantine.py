"""The quarantine: counted by kind, bounded by number and age, and tried again after a fix of the settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.__main__ import main
from ingest.decoding import quarantine as quarantine_module
from ingest.decoding import replay as replay_module
from ingest.decoding.replay import step
from ingest.storage.closing import close_day
from ingest.storage.fold import fold
from telemetry.datafolder import DataFolder
from telemetry.questions import QUESTIONS, answer
from telemetry.reason_kinds import KIND_SQL, kind_of
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY, now_us
from tests.ingest.conftest import READINGS, Desk

OUT = "esp32/window/output"
#: An hour ago, in milliseconds: what is older than --quarantine-keep would go.
T = now_us() // 1_000 - 3_600_000


def replay(desk: Desk) -> tuple[int, int]:
    """Every step; (read, kept)."""
    read = kept = after_us = 0
    until_us = now_us()
    while True:
        told = desk.do(partial(step, desk.writer, after_us, until_us))
        read, kept = read + told["read"], kept + told["kept"]
        if told["next_us"] is None:
            return read, kept
        after_us = told["next_us"]


def ask(desk: Desk, question: str, **arguments: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.do(
        lambda: answer(desk.writer.connection, QUESTIONS, question, arguments).to_pylist()
    )
    return found


def test_entries_are_counted_by_kind_of_reason(desk: Desk, restarted: Callable[[], Any]) -> None:
    for value in ("warm", "cold", [1]):
        desk.hand(OUT, {"temperature": value})
    desk.hand(OUT, b"x" * 65_537)
    desk.hand(OUT, b"x" * 70_000)
    wanted = {
        "N bytes are more than the N that a message may have": 2,
        "… takes a number, true, false or null, not the text …": 2,
        "… takes a number, true, false or null, not a list": 1,
    }
    reasons = ask(desk, "quarantine_reasons")
    assert {row["kind"]: row["count"] for row in reasons} == wanted
    assert dict(desk.writer.quarantine.by_kind) == wanted
    assert [row["replayable"] for row in reasons] == [0, 2, 1]
    kind = "… takes a number, true, false or null, not the text …"
    assert [row["reason"] for row in ask(desk, "quarantine", kind=kind)] == [
        "'temperature' takes a number, true, false or null, not the text 'cold'",
        "'temperature' takes a number, true, false or null, not the text 'warm'",
    ]
    desk.close()
    with restarted() as later:
        assert dict(later.writer.quarantine.by_kind) == wanted


@given(st.text(st.sampled_from("ab'\"0…é 12"), max_size=30))
def test_the_kind_is_the_same_in_sql(reason: str) -> None:
    ((found,),) = duckdb.execute(f"SELECT {KIND_SQL} FROM (SELECT $1 AS reason)", [reason]).fetchall()
    assert found == kind_of(reason)


class TestBounds:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(data_dir=tmp_path / "data", quarantine_limit=100, quarantine_keep=10 * 86_400)

    def test_the_newest_stay(self, desk: Desk) -> None:
        for number in range(250):
            desk.hand(OUT, f"broken {number}".encode())
            if number % 50 == 49:
                desk.rows("SELECT 1")
                desk.do(desk.writer.quarantine.trim)
        kept = [int(row[0].split()[-1]) for row in desk.rows("SELECT payload::VARCHAR FROM quarantine ORDER BY 1")]
        assert sorted(kept) == list(range(150, 250))
        assert desk.writer.quarantine.count == 100

    def test_what_is_too_old_goes(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(quarantine_module, "_AGE_SECONDS", 0.0)
        desk.hand(OUT, b"old", arrived_us=now_us() - 11 * US_PER_DAY)
        desk.hand(OUT, b"young", arrived_us=now_us() - 9 * US_PER_DAY)
        desk.rows("SELECT 1")
        desk.do(desk.writer.quarantine.trim)
        assert desk.rows("SELECT payload FROM quarantine") == [(b"young",)]


def test_replay_after_a_fix_of_the_settings(desk: Desk, restarted: Callable[[], Any], settings: Settings) -> None:
    for seconds in range(3):
        desk.hand("esp32/window/temperature", str(20 + seconds).encode(), arrived_us=(T + 1_000 * seconds) * 1_000)
    desk.hand(OUT, b"{broken")
    assert replay(desk) == (0, 4)
    desk.close()
    object.__setattr__(settings, "sources", "native, original, plain")
    object.__setattr__(settings, "given", frozenset(("sources",)))
    with restarted() as later:
        assert replay(later) == (3, 1)
        assert later.rows(READINGS) == [
            ("window", "temperature", (T + 1_000 * seconds) * 1_000, 20.0 + seconds) for seconds in range(3)
        ]
        assert later.rows("SELECT payload FROM quarantine") == [(b"{broken",)]
        assert later.writer.quarantine.count == 1
        assert replay(later) == (0, 1)


def test_numbered_samples_come_out_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = {"boot": "b", "seq": 0, "rows": [[T + n, {"light": n, "note": "x" if n == 2 else n}] for n in range(4)]}
    desk.hand(OUT, {"boot": "b", "seq": 1, "t": T + 1, "light": 1, "note": 1})
    desk.hand(OUT, batch)  # one text makes all of it unreadable, and its numbers are known from then on
    assert [value for _, metric, _, value in desk.rows(READINGS) if metric == "light"] == [1.0]
    # A later version that leaves a text out.
    from ingest.decoding import samples

    plain = samples.read_number
    monkeypatch.setattr(samples, "read_number", lambda name, value: -1.0 if value == "x" else plain(name, value))
    assert replay(desk) == (1, 0)
    assert [value for _, metric, _, value in desk.rows(READINGS) if metric == "light"] == [0.0, 1.0, 2.0, 3.0]
    assert desk.rows("SELECT count(*) FROM quarantine") == [(0,)]
    assert desk.rows("SELECT sum(seq_to - seq_from + 1)::INTEGER FROM arrivals_tail") == [(4,)]


def test_an_old_status_is_history_and_not_how_the_board_stands(
    desk: Desk, restarted: Callable[[], Any], settings: Settings
) -> None:
    desk.hand("tele/plug/LWT", b"Offline")  # nobody reads it: not ours
    desk.hand("esp32/window/status", {"online": "yes"})
    desk.hand("esp32/window/status", {"online": True})
    desk.rows("SELECT 1")
    desk.do(lambda: desk.writer.connection.execute("""UPDATE quarantine SET payload = '{"online": false}'::BLOB"""))
    assert replay(desk) == (1, 0)
    desk.hand("esp32/window/status", {"online": True}, retained=True)  # still what was said last
    assert desk.rows("SELECT online FROM statuses ORDER BY status_us") == [(False,), (True,)]


def test_what_is_not_whole_and_what_the_database_refused_is_not_tried(desk: Desk) -> None:
    desk.hand(OUT, b" " * 65_537)
    desk.hand("esp32/" + "x" * 5_000, b"1")
    assert replay(desk) == (0, 0)
    assert desk.rows("SELECT count(*) FROM quarantine WHERE replayable") == [(0,)]


def test_a_step_that_fails_leaves_everything_as_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.ingest.test_writer import break_appender

    desk.hand(OUT, b'{"a": "x"}')
    desk.rows("SELECT 1")
    desk.do(lambda: desk.writer.connection.execute("""UPDATE quarantine SET payload = '{"a": 1}'::BLOB"""))
    full: list[Exception] = [duckdb.IOException("No space left on device")]
    desk.do(lambda: break_appender(desk.writer, "tail", lambda _: full.pop() if full else None))
    with pytest.raises(duckdb.IOException):
        replay(desk)
    assert desk.rows("SELECT count(*) FROM quarantine") == [(1,)]
    assert desk.rows(READINGS) == []
    assert replay(desk) == (1, 0)
    assert [(metric, value) for _, metric, _, value in desk.rows(READINGS)] == [("a", 1.0)]


def test_many_entries_of_one_moment_are_all_tried(desk: Desk) -> None:
    for number in range(500):
        desk.hand(OUT, json.dumps({"a": "x"}).encode(), arrived_us=T * 1_000 + number // 250)
    assert replay(desk) == (0, 500)


def _batches(desk: Desk, count: int, rows: int) -> None:
    """Numbered batches that one text made unreadable, in the quarantine, and how they read once that is mended."""
    for number in range(count):
        seq, at = number * rows, (T + number) * 1_000
        values = [[T + seq + n, {"light": "x" if n == 0 else seq + n}] for n in range(rows)]
        desk.hand(OUT, {"boot": "b", "seq": seq, "rows": values}, arrived_us=at)
    assert desk.rows("SELECT count(*) FROM quarantine") == [(count,)]
    mended = "UPDATE quarantine SET payload = encode(replace(decode(payload), '\"x\"', '-1'))"
    desk.do(lambda: desk.writer.connection.execute(mended))


def test_a_step_looks_once_for_all_of_its_samples_and_opens_only_their_days(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Counting:
        def execute(self, statement: str, *arguments: Any) -> Any:
            asked.append(statement)
            return desk.writer.connection.execute(statement, *arguments)

    plain = replay_module.stored
    monkeypatch.setattr(replay_module, "stored", lambda _, *more: plain(cast("Any", Counting()), *more))
    desk.hand(OUT, {"boot": "b", "seq": 0, "t": T, "light": 7})
    desk.rows("SELECT 1")
    archive = desk.writer.keeper.archive

    def close() -> None:
        connection = desk.writer.connection
        other = (T - 40 * 86_400_000) * 1_000
        connection.execute("INSERT INTO tail VALUES ($1, 1, 5, 0)", [other])
        fold(connection)
        for day in (other // US_PER_DAY, T * 1_000 // US_PER_DAY):
            close_day(connection, archive, day)

    desk.do(close)
    _batches(desk, 10, 30)
    assert replay(desk) == (10, 0)
    looks = [statement for statement in asked if "SEMI JOIN" in statement]
    assert (len(asked), len(looks)) == (2, 1)
    assert looks[0].count(".parquet") == 1
    # The one that was there already stays as it is.
    lights = [(t_us // 1_000 - T, value) for _, _, t_us, value in desk.rows(READINGS) if t_us >= T * 1_000]
    assert lights == [(n, 7.0 if n == 0 else -1.0 if n % 30 == 0 else float(n)) for n in range(300)]


def test_a_step_ends_after_so_many_samples(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "_MOST_SAMPLES", 100)
    _batches(desk, 10, 30)
    told = desk.do(partial(step, desk.writer, 0, now_us()))
    assert (told["read"], told["next_us"]) == (4, (T + 3) * 1_000)
    assert replay(desk) == (6, 0)
    assert desk.rows("SELECT count(*), count(DISTINCT t_us) FROM readings") == [(300, 300)]


def test_what_lies_in_the_quarantine_twice_comes_out_once(desk: Desk) -> None:
    sample = {"boot": "b", "seq": 1, "t": T, "light": "x"}
    for _ in range(2):
        desk.hand(OUT, sample, qos=0)
    desk.rows("SELECT 1")
    payload = json.dumps({**sample, "light": 1}).encode()
    twice = "INSERT INTO quarantine SELECT arrived_us, topic, reason, $1, $2, true FROM quarantine LIMIT 1"
    desk.do(lambda: desk.writer.connection.execute("UPDATE quarantine SET payload = $1", [payload]))
    desk.do(lambda: desk.writer.connection.execute(twice, [payload, len(payload)]))
    assert replay(desk)[1] == 0
    assert [value for *_, value in desk.rows(READINGS)] == [1.0]


def test_the_command_line_replays_where_no_ingest_runs(
    desk: Desk, folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.hand("esp32/window/temperature", b"21", arrived_us=T * 1_000)
    desk.rows("SELECT 1")
    desk.close()
    flags = ["--data-dir", str(folder.path)]
    assert main(["replay", *flags]) == 0
    assert "0 messages of the quarantine were read; 1 cannot be read" in capsys.readouterr().out
    assert main(["replay", *flags, "--sources", "native,plain"]) == 0
    assert capsys.readouterr().out == "1 messages of the quarantine were read\n"
    with duckdb.connect(str(folder.database), read_only=True) as store:
        assert store.execute("SELECT value FROM live_readings").fetchall() == [(21.0,)]
