"""The rows of sources in force: the first that reads a topic decodes what comes on it; together they say what to hear.

Whatever the bytes are, the answer is something decoded or a Quarantined; nothing is raised. Used by the writer's
thread; `filters` also by the broker's, at a connect.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

from ingest.decoding.decode import decode, quarantined
from ingest.decoding.decoded import Announcement, Decoded
from ingest.decoding.payload import UnreadableError
from ingest.decoding.samples import Clock
from ingest.sources.homie import Homie
from ingest.sources.patterned import Patterned
from ingest.sources.reading import Reader
from ingest.sources.tasmota import Tasmota
from ingest.sources.zigbee2mqtt import Zigbee2Mqtt
from telemetry.settings import Settings
from telemetry.sources import Source, sources, subscriptions
from telemetry.topics import Topics

#: Topics whose row is remembered: looking it up costs a pass over the rows.
_REMEMBERED = 8_192


class Native(Reader):
    """This project's boards, or the original program's topics."""

    def __init__(self, topics: Topics, *, original: bool) -> None:
        self._topics = topics
        self._original = original

    def reads(self, topic: str) -> bool:
        address = self._topics.parse(topic)
        return address is not None and address.original == self._original

    def read(self, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        return decode(self._topics, topic, payload, clock)


def _homeassistant(row: Source, earlier: Callable[[str], bool]) -> Reader:
    # Jinja's parser is 5 MB of memory that only this source needs.
    from ingest.sources.homeassistant import HomeAssistant

    return HomeAssistant(row, earlier)


#: From `telemetry.sources.presets` to what reads them: a convention more is a row more.
_READERS: Mapping[str, Callable[[Source, Callable[[str], bool]], Reader]] = {
    "plain": lambda row, _: Patterned(row),
    "json": lambda row, _: Patterned(row),
    "tasmota": lambda row, _: Tasmota(row),
    "zigbee2mqtt": lambda row, _: Zigbee2Mqtt(row),
    "homie": lambda row, _: Homie(row),
    "homeassistant": _homeassistant,
}


class Sources:
    """The rows that `--sources` names, in order."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topics = Topics(settings.topic_root)
        self.rows = sources(settings)
        self._readers: list[tuple[Source, Reader]] = []
        for row in self.rows:
            self._readers.append((row, self._reader(row)))
        self._found: OrderedDict[str, Reader | None] = OrderedDict()
        self._native = any(row.preset == "native" for row in self.rows)

    def decode(self, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        """What a message says, by the first row that reads its topic."""
        reader = self._reader_of(topic)
        if reader is None:
            # Below our own root a mistyped topic must end where its author can find it; elsewhere nobody asked for it.
            below = self._native and (topic.startswith(f"{self._topics.root}/") or topic == self._topics.root)
            return decode(self._topics, topic, payload, clock) if below else []
        limit = reader.limit(topic)
        if len(payload) > limit:
            too_large = UnreadableError(f"{len(payload)} bytes are more than the {limit} that a message may have")
            return [quarantined(topic, payload, too_large)]
        try:
            found = reader.read(topic, payload, clock)
        except UnreadableError as error:
            return [quarantined(topic, payload, error)]
        if reader.announces and any(isinstance(part, Announcement) for part in found):
            self._found.clear()  # other topics may be read from now on
        return found

    def filters(self) -> list[str]:
        """The topic filters to subscribe to, no two of which overlap."""
        rows = (text for row in self.rows for text in row.filters)
        announced = (topic for _, reader in self._readers for topic in reader.topics())
        return subscriptions(self._settings, [*rows, *announced])

    def forget(self) -> None:
        """After a transaction that failed: what was said once may not have been stored."""
        for _, reader in self._readers:
            reader.forget()

    def recall(self, announcements: Iterable[tuple[str, str, bytes]], clock: Clock) -> None:
        """Understand again what was announced before: (source, topic, payload), in the order in which it came."""
        by_name = {row.name: reader for row, reader in self._readers}
        for name, topic, payload in announcements:
            reader = by_name.get(name)
            if reader is not None and reader.reads(topic):
                with contextlib.suppress(UnreadableError):  # understood by the version that kept it
                    reader.read(topic, payload, clock)

    def _reader(self, row: Source) -> Reader:
        if row.preset in ("native", "original"):
            return Native(self._topics, original=row.preset == "original")
        before = [reader for _, reader in self._readers]
        return _READERS[row.preset](row, lambda topic: any(reader.reads(topic) for reader in before))

    def _reader_of(self, topic: str) -> Reader | None:
        try:
            return self._found[topic]
        except KeyError:
            pass
        found = next((reader for _, reader in self._readers if reader.reads(topic)), None)
        self._found[topic] = found
        if len(self._found) > _REMEMBERED:
            self._found.popitem(last=False)
        return found
