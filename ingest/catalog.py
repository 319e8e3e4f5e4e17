"""Devices and series by name: what the writer looks up for every reading, kept in memory beside the small tables.

Used by the writer's thread alone, inside its transactions; `reload` after one that failed.
"""

from __future__ import annotations

import duckdb

from ingest.decoded import Sensor


class Catalog:
    """Ids of devices and series, made when a name is first heard of."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._devices: dict[str, int] = {}
        self._series: dict[tuple[int, str], int] = {}
        self._sensors: dict[int, Sensor] = {}
        self._next_device = 1
        self._next_series = 1
        self.reload()

    def reload(self) -> None:
        """Read both tables again: the store knows what is true."""
        devices = self._connection.execute("SELECT device, device_id FROM devices").fetchall()
        series = self._connection.execute(
            "SELECT device_id, metric, series_id, unit, label, low, high FROM series"
        ).fetchall()
        self._devices = dict(devices)
        self._series = {(device_id, metric): series_id for device_id, metric, series_id, *_ in series}
        self._sensors = {series_id: Sensor(*said) for _, _, series_id, *said in series}
        self._next_device = max(self._devices.values(), default=0) + 1
        self._next_series = max(self._series.values(), default=0) + 1

    def device(self, name: str, now_us: int) -> int:
        """The device's id; a row is made for a new one."""
        found = self._devices.get(name)
        if found is None:
            found = self._devices[name] = self._next_device
            self._next_device += 1
            self._connection.execute(
                "INSERT INTO devices (device_id, device, first_seen_us) VALUES ($1, $2, $3)", [found, name, now_us]
            )
        return found

    def series(self, device_id: int, metric: str, now_us: int) -> int:
        """The series' id; a row is made for a new one."""
        found = self._series.get((device_id, metric))
        if found is None:
            found = self._series[device_id, metric] = self._next_series
            self._next_series += 1
            self._connection.execute(
                "INSERT INTO series (series_id, device_id, metric, created_us) VALUES ($1, $2, $3, $4)",
                [found, device_id, metric, now_us],
            )
        return found

    def describe(self, series_id: int, sensor: Sensor) -> bool:
        """Keep what a status says of a metric; False when it said the same before."""
        if self._sensors.get(series_id) == sensor:
            return False
        self._sensors[series_id] = sensor
        self._connection.execute(
            "UPDATE series SET unit = $1, label = $2, low = $3, high = $4 WHERE series_id = $5",
            [sensor.unit, sensor.label, sensor.low, sensor.high, series_id],
        )
        return True

    def find_device(self, name: str) -> int | None:
        return self._devices.get(name)

    def find_series(self, device: str, metric: str) -> int | None:
        device_id = self._devices.get(device)
        return None if device_id is None else self._series.get((device_id, metric))

    def metrics(self, device: str) -> list[str]:
        """The metrics of a device."""
        device_id = self._devices.get(device)
        return [metric for owner, metric in self._series if owner == device_id]
