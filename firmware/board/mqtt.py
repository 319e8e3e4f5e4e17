"""An MQTT 3.1.1 client over asyncio streams: QoS 1, last will, keep-alive, several publications under way at once.

The clients that exist either block, do not run under CPython, or are downloaded by the board. One `Client` is one
connection: packet numbers and acknowledgements belong to it and die with it, and whoever had something under way sends
it again on the next one, with `dup`. It never reconnects and never keeps a message: that is the session's work.
"""

import asyncio
import struct

from .racing import race

#: By the broker's number, from 0 on.
_REFUSALS = "|it does not speak MQTT 3.1.1|this device's name will not do|it is not available|wrong user name or password|this user may not connect"  # noqa: E501 - one text takes less memory than six
_CONNECT_SECONDS = 15
#: A publication that stays unacknowledged for so long means that nobody is there any more.
_ACK_TIMEOUT_MS = 25_000
#: A longer message is taken off the wire and thrown away: a board has no memory for it.
_LONGEST_PAYLOAD = 8_192
#: What is no longer goes out at once; a longer packet's first bytes may wait for an answer of the other end's TCP.
_ONE_WRITE = 512


class BrokerError(OSError):
    """The broker refused, or went silent, or does not speak MQTT. Its text is a sentence."""


def _text(value: "str | bytes") -> bytes:
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(data)) + data


def _head(kind: int, rest: int) -> bytearray:
    """The first bytes of a packet with `rest` bytes after them."""
    head = bytearray([kind])
    while rest > 127:
        head.append(rest & 127 | 128)
        rest >>= 7
    head.append(rest)
    return head


async def hang_up(writer) -> None:
    """End a connection. MicroPython's `close` does nothing: it is `wait_closed` that gives the socket back."""
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 1)
    except (OSError, asyncio.TimeoutError):
        pass  # the other end is gone already, or never answers


