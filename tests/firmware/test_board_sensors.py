"""Drivers and calibration, over stand-ins for the sensors' own electronics, which nobody here has."""

from __future__ import annotations

import asyncio
import struct
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.board import tasks
from firmware.board.drivers.bme280 import compensate
from firmware.board.hal import Hal
from firmware.board.sensors import Sensors


class Pins(Hal):
    """Answers as the electronics would."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.count = 1_000
        self.microvolts = 750_000
        self.contact = 0
        self.said: list[str] = []
        self.asked = 0
        self.fault: Exception | None = None
        self.registers: dict[int, bytes] = {}
        self.bme280_is_plugged = True
        self.ds18b20s = [b"1"]
        self.ds18b20_measures = True

    def uptime_ms(self) -> int:
        return self.now

    def adc(self, pin: int) -> Any:
        pins = self

        class Adc:
            def read_u16(self) -> int:
                return pins.count << 4

            def read_uv(self) -> int:
                return pins.microvolts

        if pin == 4:
            raise ValueError("pin 4 cannot measure beside the Wi-Fi")
        return Adc()

    def digital(self, _pin: int, _pulled_up: bool) -> Any:
        pins = self

        class Pin:
            def value(self) -> int:
                return pins.contact

        return Pin()

    def dht22(self, _pin: int) -> Any:
        pins = self

        class Dht:
            def measure(self) -> None:
                pins.asked += 1
                if pins.fault:
                    raise pins.fault

            def temperature(self) -> float:
                return 21.34

            def humidity(self) -> float:
                return 55.5

        return Dht()

    def ds18b20(self, _pin: int) -> Any:
        pins = self

        class Bus:
            """One sensor; its degrees are the seconds at which it began to measure, which takes it 750 ms."""

            kept = 85.0

            def scan(self) -> list[bytes]:
                return pins.ds18b20s

            def convert_temp(self) -> None:
                if not pins.ds18b20s:
                    raise Exception("no device")  # noqa: TRY002 - as `onewire` does
                self.begun = pins.now

            def read_temp(self, _rom: bytes) -> float:
                if pins.fault:
                    raise pins.fault
                if pins.ds18b20_measures and pins.now - self.begun >= 750:
                    self.kept = self.begun / 1_000
                return self.kept

        return Bus()

    def i2c(self) -> Any:
        pins = self

        class Bus:
            def readfrom_mem(self, address: int, register: int, count: int) -> bytes:
                if address != 0x76 or not pins.bme280_is_plugged:
                    raise OSError("no answer")
                return pins.registers[register][:count]

            def writeto_mem(self, _address: int, register: int, data: bytes) -> None:
                pins.registers[register] = data

        return Bus()

    def internal_temperature(self) -> float:
        return 48.26

    def log(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def pins() -> Pins:
    return Pins()


def one(pins: Pins, **row: Any) -> Any:
    return Sensors(pins, [{"metric": "m", "pin": 36, **row}]).read()["m"]


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ({"driver": "photoresistor"}, 1_000),
        ({"driver": "photoresistor", "invert": True}, 3_095),
        ({"driver": "photoresistor", "factor": 0.5, "offset": 10}, 510),
        ({"driver": "photoresistor", "factor": 0.001, "decimals": 2}, 1.0),
        ({"driver": "tmp36"}, 25.0),
        ({"driver": "analog"}, 750.0),
        ({"driver": "analog", "points": [[0, 0], [500, 10], [1000, 40]]}, 25.0),
        ({"driver": "analog", "points": [[800, 5], [1000, 9]]}, 5.0),
        ({"driver": "digital"}, True),
        ({"driver": "digital", "invert": True}, False),
        ({"driver": "digital", "pull": "none"}, False),
        ({"driver": "dht22"}, 21.3),
        ({"driver": "dht22", "quantity": "humidity"}, 55.5),
        ({"driver": "internal"}, 48.3),
    ],
)
def test_a_driver_gives_its_value_calibrated(pins: Pins, row: dict[str, Any], value: Any) -> None:
    found = one(pins, **row)
    assert found == value
    assert isinstance(found, bool) is isinstance(value, bool)


def test_a_driver_says_its_unit_label_and_range_and_a_row_may_say_otherwise(pins: Pins) -> None:
    rows = [
        {"driver": "photoresistor", "metric": "light", "pin": 36, "factor": 2, "offset": 1},
        {"driver": "tmp36", "metric": "room", "pin": 39, "label": "Room", "min": 0, "max": 50},
        {"driver": "dht22", "metric": "wet", "pin": 5, "quantity": "humidity"},
    ]
    assert Sensors(pins, rows).describe() == {
        "light": {"unit": "raw", "label": "Light", "min": 1, "max": 8_191},
        "room": {"unit": "°C", "label": "Room", "min": 0, "max": 50},
        "wet": {"unit": "%", "label": "Humidity", "min": 0, "max": 100},
    }


def test_a_row_that_is_wrong_is_said_and_does_not_silence_the_others(pins: Pins) -> None:
    rows = [
        {"driver": "barometer", "metric": "a", "pin": 1},
        {"driver": "photoresistor", "metric": "b", "pin": 4},
        {"driver": "photoresistor", "metric": "c"},
        {"driver": "photoresistor", "metric": "d", "pin": 36},
    ]
    assert Sensors(pins, rows).read() == {"d": 1_000}
    assert len(pins.said) == 3
    assert "beside the Wi-Fi" in pins.said[1]


def test_a_dht22_is_asked_once_for_both_and_no_sooner_than_it_can(pins: Pins) -> None:
    rows = [
        {"driver": "dht22", "metric": "t", "pin": 5},
        {"driver": "dht22", "metric": "h", "pin": 5, "quantity": "humidity"},
    ]
    sensors = Sensors(pins, rows)
    for pins.now in range(0, 4_001, 500):
        assert sensors.read() == {"t": 21.3, "h": 55.5}
    assert pins.asked == 3


#: What MicroPython's `dht` and `ds18x20` raise, word for word, and what a wire that is pulled does.
@pytest.mark.parametrize("fault", [Exception("checksum error"), Exception("CRC error"), OSError(116, "ETIMEDOUT")])
@pytest.mark.parametrize("driver", ["dht22", "ds18b20"])
def test_a_glitch_is_a_metric_without_a_value_said_once_until_the_sensor_works_again(
    pins: Pins, driver: str, fault: Exception
) -> None:
    rows = [{"driver": driver, "metric": "m", "pin": 5}, {"driver": "photoresistor", "metric": "light", "pin": 36}]
    sensors = Sensors(pins, rows)

    def measured(seconds: int) -> Any:
        for _ in range(seconds):
            sensors.begin()
            pins.now += 1_000
            found = sensors.read()
            assert found["light"] == 1_000
        return found["m"]

    assert measured(4) is not None
    for _ in range(2):
        pins.fault, pins.said = fault, []
        assert measured(5) is None
        assert pins.said == [f"m cannot be read: {fault}"]
        pins.fault = None
        assert measured(4) is not None


@pytest.mark.parametrize("points", [[[800, 5]], [[800, 5], [800, 9]]])
def test_points_that_are_no_curve_are_a_metric_without_a_value(pins: Pins, points: list[list[int]]) -> None:
    rows = [
        {"driver": "analog", "metric": "a", "pin": 36, "points": points},
        {"driver": "photoresistor", "metric": "b", "pin": 36},
    ]
    sensors = Sensors(pins, rows)
    assert [sensors.read(), sensors.read()] == [{"a": None, "b": 1_000}] * 2
    assert len(pins.said) == 1


def test_a_driver_that_cannot_begin_is_said_and_does_not_silence_the_others(pins: Pins) -> None:
    rows = [
        {"driver": "analog", "metric": "a", "pin": 36, "points": 5},
        {"driver": "dht22", "metric": "b", "pin": [5]},
        {"driver": "photoresistor", "metric": "c", "pin": 36},
    ]
    assert Sensors(pins, rows).read() == {"c": 1_000}
    assert len(pins.said) == 2


def test_a_dht22_that_did_not_answer_gives_nothing_until_it_does(pins: Pins) -> None:
    rows = [
        {"driver": "dht22", "metric": "t", "pin": 5},
        {"driver": "dht22", "metric": "h", "pin": 5, "quantity": "humidity"},
    ]
    sensors = Sensors(pins, rows)
    pins.fault = Exception("checksum error")
    for pins.now in range(0, 3_001, 500):
        assert sensors.read() == {"t": None, "h": None}
    pins.fault = None
    pins.now = 3_500  # it was asked less than two seconds ago
    assert sensors.read() == {"t": None, "h": None}
    pins.now = 4_000
    assert sensors.read() == {"t": 21.3, "h": 55.5}


class _EnoughError(Exception):
    """Ends a sampler that would go on for ever."""


def sampled(pins: Pins, monkeypatch: pytest.MonkeyPatch, period_ms: int, count: int) -> list[Any]:
    """(ms since the start, value) of the samples that a board with a DS18B20 takes."""
    sensors = Sensors(pins, [{"driver": "ds18b20", "metric": "m", "pin": 5}])
    taken: list[tuple[int, float | None]] = []

    async def sleep(seconds: float) -> None:
        if len(taken) == count:
            raise _EnoughError
        pins.now += max(0, round(seconds * 1_000))

    board = SimpleNamespace(
        clock=pins,
        sensors=sensors,
        state={"period_ms": period_ms},
        wake=asyncio.Event(),
        take_sample=lambda: taken.append((pins.now, sensors.read()["m"])),
    )
    monkeypatch.setattr(tasks, "asyncio", SimpleNamespace(sleep=sleep))
    with pytest.raises(_EnoughError):
        asyncio.run(tasks.sampler(board))
    return taken


@pytest.mark.parametrize("period_ms", [800, 1_000, 1_500, 60_000, 3_600_000])
def test_a_ds18b20_is_measured_right_before_each_sample(
    pins: Pins, monkeypatch: pytest.MonkeyPatch, period_ms: int
) -> None:
    taken = sampled(pins, monkeypatch, period_ms, 4)
    # The stand-in's degrees are the seconds at which it began to measure.
    assert taken == [(800 + n * period_ms, n * period_ms / 1_000) for n in range(4)]


def test_a_ds18b20_in_samples_faster_than_it_can_measure_gives_the_last_it_has(
    pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = sampled(pins, monkeypatch, 100, 40)
    assert [at for at, _ in taken] == list(range(800, 4_800, 100))
    for at, value in taken:
        assert value is not None
        assert 750 <= at - value * 1_000 <= 1_700


def test_a_ds18b20_that_begins_too_late_gives_nothing_rather_than_what_was_an_hour_ago(
    pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = sampled(pins, monkeypatch, 3_600_000, 2)
    assert taken[-1][1] is not None
    driver = Sensors(pins, [{"driver": "ds18b20", "metric": "m", "pin": 5}]).slow[0]
    driver.begin()
    pins.now += 800
    assert driver.read() is not None
    pins.now += 3_600_000
    driver.begin()
    pins.now += 100
    assert driver.read() is None


def test_a_ds18b20_never_gives_its_power_on_value_and_fails_where_it_is_gone(pins: Pins) -> None:
    sensors = Sensors(pins, [{"driver": "ds18b20", "metric": "m", "pin": 5}])

    def measured() -> Any:
        sensors.begin()
        pins.now += 800
        return sensors.read()["m"]

    pins.ds18b20_measures = False
    assert measured() is None
    pins.ds18b20_measures = True
    assert measured() is not None
    for found in ([], [b"1"]):
        pins.ds18b20s = found
        assert (measured() is None) is (not found)
    pins.said.clear()
    pins.ds18b20s = []
    for _ in range(20):  # also in samples faster than it can measure
        sensors.begin()
        pins.now += 100
        sensors.read()
    assert sensors.read() == {"m": None}
    assert pins.said == ["m cannot be read: no DS18B20 answers"]


#: The example of Bosch's datasheet for the temperature and pressure it shares with the BMP280 (BST-BMP280-DS001, 3.12).
_CALIBRATION = [27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000]
_HUMIDITY = [75, 365, 0, 313, 50, 30]


def test_the_bme280_compensates_as_its_datasheet_does() -> None:
    found = compensate(_CALIBRATION + _HUMIDITY, 519888, 415148, 29_000)
    assert found["temperature"] == 25.08
    assert found["pressure"] == pytest.approx(1006.53, abs=0.01)
    assert found["humidity"] == pytest.approx(_humidity_in_floats(128422.0, 29_000, _HUMIDITY), abs=0.05)


def _humidity_in_floats(fine: float, raw: int, calibration: list[int]) -> float:
    """The datasheet's other formula, in floats (BST-BME280-DS002, 8.1)."""
    h1, h2, h3, h4, h5, h6 = calibration
    x = fine - 76800.0
    x = (raw - (h4 * 64.0 + h5 / 16384.0 * x)) * (
        h2 / 65536.0 * (1.0 + h6 / 67108864.0 * x * (1.0 + h3 / 67108864.0 * x))
    )
    return x * (1.0 - h1 * x / 524288.0)


