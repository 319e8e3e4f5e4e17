"""A store to ask (a real DuckDB file, or answers made up), and a broker and actions that only remember."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from dashboard.app import create_app
from dashboard.commands.commanding import Commander
from dashboard.context import Context
from dashboard.figures import Style
from dashboard.theme import LIGHT
from dashboard.translations import speaker
from ingest.storage.schema import migrate
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.errors import BrokerError, StoreUnavailableError
from telemetry.questions import with_metadata
from telemetry.reader import Reader
from telemetry.settings import Settings, load
from telemetry.timestamps import US_PER_SECOND

#: 2026-11-17 14:00:00 UTC, a Tuesday.
NOON_US = 1_794_924_000 * US_PER_SECOND
SECOND = US_PER_SECOND


class FakePublisher:
    """A broker connection that remembers, or is not there."""

    address = "127.0.0.1:1883"

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.connected = True

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def publish(self, letters: Sequence[tuple[str, bytes]]) -> list[BrokerError | None]:
        if not self.connected:
            return [BrokerError("not sent")] * len(letters)
        self.sent += letters
        return [None] * len(letters)


class FakeActions:
    """Named actions that only remember."""

    def __init__(self) -> None:
        self.called: list[tuple[str, dict[str, Any], str]] = []

    def call(self, action: str, arguments: dict[str, Any], by: str) -> Any:
        self.called.append((action, arguments, by))
        return {"id": "01HELD"}


class FakeReader:
    """Answers by question; each a table, a function of the arguments, or an error to raise."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def ask(self, question: str, **arguments: Any) -> pa.Table:
        self.asked.append((question, arguments))
        answer = self.answers.get(question, StoreUnavailableError("ingest is not running"))
        if isinstance(answer, Exception):
            raise answer
        return answer(**arguments) if callable(answer) else answer


def bucket_table(rows: list[tuple[int, float, float, float, int]], bucket_us: int = 0) -> pa.Table:
    """An answer to `buckets`."""
    columns = list(zip(*rows, strict=True)) if rows else [[], [], [], [], []]
    types = (pa.int64(), pa.float64(), pa.float64(), pa.float64(), pa.int64())
    names = ("t_us", "mean", "min", "max", "count")
    arrays = {name: pa.array(list(c), kind) for name, c, kind in zip(names, columns, types, strict=True)}
    return with_metadata(pa.table(arrays), bucket_us=bucket_us)


def readings_table(times_us: list[int], values: list[float]) -> pa.Table:
    """An answer to `buckets` with readings as they are."""
    return bucket_table([(t, v, v, v, 1) for t, v in zip(times_us, values, strict=True)])


def changes_table(
    rows: list[tuple[int, float]], cursor: str = "c2", *, complete: bool = True, revision: int = 1
) -> pa.Table:
    """An answer to `changes`."""
    table = pa.table(
        {"t_us": pa.array([t for t, _ in rows], pa.int64()), "value": pa.array([v for _, v in rows], pa.float64())}
    )
    return with_metadata(table, cursor=cursor, complete=complete, revision=revision)


def health_table(**facts: Any) -> pa.Table:
    """An answer to `health`."""
    row = {
        "broker_connected": True, "messages_per_second": 2.0, "lag_ms": 3.0, "quarantined": 0, "readings": 10,
        "quarantined_by_reason": "{}",
        "bytes": 12_000_000, "newest_us": NOON_US, "started_us": 0, "revision": 1, "clock_behind": False,
        "alerts_open": 0, "alerts_unseen": 0, "alert_channels_failing": 0,
    }  # fmt: skip
    return pa.Table.from_pylist([{**row, **facts}])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    arguments = ["--data-dir", str(tmp_path / "data"), "--timezone", "Europe/Paris"]
    return load(read_arguments(parser("test", ""), arguments), environment={}, folder=tmp_path)


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def actions() -> FakeActions:
    return FakeActions()


@pytest.fixture
def commander(settings: Settings, publisher: FakePublisher, actions: FakeActions) -> Commander:
    return Commander(settings, publisher, actions)


@pytest.fixture
def context_on(settings: Settings, commander: Commander) -> Callable[..., Context]:
    """A context whose reader answers as told."""
    return lambda **answers: Context(settings, FakeReader(**answers), commander)


@pytest.fixture
def style() -> Style:
    return Style(LIGHT, ZoneInfo("Europe/Paris"), "en", speaker("en"))


@pytest.fixture
def stored(settings: Settings) -> Path:
    """A database with an hour of `window`/`light`, a second at a time, and a status."""
    folder = DataFolder(settings.data_dir)
    folder.ensure()
    with duckdb.connect(str(folder.database)) as connection:
        migrate(connection)
        connection.execute("INSERT INTO devices VALUES (1, 'window', NULL, 'attic', $1)", [NOON_US])
        connection.execute("INSERT INTO series VALUES (1, 1, 'light', 'lx', 'Light', 0, 4095, $1)", [NOON_US])
        connection.execute(
            "INSERT INTO tail SELECT $1 + i * 1000000, 1, 100 + i % 50 + 0.25, 0 FROM range(3600) t(i)", [NOON_US]
        )
        status = json.dumps({"online": True, "led": False})
        connection.execute("INSERT INTO statuses VALUES (1, $1, true, $2)", [NOON_US, status])
    return folder.database


@pytest.fixture
def client(settings: Settings, stored: Path, commander: Commander) -> Any:
    """A script asking a dashboard that reads the file, since no ingest runs."""
    app = create_app(settings, reader=Reader(DataFolder(settings.data_dir), 5), commander=commander)
    return app.server.test_client()


def status_row(**facts: Any) -> Mapping[str, Any]:
    """A row of `devices`."""
    row = {"device": "window", "name": None, "place": None, "first_seen_us": 0, "online": True, "status_us": NOON_US}
    status = facts.pop("status", {"online": True})
    return {**row, "status": json.dumps(status), **facts}
