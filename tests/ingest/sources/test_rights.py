"""A broker that does not let ingest read a source's topics, until it does."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker.inbox import Inbox
from ingest.broker.subscriber import Subscriber
from launcher import embedded_broker
from launcher.embedded_broker import Access
from telemetry.broker_users import BrokerRole, BrokerUsers
from telemetry.datafolder import DataFolder
from telemetry.settings import Settings
from telemetry.sources import other_topics
from telemetry.topics import Topics
from tests.harness.processes import free_port, listens, program
from tests.harness.waiting import until


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    DataFolder(data).ensure()
    return Settings(
        data_dir=data, mqtt_port=free_port(), lan=True, sources="native, tasmota", given=frozenset(("sources",)),
        mqtt_username=BrokerRole.INGEST, mqtt_password_file=DataFolder(data).broker_password(BrokerRole.INGEST),
    )  # fmt: skip


@pytest.fixture
def heard(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A running subscriber's inbox, over a broker on which it may read native topics alone."""
    monkeypatch.setattr("ingest.broker.subscriber._REFUSED_SECONDS", 0.2)
    folder, inbox = DataFolder(settings.data_dir), Inbox(1_000_000, 20, 0.001)
    users = BrokerUsers(folder, Topics("esp32"))
    users.ensure_services()
    command = embedded_broker.command(folder, users, "127.0.0.1", settings.mqtt_port, Access.USERS)
    with program(folder.path / "broker.log", *command) as broker:
        until(lambda: listens(settings.mqtt_port), "the broker")
        subscriber = Subscriber(settings, folder, inbox, ["esp32/#", "tele/+/+"])
        subscriber.start()
        yield inbox
        subscriber.stop()
        assert broker.stop(signal.SIGTERM) == 0


def test_a_refused_topic_is_asked_for_again_and_said_once(
    settings: Settings, heard: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    until(lambda: any("does not let user 'ingest' read tele/+/+" in r.message for r in caplog.records), "the refusal")
    users = BrokerUsers(DataFolder(settings.data_dir), Topics("esp32"), other_topics(settings))
    password = users.add_board("plug", "tasmota")
    assert users.refresh(settings) == ""  # the embedded broker reads its users again by itself
    said = []

    def arrived() -> bool:
        plug = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        plug.username_pw_set("plug", password)
        plug.connect("127.0.0.1", settings.mqtt_port)
        plug.loop_start()
        try:
            plug.publish("tele/plug/STATE", "{}", qos=1).wait_for_publish(2)
        except RuntimeError:
            return False  # not let in yet
        finally:
            plug.disconnect()
            plug.loop_stop()
        said.extend(heard.take(0.2)[0])
        return bool(said)

    until(arrived, "what was refused before")
    assert {message.topic for message in said} == {"tele/plug/STATE"}
    assert len([r for r in caplog.records if "does not let user" in r.message]) == 1
