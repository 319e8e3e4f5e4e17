"""A paho client that reads and acknowledges in bulk, since ingest's pace is made of what each message costs.

paho asks the system three times for each packet and wakes its loop twice for each acknowledgement. Here one read takes
what there is, the PUBLISH packets in it are handed over as one list, and the acknowledgements of a batch are one write.
Of a packet that is too large for any message the beginning is handed over, and the rest goes by unkept: it ends in the
quarantine and is acknowledged, where a connection that ended would only bring it again.
All else stays paho's: connecting, TLS, keeping alive, subscribing, publishing, and every packet that is no PUBLISH.

It stands on a few of paho's own names (`_sock_recv`, `_sock_close`, `_packet_read`, `_packet_queue`,
`_loop_rc_handle`), which tests/ingest/broker/test_bulk_client.py holds: paho is pinned to a minor version.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion

_log = logging.getLogger(__name__)

_READ_BYTES = 1 << 16
#: Of a packet's body so much is kept: the largest payload that any source takes (docs/contract.md), behind the longest
#: topic. So what is cut short is too large for all of them.
LARGEST_BODY = (4 << 20) + (1 << 16) + 4
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
        #: What is not read yet: from a place in `_received` on, and then the pieces of what is not whole.
        self._received = b""
        self._at = 0
        self._pieces: list[bytes] = []
        #: How much more is needed before it is worth looking.
        self._wanted = 0
        #: The beginning of a packet that is too large, handed over once the rest of it has gone by.
        self._cut: Delivery | None = None
        self._to_skip = 0
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
        return self._receive(fresh)

    def _receive(self, fresh: bytes) -> MQTTErrorCode:
        """Take what was read; pieces of a large packet are put together once, when it is whole."""
        if self._to_skip:
            skipped = min(self._to_skip, len(fresh))
            self._to_skip -= skipped
            fresh = fresh[skipped:]
            if not self._to_skip and self._cut is not None:
                cut, self._cut = self._cut, None
                self.on_deliveries([cut])
            if not fresh:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        self._pieces.append(fresh)
        self._wanted -= len(fresh)
        if self._wanted > 0:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        self._received, self._at = b"".join([self._received[self._at :], *self._pieces]), 0
        self._pieces.clear()
        return self._handle_received()

    def _handle_received(self) -> MQTTErrorCode:
        """Every whole packet in hand, in order."""
        while True:
            deliveries, self._at = publishes(self._received, self._at)
            if deliveries:
                self.on_deliveries(deliveries)
            body, end = packet_end(self._received, self._at)
            if end > len(self._received):
                return self._wait_for_more(body, end)
            rc = self._packet_read()  # paho's own, which takes its bytes from `_sock_recv`
            if rc > 0:
                return self._loop_rc_handle(rc)
            if self._sock is None:
                return MQTTErrorCode.MQTT_ERR_NO_CONN

    def _wait_for_more(self, body: int, end: int) -> MQTTErrorCode:
        """The packet in hand is not whole; of one that is too large, only its beginning is waited for."""
        self._wanted = min(end, body + LARGEST_BODY) - len(self._received)
        if self._wanted > 0:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        self._cut = cut_short(self._received, self._at)
        if self._cut is None:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_PROTOCOL)
        topic = self._cut.topic[:200].decode(errors="replace")
        _log.warning("'%s': a packet of %d bytes is too large, its beginning goes to the quarantine", topic, end - body)
        self._to_skip = end - len(self._received)
        self._received, self._at, self._wanted = b"", 0, 0
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._protocol == MQTTProtocolVersion.MQTTv5:
            return super()._sock_recv(bufsize)
        taken = self._received[self._at : self._at + bufsize]
        if not taken:
            raise BlockingIOError
        self._at += len(taken)
        return taken

    def _sock_close(self) -> None:
        self._forget_received()
        super()._sock_close()

    def _forget_received(self) -> None:
        """Nothing of a connection that ended is of use for the next."""
        self._received, self._at, self._wanted = b"", 0, 0
        self._cut, self._to_skip = None, 0
        self._pieces.clear()


def publishes(received: bytes, at: int = 0) -> tuple[list[Delivery], int]:
    """The PUBLISH packets (QoS 0 and 1) that bytes hold from a place on, and where what is none of them begins."""
    found: list[Delivery] = []
    while True:
        body, end = packet_end(received, at)
        if end > len(received) or received[at] & 0xF0 != _PUBLISH or received[at] & _EXACTLY_ONCE:
            return found, at
        delivery = _delivery(received, at, body, end)
        if delivery is None:
            return found, at  # nonsense: paho ends the connection
        found.append(delivery)
        at = end


def cut_short(received: bytes, at: int) -> Delivery | None:
    """The message that bytes hold the beginning of from a place on; None where it is none."""
    body, _ = packet_end(received, at)
    if received[at] & 0xF0 != _PUBLISH or received[at] & _EXACTLY_ONCE:
        return None
    return _delivery(received, at, body, len(received))


def _delivery(received: bytes, at: int, body: int, end: int) -> Delivery | None:
    flags = received[at]
    topic_end = body + 2 + (received[body] << 8 | received[body + 1]) if body + 2 <= end else end + 1
    if topic_end + (2 if flags & _QOS else 0) > end:
        return None
    if flags & _QOS:
        mid, content = received[topic_end] << 8 | received[topic_end + 1], topic_end + 2
    else:
        mid, content = 0, topic_end
    return Delivery(
        received[body + 2 : topic_end],
        received[content:end],
        mid,
        1 if flags & _QOS else 0,
        flags & _DUPLICATE != 0,
        flags & _RETAINED != 0,
    )


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
