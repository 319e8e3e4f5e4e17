"""Nothing lost and nothing counted twice, whatever is killed: ingest at random moments, and the brokers too."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launcher import embedded_broker
from telemetry.datafolder import DataFolder
from telemetry.errors import StoreUnavailableError
from telemetry.reader import Reader
from tests.harness.forked_ingest import ForkedIngest, forked_ingest
from tests.harness.numbered import Heeding, Plain, Unnumbered, clients
from tests.harness.processes import Running, embedded, free_port, mosquitto, shipped_queues
from tests.harness.waiting import until

KILLS = 30
#: Longest time that ingest lives on once it is at the broker, and pause between two rounds of samples.
_LIFE_SECONDS = 0.15
_ROUND_SECONDS = 0.01

Broker = Callable[[Path, int], contextlib.AbstractContextManager[Running]]


def shipped_mosquitto(folder: Path, port: int) -> contextlib.AbstractContextManager[Running]:
    """With the queues of docs/mosquitto.conf, and 20 messages in flight as where nobody configured it."""
    return mosquitto(folder, port, *(line for line in shipped_queues() if "inflight" not in line))


class Chaos:
    """A broker that can be killed, ingest that is killed, and clients that go on sending."""

    def __init__(self, folder: Path, broker: Broker, seed: int) -> None:
        self.port = free_port()
        self._folder, self._broker = folder, broker
        self._random = random.Random(seed)
        self._running = contextlib.ExitStack()
        self._brokers = 0
        self.start_broker()
        # The samples are a millisecond apart by their own times, which would be a flood.
        flags = ["--mqtt-host", "127.0.0.1", "--mqtt-port", str(self.port), "--message-limit", "0"]
        flags += ["--data-dir", str(folder / "data")]
        self.ingest: ForkedIngest = self._running.enter_context(forked_ingest(folder / "ingest.log", *flags))
        self._clients: list[Plain] = []

    def start_broker(self) -> None:
        self.broker = self._running.enter_context(self._broker(self._folder / "broker", self.port))

    def begin(self, *kinds: type[Plain]) -> None:
        """The clients send from the moment at which ingest has a session for the first time."""
        self.ingest.start()
        until(lambda: self.ingest.is_connected, "ingest at the broker", 30)
        self._clients = self._running.enter_context(clients(kinds, self.port))

    def send_for(self, seconds: float) -> None:
        """Samples of every client, now and then several at once."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for client in self._clients:
                client.send(self._random.choice((1, 1, 1, 5)))
            time.sleep(_ROUND_SECONDS)  # the pace of sampling

    def send_until_connected(self) -> None:
        until(lambda: self.send_for(_ROUND_SECONDS) or self.ingest.is_connected, "ingest at the broker", 30)

    def kill_ingest(self) -> None:
        """Mostly while it stores; each fourth time wherever it is, while it starts too."""
        if self._random.random() < 0.75:
            self.send_until_connected()
        self.send_for(self._random.uniform(0, _LIFE_SECONDS))
        assert self.ingest.end(signal.SIGKILL) == -signal.SIGKILL

    def kill_broker(self) -> None:
        self.send_for(self._random.uniform(0, _LIFE_SECONDS))
        assert self.broker.stop(signal.SIGKILL) == -signal.SIGKILL
        self.start_broker()

    def assert_all_is_there_once(self) -> None:
        """With ingest running: every number of every client, in one reading each, and a ledger without a loss."""
        until(lambda: not any(client.under_way for client in self._clients), "all samples on their way", 60)
        expected = {client.device: client.values for client in self._clients}
        until(lambda: self._stored() == expected, "each sample once", 60)
        again = time.monotonic() + 1.2 * embedded_broker._ACK_WAIT_SECONDS if self._broker is embedded else 0.0
        while time.monotonic() < again:  # what the embedded broker would deliver again would come by then
            assert self._stored() == expected
        losses = {row["device"]: (row["received"], row["missing"]) for row in self._reader.ask("losses").to_pylist()}
        numbered = [client for client in self._clients if not isinstance(client, Unnumbered)]
        assert losses == {client.device: (client.sent, 0) for client in numbered}

    def close(self) -> None:
        self._running.close()

    @property
    def _reader(self) -> Reader:
        return Reader(DataFolder(self._folder / "data"), 10)

    def _stored(self) -> dict[str, Counter[float]]:
        """How often each value is stored, by device."""
        question = """
            SELECT device, value, count(*) AS n
            FROM readings JOIN series USING (series_id) JOIN devices USING (device_id) GROUP BY ALL
        """
        found: dict[str, Counter[float]] = {}
        with contextlib.suppress(StoreUnavailableError):
            for row in self._reader.sql(question).to_pylist():
                found.setdefault(row["device"], Counter())[row["value"]] = row["n"]
        return found


@pytest.fixture
def chaos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    # What a dead ingest had in hand comes again after this time from the embedded broker; 10 seconds in use.
    monkeypatch.setattr(embedded_broker, "_ACK_WAIT_SECONDS", 1)
    with contextlib.ExitStack() as made:

        def make(broker: Broker, seed: int) -> Chaos:
            return made.enter_context(contextlib.closing(Chaos(tmp_path, broker, seed)))

        yield make


@pytest.mark.parametrize("broker", [shipped_mosquitto, embedded])
def test_ingest_killed_at_random_moments_stores_every_sample_once(broker: Broker, chaos: Any) -> None:
    now: Chaos = chaos(broker, seed=1)
    now.begin(Plain, Plain, Plain, Unnumbered)
    for _ in range(KILLS):
        now.kill_ingest()
        now.ingest.start()
    now.assert_all_is_there_once()


@pytest.mark.parametrize(("broker", "kind"), [(shipped_mosquitto, Heeding), (embedded, Plain)])
def test_ingest_and_the_broker_killed_at_random_moments_store_every_sample_once(
    broker: Broker, kind: type[Plain], chaos: Any
) -> None:
    """The embedded broker keeps what it acknowledged; Mosquitto forgets, so its clients heed `stored`."""
    now: Chaos = chaos(broker, seed=2)
    now.begin(*[kind] * 4)
    for n in range(KILLS):
        if n % 3 == 0:
            now.kill_broker()
        now.kill_ingest()
        now.ingest.start()
    now.assert_all_is_there_once()
