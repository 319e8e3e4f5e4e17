"""The sensors of one board, read together: a row of the configuration makes a driver's value a metric.

A row is {"driver", "metric", and what the driver takes}; `label`, `unit`, `min`, `max` and `decimals` override the
driver's. Calibration is value = factor × raw + offset, after `invert` has turned the range round: low + high - raw.
"""

_PACKAGE = __name__.rsplit(".", 1)[0]


class Metric:
    """One row: a driver with its calibration."""

    def __init__(self, hal, row: dict) -> None:
        module = __import__(f"{_PACKAGE}.drivers.{row['driver']}", None, None, ("Driver",))
        self.driver = driver = module.Driver(hal, row)
        self.name = row["metric"]
        self.failed = False  # and said so
        self.unit = row.get("unit", driver.unit)
        self.label = row.get("label", driver.label)
        low, high = driver.low, driver.high
        factor, offset = row.get("factor", 1), row.get("offset", 0)
        if row.get("invert"):
            offset += (low + high) * factor
            factor = -factor
        self._factor, self._offset = factor, offset
        self._decimals = row.get("decimals", driver.decimals)
        ends = sorted((low * factor + offset, high * factor + offset))
        self.low, self.high = row.get("min", ends[0]), row.get("max", ends[1])

    def read(self):
        """The value now; None for a sensor that has none."""
        value = self.driver.read()
        if value is None:
            return None
        on_or_off = isinstance(value, bool)
        value = value * self._factor + self._offset
        if on_or_off:
            return value != 0
        return round(value, self._decimals) if self._decimals else round(value)


class Sensors:
    """All of them."""

    def __init__(self, hal, rows: "list[dict]") -> None:
        self._hal = hal
        self.metrics = []
        self.slow = []  # the drivers that must begin some time before they are read
        for row in rows:
            try:
                metric = Metric(hal, row)
                self.metrics.append(metric)
                if hasattr(metric.driver, "begin"):
                    self.slow.append(metric.driver)
            except Exception as error:  # noqa: BLE001 - one row that is wrong must not silence the others
                hal.log(f"the sensor {row} cannot be used: {type(error).__name__} {error}")

    def begin(self) -> None:
        """Have the slow ones measure."""
        for driver in self.slow:
            try:
                driver.begin()
            except Exception:  # noqa: BLE001, S110 - its reading will say so
                pass

    def read(self) -> dict:
        """Every metric's value now; None for a sensor that failed, which is said once until it works again."""
        values = {}
        for metric in self.metrics:
            value = None
            try:
                value = metric.read()
                if value is not None:
                    metric.failed = False
            except Exception as error:  # noqa: BLE001 - MicroPython's own drivers raise what they like
                if not metric.failed:
                    metric.failed = True
                    self._hal.log(f"{metric.name} cannot be read: {error}")
            values[metric.name] = value
        return values

    def describe(self) -> dict:
        """What the host needs to know of each metric."""
        described = {}
        for metric in self.metrics:
            described[metric.name] = {
                "unit": metric.unit,
                "label": metric.label,
                "min": metric.low,
                "max": metric.high,
            }
        return described
