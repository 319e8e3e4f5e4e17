"""Connecting to a broker that asks for a password: a wrong one is corrected without a restart."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.commands.publishing import Publisher
from ingest.broker.inbox import Inbox
from ingest.broker.subscriber import Subscriber
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.errors import BrokerError
from telemetry.mqtt import make_client
from telemetry.settings import Settings, load
from tests.harness.processes import free_port, mosquitto
from tests.harness.waiting import until

PASSWORD = "the right one"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Settings]:
    """A Mosquitto that lets `lumos` in, and settings whose password file holds another password."""
    users, port, secret = tmp_path / "users", free_port(), tmp_path / "secret"
    subprocess.run(["mosquitto_passwd", "-c", "-b", users, "lumos", PASSWORD], check=True, capture_output=True)
    secret.write_text("a wrong one\n")
    words = ["--data-dir", str(tmp_path / "data"), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]
    words += ["--mqtt-username", "lumos", "--mqtt-password-file", str(secret)]
    with mosquitto(tmp_path / "mosquitto", port, "allow_anonymous false", f"password_file {users}"):
        yield load(read_arguments(parser("test", ""), words), environment={}, folder=tmp_path)


def secret_of(settings: Settings) -> Path:
    assert settings.mqtt_password_file is not None
    return settings.mqtt_password_file


def test_a_password_that_is_corrected_is_used_without_a_restart(
    guarded: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    folder = DataFolder(guarded.data_dir)
    folder.ensure()
    subscriber = Subscriber(guarded, folder, Inbox(1_000_000, 20, 0.01), ["esp32/#"])
    publisher = Publisher(guarded)
    subscriber.start()
    publisher.start()
    try:
        until(lambda: "it refuses us" in caplog.text and "refuses the dashboard" in caplog.text, "both refusals")
        assert not subscriber.connected
        secret_of(guarded).unlink()  # while somebody is at it there may be none
        until(lambda: "cannot be read" in caplog.text, "a word about the missing file")
        secret_of(guarded).write_text(f"{PASSWORD}\n")
        until(lambda: subscriber.hears, "ingest to be let in", 40)
        until(lambda: publisher.publish([("esp32/a", b"")]) == [None], "the dashboard to be let in", 10)
        assert PASSWORD not in caplog.text
    finally:
        publisher.stop()
        subscriber.stop()


def test_a_missing_file_is_said_at_the_start(guarded: Settings) -> None:
    secret_of(guarded).unlink()
    with pytest.raises(BrokerError, match=r"--mqtt-password-file .* cannot be read"):
        make_client(guarded, "x")