def plug_bme280(pins: Pins) -> None:
    t1, t2, t3, *rest = _CALIBRATION
    h1, h2, h3, h4, h5, h6 = _HUMIDITY
    pins.registers[0x88] = struct.pack("<HhhHhhhhhhhhBB", t1, t2, t3, *rest, 0, h1)
    pins.registers[0xE1] = struct.pack("<hBbBbb", h2, h3, h4 >> 4, (h4 & 0x0F) | (h5 & 0x0F) << 4, h5 >> 4, h6)
    raw = [
        415148 << 4 >> 16,
        415148 >> 4 & 255,
        (415148 & 15) << 4,
        519888 >> 12,
        519888 >> 4 & 255,
        (519888 & 15) << 4,
    ]
    pins.registers[0xF7] = bytes([*raw, 29_000 >> 8, 29_000 & 255])


def test_a_bme280_is_read_over_its_registers_and_a_missing_one_is_a_sensor_that_failed(pins: Pins) -> None:
    plug_bme280(pins)
    rows = [
        {"driver": "bme280", "metric": quantity, "quantity": quantity}
        for quantity in ("temperature", "pressure", "humidity")
    ]
    sensors = Sensors(pins, [*rows, {"driver": "bme280", "metric": "gone", "address": 0x77}])
    assert set(sensors.read().values()) == {None}
    found = sensors.read()
    assert (found["temperature"], found["gone"]) == (25.08, None)
    assert found["pressure"] == pytest.approx(1006.53, abs=0.01)
    assert found["humidity"] == pytest.approx(_humidity_in_floats(128422.0, 29_000, _HUMIDITY), abs=0.05)


@pytest.mark.parametrize("seen", [True, False])
def test_a_bme280_that_was_pulled_off_is_prepared_anew_whether_a_reading_fell_into_it_or_not(
    pins: Pins, seen: bool
) -> None:
    plug_bme280(pins)
    measured = pins.registers[0xF7]
    sensors = Sensors(pins, [{"driver": "bme280", "metric": "m"}])
    assert [sensors.read()["m"] for _ in range(2)] == [None, 25.08]
    if seen:
        pins.bme280_is_plugged = False
        assert sensors.read() == {"m": None}
    pins.bme280_is_plugged = True
    pins.registers[0xF4] = b"\x00"  # it sleeps, as after each start, and its numbers are those of no measurement
    pins.registers[0xF7] = b"\x80\x00\x00\x80\x00\x00\x80\x00"
    found = []
    for _ in range(3):
        found.append(sensors.read()["m"])
        if pins.registers[0xF4] == b"\x27":
            pins.registers[0xF7] = measured
    assert pins.registers[0xF4] == b"\x27"
    assert found[0] is None
    assert found[-1] == 25.08
    assert set(found) == {None, 25.08}
