"""`python -m ingest` as a process, with a real Mosquitto: stopped, started twice, fed garbage (killed: test_chaos)."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from telemetry.datafolder import DataFolder
from telemetry.errors import ActionError, StoreUnavailableError
from telemetry.reader import Actions, Reader
from telemetry.topics import TopicKind
from tests.harness.observer import Observer, observer
from tests.harness.processes import MOSQUITTO, free_port, module, mosquitto, program
from tests.harness.waiting import until

T = 1_790_000_000_000


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    with mosquitto(tmp_path / "mosquitto", port):
        yield port


@pytest.fixture
def flags(tmp_path: Path, port: int) -> list[str]:
    return ["--data-dir", str(tmp_path / "data"), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


def health(folder: DataFolder) -> dict[str, Any]:
    try:
        return dict(Reader(folder, 5).ask("health").to_pylist()[0])
    except StoreUnavailableError:
        return {}


def connected(folder: DataFolder) -> bool:
    return bool(health(folder).get("broker_connected"))


def send(board: Observer, seq: int) -> None:
    board.publish("esp32/window/output", json.dumps({"boot": "b", "seq": seq, "t": T + seq, "light": seq}))


def test_sigterm_flushes_and_exits_with_0(tmp_path: Path, port: int, flags: list[str], folder: DataFolder) -> None:
    with module(tmp_path / "ingest.log", "ingest", *flags) as ingest, observer(port, "none") as board:
        until(lambda: connected(folder), "ingest at the broker")
        for seq in range(50):
            send(board, seq)
        assert ingest.stop(signal.SIGTERM, 5) == 0
    with module(tmp_path / "again.log", "ingest", *flags):
        until(lambda: health(folder).get("readings") == 50, "all 50 readings", 20)


#: An ingest that has begun to close a day, which takes for ever.
_CLOSING = """
import sys
from ingest.__main__ import main
from ingest.storage import keeper
from ingest.storage.transactions import transaction

def close_days(cursor, *_, **__):
    with transaction(cursor):
        cursor.execute("CREATE TABLE half_done (x INTEGER)")
        print("closing a day", flush=True)
        cursor.execute("SELECT sum(hash(a.range + b.range)) FROM range(100000000) a, range(100000) b").fetchall()

keeper._TICK_SECONDS = 0.05
keeper.close_days = close_days
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_waits_for_no_closing_and_what_is_not_folded_is_there(
    number: signal.Signals, tmp_path: Path, port: int, flags: list[str], folder: DataFolder
) -> None:
    words = [sys.executable, "-c", _CLOSING, *flags]
    with program(tmp_path / "ingest.log", *words) as ingest, observer(port, "none") as board:
        until(lambda: "closing a day" in ingest.output(), "a day being closed")
        until(lambda: connected(folder), "ingest at the broker")
        for seq in range(50):
            send(board, seq)
        until(lambda: health(folder).get("readings") == 50, "all 50 readings")
        assert ingest.stop(number, 5) == 0
    output = ingest.output()
    assert "the last fold is left to the next start" in output
    assert "put off" not in output
    assert "Traceback" not in output
    assert output.splitlines()[-1].endswith("stopped; everything that was acknowledged is stored")
    with module(tmp_path / "again.log", "ingest", *flags) as ingest:
        until(lambda: health(folder).get("readings") == 50, "all 50 readings", 20)
        assert ingest.stop(signal.SIGTERM, 5) == 0
    with duckdb.connect(str(folder.database), read_only=True) as store:
        assert store.execute("SELECT count(*) FROM live_readings").fetchall() == [(50,)]
        assert store.execute("SELECT sum(count)::INTEGER FROM live_minutes").fetchall() == [(50,)]
        assert store.execute("FROM duckdb_tables() WHERE table_name = 'half_done'").fetchall() == []


def test_garbage_on_every_topic_ends_in_quarantine_and_nothing_else_happens(
    tmp_path: Path, port: int, flags: list[str], folder: DataFolder
) -> None:
    garbage = [b"{", b"\xff\xfe\x00", b"nope", b"[[]]", b'{"a": NaN}', b"x" * 100_000, b'{"a": "\\ud800"}']
    kinds = [f"window/{kind}" for kind in TopicKind if kind not in (TopicKind.INPUT, TopicKind.STORED)]
    with module(tmp_path / "ingest.log", "ingest", *flags) as ingest, observer(port, "none") as board:
        until(lambda: connected(folder), "ingest at the broker")
        for payload in garbage:
            for path in (*kinds, "output", "nothing", "a/b/c/d", "window/outputs"):
                board.publish(f"esp32/{path}", payload)
            board.publish("esp32/window/input", payload)
            board.publish("esp32/input", payload)
        expected = len(garbage) * (len(kinds) + 4)
        send(board, 0)
        until(lambda: health(folder).get("readings") == 1, "the one reading after it all")
        assert health(folder)["quarantined"] >= expected
        reasons = {row["reason"] for row in Reader(folder, 5).ask("quarantine", limit=1000).to_pylist()}
        assert any("65536" in reason for reason in reasons)
        assert ingest.process.poll() is None
    assert "Traceback" not in ingest.output()


