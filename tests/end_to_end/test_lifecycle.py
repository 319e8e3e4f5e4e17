"""Starting, stopping, killing: what `python app.py` promises about its processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from telemetry.datafolder import DataFolder
from telemetry.errors import LumosError
from telemetry.reader import Reader
from tests.end_to_end.conftest import Stack
from tests.harness.http import get, get_json
from tests.harness.observer import observer
from tests.harness.processes import free_port, lumos, module, parts
from tests.harness.waiting import until


def test_the_demo_shows_readings_within_5_seconds_and_stops_within_5(tmp_path: Path) -> None:
    http_port, mqtt_port = free_port(), free_port()
    flags = ["--demo", "--data-dir", tmp_path / "data", "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    started = time.monotonic()
    with lumos(tmp_path / "lumos.log", *flags) as app:
        until(lambda: get_json(http_port, "/data", device="sim-2", metric="light"), "readings of sim-2", 30)
        shown_after = time.monotonic() - started
        until(lambda: "Lumos is ready" in app.output(), "the address on the console")
        assert f"http://127.0.0.1:{http_port}" in app.output()
        children = parts(app)
        assert set(children) == {"broker", "ingest", "dashboard", "boards"}
        started = time.monotonic()
        assert app.stop(signal.SIGINT) == 0
        stopped_after = time.monotonic() - started
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children.values())
    # The promise is 5 s on a quiet machine; the limit here only catches waiting for something that never comes.
    assert shown_after < 15
    assert stopped_after < 8


@pytest.mark.parametrize("name", ["broker", "ingest", "dashboard"])
def test_a_killed_part_comes_back_and_nothing_is_lost(name: str, tmp_path: Path) -> None:
    http_port, mqtt_port = free_port(), free_port()
    flags = ["--data-dir", tmp_path / "data", "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    with lumos(tmp_path / "lumos.log", *flags) as app:
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 30)
        with observer(mqtt_port, "none") as board:
            board.publish("esp32/kept/output", '{"boot": "k", "seq": 0, "t": 1790000000000, "light": 1}')
        victim = parts(app)[name]
        os.kill(victim.pid, signal.SIGKILL)
        until(lambda: parts(app).get(name, victim).pid != victim.pid, f"another {name}")
        until(lambda: get(http_port, "/health")[0] == 200, "health after the kill", 40)
        with observer(mqtt_port, "none") as board:
            board.publish("esp32/kept/output", '{"boot": "k", "seq": 1, "t": 1790000001000, "light": 2}')
        window = {"start": 1_790_000_000_000, "end": 1_790_000_002_000}
        rows = until(
            lambda: (
                found
                if (found := get_json(http_port, "/data", device="kept", metric="light", **window))
                and len(found["rows"]) == 2
                else None
            ),
            "both readings",
            30,  # what ingest had not acknowledged comes again after the broker's ack_wait
        )["rows"]
        assert [row[1] for row in rows] == [1.0, 2.0]
        assert f"{name} was killed by signal 9" in app.output()


def test_a_second_start_on_the_same_data_is_refused_with_the_address(tmp_path: Path) -> None:
    http_port = free_port()
    data = ["--data-dir", str(tmp_path / "data")]
    with lumos(tmp_path / "one.log", *data, "--port", str(http_port), "--mqtt-port", str(free_port())) as first:
        until(lambda: get(http_port, "/health")[0], "the first Lumos", 30)
        with lumos(tmp_path / "two.log", *data) as second:
            assert second.process.wait(20) == 2
            assert f"http://127.0.0.1:{http_port}" in second.output()
            assert "choose another folder with --data-dir" in second.output()
            assert len(second.output().strip().splitlines()) == 1
        assert first.process.poll() is None


def test_a_port_given_and_taken_is_refused_in_one_line(stack: Stack, tmp_path: Path) -> None:
    with lumos(tmp_path / "two.log", "--data-dir", tmp_path / "other", "--port", str(stack.http_port)) as second:
        assert second.process.wait(20) == 2
        assert "choose another with --port" in second.output()
        assert len(second.output().strip().splitlines()) == 1


def test_an_unusable_data_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with lumos(tmp_path / "lumos.log", "--data-dir", tmp_path / "file" / "data") as app:
        assert app.process.wait(20) == 2
        assert "choose another with --data-dir" in app.output()
        assert len(app.output().strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--prot", "8050"], "--prot is no flag of app.py; did you mean '--port'?"),
        (["--port", "many"], "--port: 'many' is not a whole number from 1 to 65535"),
        (["--retention-raw", "forever"], "--retention-raw: 'forever' is not a duration such as 400d"),
    ],
)
def test_a_wrong_setting_is_refused_with_the_nearest_valid_one(flags: list[str], words: str, tmp_path: Path) -> None:
    with lumos(tmp_path / "lumos.log", *flags) as app:
        assert app.process.wait(20) == 2
        assert words in app.output()


def test_a_hundred_boards_that_come_back_at_once_lose_nothing(tmp_path: Path) -> None:
    http_port, mqtt_port, boards = free_port(), free_port(), 100
    flags = ["--data-dir", tmp_path / "data", "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    simulate = ["simulate", "--boards", str(boards), "--port", str(mqtt_port), "--period", "1000"]
    reader = Reader(DataFolder(tmp_path / "data"), 10)

    def losses(beyond: int) -> list[dict[str, Any]]:
        """The rows of all boards, once each has sent more than so many samples and none is missed; none before that."""
        try:
            rows = reader.ask("losses").to_pylist()
        except LumosError:
            return []
        whole = all(row["missing"] == row["dropped"] == 0 and row["received"] > beyond for row in rows)
        return rows if whole and len(rows) == boards else []

    with lumos(tmp_path / "lumos.log", *flags) as app:
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 30)
        with module(tmp_path / "boards.log", "firmware", *simulate):
            before = until(lambda: losses(2), "three samples of each board", 60)
            victim = parts(app)["broker"]
            os.kill(victim.pid, signal.SIGKILL)
            until(lambda: parts(app).get("broker", victim).pid != victim.pid, "another broker")
            most = max(row["received"] for row in before)
            after = until(lambda: losses(most + 10), "what was sampled meanwhile, and more, of every board", 90)
    assert {row["device"] for row in after} == {f"sim-{number}" for number in range(1, boards + 1)}
    assert {(row["boots"], row["missing"], row["dropped"]) for row in after} == {(1, 0, 0)}
    assert all(row["received"] == row["expected"] > most + 10 for row in after)