class Client:
    """One connection to a broker. `on_message(topic, payload)` is called for each message and must not wait.

    `authority` is whom to trust at the other end, empty for a connection without TLS.
    """

    def __init__(self, name, will, username, password, keep_alive_s, hal, on_message, authority=""):
        self._name = name
        self._will = will  # (topic, payload), retained
        self._username = username
        self._password = password
        self._keep_alive_s = keep_alive_s
        self._hal = hal
        self._on_message = on_message
        self._authority = authority
        self._reader = self._writer = None
        self._lock = asyncio.Lock()
        self._last_id = 0
        self._flying = {}  # packet number: (since, what to call when acknowledged)
        self._granted = None
        self._heard_ms = self._wrote_ms = 0

    @property
    def in_flight(self) -> int:
        return len(self._flying)

    async def connect(self, host: str, port: int) -> None:
        """Connect and be accepted. Raises OSError, EOFError or asyncio.TimeoutError."""
        # Not `wait_for`: cancelled while it ends, CPython's keeps the cancellation to itself, and the session lives on.
        try:
            await race(self._connect(host, port), self._give_up())
        except ValueError as error:  # in MicroPython's words, of one line for each thing that is wrong with it
            raise BrokerError("the certificate will not do: " + " ".join(str(error).split()))  # noqa: B904

    async def _give_up(self):
        await asyncio.sleep(_CONNECT_SECONDS)
        raise asyncio.TimeoutError

    async def _connect(self, host, port):
        self._reader, self._writer = await self._hal.open_connection(host, port, self._authority)
        flags = 0b00101110  # clean session; a will, retained, QoS 1
        credentials = b""
        if self._username:
            flags |= 0b10000000
            credentials = _text(self._username)
            if self._password:
                flags |= 0b01000000
                credentials += _text(self._password)
        head = _text("MQTT") + struct.pack(">BBH", 4, flags, self._keep_alive_s)
        will = _text(self._will[0]) + _text(self._will[1])
        await self._send(0x10, [head, _text(self._name), will, credentials])
        kind, size = await self._header()
        if kind != 0x20 or size != 2:
            raise BrokerError("what answers there is not an MQTT broker")
        code = (await self._reader.readexactly(2))[1]
        if code:
            reasons = _REFUSALS.split("|")
            reason = reasons[code] if code < len(reasons) else f"reason {code}"
            raise BrokerError(f"the broker refuses: {reason}")

    async def subscribe(self, topics: "list[str]") -> "list[bool]":
        """Subscribe with QoS 1; for each topic whether the broker allows it. `read_forever` must be running."""
        self._granted = asyncio.Event()
        wanted = [_text(topic) + b"\x01" for topic in topics]
        await self._send(0x82, [struct.pack(">H", self._next_id())] + wanted)  # noqa: RUF005 - no stars in lists there
        await self._granted.wait()
        return [code != 0x80 for code in self._codes]

    async def publish(self, topic, payload, retain=False, dup=False, done=None) -> None:
        """Put a message on its way with QoS 1. `done` is called when the broker has it, on this connection or never.

        `payload` may be a list of pieces.
        """
        packet_id = self._next_id()
        self._flying[packet_id] = (self._hal.uptime_ms(), done)
        kind = 0x32 | (0x08 if dup else 0) | (0x01 if retain else 0)
        parts = [_text(topic), struct.pack(">H", packet_id)]
        parts += payload if isinstance(payload, list) else [payload]
        await self._send(kind, parts)

    async def read_forever(self) -> None:
        """Take what the broker sends until the connection ends, which raises unless it was ended from here."""
        while True:
            try:
                kind, size = await self._header()
            except EOFError:
                if self._writer is None:
                    return
                raise
            self._heard_ms = self._hal.uptime_ms()
            if kind & 0xF0 == 0x30:
                await self._take_message(kind, size)
            elif size > _LONGEST_PAYLOAD:
                raise BrokerError(f"the broker sent a packet of {size} bytes that is no message")
            else:
                self._take(kind, await self._reader.readexactly(size) if size else b"")

    async def keep_forever(self) -> None:
        """Ping when there is nothing else to say; raises when the broker has gone silent."""
        self._heard_ms = self._hal.uptime_ms()
        while True:
            await asyncio.sleep(self._keep_alive_s / 6)
            now = self._hal.uptime_ms()
            if now - self._heard_ms > self._keep_alive_s * 1500:
                raise BrokerError("the broker has gone silent")
            for since, _ in self._flying.values():
                if now - since > _ACK_TIMEOUT_MS:
                    raise BrokerError("the broker does not acknowledge any more")
            if now - self._wrote_ms > self._keep_alive_s * 500:
                await self._send(0xC0, [])

    async def disconnect(self) -> None:
        """Leave in good order: the broker then keeps the last will to itself."""
        await self._send(0xE0, [])
        await self.close()

    async def close(self) -> None:
        """Let the connection go."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await hang_up(writer)

    def _next_id(self):
        while True:
            self._last_id = self._last_id % 65535 + 1
            if self._last_id not in self._flying:
                return self._last_id

    async def _send(self, kind, parts):
        """A packet, its parts one after the other: together they may be more than a board's memory has in one piece."""
        length = 0
        for part in parts:
            length += len(part)
        # MicroPython's streams garble the output of two coroutines that drain at once.
        async with self._lock:
            self._wrote_ms = self._hal.uptime_ms()
            head = _head(kind, length)
            if length <= _ONE_WRITE:
                self._writer.write(bytes(head) + b"".join(parts))
            else:
                self._writer.write(head)
                for part in parts:
                    self._writer.write(part)
            await self._writer.drain()

    async def _header(self):
        kind = (await self._reader.readexactly(1))[0]
        size = shift = 0
        while True:
            byte = (await self._reader.readexactly(1))[0]
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return kind, size
            if shift > 21:
                raise BrokerError("what answers there is not an MQTT broker")

    def _take(self, kind, body):
        if kind == 0x40 and len(body) == 2:
            flight = self._flying.pop(struct.unpack(">H", body)[0], None)
            if flight is not None and flight[1] is not None:
                flight[1]()
        elif kind == 0x90:
            self._codes = body[2:]
            self._granted.set()

    async def _take_message(self, kind, size):
        length = struct.unpack(">H", await self._reader.readexactly(2))[0]
        topic = (await self._reader.readexactly(length)).decode()
        size -= 2 + length
        packet_id = None
        if kind & 0x06:
            packet_id = await self._reader.readexactly(2)
            size -= 2
        if size <= _LONGEST_PAYLOAD:
            self._on_message(topic, await self._reader.readexactly(size) if size else b"")
        else:
            self._hal.log(f"a message of {size} bytes on {topic} is too long for this board")
            while size:
                size -= len(await self._reader.readexactly(min(size, 512)))
        if packet_id is not None:
            await self._send(0x40, [packet_id])
