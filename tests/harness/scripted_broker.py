"""A broker that says what a test tells it to, on a socket of its own: MQTT 3.1.1, as much as ingest's session needs.

Only so can it send nonsense, or in pieces, or give a number that it gave before: real brokers do so once in a year.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

from tests.harness.waiting import until

_CONNACK = b"\x20\x02\x00\x00"
_PUBLISH, _PUBACK, _SUBSCRIBE, _PINGREQ = 0x30, 0x40, 0x80, 0xC0


class ScriptedBroker:
    """Waits for clients, one after another."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(20)
        self.port = self._server.getsockname()[1]

    def meet(self) -> socket.socket:
        """The next client, greeted; what is said to it is the test's."""
        connection, _ = self._server.accept()
        connection.settimeout(10)
        connection.recv(1_000)
        connection.sendall(_CONNACK)
        return connection

    def meet_session(self) -> Session:
        """The next client, greeted, its subscriptions granted."""
        return Session(self.meet())

    def close(self) -> None:
        self._server.close()


class Session:
    """One connection of a client that subscribes: what it acknowledged, by number, in order."""

    def __init__(self, connection: socket.socket) -> None:
        self.acknowledged: list[int] = []
        self._connection = connection
        self._subscribed = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        if not self._subscribed.wait(10):
            raise AssertionError("the client subscribed to nothing")

    def publish(self, topic: str, payload: bytes, mid: int, *, duplicate: bool = False) -> None:
        """Hand a message over at QoS 1, under this number."""
        name = topic.encode()
        body = struct.pack(f"!H{len(name)}sH", len(name), name, mid) + payload
        if len(body) > 127:
            raise ValueError("a short message, please: its length has one byte")
        self._connection.sendall(bytes([_PUBLISH | 0x02 | (0x08 if duplicate else 0), len(body)]) + body)

    def wait_acknowledged(self, *mids: int) -> None:
        """Until exactly these numbers were acknowledged, in this order."""
        until(lambda: len(self.acknowledged) >= len(mids), f"acknowledgements of {mids}")
        if self.acknowledged != list(mids):
            raise AssertionError(f"{self.acknowledged} was acknowledged, not {list(mids)}")

    def end(self) -> None:
        """Drop the connection."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
        self._thread.join(10)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            for kind, body in self._packets():
                if kind == _SUBSCRIBE:
                    granted = bytes([1] * _filters_in(body))
                    self._connection.sendall(b"\x90" + bytes([2 + len(granted)]) + body[:2] + granted)
                    self._subscribed.set()
                elif kind == _PUBACK:
                    self.acknowledged.append(int.from_bytes(body[:2], "big"))
                elif kind == _PINGREQ:
                    self._connection.sendall(b"\xd0\x00")

    def _packets(self) -> Iterator[tuple[int, bytes]]:
        """What the client sends, until it or the test ends the connection."""
        self._connection.settimeout(None)
        with self._connection.makefile("rb") as stream:
            while first := stream.read(1):
                length, shift = 0, 0
                while True:
                    digit = stream.read(1)[0]
                    length |= (digit & 127) << shift
                    shift += 7
                    if digit < 128:
                        break
                yield first[0] & 0xF0, stream.read(length)


def _filters_in(body: bytes) -> int:
    """How many filters a SUBSCRIBE names."""
    at, count = 2, 0
    while at < len(body):
        at += 2 + int.from_bytes(body[at : at + 2], "big") + 1
        count += 1
    return count
