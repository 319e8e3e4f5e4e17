"""The hardware as the rest of the board sees it.

`Hal` holds what every MicroPython has, and names what a board must add: `esp32.py` adds the ESP32's pins and radio, the
simulator its stand-ins. It must never know what a sample, a command or a broker is.
"""

import asyncio
import os
import time


class Hal:
    """What a board can do. Methods that raise NotImplementedError are for the board, real or simulated, to fill in."""

    def __init__(self):
        self._uptime_ms = 0
        self._last_tick = time.ticks_ms() if hasattr(time, "ticks_ms") else 0

    # Time

    def uptime_ms(self) -> int:
        """Milliseconds since the start; the machine's counter wraps after 12 days, this one never."""
        tick = time.ticks_ms()
        self._uptime_ms += time.ticks_diff(tick, self._last_tick)
        self._last_tick = tick
        return self._uptime_ms

    def wall_ms(self) -> int:
        """The clock, in milliseconds since its own epoch; an int, since a float would lose seconds."""
        return time.time_ns() // 1_000_000

    def epoch_year(self) -> int:
        """1970 or 2000: the year in which this machine's clock reads 0."""
        return time.gmtime(0)[0]

    async def sync_clock(self) -> None:
        """Set the clock by a time server. Raises OSError."""
        raise NotImplementedError

    # Network

    def link_up(self) -> bool:
        raise NotImplementedError

    async def link_connect(self) -> None:
        """Try to join the network, for some seconds at most. Raises OSError."""
        raise NotImplementedError

    async def open_connection(self, host: str, port: int):
        """A pair of streams to a host. Raises OSError."""
        return await asyncio.open_connection(host, port)

    def address(self) -> str:
        raise NotImplementedError

    def rssi(self) -> int:
        """Strength of the radio signal in dBm."""
        raise NotImplementedError

    # What is soldered on

    def adc(self, pin: int):
        """An analog input with `read_u16()` and `read_uv()`, as `machine.ADC` has them."""
        raise NotImplementedError

    def i2c(self):
        """The I2C bus, as `machine.I2C`."""
        raise NotImplementedError

    def digital(self, pin: int, pulled_up: bool):
        """A digital input with `value()`."""
        raise NotImplementedError

    def dht22(self, pin: int):
        """A sensor with `measure()`, `temperature()` and `humidity()`."""
        raise NotImplementedError

    def ds18b20(self, pin: int):
        """A 1-Wire bus with `scan()`, `convert_temp()` and `read_temp(rom)`."""
        raise NotImplementedError

    def internal_temperature(self) -> float:
        """Of the chip, in °C."""
        raise NotImplementedError

    def led(self, on: bool) -> None:
        raise NotImplementedError

    def show(self, lines: "list[str]") -> None:
        """Put up to 8 lines of 16 characters on the screen."""
        raise NotImplementedError

    async def button_pressed(self) -> None:
        """Wait for the next press of the button."""
        raise NotImplementedError

    # The machine itself

    def random_bytes(self, count: int) -> bytes:
        return os.urandom(count)

    def free_bytes(self) -> int:
        """Memory that is left."""
        raise NotImplementedError

    def cause(self) -> str:
        """Why the board started: `power`, `command`, ..."""
        raise NotImplementedError

    def reset(self, cause: str) -> None:
        """Start again. On a board this does not return."""
        raise NotImplementedError

    def feed(self) -> None:
        """Tell the watchdog that all is well."""

    def propose_config(self, config: dict) -> None:
        """Have the next start try this configuration."""
        raise NotImplementedError

    def keep_config(self) -> None:
        """The configuration on trial has got through."""
        raise NotImplementedError

    def remember(self, key: str, value) -> None:
        """Keep a small value (number, text, true, false) over a reset."""
        raise NotImplementedError

    def recall(self, key: str):
        """What was kept under this key, or None."""
        raise NotImplementedError

    def flash_folder(self) -> "str | None":
        """Where samples may be kept that memory has no room for; None where there is no flash for them."""
        return None

    def log(self, text: str) -> None:
        raise NotImplementedError
