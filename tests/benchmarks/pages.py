"""The pages over a small and a large store: opened cold, zoomed, ticking, and fifty browsers at once.

The stores differ in days alone (thirty series at 1 Hz, closed as ingest closes them), so a ratio between them is the
cost of history. Server and browser share this machine. Ticks are those that the page itself sends, caught from it.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, sync_playwright

from telemetry.command_line import parser, read_arguments
from telemetry.settings import load
from telemetry.timestamps import US_PER_DAY, US_PER_MS
from tests.benchmarks import bulk
from tests.benchmarks.ticking import OpenPage, ask, caught, sent
from tests.harness.browser import ARGUMENTS, CHROMIUM
from tests.harness.http import get
from tests.harness.observer import Observer, observer
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until

SMALL, LARGE = 1_000_000, 100_000_000
OPENED, ZOOMED, TICKS, BROWSERS, CROWD_SECONDS, RECORDED_SECONDS = 5, 20, 300, 50, 20, 10


@dataclass(frozen=True)
class Found:
    """What one store gave."""

    rows: int
    opened_ms: list[float]
    zoomed_ms: list[float]
    lines: list[str]


def report(folder: Path, _minutes: float, small: int = SMALL, large: int = LARGE) -> list[str]:
    """Both stores one after the other, and their ratios."""
    found = [_measured(folder / str(rows), rows) for rows in (small, large)]
    lines = [line for each in found for line in each.lines]
    for name, values in (("open to chart", "opened_ms"), ("zoom to redrawn", "zoomed_ms")):
        few, many = (statistics.median(getattr(each, values)) for each in found)
        ratio = f"{found[1].rows:,} against {found[0].rows:,} readings"
        lines.append(f"{name}, {ratio}: {many / few:.2f} × (asked: at most 1.3)")
    return lines


def _measured(folder: Path, rows: int) -> Found:
    words = ["--data-dir", str(folder / "data"), "--retention-raw", "0", "--backups-kept", "0"]
    days = rows / bulk.A_DAY
    bulk.build(load(read_arguments(parser("bench", ""), words), environment={}), days, jitter=False)
    first, last = (round((bulk.FIRST_DAY + day) * US_PER_DAY) // US_PER_MS for day in (0.0, days))
    http_port, mqtt_port = free_port(), free_port()
    flags = [*words, "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    query = f"device=d3&metric=light&from={first}&to={last}"
    explored = f"series=d3/light&from={first}&to={last}"
    with lumos(folder / "lumos.log", *flags) as app, sync_playwright() as playwright:
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 60)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        address = f"http://127.0.0.1:{http_port}"
        openings = [_opened(browser, f"{address}/?{query}", _LIVE) for _ in range(OPENED + 1)][1:]
        opened_ms = [seen for seen, _ in openings]
        used = statistics.median(used for _, used in openings)
        zoomed_ms = _zoomed(browser, f"{address}/?{query}", _LIVE)
        exploring = [_opened(browser, f"{address}/explore?{explored}", _EXPLORE) for _ in range(OPENED + 1)][1:]
        seen_there, used_there = (statistics.median(times) for times in zip(*exploring, strict=True))
        zoomed_there = _zoomed(browser, f"{address}/explore?{explored}", _EXPLORE)
        shown, zoomed = statistics.median(opened_ms), statistics.median(zoomed_ms)
        lines = [
            f"-- {rows:,} readings",
            f"opened to chart drawn, nothing in the browser's cache: {shown:.0f} ms (asked: at most 1500)",
            f"opened to Dash's own chart in its place, to drag on: {used:.0f} ms",
            f"zoom to redrawn: p50 {zoomed:.0f} ms, p95 {_p95(zoomed_ms):.0f} ms (asked: at most 300)",
            (
                f"Explore: opened to chart drawn {seen_there:.0f} ms, to Dash's own {used_there:.0f} ms;"
                f" zoom to redrawn: p50 {statistics.median(zoomed_there):.0f} ms, p95 {_p95(zoomed_there):.0f} ms"
            ),
            *_ticks(browser, address, http_port, mqtt_port, app.process.pid),
        ]
        browser.close()
    return Found(rows, opened_ms, zoomed_ms, lines)


#: Where the chart stands.
_LIVE, _EXPLORE = "#chart", "#explore-chart"


def _opened(browser: Browser, address: str, chart: str) -> tuple[float, float]:
    """From the address to the line on the screen, and to a chart to drag on, in a browser that has never been here."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(f"{chart} .scatterlayer path.js-line", state="attached", timeout=60_000)
    seen = (time.perf_counter() - began) * 1_000
    page.wait_for_selector(f"{chart} .nsewdrag", state="attached", timeout=60_000)
    used = (time.perf_counter() - began) * 1_000
    context.close()
    return seen, used


_ZOOM = """
([chart, start, end]) => new Promise((done) => {
  const graph = document.querySelector(`${chart} .js-plotly-plot`);
  const before = graph.data[1].x;
  const began = performance.now();
  Plotly.relayout(graph, { "xaxis.range[0]": start, "xaxis.range[1]": end });
  const look = () => {
    if (graph.data[1].x !== before && graph.data[1].x.length) {
      done(performance.now() - began);
    } else {
      requestAnimationFrame(look);
    }
  };
  requestAnimationFrame(look);
})
"""


