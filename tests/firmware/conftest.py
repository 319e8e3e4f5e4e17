"""A real broker to start and kill, somebody who listens to it, and a board without hardware."""

from __future__ import annotations

import json
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from firmware.simulator.standins import SimulatedHal

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")
PATIENCE = 15.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """Mosquitto on a free port, anonymous unless a password is required. Killed, it has forgotten what it last held."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._lines = [f"listener {self.port} 127.0.0.1"]
        self._memory = ["persistence true", f"persistence_location {folder}/", "autosave_interval 1"]
        self._access = ["allow_anonymous true"]
        self._tls: tuple[int, list[str]] = (0, [])
        self._log = folder / "mosquitto.log"

    def require_password(self, user: str, password: str) -> None:
        file = self._folder / "passwords"
        tool = shutil.which("mosquitto_passwd") or "mosquitto_passwd"
        subprocess.run([tool, "-b", "-c", str(file), user, password], check=True, capture_output=True)
        file.chmod(0o644)
        self._access = ["allow_anonymous false", f"password_file {file}"]

    def speak_tls(self, certificate: Path, key: Path) -> int:
        """Show this certificate on a port of its own, from the next start on; that port."""
        port = self._tls[0] or free_port()
        for file in (certificate, key):
            file.chmod(0o644)
        self._tls = (port, [f"listener {port} 127.0.0.1", f"certfile {certificate}", f"keyfile {key}"])
        return port

    def refusals(self) -> int:
        """How many TLS connections have failed since its start."""
        return self._log.read_text(errors="replace").count("OpenSSL Error")

    def start(self) -> None:
        assert MOSQUITTO, "mosquitto is not installed: apt-get install mosquitto"
        config = self._folder / "mosquitto.conf"
        config.write_text("\n".join([*self._lines, *self._tls[1], *self._memory, *self._access, "user root", ""]))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stderr=log)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("mosquitto did not open its port")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None
            (self._folder / "mosquitto.db").unlink(missing_ok=True)


class Listener:
    """Everything that is published below a root, in the order of arrival, and a way to wait for some of it."""

    def __init__(self, port: int, root: str = "esp32") -> None:
        self.messages: list[tuple[str, Any]] = []
        self._news = threading.Condition()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(min_delay=0.05, max_delay=0.2)
        ready = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe(f"{root}/#", qos=1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert ready.wait(PATIENCE)
        self.ready = ready

    def _take(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            body = json.loads(message.payload)
        except ValueError:
            body = message.payload
        with self._news:
            self.messages.append((message.topic, body))
            self._news.notify_all()

    def say(self, topic: str, body: Any, retain: bool = False) -> None:
        payload = body if isinstance(body, (str, bytes)) else json.dumps(body)
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE)

    def on(self, topic: str) -> list[Any]:
        with self._news:
            return [body for heard, body in self.messages if heard == topic]

    def wait_for(self, topic: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
        """The first message on the topic that fits, now or within some seconds."""
        return self.wait_until(lambda: [body for body in self.on(topic) if fits(body)])[0]

    def wait_until(self, found: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        until = time.monotonic() + seconds
        with self._news:
            while not (result := found()):
                if not self._news.wait(until - time.monotonic()) and time.monotonic() >= until:
                    raise AssertionError(f"did not come within {seconds:g} s; heard {self.messages[-12:]}")
        return result

    def start_anew(self) -> None:
        """Forget what was heard; `ready` is set when the broker has come back."""
        self.ready.clear()
        with self._news:
            self.messages.clear()

    def seqs(self, device: str) -> list[int]:
        """The numbers of all samples of a device, batches taken apart, in the order of arrival."""
        numbers: list[int] = []
        for body in self.on(f"esp32/{device}/output"):
            numbers += range(body["seq"], body["seq"] + len(body.get("rows", [0])))
        return numbers

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    listener = Listener(broker.port)
    yield listener
    listener.close()


@pytest.fixture
def hal() -> SimulatedHal:
    return SimulatedHal("sim-1", random.Random(1), lambda _board, _text: None)
