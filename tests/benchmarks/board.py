"""The board on MicroPython's unix port with 160 KB: its memory, and how even its beat is; and 200 simulated boards.

A word of the unix port has 8 bytes, one of an ESP32 has 4, and what stands in for the ESP32's own modules lies in the
same memory, where on an ESP32 it lies in ROM: it is measured by itself, beside the whole.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from firmware.deploy import files
from firmware.deploy.connection import BoardConnection
from tests.firmware.conftest import Broker, Listener
from tests.firmware.virtual_board.board import VirtualBoard, micropython
from tests.firmware.virtual_board.conftest import config_of
from tests.harness.processes import module

HEAP_KB, LIMIT_KB = 160, 90
READINGS = 10_000
JITTER_LIMIT_MS = 20
OUTAGE_SECONDS = 60
FLEET, FLEET_SECONDS = 200, 30

#: One of each driver that needs nothing but the board; all of them in every sample.
SENSORS = [
    {"driver": "photoresistor", "metric": "light", "pin": 36},
    {"driver": "analog", "metric": "soil", "pin": 37, "points": [[0, 0], [3300, 100]], "unit": "%"},
    {"driver": "tmp36", "metric": "outside", "pin": 38},
    {"driver": "internal", "metric": "chip"},
    {"driver": "digital", "metric": "door", "pin": 13},
]


def report(folder: Path, _minutes: float) -> list[str]:
    """Memory, jitter and the fleet, one after the other."""
    return [*_memory(folder / "memory"), *_jitter(folder / "jitter"), *_fleet(folder / "fleet")]


@contextlib.contextmanager
def _board(folder: Path, heap: str = f"{HEAP_KB}k", **config: Any) -> Iterator[tuple[VirtualBoard, Broker, Listener]]:
    """A deployed board at a broker, with a host that says at once what it has stored."""
    folder.mkdir(parents=True)
    broker = Broker(folder)
    broker.start()
    listener = Listener(broker.port)
    with VirtualBoard(heap=heap) as board:
        (board.state / "hosts").write_text("lumos.local 127.0.0.1\n")
        with BoardConnection(board.port) as cable:
            for path, content in files.program().items():
                cable.write(path, content)
            told = config_of("bench", broker.port, sensors=SENSORS, **config)
            cable.write("board.json", json.dumps(told).encode())
            cable.restart()
        try:
            yield board, broker, listener
        finally:
            listener.close()
            broker.kill()


def _store(listener: Listener) -> int:
    """Stand where ingest stands: say what has come; how many samples that is."""
    found: dict[str, int] = {}
    for body in listener.on("esp32/bench/output"):
        found[body["boot"]] = max(found.get(body["boot"], -1), body["seq"] + len(body.get("rows", [0])) - 1)
    listener.say("esp32/bench/stored", found)
    return 1 + sum(found.values())


def _memory(folder: Path) -> list[str]:
    total, standing_in = _of_the_stand_ins()
    used: list[int] = []
    with _board(folder / "board") as (_, _, listener):
        listener.wait_for("esp32/bench/status", lambda body: body["online"])
        for number in itertools.count():
            known = len(listener.on("esp32/bench/status"))
            samples = _store(listener)  # so the buffer is empty when the board looks at its memory
            listener.say("esp32/bench/input", {"id": str(number), "cmd": "led", "value": bool(number % 2)})
            listener.wait_until(lambda known=known: len(listener.on("esp32/bench/status")) > known)
            status = listener.on("esp32/bench/status")[-1]
            if status["buffered"] <= 1:
                used.append(total - status["free"])
            if samples * len(SENSORS) >= READINGS:
                break
            time.sleep(1)  # between two looks
    first, last = (statistics.median(part) for part in (used[20:40], used[-20:]))
    smallest = _smallest_heap(folder)
    net = max(used) - standing_in
    kb = 1024
    return [
        (
            f"heap with {len(SENSORS)} sensors and all else, buffer empty: at most {max(used) / kb:.1f} KB. Of these"
            f" {standing_in / kb:.1f} KB are MicroPython's own prompt, the file system and the stand-ins for machine,"
            f" network, socket and esp32, which an ESP32 has in ROM; Lumos itself {net / kb:.1f} KB"
        ),
        (
            f"as a share of the {LIMIT_KB} KB asked for: {net / kb / LIMIT_KB:.2f}; with the stand-ins"
            f" {max(used) / kb / LIMIT_KB:.2f}"
        ),
        f"growth over {READINGS} readings (medians of 20 looks): {(last - first) / kb:+.1f} KB",
        f"the smallest heap in which it starts, connects and samples: {smallest} KB",
    ]


def _of_the_stand_ins() -> tuple[int, int]:
    """The heap's bytes, and how many of them the prompt, the flash and the stand-ins hold before any program."""
    with VirtualBoard() as board, BoardConnection(board.port) as cable:
        cable._run("del h, m")  # the cable's own
        cable._run(
            "import machine, network, socket, esp32\n"
            "held = [machine.I2C(0, sda=machine.Pin(4), scl=machine.Pin(15), freq=1), machine.RTC(), esp32.NVS('x'),"
            " machine.Pin(25, machine.Pin.OUT), machine.Pin(0), network.WLAN(0), machine.WDT(timeout=600_000)]"
        )
        taken = cable._ask("import gc; gc.collect(); gc.collect(); print(gc.mem_alloc())")
        return cable._ask("print(gc.mem_alloc() + gc.mem_free())"), taken


