"""Sources: where readings come from, as rows of one table: this project's boards, and what others wrote.

`--sources` names the rows in force, in order: the first whose topics match a message reads it. A name is a preset
(`presets`), or a table `[source.NAME]` of lumos.toml (`tables`): a preset with options of its own, or a row written
from scratch. This module says which topics a source has; how they read is ingest's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from telemetry.errors import SettingError, nearest
from telemetry.sources.patterns import TopicPattern, apart, at_most
from telemetry.sources.presets import PRESETS, Preset
from telemetry.sources.tables import SourceTable

if TYPE_CHECKING:
    from telemetry.settings import Settings

DEFAULT = "native, original"
#: The embedded broker numbers what is under way in a session from 1 to 65,535, and gives each subscription a part of
#: that (`launcher.embedded_broker`). Twice as many must fit, since the old ones are given up after the new ones came.
EMBEDDED_SUBSCRIPTIONS = 15


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
    # Every table is read, also one that is not in force: a mistake in it must not wait until it is.
    tables = settings.source_tables
    known = {name: _from_table(settings, name) for name in tables}
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
        found[name] = known.get(name) or _made(settings, name, PRESETS[name], {})
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


def _from_table(settings: Settings, name: str) -> Source:
    table = SourceTable(settings.source_file, name, settings.source_tables[name])
    made = _made(settings, name, *table.read())
    table.check(made)
    return made


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
