"""What a configuration of Home Assistant's discovery takes commands for: rows of tables, by component and by topic.

A command whose payload a template makes is left out: only Home Assistant can run it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.decoding.decoded import Sensor
from ingest.decoding.payload import read_name
from ingest.sources.discovery_words import first_of, topic_of
from ingest.sources.values import plain_number, plain_text
from telemetry.controls import Control

_MOST_OPTIONS = 100
_ON_OFF = ("payload_on", "ON", "payload_off", "OFF")
_OPEN_CLOSE = ("payload_open", "OPEN", "payload_close", "CLOSE")
#: Components that are switched by `command_topic`: the keys of their payloads, and what those are otherwise.
_SWITCHES: Mapping[str, tuple[str, str, str, str]] = {
    **dict.fromkeys(("switch", "light", "fan", "siren", "humidifier"), _ON_OFF),
    **dict.fromkeys(("cover", "valve"), _OPEN_CLOSE),
    "lock": ("payload_lock", "LOCK", "payload_unlock", "UNLOCK"),
}
#: Topics that take a number: what it is, and the lowest and highest, or the keys that name them and what they else are.
_NUMBERS: Mapping[str, tuple[str, tuple[str, float], tuple[str, float]]] = {
    "brightness_command_topic": ("brightness", ("", 0), ("brightness_scale", 255)),
    "percentage_command_topic": ("percentage", ("", 0), ("", 100)),
    "set_position_topic": ("position", ("position_closed", 0), ("position_open", 100)),
    "temperature_command_topic": ("temperature", ("min_temp", 7), ("max_temp", 35)),
    "target_humidity_command_topic": ("target_humidity", ("min_humidity", 30), ("max_humidity", 99)),
}
#: Topics that take one of several words, and the key that names them.
_CHOICES: Mapping[str, tuple[str, str]] = {
    "mode_command_topic": ("mode", "modes"),
    "fan_mode_command_topic": ("fan_mode", "fan_modes"),
    "preset_mode_command_topic": ("preset_mode", "preset_modes"),
}


def controls_of(component: str, metric: str, sensor: Sensor, config: Mapping[str, Any]) -> Iterator[Control]:
    """The controls of one entity; `sensor` has its unit and label. Raises UnreadableError for a topic that is none."""
    command = _command_topic(config, "command_topic")
    if command:
        yield from _main(component, metric, command, sensor, config)
    for key, (what, low, high) in _NUMBERS.items():
        if topic := _command_topic(config, key):
            name = read_name(f"{metric}.{what}")
            label, lowest, highest = what.replace("_", " "), _number(config, *low), _number(config, *high)
            yield Control(name, "number", topic, name, label, low=lowest, high=highest)
    for key, (what, names) in _CHOICES.items():
        if (topic := _command_topic(config, key)) and (options := _options(config.get(names))):
            yield Control(
                read_name(f"{metric}.{what}"), "select", topic, "", what.replace("_", " "), options=options
            )  # fmt: skip


def _main(component: str, metric: str, topic: str, sensor: Sensor, config: Mapping[str, Any]) -> Iterator[Control]:
    """What the entity's own command topic takes."""
    label, unit = sensor.label, sensor.unit
    if component in _SWITCHES:
        on_key, on, off_key, off = _SWITCHES[component]
        on, off = first_of(config, (on_key,), on), first_of(config, (off_key,), off)
        if component == "light" and config.get("schema") == "json":
            on, off = '{"state": "ON"}', '{"state": "OFF"}'
            if config.get("brightness") is True:
                name = read_name(f"{metric}.brightness")
                high = _number(config, "brightness_scale", 255)
                yield Control(name, "number", topic, name, "brightness", low=0, high=high, step=1, key="brightness")
        yield Control(metric, "switch", topic, metric, label, on=on, off=off)
    elif component in ("button", "scene"):
        yield Control(metric, "button", topic, "", label, on=first_of(config, ("payload_press", "payload_on"), "PRESS"))
    elif component == "number":
        low, high, step = _number(config, "min", 1), _number(config, "max", 100), _number(config, "step", 1)
        yield Control(metric, "number", topic, metric, label, unit, low=low, high=high, step=step)
    elif component == "select":
        yield Control(metric, "select", topic, "", label, options=_options(config.get("options")))
    elif component == "text":
        yield Control(metric, "text", topic, "", label)


def _command_topic(config: Mapping[str, Any], key: str) -> str:
    """The topic under a key; empty for none, or where a template makes the payload."""
    has_template = config.get(key.replace("_topic", "_template")) is not None
    return topic_of(key, config[key]) if config.get(key) and not has_template else ""


def _number(config: Mapping[str, Any], key: str, otherwise: float) -> float:
    found = plain_number(config.get(key))
    return otherwise if found is None else found


def _options(said: Any) -> tuple[str, ...]:
    choices = said if isinstance(said, list) else []
    return tuple(text for text in choices if plain_text(text) == text)[:_MOST_OPTIONS]
