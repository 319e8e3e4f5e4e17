"""Tasmota, as its documentation says (MQTT, JSON status responses): `tele/<device>/SENSOR` and `STATE`, and its relays.

`Time` in these payloads is the device's local time without a zone, which names no moment: the time of arrival counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ingest.decoding.decoded import Decoded, Description, Sample, Sensor, Status
from ingest.decoding.payload import UnreadableError, read_json
from ingest.decoding.samples import Clock
from ingest.sources.reading import Reader
from ingest.sources.values import flatten, number_of, plain_text, read_device, read_text, status_text, told
from telemetry.controls import Control
from telemetry.sources import Source

_RELAY = re.compile(r"POWER[0-9]{0,2}")
#: Values of several phases or sensors end in their place: ENERGY.Power.0.
_PLACE = re.compile(r"\.[0-9]+$")
#: What changes with each message and measures nothing.
_SKIPPED = frozenset(("Time", "Uptime", "Wifi.Downtime", "ENERGY.TotalStartTime", "TempUnit", "PressureUnit"))
#: The unit of a value, by the last part of its name; a payload's own TempUnit and PressureUnit come first.
_UNITS: Mapping[str, str] = {
    "Temperature": "°C", "DewPoint": "°C", "HeatIndex": "°C", "Humidity": "%", "Pressure": "hPa", "SeaPressure": "hPa",
    "Illuminance": "lx", "CarbonDioxide": "ppm", "eCO2": "ppm", "TVOC": "ppb", "Distance": "cm", "Weight": "kg",
    "PM1": "µg/m³", "PM2.5": "µg/m³", "PM10": "µg/m³",
    "Voltage": "V", "Current": "A", "Power": "W", "ApparentPower": "VA", "ReactivePower": "var", "Frequency": "Hz",
    "Total": "kWh", "Yesterday": "kWh", "Today": "kWh", "ExportActive": "kWh",
    "UptimeSec": "s", "Heap": "kB", "Sleep": "ms", "Vcc": "V", "RSSI": "%", "Signal": "dBm", "Dimmer": "%",
    "CT": "mired",
}  # fmt: skip
_IN_TEMPERATURE = ("Temperature", "DewPoint", "HeatIndex")
_IN_PRESSURE = ("Pressure", "SeaPressure")
#: Commands that take a number: their range.
_NUMBERS: Mapping[str, tuple[float, float]] = {"Dimmer": (0, 100), "CT": (153, 500)}
#: What `INFO1` and `INFO2` tell of a device, and its name in a status.
_INFOS: Mapping[str, Mapping[str, str]] = {"Info1": {"Version": "fw", "Module": "module"}, "Info2": {"IPAddress": "ip"}}


class Tasmota(Reader):
    """Devices with Tasmota, below one FullTopic."""

    def __init__(self, row: Source) -> None:
        self._row = row
        self._tele, self._stat = row.topics
        self._described: dict[str, dict[str, str | None]] = {}
        self._facts: dict[str, dict[str, str]] = {}

    def reads(self, topic: str) -> bool:
        return self._tele.match(topic) is not None or self._stat.match(topic) is not None

    def forget(self) -> None:
        self._described.clear()

    def read(self, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        names = self._tele.match(topic)
        telemetry = names is not None
        if names is None:
            names = self._stat.match(topic) or {}
        what = topic.rpartition("/")[2]
        if not payload:
            return []  # a retained message that somebody cleared
        device = read_device(names.get("device", ""))
        if _RELAY.fullmatch(what):
            found = told(device, {what: read_text(payload)}, clock.arrived_us, clock.flags)
            return [*self._describe(device, found, {}), *found]
        if telemetry and what in ("SENSOR", "STATE"):
            return self._measured(device, payload, clock)
        if telemetry and what == "LWT":
            return [self._standing(device, payload)]
        if telemetry and what in ("INFO1", "INFO2"):
            return self._info(device, payload)
        return []  # answers to commands, which the relays' own topics tell too

    def _measured(self, device: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        body = read_json(payload)
        if not isinstance(body, dict):
            raise UnreadableError("Tasmota's SENSOR and STATE are JSON objects")
        found = told(device, flatten(body, skip=_SKIPPED), clock.arrived_us, clock.flags)
        return [*self._describe(device, found, body), *found]

    def _standing(self, device: str, payload: bytes) -> Status:
        online = number_of(read_text(payload))
        if online is None:
            raise UnreadableError("Tasmota's LWT is Online or Offline")
        return Status(device, bool(online), status_text(bool(online), **self._facts.get(device, {})))

    def _info(self, device: str, payload: bytes) -> Sequence[Decoded]:
        body = read_json(payload)
        if not isinstance(body, dict):
            raise UnreadableError("Tasmota's INFO is a JSON object")
        facts = self._facts.setdefault(device, {})
        for part, names in _INFOS.items():
            said = body.get(part)
            if isinstance(said, dict):
                facts.update({name: text for key, name in names.items() if (text := plain_text(said.get(key)))})
        model = facts.get("module")
        return [
            Status(device, online=True, text=status_text(online=True, **facts)),
            *([Description(device, self._row.name, model=model)] if model else []),
        ]

    def _describe(self, device: str, found: Sequence[Decoded], body: Mapping[str, Any]) -> Sequence[Decoded]:
        """Units of what is heard for the first time or in another unit, and what takes commands."""
        known = self._described.setdefault(device, {})
        sensors: dict[str, Sensor] = {}
        controls: list[Control] = []
        for metric in (metric for part in found if isinstance(part, Sample) for metric in part.values):
            unit = _unit(metric, body)
            if known.get(metric, "") == unit:
                continue
            if metric not in known and (control := self._control(device, metric)) is not None:
                controls.append(control)
            known[metric] = unit
            if unit is not None:
                sensors[metric] = Sensor(unit)
        if not sensors and not controls:
            return ()
        return [Description(device, self._row.name, sensors=sensors, controls=tuple(controls))]

    def _control(self, device: str, metric: str) -> Control | None:
        topic = self._row.commands[0].fill({"device": device}).removesuffix("+") + metric
        if _RELAY.fullmatch(metric):
            return Control(metric, "switch", topic, metric, on="ON", off="OFF")
        if metric in _NUMBERS:
            low, high = _NUMBERS[metric]
            return Control(metric, "number", topic, metric, unit=_UNITS[metric], low=low, high=high, step=1)
        return None


def _unit(metric: str, body: Mapping[str, Any]) -> str | None:
    name = _unit_key(metric) or _unit_key(_PLACE.sub("", metric)) or ""
    if name in _IN_TEMPERATURE and (said := plain_text(body.get("TempUnit"), 8)):
        return f"°{said}"
    if name in _IN_PRESSURE and (said := plain_text(body.get("PressureUnit"), 16)):
        return said
    return _UNITS.get(name)


def _unit_key(metric: str) -> str | None:
    return next((key for key in _UNITS if metric == key or metric.endswith(f".{key}")), None)
