"""Reading and acknowledging in bulk: what paho itself would have read, whatever the pieces that arrive."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker.bulk_client import LARGEST_BODY, BulkClient, Delivery, packet_end, publishes
from ingest.decoding.payload import LARGEST_ANNOUNCEMENT
from telemetry.command_line import parser, read_arguments
from telemetry.reader import Reader
from telemetry.settings import load
from tests.harness.ingest import running_ingest
from tests.harness.observer import observer
from tests.harness.processes import free_port, mosquitto, shipped_queues
from tests.harness.scripted_broker import ScriptedBroker
from tests.harness.waiting import until


def length_of(body: bytes) -> bytes:
    """MQTT's remaining length (3.1.1, section 2.2.3)."""
    found, count = b"", len(body)
    while True:
        count, digit = divmod(count, 128)
        found += bytes([digit | (128 if count else 0)])
        if not count:
            return found


def encoded(delivery: Delivery) -> bytes:
    flags = 0x30 | delivery.qos << 1 | (0x08 if delivery.duplicate else 0) | (0x01 if delivery.retained else 0)
    number = struct.pack("!H", delivery.mid) if delivery.qos else b""
    body = struct.pack("!H", len(delivery.topic)) + delivery.topic + number + delivery.payload
    return bytes([flags]) + length_of(body) + body


_DELIVERY = st.builds(
    lambda topic, payload, mid, qos, duplicate, retained: Delivery(
        topic, payload, mid if qos else 0, qos, duplicate and bool(qos), retained
    ),
    st.binary(min_size=1, max_size=40),
    st.binary(max_size=40) | st.integers(100, 300).map(bytes) | st.just(bytes(20_000)),
    st.integers(1, 65_535),
    st.integers(0, 1),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(_DELIVERY, max_size=12), st.data())
