"""A bare paho subscriber that only counts, as a program: the measure of what ingest could reach at best.

`python -m tests.harness.bare_subscriber PORT TOPICS COUNT` makes a persistent session; with COUNT 0 it leaves again, so
that the broker collects, else it stays until it has that many messages, and says how many seconds passed since the
first.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


def main(port: int, topics: str, wanted: int) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare", clean_session=False)
    count, began, done = 0, 0.0, threading.Event()

    def heard(_client: Any, _data: Any, _message: Any) -> None:
        nonlocal count, began
        if not count:
            began = time.monotonic()
        count += 1
        if count == wanted:
            done.set()

    client.on_message = heard
    client.on_connect = lambda *_: client.subscribe(topics, 1)
    client.on_subscribe = lambda *_: done.set() if not wanted else None
    client.connect("127.0.0.1", port)
    client.loop_start()
    done.wait()
    seconds = time.monotonic() - began
    client.disconnect()
    client.loop_stop()
    sys.stdout.write(f"{seconds}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
