"""Anything that gives a voltage on an ADC pin, by a curve: `points` of [millivolts, value], straight between them."""


class Driver:
    unit, label, decimals = "mV", "Voltage", 1

    def __init__(self, hal, row):
        self._adc = hal.adc(row["pin"])
        self._points = sorted(row.get("points") or [[0, 0], [3300, 3300]])
        values = [value for _, value in self._points]
        self.low, self.high = min(values), max(values)

    def read(self):
        millivolts = self._adc.read_uv() / 1000
        points = self._points
        right = 1
        while right < len(points) - 1 and points[right][0] < millivolts:
            right += 1
        (x0, y0), (x1, y1) = points[right - 1], points[right]
        value = y0 + (y1 - y0) * (millivolts - x0) / (x1 - x0)
        return min(max(value, self.low), self.high)
