"""The dashboard's own connection to the broker, kept up in the background; used for nothing but commands."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Protocol

from ulid import ULID

from telemetry.errors import BrokerError
from telemetry.mqtt import KEEPALIVE_SECONDS, make_client
from telemetry.settings import Settings

_LOG = logging.getLogger(__name__)
#: How long publications may wait for the broker's own acknowledgement.
_PUBLISH_SECONDS = 2.0

#: A topic and what is said on it.
Letter = tuple[str, bytes]


class Publishes(Protocol):
    """What a Commander needs of a Publisher."""

    address: str

    def start(self) -> None:
        """Connect."""

    def stop(self) -> None:
        """Leave."""

    def publish(self, letters: Sequence[Letter]) -> list[BrokerError | None]:
        """Hand messages over; for each, why the broker did not take it, or None."""


class Publisher:
    """Publishes at QoS 1, and tells what the broker took."""

    def __init__(self, settings: Settings) -> None:
        self._client = make_client(settings, f"lumos-dashboard-{ULID()}")
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

    def publish(self, letters: Sequence[Letter]) -> list[BrokerError | None]:
        """Hand messages over, all before the first is waited for; for each, why the broker did not take it, or None."""
        if not self._client.is_connected():
            refusal = BrokerError(f"not sent: the dashboard is not connected to the broker at {self.address}")
            return [refusal] * len(letters)
        handed = [self._client.publish(topic, payload, qos=1) for topic, payload in letters]
        return [self._outcome(one) for one in handed]

    def _outcome(self, handed: Any) -> BrokerError | None:
        try:
            handed.wait_for_publish(_PUBLISH_SECONDS)
        except (RuntimeError, ValueError):
            return BrokerError(f"the broker at {self.address} did not take the command: send it again")
        if handed.is_published():
            return None
        return BrokerError(f"the broker at {self.address} has not confirmed the command within 2 s: look at its log")

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            _LOG.error("the broker at %s refuses the dashboard: %s", self.address, reason)
        else:
            _LOG.info("connected to the broker at %s", self.address)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            _LOG.warning("the broker at %s is gone (%s), trying again", self.address, reason)
