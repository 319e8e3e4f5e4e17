"""A table `[source.NAME]` of lumos.toml, read with sentences that name the file, the table and the key.

It gives options by name and the preset they are for; what a source makes of them is `telemetry.sources`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from telemetry.errors import SettingError, nearest
from telemetry.sources.patterns import TopicPattern
from telemetry.sources.presets import PRESETS, Preset
from telemetry.topics import is_topic_root

if TYPE_CHECKING:
    from telemetry.sources import Source

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: How the payload of a source of one's own reads.
PAYLOADS = ("number", "json")


class SourceTable:
    """One table. Raises SettingError, which names it."""

    def __init__(self, file: str, name: str, told: Mapping[str, Any]) -> None:
        self._name = name
        self._told = told
        self._place = f"{file}: [source.{name}]"
        if not _NAME.fullmatch(name):
            raise SettingError(f"{self._place}: a name has 1 to 64 of A-Z a-z 0-9 _ -")

    def read(self) -> tuple[Preset, dict[str, Any]]:
        """The preset, and the options that are given."""
        preset = self._preset_named()
        read: dict[str, Any] = {}
        for key, value in self._told.items():
            if key == "preset":
                continue
            if key not in preset.options:
                allowed = ("preset", *preset.options)
                raise SettingError(f"{self._place}: {key} is no option of '{preset.name}'{nearest(key, allowed)}")
            try:
                read[key] = _OPTIONS[key](value)
            except ValueError as cause:
                raise SettingError(f"{self._place}: {key} takes {cause}, not {value!r:.100}") from cause
        if preset.name == "tasmota" and "topic" in read:
            self._check_full_topic(read["topic"])
        if self._own and "topic" not in read:
            raise SettingError(f"{self._place}: topic is missing: say where the readings are, {_EXAMPLE}")
        return preset, self._with_pattern(read, preset)

    def check(self, made: Source) -> None:
        """Whether the source that came of it knows whose readings it reads."""
        if made.preset not in ("plain", "json"):
            return
        told = made.topics[0].names
        if "device" not in told and "{device}" in made.device:
            raise SettingError(f'{self._place}: the topic has no {{device}}: give device = "a name"')
        if made.payload == "number" and "metric" not in told and not made.metric:
            raise SettingError(f'{self._place}: the topic has no {{metric}}: give metric = "a name"')
        if made.status is not None and "device" not in made.status.names and "{device}" in made.device:
            raise SettingError(f"{self._place}: status needs {{device}}, as the topic has it")

    @property
    def _own(self) -> bool:
        """Whether this row is written from scratch."""
        return "preset" not in self._told and self._name not in PRESETS

    def _preset_named(self) -> Preset:
        name = self._told.get("preset", self._name if self._name in PRESETS else None)
        if name is None:
            return PRESETS["json" if self._told.get("payload") == "json" else "plain"]
        if name not in PRESETS:
            raise SettingError(f"{self._place}: preset '{str(name)[:64]}' is none{nearest(str(name), PRESETS)}")
        return PRESETS[name]

    def _with_pattern(self, read: dict[str, Any], preset: Preset) -> dict[str, Any]:
        if preset.name == "tasmota":
            return read
        return {key: self._pattern(key, value) if key in _PATTERNS else value for key, value in read.items()}

    def _pattern(self, key: str, text: str) -> TopicPattern:
        try:
            return TopicPattern(text)
        except ValueError as cause:
            raise SettingError(f"{self._place}: {key} takes {cause}, not '{text[:100]}'") from cause

    def _check_full_topic(self, text: str) -> None:
        if text.split("/").count("{prefix}") != 1 or text.split("/").count("{device}") != 1:
            raise SettingError(
                f"{self._place}: topic takes Tasmota's FullTopic with {{prefix}} and {{device}} as levels, "
                f"such as {{prefix}}/{{device}}, not '{text[:100]}'"
            )
        self._pattern("topic", text.replace("{prefix}", "tele"))


_EXAMPLE = 'such as topic = "garden/{device}/{metric}"'
_PATTERNS = ("topic", "status", "command")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 500 or "\x00" in value:
        raise ValueError("a text")
    return value


def _root(value: Any) -> str:
    if not isinstance(value, str) or not is_topic_root(value):
        raise ValueError("a topic without wildcards, such as zigbee2mqtt or house/zigbee")
    return value


def _payload(value: Any) -> str:
    if value not in PAYLOADS:
        raise ValueError(f"one of {', '.join(PAYLOADS)}")
    return str(value)


def _names(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError('a list of names, such as ["wifi.rssi"]')
    return frozenset(value)


def _by_metric(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError('texts by metric, such as {temperature = "°C"}')
    return value


#: Adding an option means adding its row here, its field in Source, and its name to the presets that take it.
_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    "root": _root,
    "topic": _text,
    "payload": _payload,
    "device": _text,
    "metric": _text,
    "time": _text,
    "units": _by_metric,
    "labels": _by_metric,
    "ignore": _names,
    "status": _text,
    "command": _text,
}
