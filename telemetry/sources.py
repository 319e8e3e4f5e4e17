"""Sources: where readings come from, as rows of one table: this project's boards, and what others wrote.

`--sources` names the rows in force, in order: the first whose topics match a message reads it. A name is a preset of
the table here, or a table `[source.NAME]` of lumos.toml: a preset with options of its own, or a row written from
scratch. This module says which topics a source has; how its payloads read is ingest's (`ingest.sources`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from telemetry.errors import SettingError, nearest
from telemetry.topic_patterns import TopicPattern, apart, at_most
from telemetry.topics import is_topic_root

if TYPE_CHECKING:
    from telemetry.settings import Settings

DEFAULT = "native, original"
#: The embedded broker numbers what is under way in a session from 1 to 65,535, and gives each subscription a part of
#: that (`launcher.embedded_broker`). Twice as many must fit, since the old ones are given up after the new ones came.
EMBEDDED_SUBSCRIPTIONS = 15
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Preset:
    """A row of the table of presets: the topics read, below the source's `{root}`, and those that commands go to."""

    name: str
    help: str
    topics: tuple[str, ...]
    #: What `{root}` is unless the source says otherwise; empty for the setting `topic-root`.
    root: str = ""
    #: Topics that devices of this kind listen on.
    commands: tuple[str, ...] = ()
    #: What a table of lumos.toml may say beside `preset`.
    options: tuple[str, ...] = ("root",)
    #: What one device or bridge with a password of its own may publish to and read, below `{root}` and with its name
    #: for `{device}`; without: the topics and the commands above.
    publishes: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    #: Messages name further topics to read (discovery), so ingest may have to read any.
    discovers: bool = False


_READING = ("topic", "payload", "device", "metric", "time", "units", "labels", "ignore", "status", "command")

#: Adding a convention means a row here and its reader in `ingest.sources`.
PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("native", "this project's boards, as docs/contract.md says", ("{root}/#",), options=()),
        Preset("original", "the original program's bare numbers", ("{root}/output", "{root}/input"), options=()),
        Preset("plain", "a number or a state to a topic", ("{root}/{device}/{metric}",), options=("root", *_READING)),
        Preset("json", "JSON, nested objects flattened with dots", ("{root}/{device}",), options=("root", *_READING)),
        Preset(
            "tasmota", "Tasmota: SENSOR, STATE, POWER and LWT",
            ("tele/{device}/+", "stat/{device}/+"), commands=("cmnd/{device}/+",), options=("topic",),
        ),
        Preset(
            "zigbee2mqtt", "Zigbee2MQTT: devices, their units and their availability",
            ("{root}/#",), root="zigbee2mqtt", commands=("{root}/#",),
        ),
        Preset(
            "homie", "the Homie convention, versions 3 to 5",
            ("{root}/#",), root="homie", commands=("{root}/#",),
            publishes=("{root}/{device}/#", "{root}/5/{device}/#"), hears=("{root}/{device}/#", "{root}/5/{device}/#"),
        ),
        Preset(
            "homeassistant", "Home Assistant's MQTT discovery: names, units and topics from retained configurations",
            ("{root}/+/+/config", "{root}/+/+/+/config"), root="homeassistant", commands=("#",), discovers=True,
            publishes=("{root}/#", "{device}/#"), hears=("{root}/status", "{device}/#"),
        ),
    )
}  # fmt: skip

#: How the payload of a source of one's own reads.
PAYLOADS = ("number", "json")


@dataclass(frozen=True, slots=True)
class Source:
    """A row in force. `topics` are the patterns it reads; the rest says how, for `plain`, `json` and one's own."""

    name: str
    preset: str
    root: str
    topics: tuple[TopicPattern, ...]
    commands: tuple[TopicPattern, ...] = ()
    payload: str = "number"
    #: The device's name, with `{device}` for what the topic says.
    device: str = "{device}"
    #: The metric's name where the topic has none.
    metric: str = ""
    #: The key of a JSON payload that holds the time.
    time: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    #: The topic that says whether a device is there.
    status: TopicPattern | None = None
    #: The topic a device takes commands on.
    command: TopicPattern | None = None

    @property
    def filters(self) -> tuple[str, ...]:
        """The topic filters to subscribe to."""
        patterns = (*self.topics, self.status) if self.status else self.topics
        return tuple(pattern.filter for pattern in patterns)

    @property
    def discovers(self) -> bool:
        """Whether messages of this source name further topics to read."""
        return PRESETS[self.preset].discovers


