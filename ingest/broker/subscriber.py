"""The connection to the broker: subscribe, hand over, acknowledge what is stored.

Callbacks hand messages over and do nothing else. Subscribing happens at each connect, so a reconnect renews it; an
outage is logged once.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker.bulk_client import BulkClient, Delivery
from ingest.broker.inbox import Inbox, Message
from ingest.broker.subscriptions import Subscriptions
from telemetry.datafolder import DataFolder
from telemetry.mqtt import KEEPALIVE_SECONDS, equipped
from telemetry.settings import Settings
from telemetry.timestamps import now_us

_log = logging.getLogger(__name__)

_MOST_AT_ONCE = 100
_REFUSED_SECONDS = 10.0
_MOST_AHEAD_US = 100_000


class Subscriber:
    """Ingest's session at the broker, persistent, at QoS 1, with acknowledgement after the commit."""

    def __init__(self, settings: Settings, folder: DataFolder, inbox: Inbox, filters: Sequence[str]) -> None:
        self._settings = settings
        self._inbox = inbox
        self._subscriptions = Subscriptions(folder)
        self._filters = list(filters)
        self._client = equipped(
            BulkClient(
                CallbackAPIVersion.VERSION2,
                client_id=_client_id(folder),
                clean_session=False,
                protocol=paho.MQTTv311,
                manual_ack=True,
            ),
            settings,
        )
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = lambda *_: self._say_outage("it does not answer")
        self._client.on_disconnect = self._on_disconnect
        self._client.on_deliveries = self._on_deliveries
        self._client.on_subscribe = self._on_subscribe
        self._connection = 0
        self._next_us = 0
        # Held while an acknowledgement is checked and handed to paho, and while a connection ends: between the two no
        # acknowledgement of the old connection can slip into the new one, where its number means another message.
        self._acknowledging = threading.Lock()
        self._outage_said = False
        self._stopping = False
        #: Which filters a subscription that is not answered yet asks for.
        self._asked: dict[int, Sequence[str]] = {}
        #: Filters that the broker refused; said once each.
        self._refused: set[str] = set()
        #: Whether the broker has answered every subscription of this connection.
        self._is_heard = False
        #: Since when the broker has taken us, None while it does not; how often it has, since the start.
        self.connected_us: int | None = None
        self.connections = 0

    @property
    def connected(self) -> bool:
        return self._client.is_connected()

    @property
    def hears(self) -> bool:
        """Whether the broker hands us what comes: it has answered every subscription of this connection."""
        return self.connected and self._is_heard

    @property
    def address(self) -> str:
        """Which broker it is."""
        return f"{self._settings.mqtt_host}:{self._settings.mqtt_port}"

    @property
    def refused(self) -> list[str]:
        """What the broker does not let us read."""
        return sorted(self._refused)

    def start(self) -> None:
        """Connect in the background, again and again until it works, and after each outage."""
        self._client.connect_async(self._settings.mqtt_host, self._settings.mqtt_port, KEEPALIVE_SECONDS)
        self._client.loop_start()

    def stop(self) -> None:
        """Leave the broker; the session stays there and collects."""
        self._stopping = True
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that messages are stored, if the connection they came on still lives."""
        with self._acknowledging:
            now = self._connection
            self._client.acknowledge([m.mid for m in messages if m.qos and m.connection == now])

    def read(self, filters: Sequence[str]) -> None:
        """Hear these topics from now on, and no others; no two of them overlap."""
        self._filters = list(filters)
        if self.connected:
            self._subscribe()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Publish at QoS 1; False when there is no connection now."""
        if not self.connected:
            return False
        return self._client.publish(topic, payload, qos=1, retain=retain).rc == paho.MQTT_ERR_SUCCESS

    def _say_outage(self, why: str) -> None:
        if self._stopping or self._outage_said:
            return
        self._outage_said = True
        _log.warning("no broker at %s:%d (%s): trying again", self._settings.mqtt_host, self._settings.mqtt_port, why)

    def _on_connect(self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._say_outage(f"it refuses us: {reason}; see --mqtt-username and --mqtt-password-file")
            return
        self._next_connection()
        self.connected_us = now_us()
        self.connections += 1
        self._outage_said = False
        self._asked.clear()
        self._is_heard = False
        self._subscribe(renew=True)

    def _subscribe(self, *, renew: bool = False) -> None:
        """Bring the session's subscriptions to what is wanted; `renew`: at a connect, where all are asked for again."""
        with self._subscriptions.changing(self._filters) as (gone, fresh):
            for part in _parts(self._filters if renew else fresh):
                result, mid = self._client.subscribe([(text, 1) for text in part])
                if result == paho.MQTT_ERR_SUCCESS and mid is not None:
                    self._asked[mid] = part
            # After what takes its place: heard twice for a moment is better than not heard.
            for part in _parts(gone):
                self._client.unsubscribe(part)

    def _on_subscribe(self, _client: Any, _data: Any, mid: int, reasons: list[Any], _properties: Any) -> None:
        asked = self._asked.pop(mid, ())
        refused = [text for text, reason in zip(asked, reasons, strict=False) if reason.is_failure]
        if refused:
            self._ask_again_later(refused)
        self._refused -= set(asked) - set(refused)
        if not self._asked and not self._is_heard:
            self._is_heard = True
            _log.info("connected to the broker at %s:%d", self._settings.mqtt_host, self._settings.mqtt_port)

    def _ask_again_later(self, refused: Sequence[str]) -> None:
        """A broker may be given the right to let us read while we are connected: nothing would tell us."""
        if not self._refused >= set(refused):
            _log.error(
                "the broker does not let user '%s' read %s: give it the right to",
                self._settings.mqtt_username,
                ", ".join(refused[:10]) + (f" and {len(refused) - 10} more" if len(refused) > 10 else ""),
            )
        self._refused |= set(refused)
        timer = threading.Timer(_REFUSED_SECONDS, self._ask_again, [self._connection])
        timer.daemon = True
        timer.start()

    def _ask_again(self, connection: int) -> None:
        if connection == self._connection and not self._stopping:
            for part in _parts([text for text in self._filters if text in self._refused]):
                result, mid = self._client.subscribe([(text, 1) for text in part])
                if result == paho.MQTT_ERR_SUCCESS and mid is not None:
                    self._asked[mid] = part

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        self.connected_us = None
        self._say_outage("the connection ended")
        self._next_connection()

    def _next_connection(self) -> None:
        """Acknowledgements of what came on the connection before are worth nothing from here on."""
        with self._acknowledging:
            self._connection += 1

    def _on_deliveries(self, deliveries: list[Delivery]) -> None:
        # Each a microsecond later than the one before, so that what came later is later in the store too; but a clock
        # that is set back is followed.
        first_us, connection = now_us(), self._connection
        if 0 <= self._next_us - first_us < _MOST_AHEAD_US:
            first_us = self._next_us
        self._next_us = first_us + len(deliveries)
        self._inbox.put(
            [
                Message(_text(topic), payload, mid, qos, duplicate, retained, connection, arrived_us)
                for arrived_us, (topic, payload, mid, qos, duplicate, retained) in enumerate(deliveries, first_us)
            ]
        )


def _text(topic: bytes) -> str:
    try:
        return topic.decode()
    except UnicodeDecodeError:  # a broker that lets it pass; the quarantine shows what it was
        return repr(topic)


def _parts(filters: Sequence[str]) -> Iterator[list[str]]:
    """Filters in packets that any broker takes."""
    for first in range(0, len(filters), _MOST_AT_ONCE):
        yield list(filters[first : first + _MOST_AT_ONCE])


def _client_id(folder: DataFolder) -> str:
    """This data folder's own id at the broker; random, so that nobody else takes over its session."""
    known = folder.read_private(folder.ingest_client_id)
    if known:
        return known
    fresh = f"lumos-ingest-{secrets.token_hex(8)}"
    folder.write_private(folder.ingest_client_id, fresh)
    return fresh
