"""The Homie convention, versions 3, 4 and 5: a property's value on its own topic, and attributes that say what it is.

Up to version 4 each attribute is a retained topic beginning with `$`; version 5 has one JSON `$description` a device,
below `homie/5`. Values are read as their datatype says; a property that is not described is read as it looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.decoding.decoded import Announcement, Decoded, Description, Event, Sample, Sensor, Status
from ingest.decoding.payload import LARGEST_PAYLOAD, UnreadableError, read_json, read_name
from ingest.decoding.samples import Clock
from ingest.sources.reading import Reader
from ingest.sources.values import (
    is_nothing,
    number_of,
    plain_text,
    read_device,
    read_text,
    status_text,
    text_event,
    told,
)
from telemetry.controls import Control
from telemetry.sources import Source

#: Attributes of a property that say how it reads.
_ATTRIBUTES = ("$name", "$unit", "$datatype", "$format", "$settable", "$retained")
_ONLINE = {"init": True, "ready": True, "alert": True, "sleeping": True, "disconnected": False, "lost": False}
#: The units of version 3's statistics.
_STATS = {"uptime": "s", "signal": "%", "cputemp": "°C", "cpuload": "%", "battery": "%", "freeheap": "B", "supply": "V"}
_FACTS = {"$localip": "ip", "$fw/version": "fw", "$fw/name": "firmware"}
_NUMBERS = ("integer", "float")
_MOST_DEVICES = 10_000
#: A version 5 payload for the empty text.
_EMPTY = b"\x00"


@dataclass
class _Device:
    """What is known of a device."""

    name: str | None = None
    root: str | None = None
    #: By `node/property`: its attributes by their names of version 4, without the `$`.
    properties: dict[str, dict[str, str]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


class Homie(Reader):
    """The devices below one base topic."""

    announces = True

    def __init__(self, row: Source) -> None:
        self._row = row
        self._prefix = f"{row.root}/"
        self._devices: dict[str, _Device] = {}
        self._described: set[tuple[str, str]] = set()

    def reads(self, topic: str) -> bool:
        return topic.startswith(self._prefix)

    def forget(self) -> None:
        self._described.clear()

    def read(self, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        path = topic.removeprefix(self._prefix)
        fifth = path.startswith("5/")
        device, _, rest = path.removeprefix("5/" if fifth else "").partition("/")
        if not rest or device == "$broadcast":
            return []
        # A device of version 5 has a base topic of its own: `5/window` is not `window`.
        base = f"{self._prefix}5/{device}" if fifth else f"{self._prefix}{device}"
        if rest.startswith("$"):
            return self._device_attribute(topic, base, rest, payload, clock)
        levels = rest.split("/")
        if len(levels) == 2 and levels[1].startswith("$"):
            return []  # a node's name, type and list of properties: what its properties say is enough
        if len(levels) == 3 and levels[2] in _ATTRIBUTES and not fifth:
            return self._attribute(topic, base, levels, payload)
        if len(levels) == 2:
            return self._value(base, levels[0], levels[1], payload, clock)
        return []  # `set`, which is the other direction, and `$target`

    def _device_attribute(self, topic: str, base: str, name: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        device = self._device(base)
        if name == "$state":
            return self._state(base, device, payload)
        if name == "$description":
            return self._description(topic, base, payload)
        if name.startswith("$alert/"):
            text = read_text(payload) if payload else ""
            return [text_event(device, read_name(name.replace("/", ".")), text, clock.arrived_us, stands=True)]
        if name.startswith("$stats/") and payload:
            return self._statistic(device, name.removeprefix("$stats/"), payload, clock)
        if name == "$name" or name in _FACTS:
            text, known = read_text(payload), self._of(base)
            if name == "$name":
                known.name = plain_text(text)
                return [
                    Announcement(self._row.name, topic, payload), Description(device, self._row.name, known.name)
                ]  # fmt: skip
            known.facts[_FACTS[name]] = text[:200]
        return []

    def _state(self, base: str, device: str, payload: bytes) -> Sequence[Decoded]:
        state = read_text(payload)
        if state and state not in _ONLINE:
            raise UnreadableError(f"$state is one of {', '.join(_ONLINE)}, not '{state[:32]}'")
        online = _ONLINE.get(state, False)  # an empty one takes the device away
        found: list[Decoded] = [Status(device, online, status_text(online, state=state, **self._of(base).facts))]
        if state == "lost":
            # A device that carries others takes them with it.
            root = base.rpartition("/")[2]
            for other, known in self._devices.items():
                if known.root == root and other.rpartition("/")[0] == base.rpartition("/")[0]:
                    found.append(Status(self._device(other), online=False, text=status_text(online=False, state=state)))
        return found

    def _statistic(self, device: str, name: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        if name == "interval" or "/" in name:
            return []
        metric = read_name(f"$stats.{name}")
        found = told(device, {metric: read_text(payload)}, clock.arrived_us, clock.flags)
        if name in _STATS and (device, metric) not in self._described:
            self._described.add((device, metric))
            found.insert(0, Description(device, self._row.name, sensors={metric: Sensor(_STATS[name])}))
        return found

    def _attribute(self, topic: str, base: str, levels: list[str], payload: bytes) -> Sequence[Decoded]:
        text = read_text(payload)[:LARGEST_PAYLOAD]
        node, name, attribute = levels
        self._of(base).properties.setdefault(f"{node}/{name}", {})[attribute[1:]] = text
        return [
            Announcement(self._row.name, topic, payload),
            self._describe(base, [f"{node}/{name}"], f"{base}/{node}/{name}"),
        ]

    def _description(self, topic: str, base: str, payload: bytes) -> Sequence[Decoded]:
        known = self._of(base)
        body = read_json(payload) if payload else {}
        if not isinstance(body, dict):
            raise UnreadableError("$description is a JSON object")
        known.name, known.root = plain_text(body.get("name")), plain_text(body.get("root"))
        known.properties = {}
        for node, said in _objects(body.get("nodes")):
            for name, attributes in _objects(said.get("properties")):
                known.properties[f"{node}/{name}"] = {key: _attribute_text(part) for key, part in attributes.items()}
        return [Announcement(self._row.name, topic, payload), self._describe(base, list(known.properties), topic)]

    def _describe(self, base: str, paths: Sequence[str], announced_by: str) -> Description:
        known = self._of(base)
        sensors, controls = {}, []
        for path in paths:
            said, metric = known.properties[path], read_name(path.replace("/", "."))
            low, high, step = _range(said) if said.get("datatype") in _NUMBERS else (None, None, None)
            unit, label = plain_text(said.get("unit")), plain_text(said.get("name"))
            if said.get("datatype") in (*_NUMBERS, "boolean"):
                sensors[metric] = Sensor(unit, label, low, high)
            if said.get("settable") == "true":
                controls.append(_control(metric, f"{base}/{path}/set", said, Sensor(unit, label, low, high), step))
        return Description(
            self._device(base), self._row.name, known.name, None, sensors, tuple(controls), announced_by
        )  # fmt: skip

    def _value(self, base: str, node: str, name: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        if not payload:
            return []  # a retained value that was cleared
        device, metric = self._device(base), read_name(f"{node}.{name}")
        known = self._devices[base].properties if base in self._devices else {}
        # Version 3 has arrays: `lights_0` is described as `lights`.
        said = known.get(f"{node}/{name}") or known.get(f"{node.rpartition('_')[0]}/{name}") or {}
        text = "" if payload == _EMPTY else read_text(payload)
        kind = said.get("datatype", "")
        number = number_of(text) if kind in ("", "enum", "boolean", *_NUMBERS) and not is_nothing(text) else None
        if kind in (*_NUMBERS, "boolean") and number is None:
            raise UnreadableError(f"'{node}/{name}' is described as {kind}, which '{text[:32]}' is not")
        if number is not None:
            return [Sample(device, None, None, clock.arrived_us, {metric: number}, clock.flags)]
        stands = said.get("retained") != "false"
        event: Event = text_event(device, metric, text, clock.arrived_us, stands=stands)
        return [event]

    def _device(self, base: str) -> str:
        return read_device(base.removeprefix(self._prefix).removeprefix("5/"))

    def _of(self, base: str) -> _Device:
        """What is remembered of a device that announces itself."""
        known = self._devices.get(base)
        if known is None:
            if len(self._devices) >= _MOST_DEVICES:
                raise UnreadableError(f"more than {_MOST_DEVICES} devices announce themselves below '{self._row.root}'")
            known = self._devices[base] = _Device()
        return known


def _objects(value: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The named objects in an object; names that may be a level of a topic."""
    for name, part in value.items() if isinstance(value, dict) else ():
        if isinstance(part, dict) and name and "/" not in name and "\x00" not in name:
            yield name, part


def _attribute_text(value: Any) -> str:
    """An attribute of version 5 as version 4 would write it."""
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else ""


def _range(said: Mapping[str, str]) -> tuple[float | None, float | None, float | None]:
    """`10:15`, `0:`, `2:6:2` as lowest, highest and step."""
    low, high, step, *_ = [*said.get("format", "").split(":", 3), "", "", ""]
    return _bound(low), _bound(high), _bound(step)


def _bound(text: str) -> float | None:
    try:
        return number_of(text)
    except UnreadableError:
        return None


def _control(metric: str, topic: str, said: Mapping[str, str], sensor: Sensor, step: float | None) -> Control:
    kind = said.get("datatype")
    if kind == "boolean":
        return Control(metric, "switch", topic, metric, sensor.label, on="true", off="false")
    if kind in _NUMBERS:
        low, high = sensor.low, sensor.high
        step = step or (1 if kind == "integer" else None)
        return Control(metric, "number", topic, metric, sensor.label, sensor.unit, low=low, high=high, step=step)
    if kind == "enum":
        options = tuple(filter(None, said.get("format", "")[:10_000].split(",")))[:100]
        return Control(metric, "select", topic, "", sensor.label, options=options)
    return Control(metric, "text", topic, "", sensor.label)
