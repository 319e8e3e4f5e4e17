"""What goes wrong around ingest, with the real thing each time.

It acknowledges nothing that is not stored, says what is wrong once, and goes on by itself when the cause is gone.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.datafolder import DataFolder
from telemetry.errors import StoreUnavailableError
from telemetry.reader import Reader
from tests.harness.disk import fill, small_disk
from tests.harness.observer import Observer, observer
from tests.harness.processes import Running, free_port, module, mosquitto
from tests.harness.waiting import until

T = 1_790_000_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes, in memory."""
    with small_disk(tmp_path / "disk", "16m") as mounted:
        if not mounted:
            pytest.skip("only root may mount a small file system here")
        yield tmp_path / "disk"


def send(board: Observer, first: int, count: int) -> None:
    for seq in range(first, first + count):
        board.publish("esp32/window/output", json.dumps({"boot": "b", "seq": seq, "t": T + seq, "light": seq}))


def stored(data: Path) -> tuple[int, int]:
    """How many readings there are, and how many different ones."""
    with contextlib.suppress(StoreUnavailableError):
        (row,) = (
            Reader(DataFolder(data), 10)
            .sql("SELECT count(*) AS n, count(DISTINCT value) AS d FROM readings")
            .to_pylist()
        )
        return row["n"], row["d"]
    return 0, 0


def is_connected(ingest: Running) -> bool:
    return "connected to the broker" in ingest.output()


def test_a_full_disk_loses_nothing_and_is_over_when_there_is_room(tmp_path: Path, disk: Path) -> None:
    port, data = free_port(), disk / "data"
    flags = ["--data-dir", str(data), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]
    with (
        mosquitto(tmp_path / "mosquitto", port),
        observer(port, "none") as board,
        module(tmp_path / "ingest.log", "ingest", *flags) as ingest,
    ):
        until(lambda: is_connected(ingest), "ingest at the broker")
        send(board, 0, 20)
        until(lambda: stored(data) == (20, 20), "what came before")
        filler = fill(disk)
        send(board, 20, 400)
        until(lambda: "No space left" in ingest.output(), "that it is said, with its cause")
        assert stored(data)[0] < 420
        filler.unlink()
        until(lambda: stored(data) == (420, 420), "all of it, once there is room", 30)
        until(lambda: "takes readings again" in ingest.output(), "the end of it in the log")
        assert ingest.output().count("No space left") == 1
        assert ingest.stop(signal.SIGTERM, 5) == 0


def test_a_start_on_a_full_disk_waits_for_room(tmp_path: Path, disk: Path) -> None:
    """Found by the soak: it was taken for damage, and stopped everything for good."""
    port, data = free_port(), disk / "data"
    flags = ["--data-dir", str(data), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]
    with mosquitto(tmp_path / "mosquitto", port), observer(port, "none") as board:
        with module(tmp_path / "before.log", "ingest", *flags) as ingest:
            until(lambda: is_connected(ingest), "ingest at the broker")
            send(board, 0, 20)
            until(lambda: stored(data) == (20, 20), "what came before")
            filler = fill(disk)
            ingest.stop(signal.SIGKILL)
        with module(tmp_path / "ingest.log", "ingest", *flags) as ingest:
            until(lambda: "make room on the disk" in ingest.output(), "that it is said, with its remedy")
            send(board, 20, 20)
            filler.unlink()
            until(lambda: stored(data) == (40, 40), "all of it, once there is room", 30)
            assert ingest.output().count("make room on the disk") == 1
            assert "the disk has room again" in ingest.output()
            assert ingest.stop(signal.SIGTERM, 5) == 0


def test_a_broker_that_comes_late_or_goes_is_waited_for(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    flags = ["--data-dir", str(data), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]
    with module(tmp_path / "ingest.log", "ingest", *flags) as ingest:
        until(lambda: "no broker at" in ingest.output(), "that there is no broker")
        for life in range(2):
            with mosquitto(tmp_path / "mosquitto", port) as broker:
                until(lambda life=life: ingest.output().count("connected to the broker") > life, "ingest there", 40)  # type: ignore[misc]
                with observer(port, "none") as board:
                    send(board, 10 * life, 10)
                until(lambda life=life: stored(data) == (10 * life + 10,) * 2, "its samples")  # type: ignore[misc]
                broker.stop(signal.SIGKILL)
        assert ingest.stop(signal.SIGTERM, 5) == 0
    assert ingest.output().count("no broker at") == 3  # each outage once
    assert "Traceback" not in ingest.output()


def test_a_folder_that_cannot_be_written_is_one_line_with_its_remedy(tmp_path: Path) -> None:
    """Root may write anywhere but on a file system that is read-only."""
    data = tmp_path / "data"
    data.mkdir()
    for command in (["mount", "--bind", str(data), str(data)], ["mount", "-o", "remount,ro,bind", str(data)]):
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("only root may make a folder read-only for root here")
    try:
        with module(tmp_path / "ingest.log", "ingest", "--data-dir", str(data)) as ingest:
            assert ingest.process.wait(20) == 2
    finally:
        subprocess.run(["umount", "-l", str(data)], check=True)
    assert ingest.output().count("\n") == 1, ingest.output()
    assert str(data) in ingest.output()
    assert "Traceback" not in ingest.output()
