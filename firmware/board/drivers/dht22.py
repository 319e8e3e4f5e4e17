"""Temperature and humidity from a DHT22: a row for each, told apart by `quantity`; it is asked once for both."""

_RANGES = {"temperature": ("°C", "Temperature", -40, 80), "humidity": ("%", "Humidity", 0, 100)}
#: The sensor needs two seconds between two answers, and gives the last one again before.
_PAUSE_MS = 2_000
_shared = {}


class _Sensor:
    def __init__(self, hal, pin):
        self._hal = hal
        self._sensor = hal.dht22(pin)
        self._asked_ms = None
        self._answered = False

    def read(self, quantity):
        now = self._hal.uptime_ms()
        if self._asked_ms is None or now - self._asked_ms >= _PAUSE_MS:
            self._asked_ms = now
            self._answered = False
            self._sensor.measure()
            self._answered = True
        # Without an answer it would be numbers of before, or none of any sensor.
        return getattr(self._sensor, quantity)() if self._answered else None


class Driver:
    decimals = 1

    def __init__(self, hal, row):
        self._quantity = row.get("quantity", "temperature")
        self.unit, self.label, self.low, self.high = _RANGES[self._quantity]
        key = (id(hal), row["pin"])
        if key not in _shared:
            _shared[key] = _Sensor(hal, row["pin"])
        self._sensor = _shared[key]

    def read(self):
        return self._sensor.read(self._quantity)
