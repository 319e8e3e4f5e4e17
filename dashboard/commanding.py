"""Telling a device something: published when it is there, handed to ingest to hold when it is silent.

The page is answered at once with how the command left; what the device makes of it comes through the store. A double
click sends once. Nothing here waits for an acknowledgement.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from ulid import ULID

from telemetry.commands import Command, encode, encode_original, make
from telemetry.errors import BrokerError
from telemetry.mqtt import KEEPALIVE_SECONDS, make_client
from telemetry.settings import Settings
from telemetry.topics import ORIGINAL_DEVICE, TopicKind, Topics

_LOG = logging.getLogger(__name__)
#: The same wish of the same person within this time is a double click.
_DOUBLE_CLICK_SECONDS = 0.8
#: How long a publication may wait for the broker's own acknowledgement.
_PUBLISH_SECONDS = 2.0


class Left(StrEnum):
    """How a command left the dashboard."""

    PUBLISHED = "published"
    HELD = "held"
    UNCONFIRMABLE = "unconfirmable"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A command that left: its id, to find its answer by, and how."""

    command_id: str
    left: Left


class Acts(Protocol):
    """The part of telemetry.reader.Actions that the dashboard uses."""

    def call(self, action: str, arguments: dict[str, Any], by: str) -> Any:
        """The action's result."""


class Publisher:
    """The dashboard's own connection to the broker, kept up in the background; used for nothing but commands."""

    def __init__(self, settings: Settings) -> None:
        self._client = make_client(settings, f"lumos-dashboard-{ULID()}", persistent=False)
        self._client.reconnect_delay_set(min_delay=1, max_delay=5)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self.address = f"{settings.mqtt_host}:{settings.mqtt_port}"
        self._host, self._port = settings.mqtt_host, settings.mqtt_port

    def start(self) -> None:
        """Connect in the background, again and again; returns at once."""
        self._client.connect_async(self._host, self._port, KEEPALIVE_SECONDS)
        self._client.loop_start()

    def stop(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand a message to the broker with QoS 1. Raises BrokerError when it is not there or does not take it."""
        if not self._client.is_connected():
            raise BrokerError(f"not sent: the dashboard is not connected to the broker at {self.address}")
        handed = self._client.publish(topic, payload, qos=1)
        try:
            handed.wait_for_publish(_PUBLISH_SECONDS)
        except (RuntimeError, ValueError) as cause:
            raise BrokerError(f"the broker at {self.address} did not take the command: send it again") from cause
        if not handed.is_published():
            raise BrokerError(f"the broker at {self.address} has not confirmed the command within 2 s: look at its log")

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            _LOG.error("the broker at %s refuses the dashboard: %s", self.address, reason)
        else:
            _LOG.info("connected to the broker at %s", self.address)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            _LOG.warning("the broker at %s is gone (%s), trying again", self.address, reason)


class Publishes(Protocol):
    """What a Commander needs of a Publisher."""

    address: str

    def start(self) -> None:
        """Connect."""

    def stop(self) -> None:
        """Leave."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand a message over."""


class Commander:
    """Sends commands the way each device can take them."""

    def __init__(self, settings: Settings, publisher: Publishes, actions: Acts) -> None:
        self._topics = Topics(settings.topic_root)
        self.publisher = publisher
        self._actions = actions
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str, str], tuple[Any, float, Dispatch]] = {}

    def send(self, device: str, cmd: str, value: Any, *, by: str, silent: bool) -> Dispatch:
        """Send a checked command. Raises CommandError, BrokerError, ActionError or StoreUnavailableError."""
        key = (device, cmd, by)
        # One at a time, so that the second of two clicks sees what the first one did.
        with self._lock:
            value_before, at, dispatch = self._last.get(key, (None, 0.0, None))
            if dispatch is not None and value_before == value and time.monotonic() - at < _DOUBLE_CLICK_SECONDS:
                return dispatch
            dispatch = self._send(make(device, cmd, value, by), silent=silent)
            self._last[key] = (value, time.monotonic(), dispatch)
            return dispatch

    def _send(self, command: Command, *, silent: bool) -> Dispatch:
        topic = self._topics.of(command.device, TopicKind.INPUT)
        if command.device == ORIGINAL_DEVICE:
            self.publisher.publish(topic, encode_original(command))
            return Dispatch(command.id, Left.UNCONFIRMABLE)
        if silent:
            arguments = {"device": command.device, "cmd": command.cmd, "value": command.value}
            held = self._actions.call("hold_command", arguments, by=command.by)
            return Dispatch(str((held or {}).get("id", command.id)), Left.HELD)
        self.publisher.publish(topic, encode(command))
        return Dispatch(command.id, Left.PUBLISHED)
