"""The store: five questions through the read service, bytes a reading, what rollups cost, and SQLite beside it.

`make bench ROWS=1000000000 ARGS=store` asks them of a billion readings; without ROWS, of ten million.
"""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest.storage.store import opened
from telemetry.command_line import parser, read_arguments
from telemetry.datafolder import DataFolder
from telemetry.errors import StoreUnavailableError
from telemetry.reader import Reader
from telemetry.settings import Settings, load
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE
from tests.benchmarks import sqlite
from tests.benchmarks.bulk import A_DAY, DEVICES, FIRST_DAY, METRICS, Costs, build, plain
from tests.harness.processes import free_port, module
from tests.harness.waiting import until

TEN_MILLION = 10_000_000
_ROUNDS = 200
_CLIENTS = 16
_ALWAYS = ("--retention-raw", "0", "--backups-kept", "0")
_P95_MS = 15
#: So that the database file is one that a start writes anew where it is mostly free (over 16 MB).
_JITTERED_DAYS = 10
_TEXT = {
    "a": "the whole history of a series in 2,000 buckets",
    "b": "a day by the minute",
    "c": "ten minutes raw",
    "d": "the whole history of ten series in 500 buckets",
    "e": "hour × weekday over the whole history, Europe/Paris",
}


def report(folder: Path, _minutes: float, rows: int = TEN_MILLION) -> list[str]:
    """Build, ask, weigh; everything in one run on one machine."""
    lines = []
    small_days = TEN_MILLION / A_DAY
    small = _settings(folder / "ten-million")
    costs = build(small, small_days, jitter=False)
    with _ingest(small) as reader:
        before = _asked(reader, small_days)
    found, days, settings = before, small_days, small
    if rows > TEN_MILLION:
        days, settings = rows / A_DAY, _settings(folder / "all")
        costs = build(settings, days, jitter=False)
        with _ingest(settings) as reader:
            found = _asked(reader, days)
            lines += _crowd(settings)
    else:
        with _ingest(small):
            lines += _crowd(small)
    lines = [*_questions(before, found, rows), *lines, *_weights(settings, "on the second"), _rollups(costs)]
    jittered = _settings(folder / "jitter")
    build(jittered, _JITTERED_DAYS, jitter=True)
    return [*lines, *_weights(jittered, "with jitter of milliseconds"), *_sqlite(small, small_days, before, folder)]


def _settings(folder: Path) -> Settings:
    words = ["--data-dir", str(folder), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(free_port())]
    return load(
        read_arguments(parser("bench", ""), [*words, "--retention-raw", "0", "--backups-kept", "0"]), {}, folder
    )


@contextmanager
def _ingest(settings: Settings) -> Iterator[Reader]:
    """A running ingest whose broker is nowhere: it answers all the same."""
    flags = ["--data-dir", str(settings.data_dir), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(settings.mqtt_port)]
    log = settings.data_dir / "bench.log"
    with module(log, "ingest", *flags, *_ALWAYS):
        reader = Reader(DataFolder(settings.data_dir), 60)

        def answers() -> bool:
            try:
                reader.ask("health")
            except StoreUnavailableError:
                return False
            return reader.live

        until(answers, "ingest", 60)
        yield reader


