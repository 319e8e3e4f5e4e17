"""What a reading costs on its way into DuckDB in batches of 100, by step: decode, dedupe (and rows), append.

The writer's own parts on a real database file, in this process; the broker is left out.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from ingest.batch import Batch
from ingest.broker.inbox import Inbox, Message
from ingest.decoding.samples import Clock
from ingest.serving.recent import Recent
from ingest.storage.store import opened
from ingest.writer import Writer
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.settings import load
from telemetry.timestamps import now_us
from tests.harness.processes import shipped_queues

READINGS = 500_000
ROWS = 100
DEVICES = 10
WANTED = 100_000
_STEPS = ("decode", "dedupe", "append")


def report(folder: Path, _minutes: float) -> list[str]:
    """With the window of docs/mosquitto.conf, and with the 20 messages in flight that Mosquitto allows by default.

    A window is one transaction here, which waits for the disk once, however many readings it has.
    """
    shipped = next(int(line.split()[1]) for line in shipped_queues() if "inflight" in line)
    messages = _messages()
    return [
        *_measure(folder / "shipped", messages, shipped, f"{shipped} messages in flight (docs/mosquitto.conf)"),
        *_measure(folder / "default", messages, 20, "20 in flight"),
    ]


def _measure(folder: Path, messages: list[Message], window: int, name: str) -> list[str]:
    """Wall-clock time of the whole, and the processor's time of each step."""
    settings = load(read_arguments(parser("bench", ""), ["--data-dir", str(folder / "data")]), {}, folder)
    spent, busy = dict.fromkeys(_STEPS, 0.0), time.process_time()
    with opened(settings, DataFolder(settings.data_dir)) as connection:
        writer = Writer(settings, connection, Inbox(1, 1, 1), Recent())
        began = time.monotonic()
        for first in range(0, len(messages), window):
            _store(writer, messages[first : first + window], spent)
        writer.fold()
        seconds, busy = time.monotonic() - began, time.process_time() - busy
        ((stored,),) = connection.execute("SELECT count(*) FROM readings").fetchall()
    assert stored == READINGS
    steps = ", ".join(f"{step} {1e6 * spent[step] / READINGS:.2f} µs" for step in _STEPS)
    pace = READINGS / seconds
    return [
        (
            f"batches of {ROWS} into DuckDB, {name}, one fold at the end: {pace:,.0f} readings/s,"
            f" a share of {pace / WANTED:.2f} of the {WANTED:,} asked for"
        ),
        f"  processor time of the writer's thread for one reading: {steps}",
        (
            f"  processor time of all threads for one reading, the fold among it: {1e6 * busy / READINGS:.2f} µs;"
            f" of the clock's time {1 - busy / seconds:.0%} was waiting, mostly for the disk"
        ),
    ]


def _store(writer: Writer, messages: list[Message], spent: dict[str, float]) -> None:
    """What Writer._commit does, with a clock between the steps."""
    batch, decoded = Batch(writer.memory), []

    def fill() -> None:
        began = time.thread_time()
        for message in messages:
            clock = Clock(message.arrived_us, writer.tally.newest_us)
            decoded.append(writer.sources.decode(message.topic, message.payload, clock))
        middle = time.thread_time()
        for message, said in zip(messages, decoded, strict=True):
            batch.take(message, said)
        spent["decode"] += middle - began
        spent["dedupe"] += time.thread_time() - middle

    began = time.thread_time()
    before = spent["decode"] + spent["dedupe"]
    writer.commit(batch, fill)
    spent["append"] += time.thread_time() - began - (spent["decode"] + spent["dedupe"] - before)


def _messages() -> list[Message]:
    start_ms = time.time_ns() // 1_000_000 - READINGS
    found = []
    for n in range(READINGS // ROWS):
        first = n // DEVICES * ROWS
        rows = [[start_ms + first * DEVICES + row, {"light": (first + row) % 4_096}] for row in range(ROWS)]
        payload = json.dumps({"boot": "b", "seq": first, "rows": rows}).encode()
        topic = f"esp32/d{n % DEVICES}/output"
        found.append(Message(topic, payload, n % 65_535 + 1, 1, False, False, 1, now_us()))
    return found
