"""The chip's own temperature: warmer than the room, and a sign of how the board fares."""


class Driver:
    unit, label = "°C", "Board temperature"
    low, high, decimals = -40, 125, 1

    def __init__(self, hal, _row):
        self._hal = hal

    def read(self):
        return self._hal.internal_temperature()
