"""The MQTT client, against a real Mosquitto and against peers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from firmware.board.mqtt import BrokerError, Client
from firmware.board.racing import race
from firmware.simulator.standins import SimulatedHal
from tests.firmware.conftest import Broker, Listener

WILL = ("esp32/b/status", b'{"online":false}')


def client_of(hal: SimulatedHal, heard: Callable[[str, bytes], None] = lambda *_: None, **given: Any) -> Client:
    options: dict[str, Any] = {"name": "b", "username": "", "password": "", "keep_alive_s": 30, **given}
    return Client(options["name"], WILL, options["username"], options["password"], options["keep_alive_s"], hal, heard)


async def during(client: Client, work: Coroutine[Any, Any, None]) -> None:
    await race(client.read_forever(), client.keep_forever(), work)


async def delivery(client: Client, topic: str, payload: bytes) -> None:
    """Publish, and wait until the broker has it."""
    broker_has_it = asyncio.Event()
    await client.publish(topic, payload, done=broker_has_it.set)
    await broker_has_it.wait()


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 20))


def test_many_publications_are_under_way_at_once_and_all_are_acknowledged(
    broker: Broker, listener: Listener, hal: SimulatedHal
) -> None:
    done: list[int] = []

    async def work(client: Client) -> None:
        complete = asyncio.Event()
        for number in range(300):

            def landed(number: int = number) -> None:
                done.append(number)
                if len(done) == 300:
                    complete.set()

            await client.publish("esp32/b/output", b"%d" % number, done=landed)
        assert client.in_flight > 1
        await complete.wait()
        assert client.in_flight == 0
        await client.disconnect()

    async def main() -> None:
        client = client_of(hal)
        await client.connect("127.0.0.1", broker.port)
        await during(client, work(client))

    run(main())
    listener.wait_until(lambda: len(listener.on("esp32/b/output")) == 300)
    assert listener.on("esp32/b/output") == list(range(300))


def test_messages_of_any_length_arrive_whole_and_too_long_ones_are_let_go(broker: Broker, hal: SimulatedHal) -> None:
    sizes = [0, 1, 120, 127, 128, 129, 4_000, 8_192, 8_193, 100_000, 16_383, 7]
    heard: list[int] = []

    async def main() -> None:
        complete = asyncio.Event()

        def on_message(_topic: str, payload: bytes) -> None:
            heard.append(len(payload))
            if len(payload) == 7:
                complete.set()

        client = client_of(hal, on_message)
        await client.connect("127.0.0.1", broker.port)

        async def work() -> None:
            assert await client.subscribe(["esp32/b/input"]) == [True]
            for size in sizes:
                await client.publish("esp32/b/input", b"x" * size)
            await complete.wait()

        await during(client, work())

    run(main())
    assert heard == [size for size in sizes if size <= 8_192]


def test_a_lost_connection_publishes_the_will_and_a_good_bye_does_not(
    broker: Broker, listener: Listener, hal: SimulatedHal
) -> None:
    async def main() -> None:
        client = client_of(hal)
        await client.connect("127.0.0.1", broker.port)
        await during(client, client.disconnect())
        client = client_of(hal, name="c")
        await client.connect("127.0.0.1", broker.port)
        await during(client, delivery(client, "esp32/b/marker", b"1"))
        hal.radio.abort()

    run(main())
    listener.wait_for(WILL[0])
    assert [topic for topic, _ in listener.messages] == ["esp32/b/marker", WILL[0]]


def test_a_password_is_needed_where_the_broker_asks_for_one(broker: Broker, hal: SimulatedHal) -> None:
    broker.kill()
    broker.require_password("board", "geheim")
    broker.start()

    async def main() -> None:
        client = client_of(hal, username="board", password="geheim")
        await client.connect("127.0.0.1", broker.port)
        await client.disconnect()
        for username, password in (("board", "wrong"), ("", "")):
            client = client_of(hal, username=username, password=password)
            with pytest.raises(BrokerError, match=r"may not connect|wrong user name"):
                await client.connect("127.0.0.1", broker.port)
            await client.close()

    run(main())


def test_an_idle_connection_is_kept_alive(broker: Broker, listener: Listener, hal: SimulatedHal) -> None:
    async def main() -> None:
        client = client_of(hal, keep_alive_s=1)
        await client.connect("127.0.0.1", broker.port)

        async def work() -> None:
            await asyncio.sleep(3.5)  # the broker would end it after one and a half
            await delivery(client, "esp32/b/marker", b"1")

        await during(client, work())

    run(main())
    assert listener.on(WILL[0]) == []


async def peer(answers: bytes, chunk: int, talk: Callable[[int], Awaitable[None]]) -> None:
    """A server that accepts one connection and sends these bytes, `chunk` at a time."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        for start in range(0, len(answers), chunk):
            writer.write(answers[start : start + chunk])
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        await talk(server.sockets[0].getsockname()[1])
    finally:
        server.close()


ACCEPTED = b"\x20\x02\x00\x00"
MESSAGE = b"\x32\x0b\x00\x03a/b\x00\x01test"


def test_a_connection_that_is_given_up_at_any_moment_is_given_up(hal: SimulatedHal) -> None:
    async def talk(port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)

        async def accepted_at_once(*_: object) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader = asyncio.StreamReader()
            reader.feed_data(ACCEPTED)
            return reader, writer

        hal.open_connection = accepted_at_once  # type: ignore[method-assign]
        steps = 0
        while True:
            task = asyncio.create_task(client_of(hal).connect("127.0.0.1", port))
            for _ in range(steps):
                await asyncio.sleep(0)
            if not task.cancel():
                break  # connected before
            with pytest.raises(asyncio.CancelledError):
                await task
            steps += 1
        assert steps > 3
        writer.close()

    asyncio.run(peer(b"", 1, talk))


@pytest.mark.parametrize("chunk", [1, 2, 3, 1_000])
def test_packets_may_be_split_anywhere(hal: SimulatedHal, chunk: int) -> None:
    heard: list[tuple[str, bytes]] = []

    async def talk(port: int) -> None:
        complete = asyncio.Event()

        def on_message(topic: str, payload: bytes) -> None:
            heard.append((topic, payload))
            if len(heard) == 20:
                complete.set()

        client = client_of(hal, on_message)
        await client.connect("127.0.0.1", port)
        await race(client.read_forever(), complete.wait())
        await client.close()

    run(peer(ACCEPTED + MESSAGE * 20, chunk, talk))
    assert heard == [("a/b", b"test")] * 20


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "not an MQTT broker"),
        (b"\x20\x02\x00\x05", "may not connect"),
        (b"\x20\x02\x00\x63", "reason 99"),
        (b"\x20\xff\xff\xff\xff\x7f", "not an MQTT broker"),
    ],
)
def test_what_is_no_broker_or_refuses_is_said_in_a_sentence(hal: SimulatedHal, answers: bytes, error: str) -> None:
    async def talk(port: int) -> None:
        client = client_of(hal)
        with pytest.raises(BrokerError, match=error):
            await client.connect("127.0.0.1", port)
        await client.close()

    run(peer(answers, 1_000, talk))


def test_a_broker_that_goes_silent_is_noticed(hal: SimulatedHal) -> None:
    async def talk(port: int) -> None:
        client = client_of(hal, keep_alive_s=1)
        await client.connect("127.0.0.1", port)
        with pytest.raises(BrokerError, match="silent"):
            await during(client, delivery(client, "a", b"never acknowledged"))
        await client.close()

    run(peer(ACCEPTED, 1_000, talk))
