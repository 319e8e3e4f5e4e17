"""Publishing as fast as a broker takes it, or at a pace: MQTT 3.1.1 packets made beforehand, written as they are.

For benchmarks that need a full queue or a steady load; a client library would be the slowest part of them.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

_CHUNK_BYTES = 1 << 16
_AT_ONCE = 1_000


def packet(topic: str, body: Any, number: int) -> bytes:
    """A PUBLISH at QoS 1 of a value as JSON."""
    name = topic.encode()
    content = struct.pack(f"!H{len(name)}sH", len(name), name, number % 65_535 + 1) + json.dumps(body).encode()
    return b"\x32" + _length(len(content)) + content


def flood(port: int, packets: Iterable[bytes]) -> None:
    """Publish all packets and wait until the broker has acknowledged the last one."""
    with _connected(port) as (broker, acknowledged):
        count, together = 0, []
        for made in packets:
            count += 1
            together.append(made)
            if len(together) == _AT_ONCE:
                broker.sendall(b"".join(together))
                together.clear()
        broker.sendall(b"".join(together))
        acknowledged(count)


def trickle(port: int, packets: Iterable[bytes], per_second: float) -> list[float]:
    """Publish at a steady pace; the moment (monotonic) at which each packet left."""
    left = []
    with _connected(port) as (broker, acknowledged):
        start = time.monotonic()
        for count, made in enumerate(packets):
            time.sleep(max(0.0, start + count / per_second - time.monotonic()))
            left.append(time.monotonic())
            broker.sendall(made)
        acknowledged(len(left))
    return left


@contextlib.contextmanager
def _connected(port: int) -> Iterator[Any]:
    """A socket at the broker, and a function that waits for so many acknowledgements."""
    with socket.create_connection(("127.0.0.1", port)) as broker:
        broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = f"flood-{broker.getsockname()[1]}".encode()
        greeting = struct.pack(f"!H4sBBHH{len(name)}s", 4, b"MQTT", 4, 2, 0, len(name), name)
        broker.sendall(b"\x10" + _length(len(greeting)) + greeting)
        wanted, heard, all_heard = 1 << 62, 0, threading.Event()

        def listen() -> None:
            nonlocal heard
            while heard < wanted:
                found = broker.recv(_CHUNK_BYTES)
                if not found:
                    break
                heard += len(found)
            all_heard.set()

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()

        def acknowledged(count: int) -> None:
            nonlocal wanted
            wanted = 4 * (count + 1)  # bytes: the greeting's answer, and a PUBACK for each
            while heard < wanted and not all_heard.wait(0.01):
                pass

        yield broker, acknowledged
        broker.shutdown(socket.SHUT_RDWR)
        listener.join()


def _length(count: int) -> bytes:
    found = bytearray()
    while True:
        count, digit = divmod(count, 128)
        found.append(digit | (128 if count else 0))
        if not count:
            return bytes(found)
