"""A paho client that reads and acknowledges in bulk, since ingest's pace is made of what each message costs.

paho asks the system three times for each packet and wakes its loop twice for each acknowledgement. Here one read takes
what there is, the PUBLISH packets in it are handed over as one list, and the acknowledgements of a batch are one write.
All else stays paho's: connecting, TLS, keeping alive, subscribing, publishing, and every packet that is no PUBLISH.

It stands on a few of paho's own names (`_sock_recv`, `_sock_close`, `_packet_read`, `_packet_queue`,
`_loop_rc_handle`), which tests/ingest/broker/test_bulk_client.py holds: paho is pinned to a minor version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion

_READ_BYTES = 1 << 16
_PUBLISH, _PUBACK = 0x30, 0x40
_QOS, _DUPLICATE, _RETAINED = 0x06, 0x08, 0x01
_EXACTLY_ONCE = 0x04


class Delivery(NamedTuple):
    """A PUBLISH packet as it came; a named tuple, because one is made for every message."""

    topic: bytes
    payload: bytes
    mid: int
    qos: int
    duplicate: bool
    retained: bool


class BulkClient(paho.Client):
    """Delivers to `on_deliveries`; `on_message` stays unused but for MQTT 5, which paho reads itself."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self._received = b""
        self.on_deliveries: Callable[[list[Delivery]], None] = lambda _: None
        super().__init__(*arguments, **more)

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Send the PUBACKs of messages at QoS 1 in one piece."""
        packets = b"".join([b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids])
        if packets:
            self._packet_queue(_PUBACK, packets, 0, 1)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what there is, once; called by paho's loop when the socket has something."""
        if self._protocol == MQTTProtocolVersion.MQTTv5:
            return super().loop_read(max_packets)
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            fresh = super()._sock_recv(_READ_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            fresh = b""
        if not fresh:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = paho.time_func()
        self._received += fresh
        return self._handle_received()

    def _handle_received(self) -> MQTTErrorCode:
        """Every whole packet in hand, in order."""
        while True:
            deliveries, read = publishes(self._received)
            self._received = self._received[read:]
            if deliveries:
                self.on_deliveries(deliveries)
            if packet_end(self._received, 0)[1] > len(self._received):
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            rc = self._packet_read()  # paho's own, which takes its bytes from `_sock_recv`
            if rc > 0:
                return self._loop_rc_handle(rc)
            if self._sock is None:
                return MQTTErrorCode.MQTT_ERR_NO_CONN

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._protocol == MQTTProtocolVersion.MQTTv5:
            return super()._sock_recv(bufsize)
        if not self._received:
            raise BlockingIOError
        taken, self._received = self._received[:bufsize], self._received[bufsize:]
        return taken

    def _sock_close(self) -> None:
        self._received = b""
        super()._sock_close()


def publishes(received: bytes) -> tuple[list[Delivery], int]:
    """The PUBLISH packets (QoS 0 and 1) that bytes begin with, and how many bytes they take."""
    found: list[Delivery] = []
    at = 0
    while True:
        body, end = packet_end(received, at)
        if end > len(received) or received[at] & 0xF0 != _PUBLISH or received[at] & _EXACTLY_ONCE:
            return found, at
        flags = received[at]
        topic_end = body + 2 + (received[body] << 8 | received[body + 1]) if body + 2 <= end else end + 1
        if topic_end + (2 if flags & _QOS else 0) > end:
            return found, at  # nonsense: paho ends the connection
        if flags & _QOS:
            mid, content = received[topic_end] << 8 | received[topic_end + 1], topic_end + 2
        else:
            mid, content = 0, topic_end
        found.append(
            Delivery(
                received[body + 2 : topic_end],
                received[content:end],
                mid,
                1 if flags & _QOS else 0,
                flags & _DUPLICATE != 0,
                flags & _RETAINED != 0,
            )
        )
        at = end


def packet_end(received: bytes, at: int) -> tuple[int, int]:
    """Where the body of the packet at a place begins and ends; past the end of the bytes where they do not say."""
    length, shift = 0, 0
    for place in range(at + 1, min(at + 5, len(received))):
        length |= (received[place] & 127) << shift
        if received[place] < 128:
            return place + 1, place + 1 + length
        shift += 7
    if len(received) >= at + 5:
        return at + 5, at + 5  # a length of more than four bytes: paho says what is wrong with it
    return len(received), len(received) + 1
