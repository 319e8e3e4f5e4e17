"""Stands in for an ESP32's `machine`: pins, converter, I2C with an SSD1306 at its end, clock memory, watchdog.

What goes out is written to files in BOARD_STATE, what comes in is read from there.
"""

import asyncio
import os
import time

_STATE = os.getenv("BOARD_STATE") + "/"
PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5


def _read(name, default=b""):
    try:
        with open(_STATE + name, "rb") as file:
            return file.read()
    except OSError:
        return default


def _write(name, data):
    with open(_STATE + name + ".new", "wb") as file:
        file.write(data)
    os.rename(_STATE + name + ".new", _STATE + name)


def reset():
    _write("cause", b"2")
    _write("reset", b"")
    while True:  # until the power is taken away for a moment
        time.sleep(1)


soft_reset = reset


def reset_cause():
    cause = int(_read("cause", b"1"))
    _write("cause", b"1")
    return cause


class Pin:
    IN, OUT, PULL_UP, IRQ_FALLING, IRQ_RISING = 0, 1, 2, 4, 8

    def __init__(self, number, mode=None, pull=None):
        self.number = number
        self._out = mode == self.OUT

    def value(self, level=None):
        if level is not None:
            _write(f"pin{self.number}", b"1" if level else b"0")
        elif self._out:
            return int(_read(f"pin{self.number}", b"0"))
        else:
            return int(_read(f"pin{self.number}", b"1"))

    def irq(self, handler, _trigger):
        asyncio.create_task(self._watch(handler))

    async def _watch(self, handler):
        before = self.value()
        while True:
            await asyncio.sleep(0.02)
            now = self.value()
            if before and not now:
                handler(self)
            if now != before:
                _write(f"pin{self.number}.seen", str(now).encode())
            before = now


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, atten=None):
        self._pin = pin

    def _count(self):
        text = _read(f"adc{self._pin.number}", b"500")
        while text == b"hang":
            time.sleep(1)
        return time.time_ns() // 100_000_000 % 4096 if text == b"clock" else int(text)

    def read_u16(self):
        return self._count() << 4

    def read_uv(self):
        return self._count() * 3_300_000 // 4095


class I2C:
    """With a screen that knows its pages: what was written to it last is in the file `screen`, 8 pages of 128 bytes."""

    def __init__(self, _bus, sda, scl, freq):
        self._pages = bytearray(1024)
        self._page = 0

    def writeto(self, address, data):
        if address != 0x3C or _read("screen_is_off"):
            self._pages = bytearray(1024)  # without power it keeps nothing
            raise OSError(19)
        if data[0] == 0x00 and len(data) == 7 and data[4] == 0x22:
            self._page = data[5]
        elif data[0] == 0x40:
            self._pages[self._page * 128 : self._page * 128 + 128] = data[1:]
            _write("screen", self._pages)


class RTC:
    def memory(self, data=None):
        if data is None:
            return _read("rtc")
        _write("rtc", data)

    def datetime(self, moment=None):
        pass


class WDT:
    """The file `watchdog` says until when it will wait for the next feed, in ms since 1970."""

    def __init__(self, timeout):
        self._timeout = timeout
        self.feed()

    def feed(self):
        hurry = int(_read("watchdog_hurry", b"1"))
        _write("watchdog", str(time.time_ns() // 1_000_000 + self._timeout // hurry).encode())
