"""What is told to systemd: as its protocol has it, by nobody where it did not start the process."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.service_manager import ServiceManager
from tests.harness.waiting import until


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def drained(ear: socket.socket) -> list[bytes]:
    """What has been told so far."""
    found: list[bytes] = []
    ear.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            found.append(ear.recv(100))
    ear.settimeout(5)
    return found


def test_nothing_is_told_where_no_manager_started_the_process() -> None:
    manager = ServiceManager({})
    manager.ready(lambda: True)
    assert not manager.watched
    manager.stopping()


def test_headway_is_told_and_its_lack_is_not(ear: socket.socket, tmp_path: Path) -> None:
    well = True
    looked = []

    def alive() -> bool:
        looked.append(well)
        if not well:
            raise OSError("stuck")
        return True

    watched = {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": str(os.getpid())}
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify"), **watched})
    manager.ready(alive)
    assert [ear.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    well = False
    until(lambda: looked.count(False) >= 3, "looks at what does not work")
    drained(ear)
    silent = len(looked)
    until(lambda: len(looked) >= silent + 2, "further looks")
    assert drained(ear) == []
    well = True
    assert ear.recv(100) == b"WATCHDOG=1"
    manager.stopping()
    while (word := ear.recv(100)) != b"STOPPING=1":
        assert word == b"WATCHDOG=1"


@pytest.mark.parametrize("environment", [{"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}])
def test_a_watchdog_of_somebody_else_is_not_ours(environment: dict[str, str], tmp_path: Path) -> None:
    assert not ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify"), **environment}).watched
