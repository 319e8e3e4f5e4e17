"""Resident memory of broker, ingest and dashboard after some minutes of two boards at 1 Hz, with the page open."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
from playwright.sync_api import sync_playwright

from tests.harness.browser import ARGUMENTS, CHROMIUM
from tests.harness.http import get
from tests.harness.processes import free_port, lumos
from tests.harness.waiting import until

LIMIT_MB = 400
PARTS = {"nats-server": "broker", "ingest": "ingest", "dashboard": "dashboard"}


def report(folder: Path, minutes: float) -> list[str]:
    """Run the demo with a browser on its page for `minutes`, then read the kernel's figures."""
    http_port = free_port()
    flags = ["--demo", "--data-dir", folder / "data", "--port", str(http_port), "--mqtt-port", str(free_port())]
    with lumos(folder / "lumos.log", *flags) as app, sync_playwright() as playwright:
        until(lambda: get(http_port, "/health")[0] == 200, "a healthy Lumos", 30)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        browser.new_page().goto(f"http://127.0.0.1:{http_port}/")
        time.sleep(minutes * 60)  # the length of the run is what is measured
        resident = resident_mb(app.process.pid)
        browser.close()
    total = sum(resident.values())
    parts = ", ".join(f"{name} {megabytes:.0f} MB" for name, megabytes in resident.items())
    return [
        f"resident after {minutes:g} minutes of two boards at 1 Hz with the page open: {total:.0f} MB ({parts})",
        f"as a share of the {LIMIT_MB} MB asked for: {total / LIMIT_MB:.2f}",
    ]


def resident_mb(supervisor: int) -> dict[str, float]:
    found = {}
    for child in psutil.Process(supervisor).children():
        words = [Path(word).name for word in child.cmdline()]
        name = next((PARTS[word] for word in words if word in PARTS), None)
        if name:
            found[name] = child.memory_info().rss / 1e6
    return found