def test_the_log_ends_with_the_stop_whatever_was_refused_before(
    tmp_path: Path, port: int, flags: list[str], folder: DataFolder
) -> None:
    with module(tmp_path / "ingest.log", "ingest", *flags) as ingest, observer(port, "none") as board:
        until(lambda: connected(folder), "ingest at the broker")
        send(board, 0)
        until(lambda: health(folder).get("readings") == 1, "the reading")
        nobody = {"name": "nobody", "url": f"json://127.0.0.1:{free_port()}/"}
        made = Actions(folder).call("make_alert_channel", nobody, by="test")
        assert not Actions(folder).call("test_alert_channel", {"id": made["id"]}, by="test")["ok"]
        with pytest.raises(ActionError, match="nothing was deleted"):
            Actions(folder).call("delete_device", {"device": "window", "typed": "wrong"}, by="test")
        assert ingest.stop(signal.SIGINT, 8) == 0
    # DuckDB's bindings list there what is not freed.
    assert ingest.output().splitlines()[-1].endswith("stopped; everything that was acknowledged is stored")


def test_a_second_ingest_on_the_same_data_is_one_line_and_exit_code_2(
    tmp_path: Path, flags: list[str], folder: DataFolder
) -> None:
    with module(tmp_path / "first.log", "ingest", *flags):
        until(lambda: health(folder), "the first ingest")
        with module(tmp_path / "second.log", "ingest", *flags) as second:
            assert second.process.wait(20) == 2
    assert second.output().startswith("ingest: an ingest already runs on the data")
    assert second.output().count("\n") == 1


@pytest.mark.parametrize("content", [b"not a database" * 1_000, b"\x00" * 8_192])
def test_a_damaged_file_is_one_line_and_stays_as_it_is(
    content: bytes, tmp_path: Path, flags: list[str], folder: DataFolder
) -> None:
    folder.ensure()
    folder.database.write_bytes(content)
    with module(tmp_path / "ingest.log", "ingest", *flags) as ingest:
        assert ingest.process.wait(20) == 2
    assert "restore a backup" in ingest.output()
    assert "Traceback" not in ingest.output()
    assert folder.database.read_bytes() == content


def test_damage_in_the_middle_of_the_file_is_one_line_and_stays_as_it_is(tmp_path: Path, flags: list[str]) -> None:
    folder = DataFolder(tmp_path / "data")
    with module(tmp_path / "first.log", "ingest", *flags) as ingest:
        until(lambda: connected(folder), "ingest at the broker")
        assert ingest.stop(signal.SIGTERM, 8) == 0
    content = damage(folder.database)
    with module(tmp_path / "again.log", "ingest", *flags) as again:
        assert again.process.wait(20) == 2
    assert again.output().count("\n") == 1
    assert "restore a backup" in again.output()
    assert folder.database.read_bytes() == content


def damage(path: Path) -> bytes:
    """Everything but the file's beginning is noise; what it is then."""
    content = bytearray(path.read_bytes())
    content[12_288:] = os.urandom(len(content) - 12_288)
    path.write_bytes(content)
    return bytes(content)


def run_until_stored(log: Path, flags: list[str], port: int, first: int, readings: int) -> str:
    """An ingest until ten more samples are stored; what it said."""
    folder = DataFolder(Path(flags[1]))
    with module(log, "ingest", *flags) as ingest, observer(port, "none") as board:
        until(lambda: connected(folder), "ingest at the broker", 30)
        for seq in range(first, first + 10):
            send(board, seq)
        until(lambda: health(folder).get("readings") == readings, f"{readings} readings")
        if first == 0:
            Actions(folder).call("back_up", {}, by="test")
        elif first == 20:
            (row,) = Reader(folder, 5).ask("losses").to_pylist()
            assert (row["expected"], row["received"], row["missing"]) == (30, 20, 10)
        assert ingest.stop(signal.SIGTERM, 8) == 0
    return ingest.output()


def test_a_damaged_file_gives_way_to_the_newest_whole_backup_and_what_is_missing_is_said(
    tmp_path: Path, port: int, flags: list[str], folder: DataFolder
) -> None:
    run_until_stored(tmp_path / "one.log", flags, port, 0, 10)
    broken = folder.backups / "9999-newer-and-broken"
    shutil.copytree(next(folder.backups.glob("*/manifest.json")).parent, broken)
    next(broken.rglob("*.parquet")).write_bytes(b"cut short")
    text = (broken / "manifest.json").read_text()
    (broken / "manifest.json").write_text(re.sub(r'"made_us": \d+', '"made_us": 4000000000000000', text))
    run_until_stored(tmp_path / "two.log", flags, port, 10, 20)
    content = damage(folder.database)

    said = run_until_stored(tmp_path / "three.log", flags, port, 20, 20)
    assert "9999-newer-and-broken is damaged" in said
    assert re.search(r"the backup of .* with 10 readings is in force .* between then and .* is missing", said)
    assert "Traceback" not in said
    (aside,) = folder.set_aside.glob("*/lumos.duckdb")
    assert aside.read_bytes() == content


def test_a_broker_that_refuses_the_password_is_said_once(tmp_path: Path) -> None:
    port = free_port()
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    passwords.chmod(0o600)
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nuser root\n"
    )
    with program(tmp_path / "mosquitto.log", MOSQUITTO, "-c", configuration) as broker:
        flags = ["--data-dir", str(tmp_path / "data"), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]
        with module(tmp_path / "ingest.log", "ingest", *flags) as ingest:
            until(lambda: "--mqtt-password-file" in ingest.output(), "the refusal in the log")
            broker.stop()
            with mosquitto(tmp_path / "open", port):
                until(lambda: "connected to the broker" in ingest.output(), "ingest there once it is let in", 40)
            assert ingest.stop(signal.SIGTERM, 5) == 0
    assert ingest.output().count("refuses us") == 1
