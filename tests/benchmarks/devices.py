"""How long a click takes to the acknowledged state on the page, and how long the page of 1,000 devices takes to open.

Both in a real Chromium over the running product; the click goes through the broker to a simulated board and back.
Beside them, in the same run, what broker and board take alone, and how long the same page takes with ten devices.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import BrowserContext, Page, sync_playwright
from ulid import ULID

from tests.harness.boards import boards
from tests.harness.browser import ARGUMENTS, CHROMIUM
from tests.harness.http import get, get_json
from tests.harness.observer import observer
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until

CLICKS = 40
CLICK_LIMIT_MS = 400
DEVICES = 1_000
OPEN_LIMIT_MS = 1_000
_OPENINGS = 5

#: Done in the page, so that no driver's time is in it: click, and wait for the board's own state and its answer.
_CLICK = """
    () => new Promise((done) => {
        const button = document.getElementById("board-led"), before = button.getAttribute("aria-checked");
        const answer = document.getElementById("board-led-answer"), began = performance.now();
        const look = () => {
            if (button.getAttribute("aria-checked") !== before && /Confirmed/.test(answer.textContent)) {
                watch.disconnect();
                done(performance.now() - began);
            }
        };
        const watch = new MutationObserver(look);
        watch.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
        button.click();
    })
"""
#: From the click on the way to the page, on which it has not been drawn yet, until its lines have been painted.
_OPEN = """
    () => new Promise((done) => {
        const began = performance.now();
        const look = () => {
            if (document.querySelectorAll(".roster tbody tr").length > 0) {
                watch.disconnect();
                requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
            }
        };
        const watch = new MutationObserver(look);
        watch.observe(document.body, { subtree: true, childList: true });
        document.getElementById("page-link-devices").click();
    })
"""


def report(folder: Path, _minutes: float) -> list[str]:
    """Click a board's LED, and open the list with ten and with a thousand devices."""
    http_port, mqtt_port = free_port(), free_port()
    flags = ["--data-dir", folder / "data", "--port", str(http_port), "--mqtt-port", str(mqtt_port)]
    with lumos(folder / "lumos.log", *flags), sync_playwright() as playwright:
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 60)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(locale="en-GB", viewport={"width": 1_440, "height": 900})
        address = f"http://127.0.0.1:{http_port}"
        with boards(mqtt_port) as desk:
            desk.board("bench")
            until(lambda: get_json(http_port, "/data")["series"], "the board's first reading", 30)
            page = context.new_page()
            clicks, bare = _clicks(page, address), _bare(mqtt_port)
            page.close()
        few = _openings(context, address, mqtt_port, 10)
        many = _openings(context, address, mqtt_port, DEVICES)
        browser.close()
    p50, p95 = _percentiles(clicks)
    bare50, bare95 = _percentiles(bare)
    middle, most = statistics.median(many), max(many)
    return [
        f"click → acknowledged on the page, {CLICKS} clicks: p50 {p50:.0f} ms, p95 {p95:.0f} ms",
        f"command → acknowledgement at a bare client:     p50 {bare50:.0f} ms, p95 {bare95:.0f} ms",
        f"p95 as a share of the {CLICK_LIMIT_MS} ms asked for: {p95 / CLICK_LIMIT_MS:.2f}",
        f"the page of {DEVICES:,} devices opens in: median {middle:.0f} ms, most {most:.0f} ms",
        f"the page of 11 devices opens in:    median {statistics.median(few):.0f} ms, most {max(few):.0f} ms",
        f"the most as a share of the {OPEN_LIMIT_MS} ms asked for: {most / OPEN_LIMIT_MS:.2f}",
        f"{DEVICES:,} devices take {middle / statistics.median(few):.1f} times as long as 11",
    ]


def _clicks(page: Page, address: str) -> list[float]:
    page.goto(f"{address}/devices?device=bench")
    page.wait_for_selector("#board-led:not([disabled])", timeout=60_000)
    found = []
    for _ in range(CLICKS):
        found.append(float(page.evaluate(_CLICK)))
        # What two clicks within a moment mean is another question: they are one.
        page.wait_for_timeout(900)
    return found


def _bare(mqtt_port: int) -> list[float]:
    """The same without Lumos: a client that tells the board and hears its answer."""
    found = []
    with observer(mqtt_port, "esp32/bench/ack") as heard:
        for number in range(CLICKS):
            body = {"id": str(ULID()), "cmd": "led", "value": bool(number % 2), "by": "bench"}
            began = time.monotonic()
            heard.publish("esp32/bench/input", json.dumps(body))
            heard.wait("esp32/bench/ack", number + 1)
            found.append(1_000 * (time.monotonic() - began))
            time.sleep(0.1)
    return found


def _openings(context: BrowserContext, address: str, mqtt_port: int, count: int) -> list[float]:
    _introduce(mqtt_port, count)
    found = []
    for _ in range(_OPENINGS):
        page = context.new_page()
        page.goto(f"{address}/explore")
        page.wait_for_selector("#badges .badge", timeout=60_000)
        page.wait_for_timeout(2_000)
        found.append(float(page.evaluate(_OPEN)))
        page.close()
    return found


def _introduce(mqtt_port: int, count: int) -> None:
    """So many devices with a status and a sample of three metrics each."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", mqtt_port)
    client.loop_start()
    sent: list[Any] = []
    for n in range(count):
        status = {"online": True, "fw": "1.0.0", "ip": f"10.0.{n // 250}.{n % 250}", "rssi": -60, "uptime": n}
        values = {"light": n, "temperature": 20.5, "voltage": 3.3}
        sample = {"boot": "b", "seq": 0, "t": time.time_ns() // 1_000_000, **values}
        sent.append(client.publish(f"esp32/d{n}/status", json.dumps(status), qos=1, retain=True))
        sent.append(client.publish(f"esp32/d{n}/output", json.dumps(sample), qos=1))
    for one in sent:
        one.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def _percentiles(values: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(values, n=100)
    return cuts[49], cuts[94]
