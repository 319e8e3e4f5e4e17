"""MQTT clients that number their samples as boards do, and send until each is safe: what the kill tests count.

A plain one trusts the broker's acknowledgement. A heeding one trusts nothing but `stored` (docs/contract.md), and sends
what is not covered again, the oldest first. One without numbers says the same few things over and over.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

BOOT = "b"
METRIC = "light"
T = 1_790_000_000_000
#: What a board waits before it sends again what was not covered; half a minute in the contract.
_PATIENCE_SECONDS = 1.0
_PAUSE_SECONDS = 0.02
#: Samples sent again at once.
_ROWS = 50
#: How many things a client without numbers has to say.
_WORDS = 3


def sample(seq: int) -> dict[str, Any]:
    return {"boot": BOOT, "seq": seq, "t": T + seq, METRIC: seq}


def batch(first: int, count: int) -> dict[str, Any]:
    return {"boot": BOOT, "seq": first, "rows": [[T + seq, {METRIC: seq}] for seq in range(first, first + count)]}


class Plain:
    """Publishes at QoS 1; paho repeats over reconnects what the broker has not acknowledged."""

    def __init__(self, port: int, device: str) -> None:
        self.device = device
        self.sent = 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=device, clean_session=False)
        self._client.max_inflight_messages_set(8)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def send(self, count: int = 1) -> None:
        """Number and publish the next samples: one by itself, several as a batch."""
        self._publish(sample(self.sent) if count == 1 else batch(self.sent, count))
        self.sent += count

    @property
    def under_way(self) -> int:
        """Messages that the broker has not acknowledged."""
        return len(self._client._out_messages)

    @property
    def values(self) -> Counter[float]:
        """What must be stored in the end: how often each value."""
        return Counter(map(float, range(self.sent)))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _publish(self, body: dict[str, Any]) -> None:
        self._client.publish(f"esp32/{self.device}/output", json.dumps(body), qos=1)


class Heeding(Plain):
    """Keeps each sample until `stored` covers it."""

    def __init__(self, port: int, device: str) -> None:
        self._lock = threading.Lock()
        self.covered = -1
        self._published_at: dict[int, float] = {}
        super().__init__(port, device)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_stored
        self._client.subscribe(f"esp32/{device}/stored", 1)
        self._closed = threading.Event()
        self._again = threading.Thread(target=self._send_again)
        self._again.start()

    def send(self, count: int = 1) -> None:
        with self._lock:
            first = self.sent
            super().send(count)
            self._published_at |= dict.fromkeys(range(first, self.sent), time.monotonic())

    @property
    def under_way(self) -> int:
        return self.sent - 1 - self.covered

    def close(self) -> None:
        self._closed.set()
        self._again.join()
        super().close()

    def _on_connect(self, client: paho.Client, *_: Any) -> None:
        client.subscribe(f"esp32/{self.device}/stored", 1)
        with self._lock:
            self._published_at = dict.fromkeys(self._published_at, 0.0)

    def _on_stored(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        with self._lock:
            self.covered = max(self.covered, json.loads(message.payload).get(BOOT, -1))
            for seq in [seq for seq in self._published_at if seq <= self.covered]:
                del self._published_at[seq]

    def _send_again(self) -> None:
        while not self._closed.wait(_PAUSE_SECONDS):
            with self._lock:
                overdue = time.monotonic() - _PATIENCE_SECONDS
                due = [seq for seq, at in sorted(self._published_at.items()) if at < overdue][:_ROWS]
                run = [seq for place, seq in enumerate(due) if seq == due[0] + place]
                if run and self._client.is_connected():
                    self._publish(batch(run[0], len(run)))
                    self._published_at |= dict.fromkeys(run, time.monotonic())


class Unnumbered(Plain):
    """Somebody's own sketch: its messages have neither numbers nor times, and many are equal."""

    def send(self, count: int = 1) -> None:
        for _ in range(count):
            self._publish({METRIC: self.sent % _WORDS})
            self.sent += 1

    @property
    def values(self) -> Counter[float]:
        return Counter(float(n % _WORDS) for n in range(self.sent))


@contextlib.contextmanager
def clients(kinds: Sequence[type[Plain]], port: int) -> Iterator[list[Plain]]:
    """One client of each kind, closed at the end."""
    made = [kind(port, f"d{n}") for n, kind in enumerate(kinds)]
    try:
        yield made
    finally:
        for client in made:
            client.close()
