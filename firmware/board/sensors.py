"""Sensors: a driver is a class that says its range and reads a value; adding one means a class and a row in DRIVERS.

A row of the board's configuration makes it a metric: {"driver", "metric", "label", "unit", and what the driver takes}.
A driver rounds to what its sensor resolves, and raises OSError when the sensor does not answer.
"""


class Photoresistor:
    """Light on an ADC pin, 12 bits. `factor` turns a count into the unit, 1 by default: raw counts."""

    low, high = 0, 4095

    def __init__(self, hal, row):
        self._adc = hal.adc(row["pin"])
        self._factor = row.get("factor", 1)
        self.high = 4095 * self._factor

    def read(self):
        return round((self._adc.read_u16() >> 4) * self._factor)


class Tmp36:
    """Temperature in °C from a TMP36 on an ADC pin: 500 mV at 0 °C, 10 mV a degree, good to a tenth."""

    low, high = -40, 125

    def __init__(self, hal, row):
        self._adc = hal.adc(row["pin"])

    def read(self):
        return round((self._adc.read_uv() - 500_000) / 10_000, 1)


DRIVERS = {"photoresistor": Photoresistor, "tmp36": Tmp36}


class Sensors:
    """The sensors of one board, read together."""

    def __init__(self, hal, rows: "list[dict]") -> None:
        self.rows = rows
        self._drivers = [(row["metric"], DRIVERS[row["driver"]](hal, row)) for row in rows]

    def read(self) -> dict:
        """Every metric's value now; None for a sensor that failed."""
        values = {}
        for metric, driver in self._drivers:
            try:
                values[metric] = driver.read()
            except OSError:
                values[metric] = None
        return values

    def describe(self) -> dict:
        """What the host needs to know of each metric."""
        described = {}
        for row, (metric, driver) in zip(self.rows, self._drivers):  # noqa: B905 - MicroPython's zip has no strict
            described[metric] = {"unit": row["unit"], "label": row["label"], "min": driver.low, "max": driver.high}
        return described
