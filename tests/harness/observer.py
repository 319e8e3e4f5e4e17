"""An MQTT client beside Lumos that hears what the boards really sent: the witness of the end-to-end tests."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.harness.waiting import until


class Observer:
    """Everything heard under one filter, as (topic, payload), in order of arrival."""

    def __init__(self, port: int, topic_filter: str) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(topic_filter, 1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _client, _userdata, message: self.heard.append(
            (message.topic, message.payload)
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not self._subscribed.wait(10):
            raise AssertionError(f"the broker on port {port} did not answer the subscription")

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1 and wait for the broker's acknowledgement."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def json(self, topic: str) -> list[Any]:
        """What was heard on one topic, decoded."""
        return [json.loads(payload) for heard, payload in list(self.heard) if heard == topic]

    def wait(self, topic: str, count: int = 1, seconds: float = 15.0) -> list[Any]:
        """At least `count` decoded messages of a topic."""
        return until(
            lambda: found if len(found := self.json(topic)) >= count else None, f"{count} messages on {topic}", seconds
        )

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def observer(port: int, topic_filter: str = "#") -> Iterator[Observer]:
    """An Observer for as long as the context lasts."""
    made = Observer(port, topic_filter)
    try:
        yield made
    finally:
        made.close()
