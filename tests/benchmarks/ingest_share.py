"""How fast ingest stores single readings that wait at Mosquitto, as a share of a bare paho subscriber that only counts.

Both have a persistent session with the same queue, filled beforehand; they empty it one after the other, in turns. In
each turn ingest folds once (rollups), as it does in use after that many readings.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ingest import writer
from telemetry.datafolder import DataFolder
from telemetry.reader import Reader
from tests.harness.flood import flood, packet
from tests.harness.processes import ROOT, free_port, module, mosquitto, shipped_queues
from tests.harness.waiting import until

#: A tenth more than what makes ingest fold.
MESSAGES = writer._FOLD_READINGS * 11 // 10
DEVICES = 10
ROUNDS = 3
WANTED = 0.8


def report(folder: Path, _minutes: float) -> list[str]:
    """With the configuration in docs/, and with the 20 messages in flight that Mosquitto allows by default."""
    # Without the lines on saving: Mosquitto writes its whole queue each time, so filling one would take hours.
    queues = [line for line in shipped_queues() if line.startswith("max_queued")]
    shipped = next(line for line in shipped_queues() if "inflight" in line)
    lines = []
    for name, settings in (("docs/mosquitto.conf", [*queues, shipped]), ("20 in flight", queues)):
        stored, bare = _measure(folder / name.replace("/", "-"), settings)
        share = statistics.median(s / b for s, b in zip(stored, bare, strict=True))
        lines.append(
            f"{name}: stored {statistics.median(stored):,.0f} messages/s, bare subscriber"
            f" {statistics.median(bare):,.0f}: a share of {share:.2f} ({WANTED} is asked for)"
        )
    return lines


def _measure(folder: Path, settings: list[str]) -> tuple[list[float], list[float]]:
    """Messages a second of ingest and of the bare subscriber, round by round."""
    port, data = free_port(), folder / "data"
    flags = ["--data-dir", str(data), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]
    stored, bare = [], []
    with mosquitto(folder / "mosquitto", port, *settings):
        _count(port, 0)
        with module(folder / "first.log", "ingest", *flags) as ingest:
            until(lambda: "connected to the broker" in ingest.output(), "ingest's session", 30)
        for n in range(ROUNDS):
            flood(port, _samples(n))
            bare.append(MESSAGES / _count(port, MESSAGES))
            with module(folder / f"ingest-{n}.log", "ingest", *flags):
                stored.append(_pace(Reader(DataFolder(data), 10), n * MESSAGES))
    return stored, bare


def _samples(turn: int) -> Iterator[bytes]:
    start_ms, first = time.time_ns() // 1_000_000 - MESSAGES, turn * MESSAGES // DEVICES
    for n in range(MESSAGES):
        body = {"boot": "b", "seq": first + n // DEVICES, "t": start_ms + n, "light": n % 4_096}
        yield packet(f"esp32/d{n % DEVICES}/output", body, n)


def _count(port: int, wanted: int) -> float:
    words = [sys.executable, "-m", "tests.harness.bare_subscriber", str(port), "esp32/#", str(wanted)]
    return float(subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def _pace(reader: Reader, before: int) -> float:
    """Messages a second from the first that is seen stored to the last."""

    def stored() -> int:
        try:
            return int(reader.ask("health").to_pylist()[0]["readings"]) - before
        except Exception:  # noqa: BLE001  (it is not up yet)
            return 0

    first = until(stored, "a reading", 60)
    began = time.monotonic()
    until(lambda: stored() >= MESSAGES, "all of them", 600)
    return (MESSAGES - first) / (time.monotonic() - began)
