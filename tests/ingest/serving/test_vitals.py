"""What ingest tells of itself beside `health`: over a real Mosquitto that goes and comes back."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import paho.mqtt.publish as mqtt
import pytest

from telemetry.command_line import parser, read_arguments
from telemetry.errors import BackupError
from telemetry.logs import TroubleCounter
from telemetry.process import memory_bytes
from telemetry.questions import metadata_of
from telemetry.reader import Reader
from telemetry.settings import load
from tests.harness.ingest import RunningIngest, running_ingest
from tests.harness.processes import free_port, mosquitto
from tests.harness.waiting import until


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        words = ["--data-dir", str(folder / "data"), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(self.port)]
        self.settings = load(read_arguments(parser("test", ""), words), environment={}, folder=folder)

    def ask(self, ingest: RunningIngest, question: str) -> list[dict[str, Any]]:
        return list(Reader(ingest.folder, 20).ask(question).to_pylist())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_counts_begin_with_the_start_and_a_reconnect_is_counted(site: Site) -> None:
    with mosquitto(site.folder / "first", site.port) as broker, running_ingest(site.settings) as ingest:
        mqtt.multiple(
            [
                {"topic": "esp32/window/output", "payload": json.dumps({"boot": "b", "seq": 0, "light": 1}), "qos": 1},
                {"topic": "esp32/window/output", "payload": "no JSON", "qos": 1},
            ],
            port=site.port,
        )

        def stored() -> Any:
            # What is committed is in the writer's hands until it comes back for more.
            rows = site.ask(ingest, "vitals")
            return rows if (rows[0]["stored_messages"], rows[0]["waiting_messages"]) == (2, 0) else None

        (row,) = until(stored, "both stored")
        assert (row["stored_readings"], row["quarantined"], row["connections"]) == (1, 1, 1)
        assert (row["broker_address"], row["broker_connected"]) == (f"127.0.0.1:{site.port}", True)
        assert (row["refused"], row["backup_failed_us"]) == ([], None)
        assert (row["series"], row["devices"]) == (1, 1)
        assert row["started_us"] <= row["connected_us"]
        levels = {row["level"]: row for row in site.ask(ingest, "levels")}
        assert list(levels) == ["raw", "minute", "quarter", "hour", "day"]
        assert (levels["raw"]["table_rows"], levels["raw"]["files"]) == (1, 0)
        broker.process.kill()
        until(lambda: site.ask(ingest, "vitals")[0]["connected_us"] is None, "the outage")
        with mosquitto(site.folder / "second", site.port):
            until(lambda: site.ask(ingest, "vitals")[0]["connections"] == 2, "the reconnect", 30)


def test_a_backup_that_fails_is_told_until_one_succeeds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with mosquitto(site.folder / "broker", site.port), running_ingest(site.settings) as ingest:
        keeper = ingest.writer.keeper
        with monkeypatch.context() as patch:
            patch.setattr("ingest.storage.keeper.BackingUp.make", _no_room)
            with pytest.raises(BackupError):
                keeper.back_up()
        (row,) = site.ask(ingest, "vitals")
        assert row["backup_trouble"] == "there is no room"
        keeper.back_up()
        (row,) = site.ask(ingest, "vitals")
        assert (row["backup_failed_us"], row["backup_trouble"]) == (None, None)
        assert metadata_of(Reader(ingest.folder, 20).ask("forecast"))["free_bytes"] > 0


def _no_room(*_: Any) -> Any:
    raise BackupError("there is no room")


def test_warnings_and_errors_are_counted_and_the_last_is_kept() -> None:
    counter = TroubleCounter()
    log = logging.Logger("anything")
    log.addHandler(counter)
    log.info("all is well")
    log.warning("a %s is late", "reading")
    log.error("x" * 1_000)
    found = counter.found
    assert (found.warnings, found.errors, found.last) == (1, 1, "x" * 300)
    assert found.last_us > 0


def test_a_process_knows_its_memory() -> None:
    size = memory_bytes()
    assert size is None or 10_000_000 < size < 4_000_000_000