def _zoomed(browser: Browser, address: str, chart: str) -> list[float]:
    """From the drag to the finer buckets on the screen; each zoom elsewhere, so that nothing is remembered."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, timezone_id="UTC")
    page.goto(address)
    page.wait_for_selector(f"{chart} .nsewdrag", state="attached", timeout=60_000)
    page.wait_for_timeout(1_500)
    range_of = "chart => document.querySelector(`${chart} .js-plotly-plot`)._fullLayout.xaxis.range.map(Date.parse)"
    ends = page.evaluate(range_of, chart)
    span, took = ends[1] - ends[0], []
    for place in range(ZOOMED):
        start = ends[0] + span * (0.1 + 0.8 * place / ZOOMED)
        texts = page.evaluate("ends => ends.map(end => new Date(end).toISOString().slice(0, 19).replace('T', ' '))",
                              [start, start + span * 0.08])  # fmt: skip
        took.append(page.evaluate(_ZOOM, [chart, *texts]))
    page.close()
    return took


def _ticks(browser: Browser, address: str, http_port: int, mqtt_port: int, supervisor: int) -> list[str]:
    """A device that has just sent two minutes of readings: what a tick of its page costs, alone and in a crowd."""
    start_ms = time.time_ns() // 1_000_000 - 120_000
    rows = [[start_ms + n * 1_000, {"light": 100 + n % 7}] for n in range(120)]
    with observer(mqtt_port, "none") as board:
        board.publish("esp32/now/output", json.dumps({"rows": rows}))
        path = "/data?device=now&metric=light"
        until(lambda: get(http_port, path)[0] == 200, "its readings")
        opened = f"{address}/?device=now&metric=light&range=15m"
        page = browser.new_page()
        tick = caught(page, opened)
        page.close()
        nothing = sent(http_port, tick)
        costs = _cpu(supervisor)
        began = time.perf_counter()
        for _ in range(TICKS):
            sent(http_port, tick)
        took = (time.perf_counter() - began) * 1_000 / TICKS
        spent = (_cpu(supervisor) - costs) * 1_000 / TICKS
        board.publish("esp32/now/output", json.dumps({"t": start_ms + 120_000, "light": 107}))
        one = until(lambda: found if (found := sent(http_port, tick)) > nothing else None, "a tick with a reading")
        with _sampling(board):
            requests = _recorded(browser, opened)
            ticks = [asked for asked in requests if asked.is_tick]
            crowds = [_crowd(http_port, some, supervisor) for some in (ticks, requests)]
    return [
        f"a tick with nothing new: {nothing} bytes on the wire, headers too (asked: at most 400); asked in {len(tick)}",
        f"it takes {took:.1f} ms from request to answer, {spent:.1f} ms of processor in all parts (asked: at most 3)",
        f"a tick with one reading: {one} bytes (asked: at most 1500)",
        f"{BROWSERS} browsers on a board that sends each second, ticking each second: {_told(*crowds[0])}",
        f"the same with all that their pages ask ({len(requests)} in {RECORDED_SECONDS} s): {_told(*crowds[1])}",
    ]


def _told(latencies: list[float], cores: float) -> str:
    return (
        f"a tick p50 {statistics.median(latencies):.0f} ms, p95 {_p95(latencies):.0f} ms (asked: at most 150);"
        f" dashboard and ingest take {cores:.2f} cores (asked: below 1)"
    )


@contextmanager
def _sampling(board: Observer) -> Iterator[None]:
    """A reading a second from the board, while the context lasts."""
    stop = threading.Event()

    def sample() -> None:
        count = 0
        while not stop.wait(1):
            board.publish("esp32/now/output", json.dumps({"light": 100 + count % 7}))
            count += 1

    thread = threading.Thread(target=sample)
    thread.start()
    yield
    stop.set()
    thread.join()


@dataclass(frozen=True)
class Asked:
    """A request of the page: when, in seconds since the first, and what."""

    at: float
    body: bytes
    is_tick: bool


def _recorded(browser: Browser, address: str) -> list[Asked]:
    """What an open page asks by itself while its board sends, over some seconds."""
    page = browser.new_page()
    heard: list[tuple[float, bytes]] = []
    caught(page, address)
    page.on(
        "request",
        lambda request: (
            heard.append((time.perf_counter(), request.post_data_buffer or b"{}"))
            if "/_dash-update-component" in request.url
            else None
        ),
    )
    page.wait_for_timeout(RECORDED_SECONDS * 1_000)
    page.close()
    return [Asked(at - heard[0][0], body, b'"tick.n_intervals"' in body) for at, body in heard]


def _crowd(port: int, requests: list[Asked], supervisor: int) -> tuple[list[float], float]:
    """Fifty browsers, spread over the second, each asking what the page asked, over and over.

    Each goes on from what its last tick brought, as the page does. The ticks' latencies in milliseconds, and how many
    cores the crowd took.
    """
    latencies: list[float] = []
    began = time.perf_counter()
    ends = began + CROWD_SECONDS

    def browse(place: int) -> None:
        page, start = OpenPage(port), began + place / BROWSERS
        while start < ends:
            for asked in requests:
                due = start + asked.at
                if due > ends:
                    return
                time.sleep(max(0.0, due - time.perf_counter()))
                sent_at = time.perf_counter()
                if asked.is_tick:
                    page.tick(asked.body)
                    latencies.append((time.perf_counter() - sent_at) * 1_000)
                else:
                    ask(port, asked.body)
            start += RECORDED_SECONDS

    before = _cpu(supervisor)
    threads = [threading.Thread(target=browse, args=(place,)) for place in range(BROWSERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies, (_cpu(supervisor) - before) / CROWD_SECONDS


def _cpu(supervisor: int) -> float:
    """Seconds of processor that dashboard and ingest have taken so far."""
    total = 0.0
    for child in psutil.Process(supervisor).children():
        if {"dashboard", "ingest"} & {Path(word).name for word in child.cmdline()}:
            spent: Any = child.cpu_times()
            total += spent.user + spent.system
    return total


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[94]
