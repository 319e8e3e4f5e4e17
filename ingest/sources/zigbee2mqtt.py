"""Zigbee2MQTT, as its documentation says (MQTT topics and messages, exposes): states of devices, and what they are.

`bridge/devices` says the devices' names (which may hold `/`), units, labels, and what takes commands. Without it a
state is still read: an object on a topic is a device's, a bare value that of the attribute its last level names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.decoding.decoded import Announcement, Decoded, Description, Sensor, Status
from ingest.decoding.payload import LARGEST_ANNOUNCEMENT, LARGEST_PAYLOAD, UnreadableError, read_json, read_name
from ingest.decoding.samples import Clock
from ingest.sources.reading import Reader
from ingest.sources.values import (
    flatten,
    is_nothing,
    number_of,
    plain_number,
    plain_text,
    read_device,
    read_text,
    status_text,
    text_event,
    told,
)
from telemetry.controls import Control
from telemetry.sources import Source

#: What is no measurement: when it was sent, the device's description, and its firmware's numbers.
_SKIPPED = frozenset(("last_seen", "device", "update", "update_available"))
#: Texts that happen, in place of standing until the next.
_MOMENTARY = frozenset(("action",))
#: The bits of `access`.
_PUBLISHED, _SETTABLE = 1, 2
_MOST_OPTIONS = 100


class Zigbee2Mqtt(Reader):
    """The devices and groups of one bridge."""

    announces = True

    def __init__(self, row: Source) -> None:
        self._row = row
        self._prefix = f"{row.root}/"
        self._names: frozenset[str] = frozenset()
        #: The values of binary properties, by device and property: what is 1, and what is 0.
        self._binary: dict[tuple[str, str], tuple[Any, Any]] = {}

    def reads(self, topic: str) -> bool:
        return topic.startswith(self._prefix)

    def limit(self, topic: str) -> int:
        return LARGEST_ANNOUNCEMENT if topic == f"{self._prefix}bridge/devices" else LARGEST_PAYLOAD

    def read(self, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        path = topic.removeprefix(self._prefix)
        if path == "bridge/devices":
            return self._devices(topic, payload)
        if path == "bridge/state":
            return [self._standing(self._row.name, payload)] if payload else []
        if not payload or path.startswith("bridge/"):
            return []  # cleared, or the bridge's own talk
        if path.endswith("/availability"):
            return [self._standing(path.removesuffix("/availability"), payload)]
        if _is_command(path):
            return []
        return self._state(path, payload, clock)

    def _standing(self, device: str, payload: bytes) -> Status:
        said: Any = read_text(payload)
        if payload.lstrip().startswith(b"{"):
            body = read_json(payload)
            said = body.get("state")
        online = number_of(said)
        if online is None:
            raise UnreadableError('availability is online or offline, or {"state": "online"}')
        return Status(read_device(device), bool(online), status_text(bool(online)))

    def _state(self, path: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        device, attribute = path, ""
        if path not in self._names:
            above, _, last = path.rpartition("/")
            if above and (above in self._names or not payload.lstrip().startswith(b"{")):
                device, attribute = above, last
        if attribute:
            values = {attribute: read_text(payload)}
        else:
            body = read_json(payload)
            if not isinstance(body, dict):
                raise UnreadableError("a device's state is a JSON object")
            values = flatten(body, skip=_SKIPPED)
        return self._told(device, {key: value for key, value in values.items() if key not in _SKIPPED}, clock)

    def _told(self, name: str, values: Mapping[str, Any], clock: Clock) -> Sequence[Decoded]:
        device = read_device(name)
        found: list[Decoded] = []
        readings: dict[str, Any] = {}
        for key, value in values.items():
            on, off = self._binary.get((name, key), (None, None))
            if on is not None and value in (on, off):
                readings[key] = value == on
            elif key not in _MOMENTARY:
                readings[key] = value
            elif not is_nothing(value):  # an action is followed by an empty one
                found.append(text_event(device, read_name(key), str(value), clock.arrived_us, stands=False))
        return [*told(device, readings, clock.arrived_us, clock.flags), *found]

    def _devices(self, topic: str, payload: bytes) -> Sequence[Decoded]:
        body = read_json(payload) if payload else []
        if not isinstance(body, list):
            raise UnreadableError("bridge/devices is a JSON list")
        names, binary = set[str](), dict[tuple[str, str], tuple[Any, Any]]()
        found: list[Decoded] = [Announcement(self._row.name, topic, payload)]
        for entry in body:
            name = entry.get("friendly_name") if isinstance(entry, dict) else None
            if not isinstance(name, str) or not name or "\x00" in name or entry.get("type") == "Coordinator":
                continue
            names.add(name)
            definition = entry.get("definition")
            definition = definition if isinstance(definition, dict) else {}
            features = list(_features(definition.get("exposes"), ""))
            for key, feature in features:
                if feature.get("type") == "binary" and _is_value(feature.get("value_on")):
                    binary[name, key] = feature["value_on"], feature.get("value_off")
            found.append(self._description(topic, name, definition, features))
        self._names, self._binary = frozenset(names), binary
        return found

    def _description(
        self, topic: str, name: str, definition: Mapping[str, Any], features: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> Description:
        sensors = {
            read_name(key): Sensor(
                plain_text(feature.get("unit")),
                plain_text(feature.get("label")),
                plain_number(feature.get("value_min")),
                plain_number(feature.get("value_max")),
            )
            for key, feature in features
            if feature.get("type") in ("numeric", "binary") and _access(feature) & _PUBLISHED
        }
        controls = [
            control
            for key, feature in features
            if "." not in key
            and _access(feature) & _SETTABLE
            and (control := self._control(name, key, feature)) is not None
        ]
        maker = " ".join(filter(None, (plain_text(definition.get("vendor")), plain_text(definition.get("model")))))
        return Description(
            read_device(name), self._row.name, None, maker or None, sensors, tuple(controls), announced_by=topic
        )  # fmt: skip

    def _control(self, device: str, key: str, feature: Mapping[str, Any]) -> Control | None:
        name, topic = read_name(key), f"{self._prefix}{device}/set"
        metric = name if _access(feature) & _PUBLISHED else ""
        label, unit = plain_text(feature.get("label")), plain_text(feature.get("unit"))
        kind = feature.get("type")
        if kind == "binary" and _is_value(feature.get("value_on")) and _is_value(feature.get("value_off")):
            on, off = (json.dumps({key: feature[word]}) for word in ("value_on", "value_off"))
            return Control(name, "switch", topic, metric, label, on=on, off=off)
        if kind == "numeric":
            low, high, step = (plain_number(feature.get(f"value_{word}")) for word in ("min", "max", "step"))
            return Control(name, "number", topic, metric, label, unit, low=low, high=high, step=step, key=key)
        if kind == "enum" and isinstance(feature.get("values"), list):
            options = tuple(value for value in feature["values"] if plain_text(value) == value)[:_MOST_OPTIONS]
            return Control(name, "select", topic, metric, label, options=options, key=key)
        return None


def _features(exposes: Any, above: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every value that a definition exposes, with its name in the state."""
    for feature in exposes if isinstance(exposes, list) else ():
        if not isinstance(feature, dict):
            continue
        key = plain_text(feature.get("property")) or ""
        name = f"{above}.{key}" if above else key
        if isinstance(feature.get("features"), list):
            yield from _features(feature["features"], name if feature.get("type") == "composite" else above)
        elif key and key not in _SKIPPED:
            yield name, feature


def _access(feature: Mapping[str, Any]) -> int:
    access = feature.get("access")
    return access if isinstance(access, int) else 0


def _is_value(value: Any) -> bool:
    return isinstance(value, bool | int | float) or plain_text(value) is not None


def _is_command(path: str) -> bool:
    """`NAME/set`, `NAME/set/state`, `NAME/get`, …"""
    levels = path.split("/")[1:]
    return "set" in levels[-2:] or "get" in levels[-2:]