def _smallest_heap(folder: Path) -> int:
    """In KB, in steps of 5."""
    for heap in range(HEAP_KB - 20, 0, -5):
        try:
            with _board(folder / str(heap), f"{heap}k") as (_, _, listener):
                listener.wait_until(lambda: len(listener.seqs("bench")) >= 30)
        except Exception:  # noqa: BLE001 - whatever it was: it did not live in so little
            return heap + 5
    return 0


_BARE_BEAT = """
import asyncio, time
async def main():
    begun = due = time.ticks_ms()
    while time.ticks_diff(due, begun) < %d:
        await asyncio.sleep_ms(max(0, time.ticks_diff(due, time.ticks_ms())))
        late = time.ticks_diff(time.ticks_ms(), due)
        print(late)
        due = time.ticks_add(due, 100 * (late // 100 + 1))
asyncio.run(main())
"""


def _jitter(folder: Path) -> list[str]:
    """Ten samples a second while nobody answers, not even for the broker's name; beside it a bare loop."""
    with _board(folder, host="lumos.local") as (board, broker, listener):
        listener.wait_until(lambda: len(listener.seqs("bench")) >= 20)
        _store(listener)
        (board.state / "lookup_seconds").write_text("2")
        (board.state / "hosts").write_text("")
        broker.kill()
        beat = micropython(_BARE_BEAT % (1_000 * OUTAGE_SECONDS), OUTAGE_SECONDS + 20)  # as long as the outage lasts
        listener.start_anew()
        (board.state / "hosts").write_text("lumos.local 127.0.0.1\n")
        broker.start()
        wanted = 10 * (OUTAGE_SECONDS - 5)
        listener.wait_until(lambda: len(set(listener.seqs("bench"))) >= wanted, 120)
        bodies = listener.on("esp32/bench/output")
    moments = {
        body["seq"] + index: row[0] for body in bodies for index, row in enumerate(body.get("rows", [[body.get("t")]]))
    }
    late = sorted(_lateness(moments))
    p99 = late[len(late) * 99 // 100]
    bare = sorted(int(line) for line in beat.split())
    return [
        (
            f"sampling at 10 Hz in an outage of {OUTAGE_SECONDS} s, the name server silent: off the beat by"
            f" p50 {late[len(late) // 2]:.0f} ms, p99 {p99:.0f} ms, at most {late[-1]:.0f} ms"
        ),
        (
            f"beside it, at the same time, a loop of MicroPython that does nothing else: p50 {bare[len(bare) // 2]} ms,"
            f" p99 {bare[len(bare) * 99 // 100]} ms, at most {bare[-1]} ms"
        ),
        (
            f"p99 as a share of the {JITTER_LIMIT_MS} ms asked for: {p99 / JITTER_LIMIT_MS:.2f};"
            f" of the bare loop's: {p99 / max(bare[len(bare) * 99 // 100], 1):.2f}"
        ),
    ]


def _lateness(moments: dict[int, int]) -> Iterator[float]:
    """How long after its beat each sample was taken, by number; beats that passed meanwhile are left out.

    Most samples are on the beat to the millisecond, so their median tells where it lies.
    """
    phase = statistics.median(t % 100 for t in moments.values())
    for seq, now in moments.items():
        before = moments.get(seq - 1)
        if before is not None:
            beat = phase + 100 * ((before - phase + 5) // 100 + 1)
            yield max(0.0, now - beat)


def _fleet(folder: Path) -> list[str]:
    """200 simulated boards of one process at 1 Hz."""
    folder.mkdir(parents=True)
    broker = Broker(folder)
    broker.start()
    listener = Listener(broker.port)
    flags = ["simulate", "--boards", str(FLEET), "--port", str(broker.port), "--period", "1000"]
    with module(folder / "fleet.log", "firmware", *flags) as running:
        listener.wait_until(lambda: len({topic for topic, _ in list(listener.messages)}) >= 2 * FLEET, 60)
        process = psutil.Process(running.process.pid)
        before, begun, heard = sum(process.cpu_times()[:2]), time.monotonic(), len(listener.messages)
        time.sleep(FLEET_SECONDS)  # the length of the run is what is measured
        share = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - begun)
        rate = (len(listener.messages) - heard) / FLEET_SECONDS
        resident = process.memory_info().rss / 1e6
    listener.close()
    broker.kill()
    return [
        (
            f"{FLEET} simulated boards at 1 Hz in one process: {share:.2f} of a core, {resident:.0f} MB,"
            f" {rate:.0f} messages/s heard"
        )
    ]
