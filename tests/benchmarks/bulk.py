"""A store with thirty series at 1 Hz: all days but the last built in closed form, the last one arriving through ingest.

What arrives is shuffled within minutes, and every twentieth batch hours late, after its neighbours were folded.
"""

from __future__ import annotations

import json
import math
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from ingest.broker.inbox import Inbox, Message
from ingest.serving.recent import Recent
from ingest.storage.aggregates import rolled_up
from ingest.storage.archive import Archive
from ingest.storage.closing import close_day
from ingest.storage.clustering import cluster
from ingest.storage.fold import fold
from ingest.storage.store import opened
from ingest.writer import Writer
from telemetry.datafolder import DataFolder
from telemetry.levels import MINUTE
from telemetry.settings import Settings
from telemetry.timestamps import US_PER_DAY, US_PER_SECOND

DEVICES = 10
METRICS = ("light", "temperature", "humidity")
SERIES = DEVICES * len(METRICS)
A_DAY = SERIES * 86_400
FIRST_DAY = 20_000
_BATCH_SECONDS = 60
#: SQL for a value as a sensor gives it: a 12-bit light, a temperature with two decimals, a humidity with one.
_VALUE = """
    CASE s % 3
        WHEN 1 THEN round(2000 + 1500 * sin(i / 13751.0) + (hash(t_us + s) % 41)::INT - 20)
        WHEN 2 THEN round(20 + s / 10 + 3 * sin(i / 13751.0) + ((hash(t_us * 7 + s) % 11)::INT - 5) / 100, 2)
        ELSE round(50 + s + 8 * cos(i / 13751.0) + ((hash(t_us * 3 + s) % 7)::INT - 3) / 10, 1)
    END
"""


@dataclass
class Costs:
    """Seconds that storing took, and how many of them went into rollups and sketch."""

    readings: int = 0
    total: float = 0.0
    rollups: float = 0.0


def build(settings: Settings, days: float, *, jitter: bool) -> Costs:
    """Fill a data folder; what is left of the last day through ingest's own writer."""
    folder, costs = DataFolder(settings.data_dir), Costs()
    whole = math.ceil(days) - 1
    with opened(settings, folder) as connection:
        _name(connection)
        archive = Archive(folder.archive, 0)
        for day in range(FIRST_DAY, FIRST_DAY + whole):
            connection.execute(f"INSERT INTO live_readings {_day(day, 86_400, jitter=jitter)}")
            raw = "SELECT t_us, series_id, value FROM live_readings"
            connection.execute(f"INSERT INTO live_minutes {rolled_up(raw, MINUTE)}")
            close_day(connection, archive, day)
            cluster(connection, (day + 1) * US_PER_DAY)
        archive.sweep(connection)
        connection.execute("CHECKPOINT")
        day = FIRST_DAY + whole
        rows = connection.sql(_day(day, round(86_400 * (days - whole)), jitter=jitter)).to_arrow_table()
        _arrive(settings, connection, rows, costs)
        started = time.perf_counter()
        close_day(_Timed(connection, costs), archive, day)  # type: ignore[arg-type]
        costs.total += time.perf_counter() - started
        archive.sweep(connection)
    return costs


def _name(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"INSERT INTO devices SELECT i, 'd' || i, NULL, NULL, 0 FROM range(1, {DEVICES + 1}) r(i)")
    connection.execute(
        f"""
        INSERT INTO series SELECT i, 1 + (i - 1) // {len(METRICS)}, {list(METRICS)}[1 + (i - 1) % {len(METRICS)}],
            NULL, NULL, NULL, NULL, 0 FROM range(1, {SERIES + 1}) r(i)
        """
    )


def _day(day: int, seconds: int, *, jitter: bool) -> str:
    """SQL for a day of every series, in order of series and time."""
    late = "(hash(i * 31 + s) % 20000)::BIGINT * 1000 // 1000" if jitter else "0"
    moment = f"{day * US_PER_DAY} + i * {US_PER_SECOND} + ({late}) // 1000 * 1000"
    return f"""
        SELECT t_us, s AS series_id, {_VALUE} AS value, 0::UTINYINT AS flags
        FROM (SELECT {moment} AS t_us, s::INTEGER AS s, i FROM range(1, {SERIES + 1}) a(s), range({seconds}) b(i))
        ORDER BY s, t_us
    """


def _arrive(settings: Settings, connection: duckdb.DuckDBPyConnection, rows: Any, costs: Costs) -> None:
    """Hand a day to the writer as boards do, in batches of a minute, and let it fold as it does while it runs."""
    inbox = Inbox(settings.queue_limit, 20, 0.01)
    writer = Writer(settings, connection, inbox, Recent())
    timed = _Timed(connection, costs)
    broker: Any = _Broker()
    thread = threading.Thread(target=writer.run, args=(broker,))
    writer._fold = lambda now: _fold(writer, timed, now)  # type: ignore[method-assign]
    started = time.perf_counter()
    thread.start()
    waiting = _shuffled(list(_messages(rows)))
    while window := list(islice(waiting, 20)):
        inbox.put(window)
    writer.ask(lambda: None).result(600)
    inbox.close()
    thread.join()
    costs.total += time.perf_counter() - started
    costs.readings = rows.num_rows


def _fold(writer: Writer, timed: Any, now: float) -> None:
    fold(timed)
    writer._unfolded, writer._next_fold = 0, now + 60


def _messages(rows: Any) -> Iterator[Message]:
    """A batch a device and minute."""
    values = rows.column("value").to_numpy().reshape(SERIES, -1)
    times = rows.column("t_us").to_numpy().reshape(SERIES, -1) // 1_000
    for start in range(0, values.shape[1], _BATCH_SECONDS):
        for device in range(DEVICES):
            first = device * len(METRICS)
            batch = [
                [int(times[first][n]), {metric: float(values[first + m][n]) for m, metric in enumerate(METRICS)}]
                for n in range(start, min(start + _BATCH_SECONDS, values.shape[1]))
            ]
            body = json.dumps({"boot": f"boot{device}", "seq": start, "rows": batch}).encode()
            yield Message(f"esp32/d{device + 1}/output", body, 0, 1, False, False, 1, 2_000_000_000_000_000)


def _shuffled(messages: list[Message]) -> Iterator[Message]:
    rng = random.Random(7)
    places = [
        (n + rng.uniform(0, 3 * DEVICES) + (rng.random() < 0.05) * 240 * DEVICES, n) for n in range(len(messages))
    ]
    return (messages[n] for _, n in sorted(places))


class _Broker:
    """Stands for the connection to a broker, which this benchmark is not about."""

    connected = hears = True

    def acknowledge(self, messages: Any) -> None:
        """Nobody waits for it."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:  # noqa: ARG002
        return True


class _Timed:
    """A connection that knows which statements make rollups."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, costs: Costs) -> None:
        self._connection = connection
        self._costs = costs

    def execute(self, statement: str, *more: Any) -> Any:
        started = time.perf_counter()
        try:
            return self._connection.execute(statement, *more)
        finally:
            if any(word in statement for word in ("live_minutes", "rollup_", "sketch", "closing")):
                self._costs.rollups += time.perf_counter() - started


@contextmanager
def plain(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The store opened to count what lies in it."""
    with duckdb.connect(str(folder / "lumos.duckdb"), read_only=True) as connection:
        yield connection
