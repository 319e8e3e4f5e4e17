"""How long a reading takes from its publication to being visible through `/data`, at 200 messages a second.

Beside it, in the same run, how long the same message takes to a bare MQTT subscriber: what the broker alone costs.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.benchmarks.figures import percentiles
from tests.harness.http import get
from tests.harness.observer import observer
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until

RATE = 200
SECONDS = 30
DEVICES = 20
LIMIT_MS = 500


def report(folder: Path, _minutes: float) -> list[str]:
    """Publish 200 single readings a second over 20 devices for 30 s; watch one device through `/data`."""
    http_port, mqtt_port = free_port(), free_port()
    flags = ["--data-dir", folder / "data", "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    with lumos(folder / "lumos.log", *flags):
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 30)
        with observer(mqtt_port, "esp32/d0/output") as witness:
            heard: dict[int, float] = {}
            witness._client.on_message = lambda _c, _u, message: heard.setdefault(
                json.loads(message.payload)["seq"], time.monotonic()
            )
            published: dict[int, float] = {}
            seen: dict[int, float] = {}
            done = threading.Event()
            watcher = threading.Thread(target=_watch, args=(http_port, seen, done))
            watcher.start()
            _publish(mqtt_port, published)
            until(lambda: len(seen) >= len(published), "every reading in /data", 30)
            done.set()
            watcher.join()
    visible = percentiles([1_000 * (seen[n] - published[n]) for n in published])
    bare = percentiles([1_000 * (heard[n] - published[n]) for n in published if n in heard])
    return [
        f"publish → visible through /data at {RATE} messages/s: p50 {visible[0]:.0f} ms, p95 {visible[1]:.0f} ms",
        f"publish → bare subscriber, same messages:        p50 {bare[0]:.0f} ms, p95 {bare[1]:.0f} ms",
        f"p95 as a share of the {LIMIT_MS} ms asked for: {visible[1] / LIMIT_MS:.2f}",
    ]


def _publish(mqtt_port: int, published: dict[int, float]) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", mqtt_port)
    client.loop_start()
    start = time.monotonic()
    for n in range(RATE * SECONDS):
        time.sleep(max(0.0, start + n / RATE - time.monotonic()))
        seq, device = divmod(n, DEVICES)
        payload = json.dumps({"boot": "b", "seq": seq, "t": time.time_ns() // 1_000_000, "light": seq})
        if device == 0:
            published[seq] = time.monotonic()
        client.publish(f"esp32/d{device}/output", payload, qos=1)
    client.disconnect()
    client.loop_stop()


def _watch(http_port: int, seen: dict[int, float], done: threading.Event) -> None:
    """Ask for the last seconds of one device over and over on one connection, as a script would."""
    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=10)
    while not done.is_set():
        start = time.time_ns() // 1_000_000 - 5_000
        connection.request("GET", f"/data?device=d0&metric=light&start={start}&end={start + 60_000}")
        response = connection.getresponse()
        body = response.read()
        now = time.monotonic()
        if response.status == 200:
            for row in json.loads(body)["rows"]:
                seen.setdefault(int(row[1]), now)
        done.wait(0.01)
    connection.close()
