"""The hardware as the rest of the board sees it: what every MicroPython has.

`esp32.py` adds the ESP32's pins and radio, the simulator its stand-ins. What they must add is listed here, and not as
methods that do nothing: those cost a board memory. Nothing here may know what a sample, a command or a broker is.

Time:
    async sync_clock()              set the clock by a time server; OSError
Network:
    link_up() -> bool
    async link_connect()            try to join the network, for some seconds at most; OSError
    address() -> str                "" without a network
    async open_connection(host, port, authority)
                                    a pair of streams, over TLS where an authority is named (DER in base64); OSError
    rssi() -> int                   strength of the radio signal in dBm
What is soldered on:
    adc(pin)                        `read_u16()` and `read_uv()`, as `machine.ADC` has them
    i2c()                           the bus, as `machine.I2C`
    digital(pin, pulled_up)         an input with `value()`
    dht22(pin)                      `measure()`, `temperature()`, `humidity()`
    ds18b20(pin)                    a 1-Wire bus: `scan()`, `convert_temp()`, `read_temp(rom)`
    internal_temperature() -> float of the chip, in °C
    led(on)
    show(lines)                     up to 8 lines of 16 characters on the screen
    async button_pressed()          the next press of the button
The machine itself:
    free_bytes() -> int             memory that is left
    cause() -> str                  why the board started: `power`, `command`, ...
    feed()                          tell the watchdog that all is well
    flash_folder() -> str or None   where samples may be kept that memory has no room for
    reset(cause)                    start again; on a board this does not return
    propose_config(value)           have the next start try what is in force with this changed
    keep_config()                   the configuration on trial has got through
    remember(values, soon=False)    keep small values (as JSON has them) over a reset, and over a power cut as
                                    they were at most some seconds before, one second where `soon` is asked for
    recall(key)                     what was kept, or None
    log(text)
Only where a board can be set up without a cable:
    name() -> str                   what a board without a name is called
    button_is_held() -> bool
    async try_network(ssid, password)  join it; OSError with what the radio says
"""

import os
import time


class Hal:
    """What a board can do, as far as no two of them differ."""

    def __init__(self):
        self._uptime_ms = 0
        self._last_tick = time.ticks_ms() if hasattr(time, "ticks_ms") else 0

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

    def random_bytes(self, count: int) -> bytes:
        return os.urandom(count)
