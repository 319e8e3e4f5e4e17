"""Who may publish and read what, on the embedded broker and on Mosquitto, with the users that Lumos writes out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from launcher import embedded_broker
from launcher.embedded_broker import Access
from telemetry.broker_users import BrokerRole, BrokerUsers
from telemetry.datafolder import DataFolder
from telemetry.errors import BrokerError
from telemetry.settings import Settings
from telemetry.sources import OtherTopics, other_topics
from telemetry.topics import Topics
from tests.harness.processes import MOSQUITTO, ROOT, free_port, listens, program
from tests.harness.waiting import until


@dataclass
class Guarded:
    """A broker that runs with users."""

    port: int
    folder: DataFolder
    users: BrokerUsers
    #: Write the users out and have the broker read them again.
    reread: Callable[[], None]


class Client:
    """A client that notes what became of it."""

    def __init__(self, port: int, user: str | None = None, password: str | None = None) -> None:
        self.heard: list[str] = []
        self.answer = ""
        self._answered = threading.Event()
        self._subscribed = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        if user is not None:
            self.client.username_pw_set(user, password)
        self.client.on_connect = self._on_connect
        # A broker that reads its users again may close a connection without an answer.
        self.client.on_disconnect = lambda *_: self._answered.set()
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = lambda _c, _u, message: self.heard.append(message.topic)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._answered.wait(10)

    def _on_connect(self, _client: object, _userdata: object, _flags: object, reason: object, _props: object) -> None:
        self.answer = str(reason)
        self._answered.set()

    def subscribe(self, topic: str) -> None:
        self._subscribed.clear()
        self.client.subscribe(topic, 1)
        assert self._subscribed.wait(10)

    def publish(self, topic: str) -> None:
        self.client.publish(topic, "x", qos=1).wait_for_publish(10)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Guarded]:
    folder = DataFolder(tmp_path / "data")
    folder.ensure()
    settings = Settings(sources="native, tasmota, zigbee2mqtt", given=frozenset(("sources",)))
    users, port = BrokerUsers(folder, Topics("esp32"), other_topics(settings)), free_port()
    users.ensure_services()
    if request.param == "embedded":
        command = embedded_broker.command(folder, users, "127.0.0.1", port, Access.ORIGINAL)
    else:
        passwords, access = users.write_mosquitto(original=True)
        configuration = tmp_path / "mosquitto.conf"
        shipped = (ROOT / "docs" / "mosquitto.conf").read_text(encoding="utf-8")
        for theirs, ours in (
            ("listener 1883", f"listener {port} 127.0.0.1\nuser root\npersistence_location {tmp_path}/"),
            ("allow_anonymous false", "allow_anonymous true"),  # a board with the original program has no name
            ("/etc/mosquitto/mosquitto.passwords", str(passwords)),
            ("/etc/mosquitto/mosquitto.access", str(access)),
        ):
            assert theirs in shipped
            shipped = shipped.replace(theirs, ours)
        configuration.write_text(shipped)
        command = [MOSQUITTO, "-c", str(configuration)]
    with program(tmp_path / "broker.log", *command) as running:
        until(lambda: listens(port), "the broker")
        # It listens before it heeds signals, and the one to read its users again would end it: a client gets its answer
        # after that.
        Client(port).close()

        def reread() -> None:
            users.write_embedded(anonymous=False, original=True)
            users.write_mosquitto(original=True)
            running.process.send_signal(signal.SIGHUP)

        yield Guarded(port, folder, users, reread)


def _client(broker: Guarded, role: BrokerRole) -> Client:
    return Client(broker.port, role, broker.folder.read_private(broker.folder.broker_password(role)))


def _refused(broker: Guarded, name: str, password: str) -> bool:
    """Whether the broker said no. One that reads its users again at this moment closes without an answer: ask again."""
    client = Client(broker.port, name, password)
    client.close()
    return client.answer == "Not authorized"


def _board(broker: Guarded, name: str, source: str = "") -> Client:
    password = broker.users.add_board(name, source)
    broker.reread()

    def connected() -> Client | None:
        client = Client(broker.port, name, password)
        if client.answer == "Success":
            return client
        client.close()
        return None

    return until(connected, f"{name} let in after the users were read again")


def test_a_board_reaches_its_own_topics_and_no_others(broker: Guarded) -> None:
    ingest, board = _client(broker, BrokerRole.INGEST), _board(broker, "window")
    ingest.subscribe("esp32/#")
    for topic in ("esp32/window/input", "esp32/window/stored", "esp32/door/input", "esp32/window/output", "#"):
        board.subscribe(topic)
    for who in ("window", "door"):
        for kind in ("output", "status", "ack", "event", "input", "stored"):
            board.publish(f"esp32/{who}/{kind}")
    board.publish("esp32/output")
    for who in ("window", "door"):
        ingest.publish(f"esp32/{who}/input")
        ingest.publish(f"esp32/{who}/stored")
    ingest.publish("esp32/last/status")
    until(lambda: "esp32/last/status" in ingest.heard and len(board.heard) >= 2, "the last message")
    assert [topic for topic in ingest.heard if topic.endswith(("output", "status", "ack", "event"))] == [
        *(f"esp32/window/{kind}" for kind in ("output", "status", "ack", "event")),
        "esp32/last/status",
    ]
    assert sorted(set(board.heard)) == ["esp32/window/input", "esp32/window/stored"]
    ingest.close()
    board.close()


def test_the_dashboard_publishes_commands_and_hears_nothing(broker: Guarded) -> None:
    ingest, dashboard = _client(broker, BrokerRole.INGEST), _client(broker, BrokerRole.DASHBOARD)
    ingest.subscribe("esp32/#")
    dashboard.subscribe("esp32/#")
    for topic in ("esp32/window/output", "esp32/window/stored", "esp32/window/input", "esp32/input"):
        dashboard.publish(topic)
    until(lambda: len(ingest.heard) >= 2, "the commands")
    ingest.publish("esp32/window/output")
    until(lambda: len(ingest.heard) >= 3, "its own message")
    assert ingest.heard == ["esp32/window/input", "esp32/input", "esp32/window/output"]
    assert dashboard.heard == []
    ingest.close()
    dashboard.close()


def test_what_others_wrote_reaches_the_topics_of_its_source_and_no_others(broker: Guarded) -> None:
    ingest, dashboard = _client(broker, BrokerRole.INGEST), _client(broker, BrokerRole.DASHBOARD)
    plug, bridge = _board(broker, "plug", "tasmota"), _board(broker, "bridge", "zigbee2mqtt")
    for topic in ("esp32/#", "zigbee2mqtt/#", "tele/+/+", "elsewhere/#"):
        ingest.subscribe(topic)
    for topic in ("cmnd/plug/+", "cmnd/lamp/+", "zigbee2mqtt/+/set"):
        plug.subscribe(topic)
        bridge.subscribe(topic)
    for client in (plug, bridge):
        for topic in ("tele/plug/STATE", "tele/lamp/STATE", "zigbee2mqtt/lamp", "esp32/window/output", "elsewhere/x"):
            client.publish(topic)
    for topic in ("cmnd/plug/POWER", "cmnd/lamp/POWER", "zigbee2mqtt/lamp/set", "tele/plug/STATE"):
        dashboard.publish(topic)
    dashboard.publish("esp32/window/input")
    until(lambda: "esp32/window/input" in ingest.heard and plug.heard and bridge.heard, "the last message")
    assert sorted(ingest.heard) == [
        "esp32/window/input", "tele/plug/STATE", "zigbee2mqtt/lamp", "zigbee2mqtt/lamp/set",
    ]  # fmt: skip
    assert plug.heard == ["cmnd/plug/POWER"]
    assert bridge.heard == ["zigbee2mqtt/lamp/set"]
    for client in (ingest, dashboard, plug, bridge):
        client.close()


def test_a_user_of_a_source_keeps_it_and_needs_one_in_force(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.ensure()
    settings = Settings(sources="native, homie, homeassistant", given=frozenset(("sources",)))
    users = BrokerUsers(folder, Topics("esp32"), other_topics(settings))
    with pytest.raises(BrokerError, match="'homi' is no source of others that is in force; did you mean 'homie'"):
        users.add_board("car", "homi")
    with pytest.raises(BrokerError, match="no source of others is in force: name 'homie' in --sources first"):
        BrokerUsers(folder, Topics("esp32")).add_board("car", "homie")
    users.add_board("car", "homie")
    users.renew_board("car")
    assert users.boards() == ["car"]
    _, access = users.write_mosquitto(original=False)
    assert access.read_text().split("user car\n")[1].splitlines() == [
        "topic write homie/car/#", "topic write homie/5/car/#", "topic write homeassistant/#",
        "topic read homie/car/#", "topic read homie/5/car/#",
    ]  # fmt: skip
    # A source that is no longer in force takes its users' rights with it, until it is again.
    _, access = BrokerUsers(folder, Topics("esp32")).write_mosquitto(original=False)
    assert access.read_text().split("user car")[1].strip() == ""


def test_other_sources_give_ingest_other_rights_once(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.ensure()
    settings = Settings(data_dir=folder.path, broker="external")
    before = BrokerUsers(folder, Topics("esp32"))
    before.ensure_services()
    assert before.refresh(settings) == ""  # no list is written out, so none is in use
    before.apply(settings)
    assert before.refresh(settings) == ""
    after = BrokerUsers(folder, Topics("esp32"), OtherTopics(("tele/+/+",)))
    assert "reload mosquitto" in after.refresh(settings)
    assert "topic read tele/+/+" in folder.broker_mosquitto_access.read_text()
    assert after.refresh(settings) == ""


def test_a_nameless_board_does_what_the_original_program_does_and_no_more(broker: Guarded) -> None:
    ingest, original = _client(broker, BrokerRole.INGEST), Client(broker.port)
    ingest.subscribe("esp32/#")
    original.subscribe("esp32/input")
    original.subscribe("esp32/window/input")
    for topic in ("esp32/window/output", "esp32/input", "esp32/output"):
        original.publish(topic)
    ingest.publish("esp32/window/input")
    ingest.publish("esp32/input")
    until(lambda: original.heard, "the command")
    until(lambda: "esp32/input" in ingest.heard, "the last message")
    assert original.heard == ["esp32/input"]
    assert sorted(ingest.heard) == ["esp32/input", "esp32/output", "esp32/window/input"]
    ingest.close()
    original.close()


def test_a_wrong_password_is_refused(broker: Guarded) -> None:
    broker.users.add_board("window")
    broker.reread()
    assert until(lambda: _refused(broker, "window", "not it"), "the refusal")


def test_a_removed_board_is_refused_without_a_restart(broker: Guarded) -> None:
    _board(broker, "window").close()
    password = broker.users.renew_board("window")
    broker.users.remove_board("window")
    broker.reread()
    assert until(lambda: _refused(broker, "window", password), "the refusal")


def test_names_that_cannot_be_a_board_are_refused(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.ensure()
    users = BrokerUsers(folder, Topics("esp32"))
    for name in ("", "esp32", "a/b", "a b", "../x", "x" * 65, "é"):
        with pytest.raises(BrokerError, match="cannot be a board's name"):
            users.add_board(name)
    for name in ("ingest", "dashboard"):
        with pytest.raises(BrokerError, match="choose another name"):
            users.add_board(name)
    users.add_board("window")
    with pytest.raises(BrokerError, match="renew it"):
        users.add_board("window")
    with pytest.raises(BrokerError, match="did you mean 'window'"):
        users.remove_board("windw")
    assert users.boards() == ["window"]


def test_secrets_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.ensure()
    users = BrokerUsers(folder, Topics("esp32"))
    users.ensure_services()
    password = users.add_board("window")
    users.write_embedded(anonymous=False, original=False)
    users.write_mosquitto(original=False)
    files = [path for path in folder.path.rglob("*") if path.is_file()]
    assert len(files) >= 5
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    assert folder.secrets.stat().st_mode & 0o077 == 0
    assert not any(password in path.read_text() for path in files)
