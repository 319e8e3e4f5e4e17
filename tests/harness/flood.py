"""Publishing as fast as a broker takes it: MQTT 3.1.1 packets made beforehand and written in one piece.

For benchmarks that need a full queue or a steady load; a client library would be the slowest part of them.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Sequence

_PUBACK_BYTES = 4
_CHUNK = 1 << 16


def packet(topic: str, payload: bytes, number: int) -> bytes:
    """A PUBLISH at QoS 1."""
    name = topic.encode()
    body = struct.pack(f"!H{len(name)}sH", len(name), name, number % 65_535 + 1) + payload
    return b"\x32" + _length(len(body)) + body


def flood(port: int, packets: Sequence[bytes]) -> None:
    """Publish all packets and wait until the broker has acknowledged the last one."""
    with socket.create_connection(("127.0.0.1", port)) as broker:
        name = b"flood"
        greeting = struct.pack(f"!H4sBBHH{len(name)}s", 4, b"MQTT", 4, 2, 0, len(name), name)
        broker.sendall(b"\x10" + _length(len(greeting)) + greeting)
        _read(broker, 4)
        reader = threading.Thread(target=_read, args=(broker, _PUBACK_BYTES * len(packets)))
        reader.start()
        for first in range(0, len(packets), 1_000):
            broker.sendall(b"".join(packets[first : first + 1_000]))
        reader.join()


def _read(broker: socket.socket, count: int) -> None:
    while count > 0:
        found = broker.recv(min(_CHUNK, count))
        if not found:
            raise ConnectionError("the broker closed the connection")
        count -= len(found)


def _length(count: int) -> bytes:
    found = bytearray()
    while True:
        count, digit = divmod(count, 128)
        found.append(digit | (128 if count else 0))
        if not count:
            return bytes(found)
