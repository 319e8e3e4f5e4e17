"""Temperature from a DS18B20 on a 1-Wire pin. It takes 750 ms to measure: each reading is the one begun before."""

_POWER_ON = 85.0


class Driver:
    unit, label = "°C", "Temperature"
    low, high, decimals = -55, 125, 2

    def __init__(self, hal, row):
        self._hal = hal
        self._bus = hal.ds18b20(row["pin"])
        self._index = row.get("index", 0)
        self._begun_ms = None
        self._last = None

    def read(self):
        now = self._hal.uptime_ms()
        if self._begun_ms is None or now - self._begun_ms >= 750:
            found = self._bus.scan()
            if len(found) <= self._index:
                raise OSError("no DS18B20 answers")
            if self._begun_ms is not None:
                value = self._bus.read_temp(found[self._index])
                self._last = None if value == _POWER_ON and self._last is None else value
            self._bus.convert_temp()
            self._begun_ms = now
        return self._last
