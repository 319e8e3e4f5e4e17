"""A writer on a real database file, fed by hand. The broker alone is stood in for: it remembers what it was told."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.broker.board_users import BoardUsers
from ingest.broker.inbox import Inbox, Message
from ingest.serving.actions import Actions
from ingest.serving.live_questions import with_live_questions
from ingest.serving.read_service import ReadService
from ingest.serving.recent import Recent
from ingest.storage.store import opened
from ingest.writer import Writer
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.settings import Settings, load
from telemetry.timestamps import now_us


class RememberingBroker:
    """Stands for the Subscriber: acknowledgements and publications are kept in lists."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.published: list[tuple[str, bytes]] = []
        self.filters: list[str] = []
        self.connected = True

    @property
    def hears(self) -> bool:
        return self.connected

    def read(self, filters: Sequence[str]) -> None:
        self.filters = list(filters)

    def acknowledge(self, messages: Iterable[Message]) -> None:
        self.acknowledged += [message.mid for message in messages]

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:  # noqa: ARG002
        if self.connected:
            self.published.append((topic, payload))
        return self.connected


class Desk:
    """A running writer, and the hands that feed it."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self._store = contextlib.ExitStack()
        connection = self._store.enter_context(opened(settings, folder))
        self.broker = RememberingBroker()
        self.inbox = Inbox(settings.queue_limit, 20, 0.001)
        self.recent = Recent()
        self.writer = Writer(settings, connection, self.inbox, self.recent)
        self._thread = threading.Thread(target=self.writer.run, args=(self.broker,), daemon=True)
        self._thread.start()
        self._mid = 0
        self._lock = threading.Lock()

    def hand(self, topic: str, payload: Any, **more: Any) -> int:
        """Deliver a message as the broker would; its packet id."""
        self._mid += 1
        body = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        kind = {
            "mid": self._mid, "duplicate": False, "retained": False, "connection": 1, "arrived_us": now_us(), "qos": 1
        }  # fmt: skip
        self.inbox.put([Message(topic=topic, payload=body, **{**kind, **more})])
        return self._mid

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the store holds once everything handed over so far is written."""
        found: list[tuple[Any, ...]] = self.do(
            lambda: self.writer.connection.execute(statement, list(values)).fetchall()
        )
        return found

    def do(self, work: Callable[[], Any]) -> Any:
        """Have the writer's thread do something, after what was handed over."""
        return self.writer.ask(work).result(20)

    def close(self) -> None:
        """Stop in good order; whoever opens the data next is a new ingest."""
        self.inbox.close()
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._store.close()


READINGS = """
    SELECT device, metric, t_us, value FROM readings
    JOIN series USING (series_id) JOIN devices USING (device_id) ORDER BY ALL
"""


def settings_in(folder: Path) -> Settings:
    """What holds when nothing is set, on data in this folder."""
    words = ["--data-dir", str(folder / "data")]
    return load(read_arguments(parser("test", ""), words), environment={}, folder=folder)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def folder(settings: Settings) -> DataFolder:
    return DataFolder(settings.data_dir)


@pytest.fixture
def desk(settings: Settings, folder: DataFolder) -> Iterator[Desk]:
    made = Desk(settings, folder)
    yield made
    made.close()


@pytest.fixture
def restarted(settings: Settings, folder: DataFolder) -> Callable[[], Any]:
    """`with restarted() as desk:` is a new ingest on the same data, once the one before is closed."""

    @contextlib.contextmanager
    def again() -> Iterator[Desk]:
        made = Desk(settings, folder)
        try:
            yield made
        finally:
            made.close()

    return again


@pytest.fixture
def actions(desk: Desk, settings: Settings, folder: DataFolder) -> Actions:
    return Actions(desk.writer, desk.recent, BoardUsers(settings, folder))


@pytest.fixture
def service(desk: Desk, settings: Settings, folder: DataFolder, actions: Actions) -> Iterator[ReadService]:
    """The desk's store, asked and acted upon as by the dashboard; a file may have `actions` of its own."""
    subscriber: Any = desk.broker
    questions = with_live_questions(folder, desk.writer, subscriber, desk.inbox, desk.recent)
    made = ReadService(settings, folder, desk.writer.connection, questions, actions)
    folder.announce_ingest({"port": made.port})
    yield made
    made.close()
