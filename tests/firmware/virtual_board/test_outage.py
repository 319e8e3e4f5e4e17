"""Twenty seconds without a host, whose broker has then forgotten everything: what was measured is in the database.

Real MicroPython, a real Mosquitto and a real ingest with its DuckDB file, both killed with SIGKILL. A reading's
value is the moment at which it was measured, so the database itself tells whether each has its own time.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.board.ring import _header
from firmware.deploy.connection import BoardConnection
from telemetry.datafolder import DataFolder
from telemetry.errors import LumosError
from telemetry.reader import Reader
from tests.firmware.conftest import Broker, Listener
from tests.firmware.virtual_board.board import VirtualBoard
from tests.firmware.virtual_board.conftest import StartBoard, config_of
from tests.harness.processes import module
from tests.harness.waiting import until

_OUTAGE_SECONDS = 20
#: Samples in a block of the ring.
_BLOCK = 20
_EVER = {"start_us": 0, "end_us": 4_000_000_000_000_000}


class Store:
    """A running ingest, and what it has written."""

    def __init__(self, folder: Path, mqtt_port: int) -> None:
        self._log = folder / "ingest.log"
        self._flags = ["--data-dir", folder / "data", "--mqtt-host", "127.0.0.1", "--mqtt-port", str(mqtt_port)]
        self._running = contextlib.ExitStack()
        self._reader = Reader(DataFolder(folder / "data"))
        self.start()

    def start(self) -> None:
        self._ingest = self._running.enter_context(module(self._log, "ingest", *self._flags))

    def is_connected(self) -> bool:
        return "connected to the broker" in self._ingest.output()

    def kill(self) -> None:
        self._ingest.stop(signal.SIGKILL)

    def close(self) -> None:
        self._running.close()

    def readings(self, device: str) -> list[tuple[int, float]]:
        """Every reading of a device's light as (ms since 1970, value), oldest first."""
        try:
            found = self._reader.ask("readings", device=device, metric="light", **_EVER)
        except LumosError:
            return []
        return [(row["t_us"] // 1_000, row["value"]) for row in found.to_pylist()]

    def losses(self, device: str) -> dict[str, Any]:
        """What the ledger says of a device's samples."""
        (row,) = self._reader.ask("losses", device=device).to_pylist()
        return dict(row)

    def status(self, device: str) -> dict[str, Any]:
        rows = self._reader.ask("devices").to_pylist()
        return next((json.loads(row["status"] or "{}") for row in rows if row["device"] == device), {})


@pytest.fixture
def store(broker: Broker, tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path, broker.port)
    yield made
    made.close()


def _start(start_board: StartBoard, device: str, port: int, **more: Any) -> VirtualBoard:
    board = start_board(config_of(device, port, **more))
    board.set_adc(36, "clock")
    return board


def _has_heard_ingest(listener: Listener, device: str) -> None:
    """From here on the board keeps what ingest has not confirmed: it answers in order, a `stored` before a command."""
    listener.wait_for(f"esp32/{device}/stored")
    listener.say(f"esp32/{device}/input", {"id": f"heard-{device}", "cmd": "identify"})
    listener.wait_for(f"esp32/{device}/ack", lambda body: body["id"] == f"heard-{device}")


def _assert_each_once_in_its_own_time(readings: list[tuple[int, float]]) -> None:
    moments = [t for t, _ in readings]
    assert len(set(moments)) == len(moments), "a reading is stored twice"
    late = [(t, value) for t, value in readings if not -1 <= (t // 100 - value + 2_048) % 4_096 - 2_048 <= 1]
    assert late == [], "a reading has not the time at which it was measured"


def _spoil_a_block(flash: Path) -> tuple[str, int, int]:
    """Turn a bit within a block of the ring, wherever the flash has it; its boot, first and last number."""
    image = flash.read_bytes()
    found: dict[tuple[str, int, int], list[int]] = {}
    for match in re.finditer(b"LR", image):
        head = _header(io.BytesIO(image[match.start() : match.start() + 64]))
        if head is not None:
            _, rows, boot, seq, _, _ = head
            found.setdefault((boot, seq, seq + rows - 1), []).append(match.start())
    block = max(found, key=lambda block: block[1])  # the last one: nobody can have stored it
    spoiled = bytearray(image)
    for start in found[block]:
        spoiled[start + 100] ^= 1
    flash.write_bytes(spoiled)
    return block


def _assert_all_is_counted(store: Store, listener: Listener, spoiled: tuple[str, int, int], numbered: int) -> None:
    """The block is told as dropped, and the ledger knows of every sample whether it came."""
    boot, first, last = spoiled
    told = listener.wait_for("esp32/cut/event", lambda body: body["event"] == "dropped")["value"]
    assert told == {"boot": boot, "count": _BLOCK, "from": first, "to": last}
    until(lambda: store.losses("cut")["dropped"] == _BLOCK, "the spoiled block in the ledger")
    ledger = store.losses("cut")
    assert ledger["expected"] >= numbered
    assert ledger["received"] == len(store.readings("cut"))
    assert ledger["received"] + ledger["missing"] + _BLOCK == ledger["expected"]


@pytest.mark.timeout(180)
def test_an_outage_loses_nothing_whatever_happens_to_the_boards_meanwhile(
    start_board: StartBoard, broker: Broker, listener: Listener, store: Store
) -> None:
    until(store.is_connected, "a host, which the boards find")
    _start(start_board, "steady", broker.port)
    restarted = _start(start_board, "restarted", broker.port, buffer_samples=20)
    cut = _start(start_board, "cut", broker.port, buffer_samples=40)
    for device in ("steady", "restarted", "cut"):
        _has_heard_ingest(listener, device)
    boots = {device: listener.on(f"esp32/{device}/output")[-1]["boot"] for device in ("steady", "restarted", "cut")}
    before = {device: len(store.readings(device)) for device in boots}

    broker.kill()
    store.kill()
    killed = time.monotonic()
    until(lambda: time.monotonic() - killed > 0.5 * _OUTAGE_SECONDS, "half of the outage", _OUTAGE_SECONDS)
    with BoardConnection(restarted.port) as connection:  # somebody at the console: the program is interrupted
        connection.restart()
    # More than memory holds, and the block that will be spoiled, so that something else is on flash.
    enough = before["cut"] + 2 * 40 + 2 * _BLOCK
    until(lambda: json.loads((cut.state / "rtc").read_bytes())["seq"] > enough, "enough samples on flash", 30)
    numbered_last = json.loads((cut.state / "rtc").read_bytes())["seq"]  # lost with the power
    cut.cut_power()
    spoiled = _spoil_a_block(cut.flash)
    cut.restore_power()
    until(lambda: time.monotonic() - killed > _OUTAGE_SECONDS - 4, "almost the whole outage", _OUTAGE_SECONDS)
    listener.start_anew()
    store.start()
    until(lambda: time.monotonic() - killed > _OUTAGE_SECONDS, "the whole outage", _OUTAGE_SECONDS)
    broker.start()

    assert listener.ready.wait(60)
    for device in boots:
        listener.wait_until(lambda device=device: listener.on(f"esp32/{device}/status"), 60)
        listener.say(f"esp32/{device}/input", {"id": f"pause-{device}", "cmd": "sending", "value": False})
        listener.wait_for(f"esp32/{device}/ack", lambda body, device=device: body["id"] == f"pause-{device}")

    def numbered(device: str) -> int:
        """How many samples the boards numbered in all, as they say themselves."""
        paused = listener.on(f"esp32/{device}/output")
        return 1 + max(
            body["seq"] + len(body.get("rows", [0])) - 1 for body in paused if body["boot"] != boots.get(device)
        )

    # The steady board: one boot from 0 to the last.
    last = max(listener.seqs("steady"))
    until(lambda: len(store.readings("steady")) >= last + 1, "every sample of the steady board", 60)
    assert len(store.readings("steady")) == last + 1 >= before["steady"] + 10 * (_OUTAGE_SECONDS - 2)

    # The one that was restarted: both boots whole, the first known to its end by the status of the second.
    previous = store.status("restarted")["previous"]
    assert (previous["boot"], previous["cause"]) == (boots["restarted"], "reset")
    whole = previous["seq"] + 1 + numbered("restarted")
    until(lambda: len(store.readings("restarted")) >= whole, "every sample of the restarted board", 60)
    assert len(store.readings("restarted")) == whole

    # The one whose power was cut: what was in memory is gone, and the block that flash does not give back.
    previous = store.status("cut")["previous"]
    assert (previous["boot"], previous["cause"]) == (boots["cut"], "power")
    assert 0 <= numbered_last - previous["seq"] <= 20  # a second of samples, and a busy machine's patience
    second = numbered("cut")
    on_flash = previous["seq"] + 1 - 2 * 40 - _BLOCK
    assert on_flash > before["cut"]
    until(lambda: len(store.readings("cut")) >= on_flash + second, "what was on flash", 60)
    _assert_all_is_counted(store, listener, spoiled, previous["seq"] + 1 + second)
    for device in boots:
        _assert_each_once_in_its_own_time(store.readings(device))
