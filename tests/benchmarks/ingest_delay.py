"""How long a reading takes from its publication to the commit, at 1,000 messages a second through Mosquitto.

Beside it, in the same run, how long the same messages take to a bare subscriber: what the broker alone costs.
"""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from telemetry.datafolder import DataFolder
from telemetry.reader import Reader
from tests.benchmarks.figures import percentiles
from tests.harness.flood import packet, trickle
from tests.harness.processes import free_port, module, mosquitto
from tests.harness.waiting import until

PER_SECOND = 1_000
SECONDS = 20
DEVICES = 10
WANTED_MS = 300
_WATCHED = "d0"


def report(folder: Path, _minutes: float) -> list[str]:
    """Over a Mosquitto with its defaults, 20 messages in flight."""
    port, data = free_port(), folder / "data"
    flags = ["--data-dir", str(data), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]
    with mosquitto(folder / "mosquitto", port), module(folder / "ingest.log", "ingest", *flags) as ingest:
        until(lambda: "connected to the broker" in ingest.output(), "ingest at the broker", 30)
        heard, client = _listen(port)
        committed: dict[int, float] = {}
        watches, done = threading.Event(), threading.Event()
        watcher = threading.Thread(target=_watch, args=(Reader(DataFolder(data), 10), committed, watches, done))
        watcher.start()
        watches.wait(30)
        count = PER_SECOND * SECONDS
        left = trickle(port, [_sample(n) for n in range(count)], PER_SECOND)
        until(lambda: len(committed) >= count // DEVICES, "all readings of one device", 60)
        done.set()
        watcher.join()
        client.disconnect()
        client.loop_stop()
    sent = {seq: left[seq * DEVICES] for seq in range(count // DEVICES)}
    stored = percentiles([1_000 * (committed[seq] - at) for seq, at in sent.items()])
    bare = percentiles([1_000 * (heard[seq] - at) for seq, at in sent.items() if seq in heard])
    return [
        f"publish → committed at {PER_SECOND:,} messages/s: p50 {stored[0]:.0f} ms, p95 {stored[1]:.0f} ms",
        f"publish → bare subscriber, same messages: p50 {bare[0]:.1f} ms, p95 {bare[1]:.1f} ms",
        f"p95 as a share of the {WANTED_MS} ms asked for: {stored[1] / WANTED_MS:.2f}",
    ]


def _sample(n: int) -> bytes:
    seq, device = divmod(n, DEVICES)
    body = {"boot": "b", "seq": seq, "t": time.time_ns() // 1_000_000, "light": seq}
    return packet(f"esp32/d{device}/output", body, n)


def _watch(reader: Reader, committed: dict[int, float], watches: threading.Event, done: threading.Event) -> None:
    """Ask what is new of one device over and over, as a live page does."""
    cursor = ""
    while not done.is_set():
        found = reader.ask("changes", device=_WATCHED, metric="light", cursor=cursor)
        now = time.monotonic()
        cursor = json.loads(found.schema.metadata[b"cursor"])
        watches.set()
        for value in found.column("value").to_pylist():
            committed.setdefault(int(value), now)
        done.wait(0.005)


def _listen(port: int) -> tuple[dict[int, float], paho.Client]:
    heard: dict[int, float] = {}
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare")
    subscribed = threading.Event()

    def on_message(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        heard.setdefault(json.loads(message.payload)["seq"], time.monotonic())

    client.on_connect = lambda *_: client.subscribe(f"esp32/{_WATCHED}/output", 1)
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.loop_start()
    subscribed.wait(10)
    return heard, client
