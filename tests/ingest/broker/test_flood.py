"""A client that floods, over the broker that Lumos brings: limited, its neighbour unharmed; a backlog passes."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from telemetry.command_line import parser, read_arguments
from telemetry.reader import Reader
from telemetry.settings import Settings, load
from telemetry.timestamps import US_PER_SECOND, now_us
from tests.harness.flood import flood, packet, trickle
from tests.harness.ingest import RunningIngest, running_ingest
from tests.harness.processes import embedded, free_port
from tests.harness.waiting import until

LIMIT = 50
HELD = 10 * LIMIT
_PER_SECOND, _SECONDS = 1_000, 3
SENT = _PER_SECOND * _SECONDS


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[RunningIngest]:
    port = free_port()
    words = ["--data-dir", str(tmp_path / "data"), "--mqtt-host", "127.0.0.1", "--mqtt-port", str(port)]
    words += ["--message-limit", str(LIMIT)]
    settings: Settings = load(read_arguments(parser("test", ""), words), environment={}, folder=tmp_path)
    with embedded(tmp_path / "broker", port), running_ingest(settings) as made:
        yield made


def stored(reader: Reader) -> dict[str, int]:
    """Readings by device."""
    statement = "SELECT device, count(*) AS n FROM readings JOIN series USING (series_id) JOIN devices USING (device_id) GROUP BY device"  # fmt: skip  # noqa: E501
    return {row["device"]: row["n"] for row in reader.sql(statement, []).to_pylist()}


class Neighbour:
    """A board that sends ten samples a second, and how long each took to be seen."""

    def __init__(self, port: int, reader: Reader) -> None:
        self.sent = 0
        self.delays: list[float] = []
        self._port, self._reader = port, reader
        self._left: dict[int, float] = {}
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._send, self._look)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    def _samples(self) -> Iterator[bytes]:
        while not self._stop.is_set():
            self._left[self.sent] = time.monotonic()
            body = {"boot": "n", "seq": self.sent, "t": now_us() // 1_000, "light": self.sent}
            yield packet("esp32/neighbour/output", body, self.sent)
            self.sent += 1

    def _send(self) -> None:
        trickle(self._port, self._samples(), 10)

    def _look(self) -> None:
        seen = -1
        while not self._stop.is_set():
            rows = [row for row in self._reader.ask("last_values").to_pylist() if row["device"] == "neighbour"]
            newest = int(rows[0]["value"]) if rows else -1
            self.delays += [time.monotonic() - self._left[seq] for seq in range(seen + 1, newest + 1)]
            seen = max(seen, newest)
            time.sleep(0.02)


def bodies(**first: Any) -> Iterator[dict[str, Any]]:
    """Samples whose own time, where they have one, goes ahead a second each."""
    for n in range(SENT):
        times = {"t": first["t"] + n * 1_000} if "t" in first else {}
        numbers = {"boot": "f", "seq": n} if first.get("numbered", True) else {}
        yield {**numbers, **times, "light": n}


def test_whatever_times_it_gives_a_flood_is_limited_and_its_neighbour_is_unharmed(ingest: RunningIngest) -> None:
    port, reader, now_ms = ingest.settings.mqtt_port, Reader(ingest.folder, 20), now_us() // 1_000
    kinds = {
        "ahead": bodies(t=now_ms),
        "timeless": bodies(),
        "bare": bodies(numbered=False),
    }
    with Neighbour(port, reader) as neighbour:
        until(lambda: len(neighbour.delays) > 30, "the neighbour to be heard for some seconds")
        quiet = len(neighbour.delays)
        floods = [
            threading.Thread(
                target=trickle,
                args=(port, [packet(f"esp32/{name}/output", body, n) for n, body in enumerate(kind)], _PER_SECOND),
            )
            for name, kind in kinds.items()
        ]
        began = time.monotonic()
        for thread in floods:
            thread.start()
        for thread in floods:
            thread.join()
        loud = neighbour.delays[quiet:]
    found = until(
        lambda: each if (each := stored(reader))["neighbour"] == neighbour.sent else None, "all of its samples"
    )
    most = HELD + (time.monotonic() - began + 2) * LIMIT  # a busy machine takes longer for it, and lets more through
    assert {name: HELD <= found[name] <= most for name in kinds} == dict.fromkeys(kinds, True), found
    ledger = {row["device"]: row for row in reader.ask("losses").to_pylist()}
    assert (ledger["neighbour"]["missing"], ledger["neighbour"]["dropped"]) == (0, 0)
    assert ledger["ahead"]["dropped"] == SENT - found["ahead"]
    # It never waits behind the floods; how quick it is otherwise is the machine's matter.
    assert statistics.median(loud) < 10.0


def test_what_waited_at_the_broker_and_what_a_board_kept_all_pass(
    ingest: RunningIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, reader, now_ms = ingest.settings.mqtt_port, Reader(ingest.folder, 20), now_us() // 1_000
    flood(port, [packet("esp32/kept/output", {"boot": "k", "seq": 0, "t": now_ms, "light": 0}, 1)])
    until(lambda: stored(reader) == {"kept": 1}, "a first sample")
    ingest.stop()
    hour_ms = 3_600_000
    queued = [{"light": n} for n in range(3 * HELD)]
    kept = [{"boot": "k", "seq": n, "t": now_ms + n * 1_000, "light": n} for n in range(1, 3 * HELD)]
    flood(port, [packet("esp32/queued/output", body, n) for n, body in enumerate(queued)])
    flood(port, [packet("esp32/kept/output", body, n) for n, body in enumerate(kept)])
    # An hour was lost.
    monkeypatch.setattr("ingest.broker.subscriber.now_us", lambda: now_us() + hour_ms * US_PER_SECOND // 1_000)
    ingest.start()
    until(lambda: stored(reader) == {"kept": 3 * HELD, "queued": 3 * HELD}, "everything")
    # And a board that was not there itself comes back with three quarters of an hour, as fast as it can.
    late = [{"boot": "l", "seq": n, "t": now_ms + n * 1_000, "light": n} for n in range(3 * HELD)]
    flood(port, [packet("esp32/late/output", body, n) for n, body in enumerate(late)])
    until(lambda: stored(reader).get("late") == 3 * HELD, "the late board's samples")
    assert stored(reader) == {"kept": 3 * HELD, "queued": 3 * HELD, "late": 3 * HELD}
    assert {row["device"]: row["dropped"] for row in reader.ask("losses").to_pylist()} == {"kept": 0, "late": 0}
