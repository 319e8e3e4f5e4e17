"""Devices and series by name: what the writer looks up for every reading, kept in memory beside the small tables.

Used by the writer's thread alone, inside its transactions; `reload` after one that failed.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from ingest.decoding.decoded import Sensor


class Catalog:
    """Ids of devices and series, made when a name is first heard of."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._devices: dict[str, int] = {}
        self._series: dict[tuple[int, str], int] = {}
        self._sensors: dict[int, Sensor] = {}
        #: The way back: a device's name, and whose series it is and of what.
        self._names: dict[int, str] = {}
        self._owners: dict[int, tuple[int, str]] = {}
        #: Under which device another one is shown, and the devices that are shown under one.
        self._shown: dict[int, int] = {}
        self._together: dict[int, list[int]] = {}
        self._deleted: set[str] = set()
        self._next_device = 1
        self._next_series = 1
        #: Grows with every device and series, and whenever both tables are read again.
        self.generation = 0
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
        self._names = {device_id: name for name, device_id in devices}
        self._owners = {series_id: (device_id, metric) for device_id, metric, series_id, *_ in series}
        self._shown = dict(self._connection.execute("SELECT device_id, shown_id FROM replacements").fetchall())
        self._together = {}
        for device_id in self._devices.values():
            self._together.setdefault(self._shown.get(device_id, device_id), []).append(device_id)
        deleted = self._connection.execute("SELECT device, device_id, series_ids FROM deletions").fetchall()
        self._deleted = {name for name, *_ in deleted} - self._devices.keys()
        # An id that was ever given is never given again: files that are being rewritten still hold it.
        gone_devices = [device_id for _, device_id, _ in deleted]
        gone_series = [series_id for *_, ids in deleted for series_id in ids]
        self._next_device = max([*self._devices.values(), *gone_devices], default=0) + 1
        self._next_series = max([*self._series.values(), *gone_series], default=0) + 1
        self.generation += 1

    def device(self, name: str, now_us: int) -> int:
        """The device's id; a row is made for a new one."""
        found = self._devices.get(name)
        if found is None:
            found = self._devices[name] = self._next_device
            self._names[found] = name
            self._together[found] = [found]
            self._deleted.discard(name)
            self._next_device += 1
            self.generation += 1
            self._connection.execute(
                "INSERT INTO devices (device_id, device, first_seen_us) VALUES ($1, $2, $3)", [found, name, now_us]
            )
        return found

    def series(self, device_id: int, metric: str, now_us: int) -> int:
        """The series' id; a row is made for a new one."""
        found = self._series.get((device_id, metric))
        if found is None:
            found = self._series[device_id, metric] = self._next_series
            self._owners[found] = (device_id, metric)
            self._next_series += 1
            self.generation += 1
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

    def was_deleted(self, name: str) -> bool:
        """Whether a device of this name was deleted and has not been heard of since."""
        return name in self._deleted

    def shown_as(self, device_id: int) -> int:
        """The device under which a device is shown: itself, unless it was replaced."""
        return self._shown.get(device_id, device_id)

    def all_series(self, device: str, metric: str) -> list[int]:
        """The ids of a metric as questions see it: those of the devices it replaced too, its own first."""
        device_id = self._devices.get(device)
        if device_id is None:
            return []
        shown = self.shown_as(device_id)
        owners = sorted(self._together[shown], key=lambda owner: owner != shown)
        found = (self._series.get((owner, metric)) for owner in owners)
        return [series_id for series_id in found if series_id is not None]

    def name_of(self, series_id: int) -> tuple[str, str] | None:
        """`(device, metric)` as questions call a series; None for one that is not there (any more)."""
        owner = self._owners.get(series_id)
        name = None if owner is None else self._names.get(self.shown_as(owner[0]))
        return None if owner is None or name is None else (name, owner[1])

    def metrics(self, device: str) -> list[str]:
        """The metrics of a device as it is shown."""
        device_id = self._devices.get(device)
        together = [] if device_id is None else self._together[self.shown_as(device_id)]
        return sorted({metric for owner, metric in self._series if owner in together})

    def every_series(self) -> Iterator[tuple[int, str, str]]:
        """`(id, device, metric)` of each series, as questions call it."""
        for series_id, (device_id, metric) in self._owners.items():
            name = self._names.get(self.shown_as(device_id))
            if name is not None:
                yield series_id, name, metric

    def shown_devices(self) -> list[str]:
        """The devices that are not merged into another one."""
        return [name for name, device_id in self._devices.items() if self.shown_as(device_id) == device_id]

    def shown_name(self, device: str) -> str:
        """The device under which one is shown; a name that was never heard of stays."""
        device_id = self._devices.get(device)
        return device if device_id is None else self._names[self.shown_as(device_id)]

    def find_series(self, device: str, metric: str) -> int | None:
        device_id = self._devices.get(device)
        return None if device_id is None else self._series.get((device_id, metric))