def _kinds(days: float) -> dict[str, Callable[[random.Random], tuple[str, dict[str, Any]]]]:
    start = FIRST_DAY * US_PER_DAY
    end = start + int(days * US_PER_DAY)

    def one(rng: random.Random) -> dict[str, Any]:
        return {"device": f"d{rng.randrange(DEVICES) + 1}", "metric": rng.choice(METRICS)}

    def span(rng: random.Random, width: int) -> dict[str, int]:
        first = start + rng.randrange(max((end - start - width) // US_PER_MINUTE, 1)) * US_PER_MINUTE
        return {"start_us": first, "end_us": first + width}

    def ten(rng: random.Random) -> dict[str, Any]:
        metric = rng.choice(METRICS)
        return {"series": [[f"d{n + 1}", metric] for n in range(DEVICES)]}

    whole = {"start_us": start, "end_us": end}
    return {
        "a": lambda rng: ("buckets", {**one(rng), **whole, "points": 2_000}),
        "b": lambda rng: ("buckets", {**one(rng), **span(rng, US_PER_DAY), "points": 1_441}),
        "c": lambda rng: ("readings", {**one(rng), **span(rng, 10 * US_PER_MINUTE)}),
        "d": lambda rng: ("buckets_of", {**ten(rng), **whole, "points": 500}),
        "e": lambda rng: ("hour_weekday", {**one(rng), **whole, "zone": "Europe/Paris"}),
    }


def _asked(reader: Reader, days: float) -> dict[str, list[float]]:
    """Milliseconds of each question, asked many times at random; the first few warm up."""
    rng, found = random.Random(3), {}
    for name, kind in _kinds(days).items():
        took = []
        for _ in range(_ROUNDS):
            question, arguments = kind(rng)
            started = time.perf_counter()
            table = reader.ask(question, **arguments)
            took.append((time.perf_counter() - started) * 1_000)
            assert table.num_rows
        found[name] = took[5:]
    return found


def _questions(before: dict[str, list[float]], found: dict[str, list[float]], rows: int) -> list[str]:
    lines = [f"{rows:,} readings of 30 series at 1 Hz, through the read service, {_ROUNDS} times each:"]
    for name, took in found.items():
        p50, p95 = _percentiles(took)
        ratio = p95 / _percentiles(before[name])[1]
        lines.append(
            f"({name}) {_TEXT[name]}: p50 {p50:.1f} ms, p95 {p95:.1f} ms, {p95 / _P95_MS:.2f} of the {_P95_MS} ms asked"
            f" for; p95 is {ratio:.2f} × that of ten million (at most 1.5)"
        )
    return lines


def _percentiles(took: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(took, n=20)
    return cuts[9], cuts[18]


def _crowd(settings: Settings) -> list[str]:
    """Sixteen clients for a minute; the consistency of answers beside writes is held by the tests."""
    days = _kinds(1)
    failures: list[str] = []
    counts = [0] * _CLIENTS
    end = time.monotonic() + 60

    def ask(number: int) -> None:
        rng, reader = random.Random(number), Reader(DataFolder(settings.data_dir), 60)
        while time.monotonic() < end:
            question, arguments = days[rng.choice("abcde")](rng)
            try:
                reader.ask(question, **arguments)
                counts[number] += 1
            except Exception as error:  # noqa: BLE001  (told in the report)
                failures.append(str(error))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [f"{_CLIENTS} clients for a minute: {sum(counts) / 60:.0f} answers a second, {len(failures)} errors"]


def _weights(settings: Settings, what: str) -> list[str]:
    folder = DataFolder(settings.data_dir)
    with opened(settings, folder):
        pass  # a start of ingest gives back what is free in the database file
    with plain(settings.data_dir) as connection:
        files = dict(connection.execute("SELECT level, sum(bytes) FROM segments GROUP BY level").fetchall())
        ((readings,),) = connection.execute("SELECT sum(count)::BIGINT FROM rollup_day").fetchall()
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for table in ("rollup_quarter", "rollup_hour", "rollup_day", "sketch")
        }
    sizes = {"raw": files["raw"], "minutes": files["minute"], "database": folder.database.stat().st_size}
    each = ", ".join(f"{name} {size / readings:.2f}" for name, size in sizes.items())
    rows = ", ".join(f"{name} {count:,} rows" for name, count in counts.items())
    return [
        f"bytes a reading {what}: {sum(sizes.values()) / readings:.2f} ({each}; in the database {rows})",
    ]


def _rollups(costs: Costs) -> str:
    return (
        f"a day through ingest, late and out of order: {costs.readings / costs.total:,.0f} readings a second, rollups "
        f"and sketch take {costs.rollups / costs.total:.0%} of the time (at most 25 %)"
    )


def _sqlite(settings: Settings, days: float, before: dict[str, list[float]], folder: Path) -> list[str]:
    with plain(settings.data_dir) as connection:
        started = time.perf_counter()
        made = sqlite.load(folder / "readings.sqlite", connection)
        took = time.perf_counter() - started
    size = (folder / "readings.sqlite").stat().st_size
    ((count,),) = made.execute("SELECT count(*) FROM readings").fetchall()
    lines = [f"SQLite, the same {count:,} readings: {size / count:.1f} bytes each, loaded in {took:.0f} s"]
    for name, work in sqlite.ask(made, days).items():
        slow = sqlite.seconds(work) * 1_000
        lines.append(
            f"SQLite ({name}): {slow:,.1f} ms, {slow / _percentiles(before[name])[0]:.1f} × the store's median"
        )
    made.close()
    return lines