def sources(settings: Settings) -> tuple[Source, ...]:
    """The rows in force, in order. Raises SettingError with the place and the remedy."""
    tables = settings.source_tables
    for name in tables:
        if not _NAME.fullmatch(name):
            raise SettingError(f"{settings.source_file}: [source.{name}]: a name has 1 to 64 of A-Z a-z 0-9 _ -")
    # Every table is read, also one that is not in force: a mistake in it must not wait until it is.
    known = {name: _Table(settings, name).source() for name in tables}
    chosen = [name.strip() for name in settings.sources.split(",") if name.strip()]
    if "sources" not in settings.given:
        chosen += [name for name in tables if name not in chosen]
    place = settings.origins.get("sources", "--sources")
    found: dict[str, Source] = {}
    for name in chosen:
        if name in found:
            raise SettingError(f"{place}: '{name}' is named twice")
        if name not in known and name not in PRESETS:
            raise SettingError(f"{place}: '{name[:64]}' is no source{nearest(name, {*PRESETS, *tables})}")
        found[name] = known.get(name) or _preset(settings, PRESETS[name])
    if not found:
        raise SettingError(f"{place}: no source is named. Name one or more of {', '.join(PRESETS)}")
    return tuple(found.values())


def subscriptions(settings: Settings, filters: Iterable[str]) -> list[str]:
    """What a session asks for to hear some filters: no two overlap, and no more than the broker can take."""
    return at_most(filters, EMBEDDED_SUBSCRIPTIONS) if settings.embedded else apart(filters)


@dataclass(frozen=True, slots=True)
class OtherTopics:
    """Topic filters of others' devices: those that ingest reads, and those that commands go to."""

    read: tuple[str, ...] = ()
    commanded: tuple[str, ...] = ()
    rows: tuple[Source, ...] = ()

    @property
    def names(self) -> list[str]:
        """The sources whose devices may have a password of their own."""
        return [row.name for row in self.rows]

    def of_device(self, source: str, device: str) -> tuple[list[str], list[str]]:
        """What a device or bridge of a source may publish to and read; nothing when the source is not in force."""
        row = next((row for row in self.rows if row.name == source), None)
        if row is None:
            return [], []
        preset = PRESETS[row.preset]
        writes = [_rooted(text, row.root) for text in preset.publishes] or [*row.topics, *filter(None, (row.status,))]
        reads = [_rooted(text, row.root) for text in preset.hears] or [*row.commands, *filter(None, (row.command,))]
        # Whatever speaks a convention of its own may also announce itself by discovery.
        writes += [_rooted("{root}/#", other.root) for other in self.rows if other.discovers]
        return apart(each.filter_for(device) for each in writes), apart(each.filter_for(device) for each in reads)


def other_topics(settings: Settings) -> OtherTopics:
    """What the rows in force need of the broker beyond this project's own topics."""
    rows = [row for row in sources(settings) if row.preset not in ("native", "original")]
    read = subscriptions(settings, (text for row in rows for text in row.filters))
    if any(row.discovers for row in rows):
        read = ["#"]
    commands = [pattern.filter for row in rows for pattern in (*row.commands, *filter(None, (row.command,)))]
    return OtherTopics(tuple(dict.fromkeys(read)), tuple(dict.fromkeys(commands)), tuple(rows))


def _preset(settings: Settings, preset: Preset) -> Source:
    return _made(settings, preset.name, preset, {})


def _made(settings: Settings, name: str, preset: Preset, told: Mapping[str, Any]) -> Source:
    root = told.get("root") or preset.root or settings.topic_root
    topics = tuple(_rooted(text, root) for text in preset.topics)
    commands = tuple(_rooted(text, root) for text in preset.commands)
    if "topic" in told and preset.name == "tasmota":
        topics, commands = _tasmota(told["topic"])
    elif "topic" in told:
        topics = (told["topic"],)
    return Source(
        name,
        preset.name,
        root,
        topics,
        commands,
        **{"payload": "json" if preset.name == "json" else "number"}
        | {key: value for key, value in told.items() if key not in ("root", "topic")},
    )


def _rooted(text: str, root: str) -> TopicPattern:
    return TopicPattern(text.replace("{root}", root))


def _tasmota(full_topic: str) -> tuple[tuple[TopicPattern, ...], tuple[TopicPattern, ...]]:
    """The topics of Tasmota's FullTopic, `{prefix}/{device}` by default."""
    tele, stat, cmnd = (TopicPattern(full_topic.replace("{prefix}", word) + "/+") for word in ("tele", "stat", "cmnd"))
    return (tele, stat), (cmnd,)


class _Table:
    """One table `[source.NAME]`, read with sentences that name it."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._told = settings.source_tables[name]
        self._place = f"{settings.source_file}: [source.{name}]"

    def source(self) -> Source:
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
        made = _made(self._settings, self._name, preset, self._with_pattern(read, preset))
        self._check_names(made)
        return made

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

    def _check_names(self, made: Source) -> None:
        if made.preset not in ("plain", "json"):
            return
        told = made.topics[0].names
        if "device" not in told and "{device}" in made.device:
            raise SettingError(f'{self._place}: the topic has no {{device}}: give device = "a name"')
        if made.payload == "number" and "metric" not in told and not made.metric:
            raise SettingError(f'{self._place}: the topic has no {{metric}}: give metric = "a name"')
        if made.status is not None and "device" not in made.status.names and "{device}" in made.device:
            raise SettingError(f"{self._place}: status needs {{device}}, as the topic has it")


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
