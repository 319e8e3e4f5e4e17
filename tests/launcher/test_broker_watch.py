"""A broker that goes on refusing to write though the disk has room again is started anew; one that is well is not."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from launcher import broker_watch
from launcher.broker_watch import BrokerWatch

_REFUSES = "[7] [ERR] JetStream failed to store a msg on stream 'LUMOS > $MQTT_msgs': no space left on device\n"


class Watched:
    """A log, and how often the broker was started anew."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "broker.log"
        self.restarts = 0
        self.watch = BrokerWatch(self.log, self._restart)

    def _restart(self) -> None:
        self.restarts += 1

    def says(self, text: str) -> int:
        with self.log.open("a") as file:
            file.write(text)
        self.watch.look()
        return self.restarts


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_broker_that_is_stuck_is_started_anew_once(watched: Watched) -> None:
    watched.watch.look()  # before there is a log
    assert watched.says("[7] [INF] Server is ready\n") == 0
    assert watched.says(_REFUSES * 3) == 1
    assert watched.says("[8] [INF] Server is ready\n") == 1
    assert watched.says(_REFUSES) == 2


def test_while_the_disk_is_full_it_is_left_alone(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimpleNamespace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: disk)
    assert watched.says(_REFUSES) == 0
    assert watched.says("") == 0
    disk.free = broker_watch._ROOM_BYTES
    assert watched.says("") == 1


def test_a_log_that_was_begun_anew_is_read_from_its_start(watched: Watched) -> None:
    assert watched.says("[7] [INF] something long that was said before the log was turned over\n" * 3) == 0
    watched.log.write_text("")
    assert watched.says(_REFUSES) == 1
