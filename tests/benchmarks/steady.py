"""Does anything grow with time: memory over readings and ticks, and how far ingest is behind over a day's load.

The whole product with its embedded broker. Memory is compared with that after the first hour's worth of ten boards at
1 Hz and one browser, the first fold and the keeper's first round among it; the day is replayed some hundred times
faster than it was lived.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import sync_playwright

from telemetry.datafolder import DataFolder
from telemetry.reader import Reader
from tests.benchmarks.memory import resident_mb
from tests.benchmarks.ticking import OpenPage, caught
from tests.harness.browser import ARGUMENTS, CHROMIUM
from tests.harness.flood import flood, packet, trickle
from tests.harness.http import get
from tests.harness.observer import observer
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until

BOARDS, HOUR, DAY_HOURS = 10, 3_600, 24
READINGS, TICKS = 5_000_000, 1_000_000
ROWS = 100
PAGES = 4
PER_SECOND = 3_000
WANTED = 1.10
#: DuckDB's allocator gives back what has not been used for ten seconds.
_REST_SECONDS = 15
_ONE_DAY = BOARDS * HOUR * DAY_HOURS


def report(folder: Path, minutes: float) -> list[str]:
    """Memory first, for at most `minutes` of ticks, then the day; each on a Lumos of its own."""
    return [*_memory(folder / "memory", minutes), *_day(folder / "day")]


def _memory(folder: Path, minutes: float) -> list[str]:
    folder.mkdir()
    http_port, mqtt_port = free_port(), free_port()
    data = folder / "data"
    flags = ["--data-dir", data, "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    with lumos(folder / "lumos.log", *flags) as app:
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 60)
        tick = _tick(http_port, mqtt_port)
        reader = Reader(DataFolder(data), 30)
        first = BOARDS * HOUR
        _send(mqtt_port, reader, 0, first)
        _ask(http_port, tick, HOUR, minutes)
        until(lambda: _folded(reader) and " backup " in app.output(), "what an hour brings: a fold and a round", 180)
        before = _at_rest(app.process.pid)
        with ThreadPoolExecutor(1) as beside:
            asked = beside.submit(_ask, http_port, tick, TICKS - HOUR, minutes)
            _send(mqtt_port, reader, first, READINGS)
            counted = asked.result()
        until(lambda: _folded(reader) < 2 * _ONE_DAY, "the end of closing the days that are over", 600)
        after = _at_rest(app.process.pid)
    ratio = sum(after.values()) / sum(before.values())
    parts = ", ".join(f"{name} {before[name]:.0f} → {after[name]:.0f} MB" for name in before)
    return [
        f"memory after {READINGS:,} readings and {counted + HOUR:,} ticks (asked: {TICKS:,}; --minutes gives more)",
        f"against that after {first:,} and {HOUR:,}: {ratio:.2f} × (asked: at most {WANTED}): {parts}",
    ]


def _at_rest(supervisor: int) -> dict[str, float]:
    """What the parts hold once they have given back what the last requests needed for a moment."""
    found, before = resident_mb(supervisor), float("inf")
    while before - sum(found.values()) > 1:
        before = sum(found.values())
        time.sleep(_REST_SECONDS)
        found = resident_mb(supervisor)
    return found


def _tick(http_port: int, mqtt_port: int) -> bytes:
    """What an open page sends every second."""
    with sync_playwright() as playwright, observer(mqtt_port, "none") as board:
        board.publish("esp32/d0/output", '{"light": 1}')
        until(lambda: get(http_port, "/data?device=d0&metric=light")[0] == 200, "its reading")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        found = caught(browser.new_page(), f"http://127.0.0.1:{http_port}/?device=d0&metric=light&range=15m")
        browser.close()
    return found


def _ask(port: int, tick: bytes, wanted: int, minutes: float) -> int:
    """Open pages that tick without a pause, for at most `minutes`; how many ticks were answered."""
    ends = time.monotonic() + minutes * 60

    def browse(number: int) -> int:
        page, count = OpenPage(port, f"127.0.0.{number + 2}"), 0
        while count < wanted // PAGES and time.monotonic() < ends:
            page.tick(tick)
            count += 1
        return count

    with ThreadPoolExecutor(PAGES) as pool:
        return sum(each.result() for each in [pool.submit(browse, number) for number in range(PAGES)])


def _send(port: int, reader: Reader, since: int, until_reading: int) -> None:
    """Readings number `since` to `until_reading` of all boards, in batches, up to the last one stored."""
    before = _stored(reader)
    flood(port, _batches(since, until_reading))
    wanted = before + until_reading - since
    until(lambda: _stored(reader) >= wanted, f"{wanted} readings", 1_200)


def _batches(since: int, until_reading: int) -> Iterator[bytes]:
    start_ms = time.time_ns() // 1_000_000 - READINGS // BOARDS * 1_000
    for n in range(since // ROWS, until_reading // ROWS):
        first = n // BOARDS * ROWS
        rows = [[start_ms + (first + row) * 1_000, {"light": (first + row) % 4_096}] for row in range(ROWS)]
        yield packet(f"esp32/d{n % BOARDS}/output", {"boot": "b", "seq": first, "rows": rows}, n)


def _day(folder: Path) -> list[str]:
    folder.mkdir()
    http_port, mqtt_port = free_port(), free_port()
    data = folder / "data"
    flags = ["--data-dir", data, "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    start_ms = time.time_ns() // 1_000_000 - DAY_HOURS * HOUR * 1_000
    behind: list[float] = []
    with lumos(folder / "lumos.log", *flags) as app:
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 60)
        reader = Reader(DataFolder(data), 30)
        for hour in range(DAY_HOURS):
            left = trickle(mqtt_port, _hour(hour, start_ms), PER_SECOND)
            wanted = BOARDS * HOUR * (hour + 1)
            until(lambda wanted=wanted: _stored(reader) >= wanted, f"{wanted} readings", 120)  # type: ignore[misc]
            behind.append((time.monotonic() - left[-1]) * 1_000)
        log = app.output()
    troubles = [line for line in log.splitlines() if " WARNING " in line or " ERROR " in line]
    early, late = statistics.median(behind[: DAY_HOURS // 4]), statistics.median(behind[-DAY_HOURS // 4 :])
    faster = f"{PER_SECOND:,} samples/s ({PER_SECOND // BOARDS} times faster than lived)"
    lines = [
        f"a day of {BOARDS} boards at {faster}: all {wanted:,} stored",
        f"warnings or errors in the log: {len(troubles)} (asked: none)",
        f"last sample of an hour to stored: first six hours {early:.0f} ms, last six {late:.0f} ms",
        f"that is {late / early:.2f} × (asked: no growth)",
    ]
    return [*lines, *troubles[:5]]


def _hour(hour: int, start_ms: int) -> Iterator[bytes]:
    for second in range(hour * HOUR, (hour + 1) * HOUR):
        for number in range(BOARDS):
            body = {"boot": "b", "seq": second, "t": start_ms + second * 1_000, "light": second % 4_096}
            yield packet(f"esp32/d{number}/output", body, second * BOARDS + number)


def _folded(reader: Reader) -> int:
    return int(reader.sql("SELECT count(*) AS n FROM live_readings").to_pylist()[0]["n"])


def _stored(reader: Reader) -> int:
    return int(reader.ask("health").to_pylist()[0]["readings"])
