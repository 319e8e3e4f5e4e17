"""A configuration of Home Assistant's MQTT discovery, as its documentation says: names, topics, templates, payloads.

From the JSON of a `…/config` topic to Entities; no topic is subscribed and no state read here. Abbreviations and the
base topic `~` are written out first, so that everything else knows one name for each thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.decoding.decoded import Sensor
from ingest.decoding.payload import UnreadableError, read_name
from ingest.sources.discovery_controls import controls_of
from ingest.sources.discovery_words import first_of, topic_of, written_out
from ingest.sources.templates import Template
from ingest.sources.values import plain_number, plain_text
from telemetry.controls import Control

#: Components whose states are readings or events. Others (triggers, cameras, updates…) have nothing to measure.
COMPONENTS = frozenset(
    ("sensor", "binary_sensor", "switch", "light", "number", "select", "text", "button", "lock", "cover", "valve",
     "fan", "climate", "humidifier", "water_heater", "siren", "event", "scene", "alarm_control_panel", "vacuum",
     "lawn_mower")
)  # fmt: skip
#: Topics of a state besides `…state_topic`, and what they are the state of.
_STATE_TOPICS = (
    "position_topic", "tilt_status_topic", "current_temperature_topic", "current_humidity_topic", "action_topic",
)  # fmt: skip
#: The payloads that mean 1 and 0, by component: the keys that name them, and what they are otherwise.
_ON_OFF: Mapping[str, tuple[tuple[str, ...], str, tuple[str, ...], str]] = {
    "lock": (("state_locked",), "LOCKED", ("state_unlocked",), "UNLOCKED"),
    "cover": (("state_open",), "open", ("state_closed",), "closed"),
    "valve": (("state_open",), "open", ("state_closed",), "closed"),
}
_USUALLY = (("state_on", "payload_on"), "ON", ("state_off", "payload_off"), "OFF")


@dataclass(frozen=True, slots=True)
class State:
    """A topic that tells a state, and how."""

    topic: str
    metric: str
    template: Template | None
    #: Payloads that are 1 and 0.
    on: str
    off: str
    sensor: Sensor


@dataclass(frozen=True, slots=True)
class Availability:
    """A topic that tells whether the device is there."""

    topic: str
    template: Template | None
    here: str
    gone: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing that a configuration announces."""

    device: str
    device_name: str | None
    model: str | None
    states: tuple[State, ...]
    controls: tuple[Control, ...]
    availability: tuple[Availability, ...]
    #: `all`, `any` or `latest` of them must say so.
    availability_mode: str


#: From a device, a metric and a component to the metric's name, so that no two things of a device have one name.
Naming = Callable[[str, str, str], str]


def entities(path: str, body: Any, naming: Naming) -> list[Entity]:
    """What the configuration at `<component>/[<node>/]<object>` announces. Raises UnreadableError."""
    levels = path.split("/")
    component, node, key = levels[0], levels[1] if len(levels) == 3 else "", levels[-1]
    if not isinstance(body, dict):
        raise UnreadableError("a configuration is a JSON object")
    if "migrate_discovery" in body or "migr_discvry" in body:
        return []
    whole = written_out(body, plain_text(body.get("~")) or "")
    if component != "device":
        if component not in COMPONENTS:
            return []
        # An object that is a device by itself has the component as its metric.
        alone = not node and not isinstance(whole.get("device"), dict)
        return [_entity(component, node or key, component if alone else key, whole, naming)]
    parts = whole.get("components")
    if not isinstance(parts, dict):
        raise UnreadableError("a device's configuration has components")
    shared = {key: value for key, value in whole.items() if key != "components"}
    found = []
    for name, part in parts.items():
        if not isinstance(part, dict) or not isinstance(part.get("platform"), str):
            raise UnreadableError(f"component '{name[:64]}' is an object with platform")
        if part["platform"] in COMPONENTS and len(part) > 1:  # with platform alone it is taken away
            found.append(_entity(part["platform"], key, name, {**shared, **part}, naming))
    return found


def _entity(component: str, node: str, key: str, config: Mapping[str, Any], naming: Naming) -> Entity:
    device, name, model = _device(config.get("device"), node)
    metric = naming(device, read_name(key), component)
    label = plain_text(config.get("name")) or (plain_text(config.get("device_class")) or "").replace("_", " ") or None
    unit = plain_text(config.get("unit_of_measurement"))
    states = tuple(_states(component, metric, label, unit, config))
    controls = tuple(controls_of(component, metric, Sensor(unit, label), config))
    availability = tuple(_availability(config))
    mode = config.get("availability_mode")
    return Entity(
        device, name, model, states, controls, availability, mode if mode in ("all", "any", "latest") else "latest"
    )


def _device(said: Any, node: str) -> tuple[str, str | None, str | None]:
    """The device's id, its name, and its maker and model."""
    if not isinstance(said, dict):
        return read_name(node), None, None
    ids: Any = said.get("identifiers")
    if isinstance(ids, list):
        ids = next((part for part in ids if plain_text(part)), None)
    if not plain_text(ids) and isinstance(said.get("connections"), list):
        pairs = (pair for pair in said["connections"] if isinstance(pair, list) and len(pair) == 2)
        ids = next((pair[1] for pair in pairs if plain_text(pair[1])), None)
    maker = " ".join(filter(None, (plain_text(said.get("manufacturer")), plain_text(said.get("model")))))
    return read_name(ids if plain_text(ids) else node), plain_text(said.get("name")), maker or None


def _states(
    component: str, metric: str, label: str | None, unit: str | None, config: Mapping[str, Any]
) -> Iterator[State]:
    on_keys, on, off_keys, off = _ON_OFF.get(component, _USUALLY)
    on, off = first_of(config, on_keys, on), first_of(config, off_keys, off)
    for key, topic in config.items():
        if not (key.endswith("state_topic") or key in _STATE_TOPICS) or not topic:
            continue
        what = key.removesuffix("_topic").removesuffix("state").rstrip("_")
        words = what.replace("_", " ")
        sensor = Sensor(unit, label) if not what else Sensor(None, f"{label} {words}" if label else words)
        if component == "number" and not what:
            sensor = Sensor(unit, label, plain_number(config.get("min")), plain_number(config.get("max")))
        name = f"{metric}.{what}" if what else metric
        yield State(topic_of(key, topic), read_name(name), _template(config, what), on, off, sensor)


def _template(config: Mapping[str, Any], what: str) -> Template | None:
    for key in (
        (f"{what}_value_template", f"{what}_state_template", f"{what}_template")
        if what
        else ("value_template", "state_value_template", "state_template")
    ):
        if isinstance(config.get(key), str) and config[key]:
            return Template(config[key])
    return None


def _availability(config: Mapping[str, Any]) -> Iterator[Availability]:
    said = config.get("availability")
    entries = said if isinstance(said, list) else [said] if isinstance(said, dict) else []
    if config.get("availability_topic"):
        template = config.get("availability_template")
        entries = [{**config, "topic": config["availability_topic"], "value_template": template}]
    for entry in entries:
        if isinstance(entry, dict) and entry.get("topic"):
            template = entry.get("value_template")
            yield Availability(
                topic_of("availability", entry["topic"]),
                Template(template) if isinstance(template, str) and template else None,
                first_of(entry, ("payload_available",), "online"),
                first_of(entry, ("payload_not_available",), "offline"),
            )
