"""What questions remember from one another is never of another moment than what they read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pytest

from ingest.serving import read_service
from ingest.serving.read_service import ReadService
from ingest.storage.archive import Archive
from ingest.storage.closing import close_day
from ingest.storage.fold import fold
from ingest.storage.store import opened
from ingest.storage.transactions import CHANGES, transaction
from telemetry.datafolder import DataFolder
from telemetry.questions import QUESTIONS
from telemetry.questions.remembering import Memory, Remembering, remembered
from telemetry.reader import Reader
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE
from tests.ingest.conftest import Desk

_DAY = 20_000
_START = _DAY * US_PER_DAY


@dataclass
class Looks:
    """A question that looks something up and then reads it, and somebody who commits in between."""

    connection: Any
    between: list[Callable[[], None]] = field(default_factory=list)
    count: int = 0

    def question(self, connection: Any) -> pa.Table:
        looked_up = remembered(connection, "rooms", lambda: self._look(connection))
        if self.between:
            self.between.pop()()
        read = connection.execute("SELECT count(*) FROM rooms").fetchall()[0][0]
        return pa.table({"looked_up": [looked_up], "read": [read]})

    def _look(self, connection: Any) -> int:
        self.count += 1
        return int(connection.execute("SELECT count(*) FROM rooms").fetchall()[0][0])

    def add(self) -> None:
        with transaction(self.connection):
            self.connection.execute("INSERT INTO rooms VALUES (1)")


@pytest.fixture
def looks(desk: Desk) -> Looks:
    connection = desk.writer.connection.cursor()
    connection.execute("CREATE TABLE rooms (room INTEGER)")
    return Looks(connection)


@pytest.fixture
def reader(desk: Desk, looks: Looks, settings: Settings, folder: DataFolder) -> Iterator[Reader]:
    actions: Any = None
    questions = {**QUESTIONS, "rooms": looks.question}
    service = ReadService(settings, folder, desk.writer.connection, questions, actions)
    folder.announce_ingest({"port": service.port})
    yield Reader(folder, 20)
    service.close()


def _ask(reader: Reader) -> dict[str, int]:
    (row,) = reader.ask("rooms").to_pylist()
    return dict(row)


def test_what_was_looked_up_is_remembered_until_a_transaction(reader: Reader, looks: Looks) -> None:
    assert [_ask(reader) for _ in range(3)] == [{"looked_up": 0, "read": 0}] * 3
    assert looks.count == 1
    looks.add()
    assert [_ask(reader) for _ in range(3)] == [{"looked_up": 1, "read": 1}] * 3
    assert looks.count == 2


@pytest.mark.parametrize("before", [0, 1])
def test_a_commit_in_the_midst_of_a_question_is_not_seen_by_it(reader: Reader, looks: Looks, before: int) -> None:
    for _ in range(before):
        _ask(reader)
    looks.between = [looks.add]
    assert _ask(reader) == {"looked_up": 0, "read": 0}
    assert looks.count == 1
    assert _ask(reader) == {"looked_up": 1, "read": 1}


def test_a_commit_just_after_the_picture_is_taken_is_not_seen_by_what_others_looked_up(
    reader: Reader, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, once = read_service.answer, iter([True])

    def late(*words: Any, **more: Any) -> Any:
        *asked, lend = words

        def lend_late() -> Any:
            if next(once, False):
                looks.add()
                assert _ask(reader) == {"looked_up": 1, "read": 1}
            return lend()

        return plain(*asked, lend_late, **more)

    monkeypatch.setattr(read_service, "answer", late)
    assert _ask(reader) == {"looked_up": 0, "read": 0}


def test_nothing_is_remembered_while_a_transaction_is_under_way(reader: Reader, looks: Looks) -> None:
    _ask(reader)
    with transaction(looks.connection):
        looks.connection.execute("INSERT INTO rooms VALUES (1)")
        assert CHANGES.standing is None
        assert _ask(reader) == {"looked_up": 0, "read": 0}
        assert looks.count == 2
    assert _ask(reader) == {"looked_up": 1, "read": 1}


def test_a_transaction_that_fails_ends_too(looks: Looks) -> None:
    before = CHANGES.standing
    with pytest.raises(ZeroDivisionError), transaction(looks.connection):
        raise ZeroDivisionError
    assert CHANGES.standing not in (None, before)


def test_answers_are_of_one_moment_while_somebody_commits(reader: Reader, looks: Looks) -> None:
    done = threading.Event()

    def commit() -> None:
        for _ in range(300):
            looks.add()
        done.set()

    def ask() -> list[dict[str, int]]:
        found = []
        while not done.is_set():
            found.append(_ask(reader))
        return found

    with ThreadPoolExecutor(5) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        pool.submit(commit)
        found = [row for each in asking for row in each.result()]
    assert found
    assert [row for row in found if row["looked_up"] != row["read"]] == []


def test_readings_leave_what_is_remembered_and_a_new_series_does_not(desk: Desk) -> None:
    sample = {"boot": "b", "seq": 1, "t": 1_790_000_000_000, "light": 1}
    desk.hand("esp32/window/output", sample)
    desk.rows("SELECT 1")
    before = CHANGES.standing
    desk.hand("esp32/window/output", {**sample, "seq": 2})
    assert desk.rows("SELECT count(*) FROM tail") == [(2,)]
    assert CHANGES.standing == before
    desk.hand("esp32/window/output", {**sample, "seq": 3, "heat": 1})
    assert desk.rows("SELECT count(*) FROM series") == [(2,)]
    assert CHANGES.standing != before


_QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("buckets", {"device": "d1", "metric": "light", "points": 3}),
    ("buckets", {"device": "d1", "metric": "light", "points": 200}),
    ("buckets_of", {"series": [["d1", "light"], ["d2", "light"], ["nobody", "light"]], "points": 3}),
    ("readings", {"device": "d2", "metric": "light"}),
    ("statistics", {"device": "d1", "metric": "light"}),
    ("histogram", {"device": "d1", "metric": "light", "columns": 4}),
    ("hour_weekday", {"device": "d1", "metric": "light", "zone": "Asia/Kolkata"}),
]
#: Ranges that begin and end with the readings, between them, and beyond them.
_SPANS = [
    (_START + 3 * US_PER_HOUR, _START + 2 * US_PER_DAY - 5 * US_PER_HOUR),
    (_START + 3 * US_PER_HOUR + 1, _START + 2 * US_PER_DAY - 5 * US_PER_HOUR - 1),
    (_START + 9 * US_PER_HOUR + 7, _START + US_PER_DAY + 13 * US_PER_HOUR + 11),
    (_START - US_PER_DAY + 1, _START + 4 * US_PER_DAY - 1),
    (_START + US_PER_DAY, _START + US_PER_DAY + 1),
]


@pytest.fixture
def store(settings: Settings, folder: DataFolder) -> Iterator[Any]:
    with opened(settings, folder) as connection:
        yield connection


def test_closed_or_live_remembered_or_not_a_range_has_the_same_readings(store: Any, folder: DataFolder) -> None:
    """Late readings lie beside the edges of closed days: live, where the closed ones' edges are moved out."""
    connection, archive = store, Archive(folder.archive, 0)
    connection.execute("INSERT INTO devices (device_id, device, first_seen_us) VALUES (1, 'd1', 0), (2, 'd2', 0)")
    connection.execute(
        "INSERT INTO series (series_id, device_id, metric, created_us) VALUES (1, 1, 'light', 0), (2, 2, 'light', 0)"
    )
    first, last = _SPANS[0]
    moments = f"range({first}, {last}, {7 * US_PER_MINUTE})"
    connection.execute(f"INSERT INTO tail SELECT range AS t_us, s, range % 97 / 7, 0 FROM {moments}, range(1, 3) r(s)")
    plain = _all(connection)
    late = f"INSERT INTO tail VALUES ({first - US_PER_MINUTE}, 1, -5, 0), ({last + US_PER_MINUTE}, 2, 500, 0)"
    connection.execute("BEGIN")
    connection.execute(late)
    with_late = _all(connection)
    connection.execute("ROLLBACK")
    assert with_late != plain

    fold(connection)
    assert _all(connection) == plain
    for day in (_DAY, _DAY + 1):
        close_day(connection, archive, day)
    assert _all(connection) == plain
    memory: Memory = {}
    assert [_all(Remembering(connection, memory)) for _ in range(2)] == [plain] * 2
    assert ("edges", "series_id = 1", first // US_PER_DAY * US_PER_DAY, last // US_PER_DAY * US_PER_DAY) in memory
    connection.execute(late)
    assert _all(connection) == _all(Remembering(connection, memory)) == with_late
    fold(connection)
    assert _all(connection) == _all(Remembering(connection, {})) == with_late


def _all(connection: Any) -> list[Any]:
    return [
        (name, span, _rounded(QUESTIONS[name](connection, **given, start_us=span[0], end_us=span[1])))
        for name, given in _QUESTIONS
        for span in _SPANS
    ]


def _rounded(table: pa.Table) -> list[dict[str, Any]]:
    return [
        {key: round(value, 9) if isinstance(value, float) else value for key, value in row.items()}
        for row in table.to_pylist()
    ]
