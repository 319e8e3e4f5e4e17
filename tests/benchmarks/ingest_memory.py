"""Resident memory of ingest while it takes 5,000,000 readings, with the default limits, and what sets it.

The readings are those of six days at ten a second, so days are closed on the way, as they are in use.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from telemetry.datafolder import DataFolder
from telemetry.reader import Reader
from tests.harness.flood import flood, packet
from tests.harness.processes import free_port, module, mosquitto, shipped_queues
from tests.harness.waiting import until

READINGS = 5_000_000
DEVICES = 10
ROWS = 100
STEPS = 10
WANTED_MB = 300


def report(folder: Path, _minutes: float) -> list[str]:
    """The kernel's figure after each part of the readings, and DuckDB's own account at the end."""
    port, data = free_port(), folder / "data"
    flags = ["--data-dir", str(data), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]
    # Without the lines on saving: Mosquitto writes its whole queue each time.
    broker = mosquitto(folder / "mosquitto", port, *(line for line in shipped_queues() if line.startswith("max_")))
    with broker, module(folder / "ingest.log", "ingest", *flags) as ingest:
        until(lambda: "connected to the broker" in ingest.output(), "ingest at the broker", 30)
        process, reader = psutil.Process(ingest.process.pid), Reader(DataFolder(data), 30)
        figures = [_resident_mb(process)]
        for step in range(STEPS):
            flood(port, _batches(step))
            wanted = READINGS // STEPS * (step + 1)
            until(lambda wanted=wanted: _readings(reader) >= wanted, f"{wanted} readings", 600)  # type: ignore[misc]
            figures.append(_resident_mb(process))
        highest = _highest_mb(process)
        account = reader.sql("SELECT tag, memory_usage_bytes AS bytes FROM duckdb_memory() ORDER BY 2 DESC LIMIT 3")
        python = ", ".join(f"{row['tag'].lower()} {row['bytes'] / 1e6:.0f} MB" for row in account.to_pylist())
        threads = process.num_threads()
    after = ", ".join(f"{figure:.0f}" for figure in figures[1:])
    return [
        f"resident at start {figures[0]:.0f} MB; after each {READINGS // STEPS:,} readings: {after} MB",
        f"highest at any moment: {highest:.0f} MB",
        f"after {READINGS:,} readings as a share of the {WANTED_MB} MB asked for: {figures[-1] / WANTED_MB:.2f}",
        f"of the last, DuckDB holds: {python}; {threads} threads",
    ]


def _batches(step: int) -> Iterator[bytes]:
    start_ms = time.time_ns() // 1_000_000 - READINGS // DEVICES * 1_000
    for n in range(READINGS // STEPS // ROWS):
        first = (step * READINGS // STEPS // ROWS + n) // DEVICES * ROWS
        rows = [[start_ms + (first + row) * 1_000, {"light": (first + row) % 4_096}] for row in range(ROWS)]
        yield packet(f"esp32/d{n % DEVICES}/output", {"boot": "b", "seq": first, "rows": rows}, n)


def _readings(reader: Reader) -> int:
    return int(reader.ask("health").to_pylist()[0]["readings"])


def _resident_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


def _highest_mb(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return float(status.partition("VmHWM:")[2].split()[0]) / 1e3
