"""Ingest's session at the broker: an acknowledgement belongs to the connection that its message came on.

A broker numbers what it hands over anew on each connection, so the number of a message of before means another one now:
to acknowledge that would lose it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.broker.inbox import Inbox, Message
from ingest.broker.subscriber import Subscriber
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.settings import load
from tests.harness.scripted_broker import ScriptedBroker
from tests.harness.waiting import until


@pytest.fixture
def broker() -> Iterator[ScriptedBroker]:
    with closing(ScriptedBroker()) as made:
        yield made


class Session:
    """A subscriber and its inbox, in the test's hands in place of the writer."""

    def __init__(self, broker: ScriptedBroker, path: Path) -> None:
        words = ["--data-dir", str(path / "data"), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(broker.port)]
        settings = load(read_arguments(parser("test", ""), words), environment={}, folder=path)
        folder = DataFolder(settings.data_dir)
        folder.ensure()
        self.inbox = Inbox(1_000_000, 20, 0.0)
        self.subscriber = Subscriber(settings, folder, self.inbox, ["esp32/#"])
        self.subscriber.start()

    def take(self, count: int) -> list[Message]:
        found: list[Message] = []
        until(lambda: len(found) >= count or found.extend(self.inbox.take(0.1)[0]), f"{count} messages")
        return found


@pytest.fixture
def session(broker: ScriptedBroker, tmp_path: Path) -> Iterator[Session]:
    made = Session(broker, tmp_path)
    yield made
    made.inbox.close()
    made.subscriber.stop()


def test_a_number_that_is_given_again_after_a_reconnect_is_not_acknowledged_for_the_message_of_before(
    broker: ScriptedBroker, session: Session
) -> None:
    first = broker.meet_session()
    first.publish("esp32/a/output", b"1", 7)
    first.publish("esp32/a/output", b"2", 8)
    old = session.take(2)
    session.subscriber.acknowledge(old[:1])
    first.wait_acknowledged(7)
    first.end()
    second = broker.meet_session()
    second.publish("esp32/b/output", b"3", 8)  # the number of what was not acknowledged
    second.publish("esp32/a/output", b"2", 9, duplicate=True)
    new = session.take(2)
    session.subscriber.acknowledge(old[1:])
    session.subscriber.acknowledge([*old, new[1]])
    second.wait_acknowledged(9)
    session.subscriber.acknowledge(new[:1])
    second.wait_acknowledged(9, 8)
    second.end()
    assert (first.acknowledged, second.acknowledged) == ([7], [9, 8])


def test_what_is_acknowledged_while_there_is_no_connection_is_not_said_on_the_next(
    broker: ScriptedBroker, session: Session
) -> None:
    first = broker.meet_session()
    first.publish("esp32/a/output", b"1", 1)
    old = session.take(1)
    first.end()
    # Before the end is noticed, and between the connections.
    until(lambda: session.subscriber.acknowledge(old) or not session.subscriber.connected, "the end to be noticed")
    session.subscriber.acknowledge(old)
    second = broker.meet_session()
    session.subscriber.acknowledge(old)
    second.publish("esp32/b/output", b"2", 1)
    second.publish("esp32/b/output", b"3", 2)
    new = session.take(2)
    session.subscriber.acknowledge(new[1:])
    second.wait_acknowledged(2)
    second.end()
    assert second.acknowledged == [2]
