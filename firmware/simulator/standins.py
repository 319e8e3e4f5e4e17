"""Stand-ins for a board's hardware: what `hal.py` asks for, without the pins.

They are what a fault can reach: the link that is cut, the clock that drifts, the sensor that sticks, the reset. The
board's code must not be able to tell; nothing here knows of samples, commands or MQTT.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable
from typing import Any

from firmware.board.hal import Hal
from firmware.simulator.world import World

LIGHT_PIN, TEMPERATURE_PIN = 36, 39
_ADC_FULL_UV = 3_300_000


class Adc:
    """An analog input of 12 bits. `stuck` holds the last value, as a sensor with a broken wire may."""

    def __init__(self, microvolts: Callable[[], float]) -> None:
        self._microvolts = microvolts
        self._last = 0
        self.stuck = False

    def _count(self) -> int:
        if not self.stuck:
            self._last = max(0, min(4_095, round(self._microvolts() * 4_095 / _ADC_FULL_UV)))
        return self._last

    def read_u16(self) -> int:
        count = self._count()
        return count << 4 | count >> 8

    def read_uv(self) -> int:
        return self._count() * _ADC_FULL_UV // 4_095


class Radio:
    """The Wi-Fi: cut it and every connection dies at once; `delay_seconds` makes what arrives come late."""

    def __init__(self) -> None:
        self.up = True
        self.delay_seconds: Callable[[], float] | None = None
        #: Whom a board trusts at the other end; None speaks without TLS.
        self.tls: ssl.SSLContext | None = None
        self._writers: list[asyncio.StreamWriter] = []

    def cut(self) -> None:
        self.up = False
        self.abort()

    def restore(self) -> None:
        self.up = True

    def abort(self) -> None:
        """End all connections without a word, as a power cut does."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def open(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if not self.up:
            raise OSError("no network")
        reader, writer = await asyncio.open_connection(host, port, ssl=self.tls)
        self._writers = [other for other in self._writers if not other.is_closing()]
        self._writers.append(writer)
        if self.delay_seconds is not None:
            reader = _late(reader, self.delay_seconds)
        return reader, writer


def _late(source: asyncio.StreamReader, delay_seconds: Callable[[], float]) -> asyncio.StreamReader:
    """A stream with the same bytes in the same order, each some time later."""
    late = asyncio.StreamReader()
    loop = asyncio.get_running_loop()

    async def pump() -> None:
        due = 0.0
        chunk = b"-"
        while chunk:
            try:
                chunk = await source.read(4_096)
            except OSError:
                chunk = b""
            due = max(due, loop.time() + delay_seconds())
            loop.call_at(due, late.feed_data if chunk else lambda _: late.feed_eof(), chunk)

    late.pump = asyncio.create_task(pump())  # type: ignore[attr-defined]  # the task lives as long as its stream
    return late


class SimulatedHal(Hal):
    """The hardware of one simulated board. It outlives the board's restarts, like the thing on the desk."""

    def __init__(self, name: str, rng: random.Random, log: Callable[[str, str], None]) -> None:
        self.name = name
        self.rng = rng
        self.radio = Radio()
        self.led_on = False
        self.lines: list[str] = []
        self.resets: asyncio.Queue[str] = asyncio.Queue()
        #: What the next start is to try, what is on trial, and what was kept: changes of the configuration.
        self.proposed: dict[str, Any] | None = None
        self.on_trial: dict[str, Any] | None = None
        self.kept_config: dict[str, Any] | None = None
        self.clock_is_set = True
        self.clock_reachable = True
        self.clock_rate = 1.0
        self._log = log
        self._presses = asyncio.Event()
        self._memory: dict[str, object] = {}
        self._world = World(rng)
        self.adcs = {
            LIGHT_PIN: Adc(self._light_uv),
            TEMPERATURE_PIN: Adc(lambda: 500_000 + 10_000 * self._world.temperature_c(time.time())),
        }
        self.power_on("power")

    def _light_uv(self) -> float:
        # One count a lux: the board's photoresistor is calibrated so.
        return self._world.light_lx(time.time(), self.led_on) * _ADC_FULL_UV / 4_095

    def power_on(self, cause: str) -> None:
        self._cause = cause
        self._started_ns = time.monotonic_ns()
        self._synced_ns = time.time_ns()
        self.led_on = False

    def press_button(self) -> None:
        self._presses.set()

    # What the board calls

    def uptime_ms(self) -> int:
        return (time.monotonic_ns() - self._started_ns) // 1_000_000

    def wall_ms(self) -> int:
        if not self.clock_is_set:
            return self.uptime_ms()
        if self.clock_rate == 1.0:
            return time.time_ns() // 1_000_000
        return (self._synced_ns + int((time.time_ns() - self._synced_ns) * self.clock_rate)) // 1_000_000

    def epoch_year(self) -> int:
        return 1970

    async def sync_clock(self) -> None:
        if not self.clock_reachable:
            raise OSError("no time server")
        self.clock_is_set = True
        self._synced_ns = time.time_ns()

    def link_up(self) -> bool:
        return self.radio.up

    async def link_connect(self) -> None:
        if not self.radio.up:
            raise OSError("no network")

    async def open_connection(
        self, host: str, port: int, _authority: str = ""
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await self.radio.open(host, port)

    def address(self) -> str:
        return "127.0.0.1" if self.radio.up else ""

    def rssi(self) -> int:
        return round(self.rng.gauss(-58, 2))

    def adc(self, pin: int) -> Adc:
        return self.adcs[pin]

    def led(self, on: bool) -> None:
        self.led_on = on

    def show(self, lines: list[str]) -> None:
        self.lines = lines

    async def button_pressed(self) -> None:
        await self._presses.wait()
        self._presses.clear()

    def free_bytes(self) -> int:
        return 96_000 + self.rng.randrange(-2_000, 2_000)

    def feed(self) -> None:
        """It has no watchdog."""

    def flash_folder(self) -> None:
        """It has no flash: what it cannot send it keeps in memory."""

    def cause(self) -> str:
        return self._cause

    def reset(self, cause: str) -> None:
        self.resets.put_nowait(cause)

    def propose_config(self, value: dict[str, Any]) -> None:
        self.proposed = value

    def keep_config(self) -> None:
        self.kept_config = self.on_trial

    def remember(self, values: dict[str, object], _soon: bool = False) -> None:
        self._memory.update(values)

    def recall(self, key: str) -> object:
        return self._memory.get(key)

    def log(self, text: str) -> None:
        self._log(self.name, text)
