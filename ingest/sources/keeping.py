"""What conventions announce, kept in the store: configurations, devices' own names, what takes commands, last texts.

Everything here is also in memory, so that a message that says what is known costs no write; `reload` after a
transaction that failed. Used by the writer's thread alone, inside its transactions.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

import duckdb

from ingest.catalog import Catalog
from ingest.decoding.decoded import Announcement, Description, Event, Sensor
from telemetry.controls import Control

_log = logging.getLogger(__name__)

#: Far more than a house has devices; beyond it a convention is out of order, and says so in the quarantine.
_MOST_ANNOUNCEMENTS = 50_000
_REMEMBERED_TEXTS = 20_000


class Keeping:
    """What is announced and kept."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self._connection = connection
        self._catalog = catalog
        self._announced: dict[tuple[str, str], bytes] = {}
        self._devices: dict[int, tuple[str, str | None, str | None]] = {}
        self._controls: dict[tuple[int, str], tuple[Control, ...]] = {}
        self._full = False
        #: Series that were described and have no reading yet: what the broker repeats of them is news.
        self.silent: set[int] = set()
        self._texts: OrderedDict[tuple[int, str], str | None] = OrderedDict()
        self.reload()

    def reload(self) -> None:
        """Read the tables again: the store knows what is true."""
        rows = self._connection.execute("SELECT source, topic, payload FROM announcements").fetchall()
        self._announced = {(source, topic): _digest(payload) for source, topic, payload in rows}
        devices = self._connection.execute("SELECT device_id, source, name, model FROM announced_devices").fetchall()
        self._devices = {device_id: (source, name, model) for device_id, source, name, model in devices}
        self._controls = {}
        for device_id, announced_by, *row in self._connection.execute(
            f"SELECT device_id, announced_by, {_CONTROL} FROM controls ORDER BY place"
        ).fetchall():
            told = dict(zip(_CONTROL_FIELDS, row, strict=True))
            control = Control(**{**told, "options": tuple(json.loads(told["options"]))})
            self._controls[device_id, announced_by] = (*self._controls.get((device_id, announced_by), ()), control)
        self._texts.clear()
        rows = self._connection.execute(
            "SELECT series_id FROM series WHERE series_id NOT IN (SELECT series_id FROM tail UNION ALL "
            "SELECT series_id FROM live_minutes UNION ALL SELECT series_id FROM rollup_day)"
        ).fetchall()
        self.silent = {series_id for (series_id,) in rows}

    def forget_device(self, device_id: int) -> None:
        """The device was deleted, with its rows."""
        self._devices.pop(device_id, None)
        for key in [key for key in self._controls if key[0] == device_id]:
            del self._controls[key]
        for name in [key for key in self._texts if key[0] == device_id]:
            del self._texts[name]

    def trim(self) -> None:
        """Let go what was not needed lately. Only between two transactions."""
        while len(self._texts) > _REMEMBERED_TEXTS:
            self._texts.popitem(last=False)

    def announcements(self) -> list[tuple[str, str, bytes]]:
        """All that was announced: (source, topic, payload), in the order in which it first came."""
        return self._connection.execute(
            "SELECT source, topic, payload FROM announcements ORDER BY announced_us, topic"
        ).fetchall()

    def announce(self, announcement: Announcement, now_us: int) -> bool:
        """Remember an announcement; False for one that says what is known."""
        key = announcement.source, announcement.topic
        digest = _digest(announcement.payload)
        if self._announced.get(key) == digest or (key not in self._announced and not announcement.payload):
            return False
        if key not in self._announced and len(self._announced) >= _MOST_ANNOUNCEMENTS:
            if not self._full:
                _log.warning(
                    "%d announcements of others' devices are kept: what '%s' and others say is not understood after a "
                    "restart. Take away what is no longer there (publish an empty retained message)",
                    _MOST_ANNOUNCEMENTS,
                    announcement.topic[:200],
                )
            self._full = True
            return True
        first_us = now_us
        if key in self._announced:
            ((first_us,),) = self._connection.execute(
                "SELECT min(announced_us) FROM announcements WHERE source = $1 AND topic = $2", list(key)
            ).fetchall()
            self._connection.execute("DELETE FROM announcements WHERE source = $1 AND topic = $2", list(key))
        # What it took commands for before; what it still does follows in the same message.
        for device_id, announced_by in [known for known in self._controls if known[1] == announcement.topic]:
            self._replace_controls(device_id, announced_by, ())
        if announcement.payload:
            self._announced[key] = digest
            row = [*key, announcement.payload, first_us]
            self._connection.execute("INSERT INTO announcements VALUES ($1, $2, $3, $4)", row)
        else:
            del self._announced[key]
        return True

    def describe(self, device_id: int, said: Description, now_us: int) -> bool:
        """Keep what a device tells of itself; False when it told the same before."""
        revised = self.sense(said.device, device_id, said.sensors, now_us)
        _, name, model = self._devices.get(device_id, ("", None, None))
        fresh = (said.source, said.name or name, said.model or model)
        if self._devices.get(device_id) != fresh:
            self._devices[device_id] = fresh
            self._connection.execute("DELETE FROM announced_devices WHERE device_id = $1", [device_id])
            self._connection.execute("INSERT INTO announced_devices VALUES ($1, $2, $3, $4)", [device_id, *fresh])
            revised = True
        if self._controls.get((device_id, said.announced_by), ()) != said.controls and (
            said.controls or said.announced_by
        ):
            before = () if said.announced_by else self._controls.get((device_id, ""), ())
            names = {control.name for control in said.controls}
            kept = tuple(control for control in before if control.name not in names)
            revised |= self._replace_controls(device_id, said.announced_by, (*kept, *said.controls))
        return revised

    def sense(self, device: str, device_id: int, sensors: Mapping[str, Sensor], now_us: int) -> bool:
        """Keep units, labels and ranges of a device's metrics; False when they were the same before."""
        revised = False
        for metric, sensor in sensors.items():
            known = self._catalog.find_series(device, metric)
            if known is None:
                known = self._catalog.series(device_id, metric, now_us)
                self.silent.add(known)
            revised |= self._catalog.describe(known, sensor)
        return revised

    def text_is_new(self, device_id: int, event: Event) -> bool:
        """Whether a text differs from the last one of its name; it is the last one from now on."""
        key = device_id, event.event
        if key not in self._texts:
            rows = self._connection.execute(
                "SELECT arg_max(value, event_us) FROM events WHERE device_id = $1 AND event = $2", list(key)
            ).fetchall()
            self._texts[key] = rows[0][0]
        before, self._texts[key] = self._texts[key], event.value
        self._texts.move_to_end(key)
        return before != event.value

    def _replace_controls(self, device_id: int, announced_by: str, controls: Sequence[Control]) -> bool:
        key = device_id, announced_by
        if self._controls.get(key, ()) == tuple(controls):
            return False
        self._connection.execute("DELETE FROM controls WHERE device_id = $1 AND announced_by = $2", list(key))
        self._controls.pop(key, None)
        if controls:
            self._controls[key] = tuple(controls)
            _insert(self._connection, device_id, announced_by, controls)
        return True


_CONTROL = (
    "control, kind, topic, metric, label, unit, on_payload, off_payload, low, high, step, options, json_key"
)  # fmt: skip


_CONTROL_FIELDS = tuple(field.name for field in dataclasses.fields(Control))


def _insert(
    connection: duckdb.DuckDBPyConnection, device_id: int, announced_by: str, controls: Iterable[Control]
) -> None:
    rows = [
        [json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else value for value in told]
        for told in (tuple(getattr(control, name) for name in _CONTROL_FIELDS) for control in controls)
    ]
    connection.executemany(
        f"INSERT INTO controls (device_id, announced_by, place, {_CONTROL}) "
        f"VALUES ($1, $2, $3, {', '.join(f'${n}' for n in range(4, 17))})",
        [(device_id, announced_by, place, *row) for place, row in enumerate(rows)],
    )


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=16).digest()
