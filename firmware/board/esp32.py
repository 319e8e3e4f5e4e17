"""The ESP32's hardware behind what `hal.py` names: pins, radio, screen, clock.

The only module that imports the machine's own. Nothing here knows of samples, commands or MQTT.
"""

import asyncio
import binascii
import gc
import socket
import struct
import time

import esp32
import machine
import network

from .hal import Hal
from .lasting import Lasting
from .names import look_up

_RING = "ring"
_WATCHDOG_MS = 30_000
_PROMPT_MS = 3_600_000
_JOIN_SECONDS = 15
_SECONDS_1900_TO = {1970: 2_208_988_800, 2000: 3_155_673_600}
#: A contact bounces when it closes and when it opens; a press is what still holds after so long.
_DEBOUNCE_SECONDS = 0.025
#: A bus that is stuck holds all else up at each look, so they are rare.
_SCREEN_AGAIN_MS = 5_000


class Esp32Hal(Hal):
    """A board wired like `wiring` says."""

    def __init__(self, wiring: dict, config: dict) -> None:
        super().__init__()
        self._wiring = wiring
        self._config = config
        self._radio = network.WLAN(network.STA_IF)
        network.hostname(config.get("device", self.name())[:32])
        pin, self._led_low = wiring["led"]
        self._led = machine.Pin(pin, machine.Pin.OUT)
        self._neopixel = None
        if wiring.get("neopixel"):
            import neopixel

            self._neopixel = neopixel.NeoPixel(self._led, 1)
        pin, self._button_low = wiring["button"]
        self._button = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP if self._button_low else None)
        self._pressed = asyncio.ThreadSafeFlag()
        self._button.irq(
            lambda _: self._pressed.set(), machine.Pin.IRQ_FALLING if self._button_low else machine.Pin.IRQ_RISING
        )
        self._bus: machine.I2C | None = None
        self._screen = None
        self._screen_due_ms = 0  # when to look for it again, or 0 while it answers
        self._rtc = machine.RTC()
        self._lasting = Lasting(self._rtc, esp32.NVS("lumos"), self.uptime_ms)
        self._watchdog: machine.WDT | None = None
        from .first_steps import reset_cause  # here only: it is left again after the first steps

        self._cause = self._lasting.values.pop("cause", None) or reset_cause(machine)

    # Network

    def name(self) -> str:
        """`lumos-` and the end of the radio's own address: what a board without a name is called."""
        return "lumos-" + binascii.hexlify(self._radio.config("mac")[-3:]).decode()

    def link_up(self) -> bool:
        return self._radio.isconnected()

    async def link_connect(self) -> None:
        wifi = self._config.get("wifi", {})
        await self.try_network(wifi.get("ssid", ""), wifi.get("password", ""))

    async def try_network(self, ssid: str, password: str) -> None:
        """Join a network. Raises OSError with what the radio says."""
        radio = self._radio
        radio.active(True)
        if radio.isconnected():
            radio.disconnect()
        radio.connect(ssid, password)
        for _ in range(_JOIN_SECONDS * 10):
            await asyncio.sleep(0.1)
            if radio.isconnected():
                return
            said = _WIFI.get(radio.status())
            if said is not None:
                break
        else:
            said = "no answer"
        radio.disconnect()
        raise OSError(said)

    async def open_connection(self, host: str, port: int, authority: str = ""):
        address = await look_up(host)
        if not authority:
            return await asyncio.open_connection(address, port)
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]  # its stub has forgotten it
        context.load_verify_locations(cadata=binascii.a2b_base64(authority))
        return await asyncio.open_connection(address, port, ssl=context, server_hostname=host)

    def address(self) -> str:
        return self._radio.ifconfig()[0] if self._radio.isconnected() else ""

    def rssi(self) -> int:
        return self._radio.status("rssi")

    # Time

    async def sync_clock(self) -> None:
        """One question to a time server (RFC 4330), without waiting in the way of anybody."""
        host = self._config.get("time_server", "pool.ntp.org")
        address = socket.getaddrinfo(await look_up(host), 123)[0][-1]
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            asker.setblocking(False)
            asker.sendto(b"\x1b" + 47 * b"\0", address)
            answer = b""
            for _ in range(40):
                await asyncio.sleep(0.05)
                try:
                    answer = asker.recv(48)
                    break
                except OSError:
                    continue  # not yet
        finally:
            asker.close()
        if len(answer) < 48:
            raise OSError("no time server answers")
        seconds, fraction = struct.unpack("!II", answer[40:48])
        now = time.gmtime(seconds - _SECONDS_1900_TO[self.epoch_year()])
        self._rtc.datetime((now[0], now[1], now[2], now[6], now[3], now[4], now[5], fraction * 1_000_000 >> 32))

    # What is soldered on

    def adc(self, pin: int):
        if pin not in self._wiring["adc"]:
            raise ValueError(f"pin {pin} cannot measure beside the Wi-Fi: use one of {self._wiring['adc']}")
        return machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB)

    def i2c(self):
        """The bus of the sensors, which on a board with a screen is the screen's too."""
        if self._bus is None:
            pins = self._wiring["i2c"]
            self._bus = machine.I2C(0, sda=machine.Pin(pins["sda"]), scl=machine.Pin(pins["scl"]), freq=400_000)
        return self._bus

    def digital(self, pin: int, pulled_up: bool):
        return machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP if pulled_up else None)

    def dht22(self, pin: int):
        import dht

        return dht.DHT22(machine.Pin(pin))

    def ds18b20(self, pin: int):
        import ds18x20
        import onewire

        return ds18x20.DS18X20(onewire.OneWire(machine.Pin(pin)))

    def internal_temperature(self) -> float:
        if hasattr(esp32, "mcu_temperature"):
            return esp32.mcu_temperature()
        return (esp32.raw_temperature() - 32) / 1.8

    def led(self, on: bool) -> None:
        if self._neopixel is not None:
            self._neopixel[0] = (24, 24, 24) if on else (0, 0, 0)
            self._neopixel.write()
        else:
            self._led.value(on != self._led_low)

    def _begin_screen(self, pins):
        from .ssd1306 import Screen

        reset = pins.get("reset")
        return Screen(self.i2c(), machine.Pin(reset, machine.Pin.OUT) if reset is not None else None)

    def show(self, lines: "list[str]") -> None:
        """Draw. One that does not answer is looked for again every few seconds; the board goes on."""
        pins = self._wiring["screen"]
        if pins is None or self.uptime_ms() < self._screen_due_ms:
            return
        try:
            screen = self._screen or self._begin_screen(pins)
            screen.show(lines)
            self._screen, self._screen_due_ms = screen, 0
        except OSError as error:
            if not self._screen_due_ms:
                self.log(f"the screen does not answer: {error}")
            self._screen = None
            self._screen_due_ms = self.uptime_ms() + _SCREEN_AGAIN_MS

    async def button_pressed(self) -> None:
        while True:
            await self._pressed.wait()
            await asyncio.sleep(_DEBOUNCE_SECONDS)
            self._pressed.clear()
            if self.button_is_held():
                return

    def button_is_held(self) -> bool:
        return self._button.value() == (0 if self._button_low else 1)

    # The machine itself

    def free_bytes(self) -> int:
        gc.collect()
        return gc.mem_free()

    def cause(self) -> str:
        return self._cause

    def reset(self, cause: str) -> None:
        self.remember({"cause": cause})
        self._lasting.save()
        machine.reset()

    def feed(self) -> None:
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self._watchdog.feed()

    def stop_watching(self) -> None:
        """An ESP32's watchdog cannot be taken back: whoever sits at the prompt gets an hour from it."""
        if self._watchdog is not None:
            machine.WDT(timeout=_PROMPT_MS)

    def remember(self, values: dict, soon: bool = False) -> None:
        self._lasting.remember(values, soon)

    def recall(self, key: str):
        return self._lasting.values.get(key)

    def flash_folder(self) -> str:
        return _RING

    def propose_config(self, value: dict) -> None:
        from . import config  # here only: it is seldom wanted, and takes memory

        config.propose(config.changed(config.in_force(), value))

    def keep_config(self) -> None:
        from . import config

        config.keep()
        self.remember({"joined": self._config["wifi"]["ssid"]})  # so its set-up is over: see `first_steps`

    def log(self, text: str) -> None:
        print(f"{self.uptime_ms() / 1000:.1f} {text}")


_WIFI = {
    network.STAT_WRONG_PASSWORD: "the password is wrong",
    network.STAT_NO_AP_FOUND: "no network of this name is in reach",
}
