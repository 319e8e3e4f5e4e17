"""Temperature from a DS18B20 on a 1-Wire pin. It takes 750 ms to measure, so it begins before the sample's moment."""

_TAKES_MS = 750
#: A value of before may stand in while the next is under way, where samples are taken faster than that; no older one.
_OLD_MS = 2_000
_POWER_ON = 85.0


class Driver:
    unit, label = "°C", "Temperature"
    low, high, decimals = -55, 125, 2

    def __init__(self, hal, row):
        self._hal = hal
        self._bus = hal.ds18b20(row["pin"])
        self._index = row.get("index", 0)
        self._begun_ms = self._last = None

    def begin(self):
        now, begun = self._hal.uptime_ms(), self._begun_ms
        if begun is None or now - begun >= _TAKES_MS:
            if begun is None or now - begun > _OLD_MS:
                self._last = None
            self._begun_ms = None  # and stays so where nothing answers
            self._bus.convert_temp()
            self._begun_ms = now

    def read(self):
        if self._begun_ms is None:
            raise OSError("no DS18B20 answers")
        if self._hal.uptime_ms() - self._begun_ms >= _TAKES_MS:
            before, self._last = self._last, None
            found = self._bus.scan()
            if len(found) <= self._index:
                raise OSError("no DS18B20 answers")
            value = self._bus.read_temp(found[self._index])
            if value != _POWER_ON or before is not None:
                self._last = value
        return self._last