def test_what_was_sent_is_read_whatever_the_pieces(sent: list[Delivery], data: st.DataObject) -> None:
    stream = b"".join(map(encoded, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    found: list[Delivery] = []
    held = b""
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        held += stream[start:end]
        deliveries, read = publishes(held)
        found += deliveries
        held = held[read:]
    assert found == sent
    assert held == b""


def fed(pieces: list[bytes]) -> list[Delivery]:
    """What a client makes of pieces of a stream, read one by one."""
    found: list[Delivery] = []
    client = BulkClient(CallbackAPIVersion.VERSION2, client_id="x", protocol=paho.MQTTv311)
    client.on_deliveries = found.extend
    for piece in pieces:
        assert client._receive(piece) == paho.MQTT_ERR_SUCCESS
    return found


@given(st.lists(_DELIVERY, max_size=12), st.data())
def test_a_packet_that_is_too_large_is_cut_and_harms_no_other(sent: list[Delivery], data: st.DataObject) -> None:
    stream = b"".join(map(encoded, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True) if end > start]
    with patch("ingest.broker.bulk_client.LARGEST_BODY", 1_000):
        found = fed(pieces)
    assert [message._replace(payload=b"") for message in found] == [message._replace(payload=b"") for message in sent]
    for whole, message in zip(sent, found, strict=True):
        assert whole.payload.startswith(message.payload)
        assert message.payload == whole.payload or len(message.payload) >= 1_000 - len(message.topic) - 4


def test_a_large_packet_takes_no_longer_than_its_bytes_in_many_pieces() -> None:
    message = Delivery(b"a", bytes(4 << 20), 1, 1, False, False)
    stream = encoded(message)
    pieces = [stream[place : place + 256] for place in range(0, len(stream), 256)]
    begun = time.process_time()
    assert fed(pieces) == [message]
    assert time.process_time() - begun < 2  # put together anew at each piece it takes a minute


def test_the_configuration_for_mosquitto_lets_what_is_taken_pass_and_nothing_that_would_be_cut() -> None:
    (line,) = [line for line in shipped_queues() if line.startswith("max_packet_size ")]
    assert LARGEST_ANNOUNCEMENT + 1_024 < int(line.split()[1]) <= LARGEST_BODY


def test_a_packet_beyond_all_bounds_ends_in_the_quarantine_and_ingest_goes_on(tmp_path: Path) -> None:
    port = free_port()
    words = ["--data-dir", str(tmp_path / "data"), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]
    settings = load(read_arguments(parser("test", ""), words), environment={}, folder=tmp_path)
    with mosquitto(tmp_path / "mosquitto", port), running_ingest(settings) as ingest:
        with observer(port, "x/#") as sender:
            sender.publish("esp32/a/output", bytes(20 << 20))
            sender.publish("esp32/a/output", b'{"boot": "b", "seq": 0, "light": 5}')
        reader = Reader(ingest.folder, 20)
        (row,) = until(lambda: reader.ask("last_values").to_pylist(), "the sample behind it")
        assert row["value"] == 5
        (entry,) = reader.ask("quarantine").to_pylist()
        assert entry["topic"] == "esp32/a/output"
        assert entry["length"] > LARGEST_ANNOUNCEMENT
        assert ingest._subscriber.connections == 1
        ingest.stop()
        ingest.start()  # it was acknowledged: the session holds nothing of it
        assert len(reader.ask("quarantine").to_pylist()) == 1


def test_a_client_that_sends_more_than_the_shipped_configuration_allows_is_disconnected(tmp_path: Path) -> None:
    port, ended = free_port(), threading.Event()
    with mosquitto(tmp_path / "mosquitto", port, *shipped_queues()), observer(port, "x/#") as listener:
        sender = paho.Client(CallbackAPIVersion.VERSION2)
        sender.on_disconnect = lambda *_: ended.set()
        sender.connect("127.0.0.1", port)
        sender.loop_start()
        sender.publish("x/a", bytes(LARGEST_ANNOUNCEMENT), qos=1).wait_for_publish(10)
        until(lambda: [len(body) for _, body in listener.heard] == [LARGEST_ANNOUNCEMENT], "the largest announcement")
        sender.publish("x/a", bytes(5 << 20), qos=1)
        assert ended.wait(10)
        sender.disconnect()
        sender.loop_stop()
        assert len(listener.heard) == 1


@given(st.binary(max_size=200))
def test_whatever_the_bytes_only_whole_packets_at_their_beginning_are_taken(received: bytes) -> None:
    deliveries, read = publishes(received)
    assert 0 <= read <= len(received)
    assert (read == 0) == (not deliveries)
    assert packet_end(received, read)[1] > read


def test_other_packets_are_left_to_paho() -> None:
    publish = encoded(Delivery(b"a", b"1", 7, 1, False, False))
    for other in (b"\xd0\x00", b"\x40\x02\x00\x01", b"\x34\x07\x00\x01a\x00\x07xx"):
        assert publishes(publish + other + publish)[1] == len(publish)


@pytest.fixture
def broker() -> Iterator[ScriptedBroker]:
    with closing(ScriptedBroker()) as made:
        yield made


@pytest.fixture
def client(broker: ScriptedBroker) -> Iterator[BulkClient]:
    made = BulkClient(CallbackAPIVersion.VERSION2, client_id="x", protocol=paho.MQTTv311, manual_ack=True)
    made.reconnect_delay_set(1, 1)
    made.connect_async("127.0.0.1", broker.port)
    yield made
    made.disconnect()
    made.loop_stop()


def test_packets_of_all_kinds_in_pieces_reach_their_handlers_in_order(
    broker: ScriptedBroker, client: BulkClient
) -> None:
    heard: list[object] = []
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.on_deliveries = heard.extend
    client.on_subscribe = lambda _c, _d, mid, _r, _p: heard.append(mid)
    client.loop_start()
    with broker.meet() as connection:
        assert connected.wait(10)
        client.subscribe("a", 1)
        connection.recv(1_000)
        first, second = (Delivery(b"a", bytes([n]) * 300, n, 1, False, False) for n in (1, 2))
        stream = encoded(first) + b"\x90\x03\x00\x01\x01" + encoded(second)
        for place in range(0, len(stream), 100):
            connection.sendall(stream[place : place + 100])
        until(lambda: len(heard) == 3, "two messages and the answer to a subscription")
        assert heard == [first, 1, second]
        client.acknowledge([1, 2, 300])
        assert connection.recv(1_000) == b"\x40\x02\x00\x01" + b"\x40\x02\x00\x02" + b"\x40\x02\x01\x2c"


@pytest.mark.parametrize("nonsense", [b"\x30\x00", b"\x32\x03\x00\x01a", b"\x30\xff\xff\xff\xff\x01", b"\xf0\x00"])
def test_nonsense_ends_the_connection_and_the_next_begins_clean(
    nonsense: bytes, broker: ScriptedBroker, client: BulkClient
) -> None:
    heard: list[Delivery] = []
    ended = threading.Event()
    client.on_deliveries = heard.extend
    client.on_disconnect = lambda *_: ended.set()
    client.loop_start()
    good = Delivery(b"a", b"1", 1, 1, False, False)
    with broker.meet() as connection:
        connection.sendall(encoded(good) + nonsense)
        assert ended.wait(10)
    with broker.meet() as connection:
        connection.sendall(encoded(good))
        until(lambda: heard == [good, good], "the same message on the next connection")
