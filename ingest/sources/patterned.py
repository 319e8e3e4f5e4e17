"""`plain`, `json` and the rows that people write in lumos.toml: the topic says whose value it is, the payload what.

Each is all options of one row (`telemetry.sources.Source`); nothing is announced, so nothing is remembered but what was
described before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.decoding.decoded import Decoded, Description, Sample, Sensor, Status
from ingest.decoding.payload import UnreadableError, read_json, read_name
from ingest.decoding.samples import Clock
from ingest.sources.reading import Reader
from ingest.sources.values import flatten, number_of, read_device, read_moment, read_text, status_text, told
from telemetry.controls import Control
from telemetry.sources import Source

_VALUE = "value"


class Patterned(Reader):
    """A row whose topic pattern says where device and metric stand."""

    def __init__(self, row: Source) -> None:
        self._row = row
        #: What was described of each device, so that it is said once and not with each message.
        self._described: dict[str, set[str]] = {}

    def reads(self, topic: str) -> bool:
        return self._is_status(topic) is not None or self._match(topic) is not None

    def forget(self) -> None:
        self._described.clear()

    def read(self, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        if not payload:
            return []  # a retained message that somebody cleared
        names = self._is_status(topic)
        if names is not None:
            return self._status(names, payload)
        names = self._match(topic) or {}
        device = self._device(names)
        values = self._values(names.get("metric") or self._row.metric, payload)
        moment = (clock.arrived_us, clock.flags)
        if self._row.time and self._row.time in values:
            moment = read_moment(values.pop(self._row.time), clock)
        found = told(device, {name: value for name, value in values.items() if name not in self._row.ignore}, *moment)
        return [*self._describe(device, names, found), *found]

    def _match(self, topic: str) -> Mapping[str, str] | None:
        return next((names for pattern in self._row.topics if (names := pattern.match(topic)) is not None), None)

    def _is_status(self, topic: str) -> Mapping[str, str] | None:
        return self._row.status.match(topic) if self._row.status else None

    def _device(self, names: Mapping[str, str]) -> str:
        return read_device(self._row.device.replace("{device}", names.get("device", "")))

    def _values(self, metric: str, payload: bytes) -> dict[str, object]:
        if self._row.payload == "number":
            return {metric: read_text(payload)}
        body = read_json(payload)
        if isinstance(body, dict | list):
            return flatten(body, metric, self._row.ignore)
        return {metric or _VALUE: body}

    def _status(self, names: Mapping[str, str], payload: bytes) -> Sequence[Decoded]:
        online = number_of(read_text(payload))
        if online is None:
            raise UnreadableError("a status takes online or offline, true or false, 1 or 0")
        return [Status(self._device(names), bool(online), status_text(bool(online)))]

    def _describe(self, device: str, names: Mapping[str, str], found: Sequence[Decoded]) -> Sequence[Decoded]:
        """The units and labels of what is heard for the first time, and where the device takes commands."""
        row, known = self._row, self._described.setdefault(device, set())
        fresh = [metric for part in found if isinstance(part, Sample) for metric in part.values if metric not in known]
        known.update(fresh)
        sensors = {
            metric: Sensor(row.units.get(metric), row.labels.get(metric))
            for metric in fresh
            if metric in row.units or metric in row.labels
        }
        controls: tuple[Control, ...] = ()
        if row.command is not None and "" not in known:
            known.add("")  # no metric is called so
            controls = (Control(read_name("command"), "text", row.command.fill(names)),)
        if not sensors and not controls:
            return ()
        return [Description(device, row.name, sensors=sensors, controls=controls)]
