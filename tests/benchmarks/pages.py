"""The pages over a small and a large store: opened cold, zoomed, ticking, and fifty browsers at once.

The stores differ in days alone (thirty series at 1 Hz, closed as ingest closes them), so a ratio between them is the
cost of history. Server and browser share this machine. Ticks are those that the page itself sends, caught from it.
"""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, Request, sync_playwright

from telemetry.command_line import parser, read_arguments
from telemetry.settings import load
from telemetry.timestamps import US_PER_DAY, US_PER_MS
from tests.benchmarks import bulk
from tests.harness.browser import ARGUMENTS, CHROMIUM
from tests.harness.http import get
from tests.harness.observer import observer
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until

SMALL, LARGE = 1_000_000, 100_000_000
OPENED, ZOOMED, TICKS, BROWSERS, CROWD_SECONDS = 5, 20, 300, 50, 20


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
    with lumos(folder / "lumos.log", *flags) as app, sync_playwright() as playwright:
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 60)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        address = f"http://127.0.0.1:{http_port}"
        opened_ms = [_opened(browser, f"{address}/?{query}") for _ in range(OPENED + 1)][1:]
        zoomed_ms = _zoomed(browser, f"{address}/?{query}")
        shown, zoomed = statistics.median(opened_ms), statistics.median(zoomed_ms)
        lines = [
            f"-- {rows:,} readings",
            f"opened to chart drawn, nothing in the browser's cache: {shown:.0f} ms (asked: at most 1500)",
            f"zoom to redrawn: p50 {zoomed:.0f} ms, p95 {_p95(zoomed_ms):.0f} ms (asked: at most 300)",
            *_ticks(browser, address, http_port, mqtt_port, app.process.pid),
        ]
        browser.close()
    return Found(rows, opened_ms, zoomed_ms, lines)


def _opened(browser: Browser, address: str) -> float:
    """From the address to the line on the screen, in a browser that has never been here."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#chart .scatterlayer path.js-line", state="attached", timeout=60_000)
    took = (time.perf_counter() - began) * 1_000
    context.close()
    return took


_ZOOM = """
([start, end]) => new Promise((done) => {
  const graph = document.querySelector("#chart .js-plotly-plot");
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


def _zoomed(browser: Browser, address: str) -> list[float]:
    """From the drag to the finer buckets on the screen; each zoom elsewhere, so that nothing is remembered."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, timezone_id="UTC")
    page.goto(address)
    page.wait_for_selector("#chart .scatterlayer path.js-line", state="attached", timeout=60_000)
    page.wait_for_timeout(1_500)
    ends = page.evaluate("document.querySelector('#chart .js-plotly-plot')._fullLayout.xaxis.range.map(Date.parse)")
    span, took = ends[1] - ends[0], []
    for place in range(ZOOMED):
        start = ends[0] + span * (0.1 + 0.8 * place / ZOOMED)
        texts = page.evaluate("ends => ends.map(end => new Date(end).toISOString().slice(0, 19).replace('T', ' '))",
                              [start, start + span * 0.08])  # fmt: skip
        took.append(page.evaluate(_ZOOM, texts))
    page.close()
    return took


def _ticks(browser: Browser, address: str, http_port: int, mqtt_port: int, supervisor: int) -> list[str]:
    """A device that has just sent two minutes of readings: what a tick of its page costs."""
    rows = [[-(120 - n) * 1_000, {"light": 100 + n % 7}] for n in range(120)]
    with observer(mqtt_port, "none") as board:
        board.publish("esp32/now/output", json.dumps({"rows": rows}))
        path = "/data?device=now&metric=light"
        until(lambda: get(http_port, path)[0] == 200, "its readings")
        page = browser.new_page()
        tick = caught(page, f"{address}/?device=now&metric=light&range=15m")
        page.close()
        nothing = sent(http_port, tick)
        costs = _cpu(supervisor)
        began = time.perf_counter()
        for _ in range(TICKS):
            sent(http_port, tick)
        took = (time.perf_counter() - began) * 1_000 / TICKS
        spent = (_cpu(supervisor) - costs) * 1_000 / TICKS
        board.publish("esp32/now/output", '{"light": 107}')
        one = until(lambda: found if (found := sent(http_port, tick)) > nothing else None, "a tick with a reading")
    latencies, cores = _crowd(http_port, tick, supervisor)
    half, late = statistics.median(latencies), _p95(latencies)
    return [
        f"a tick with nothing new: {nothing} bytes on the wire, headers too (asked: at most 400); asked in {len(tick)}",
        f"it takes {took:.1f} ms from request to answer, {spent:.1f} ms of processor in all parts (asked: at most 3)",
        f"a tick with one reading: {one} bytes (asked: at most 1500)",
        f"{BROWSERS} browsers, a tick a second each: p50 {half:.0f} ms, p95 {late:.0f} ms (asked: at most 150)",
        f"dashboard and ingest take {cores:.2f} cores for them (asked: below 1)",
    ]


def caught(page: Page, address: str) -> bytes:
    """The body of a tick that the page sends by itself once all is drawn.

    Not one of those that look at the store's health too, every fifth: sent again later, it would tell that the device
    has grown quiet.
    """
    heard: list[bytes] = []

    def hear(request: Request) -> None:
        if '"tick.n_intervals"' in (request.post_data or ""):
            body = request.post_data_buffer or b"{}"
            if json.loads(body)["inputs"][0]["value"] % 5:
                heard.append(body)

    page.on("request", hear)
    page.goto(address)
    until(lambda: page.wait_for_timeout(100) or len(heard) >= 4, "ticks of the page", 60)
    return heard[-1]


def sent(port: int, body: bytes) -> int:
    """One request as the page sends it; how many bytes came back, headers and all."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate, br, zstd"}
    connection.request("POST", "/_dash-update-component", body, headers)
    answer = connection.getresponse()
    content = answer.read()
    head = len("HTTP/1.1 204 No Content\r\n\r\n")
    head += sum(len(name) + len(value) + len(": \r\n") for name, value in answer.getheaders())
    connection.close()
    return head + len(content)


def _crowd(port: int, tick: bytes, supervisor: int) -> tuple[list[float], float]:
    """Fifty browsers' ticks, spread over the second; the latencies in milliseconds, and how many cores they took."""
    latencies: list[float] = []
    ends = time.perf_counter() + CROWD_SECONDS

    def browse(place: int) -> None:
        due = time.perf_counter() + place / BROWSERS
        while due < ends:
            time.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            sent(port, tick)
            latencies.append((time.perf_counter() - began) * 1_000)
            due += 1

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
