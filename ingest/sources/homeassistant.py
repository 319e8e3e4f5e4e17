"""Home Assistant's MQTT discovery: retained configurations name the topics of states, which are then read too.

What a source before this one in the table reads is that source's: an entity with such topics is left to it, so that a
device that speaks its own convention and discovery is one device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ingest.decoding.decoded import Announcement, Decoded, Description, Status
from ingest.decoding.payload import LARGEST_ANNOUNCEMENT, LARGEST_PAYLOAD, UnreadableError, read_json, read_name
from ingest.decoding.samples import Clock
from ingest.sources.discovery import Availability, Entity, State, entities
from ingest.sources.reading import Reader
from ingest.sources.templates import MISSING, Template
from ingest.sources.values import flatten, read_text, status_text, told
from telemetry.sources import Source

_MOST_ENTITIES = 5_000


class HomeAssistant(Reader):
    """What is announced below one discovery prefix."""

    announces = True

    def __init__(self, row: Source, earlier: Callable[[str], bool]) -> None:
        self._row = row
        self._earlier = earlier
        self._prefix = f"{row.root}/"
        #: By the topic of their configuration, in the order in which they were announced.
        self._entities: dict[str, list[Entity]] = {}
        #: The names of metrics, by device, and which configuration gave which.
        self._named: set[tuple[str, str]] = set()
        self._names_of: dict[str, set[tuple[str, str]]] = {}
        self._made: _Routes | None = None
        #: What each availability topic of a device said last.
        self._here: dict[str, dict[str, bool]] = {}

    def reads(self, topic: str) -> bool:
        return self._is_configuration(topic) or topic in self._routes.states or topic in self._routes.availability

    def limit(self, topic: str) -> int:
        return LARGEST_ANNOUNCEMENT if self._is_configuration(topic) else LARGEST_PAYLOAD

    def topics(self) -> Iterable[str]:
        return {**self._routes.states, **self._routes.availability}

    def read(self, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
        if self._is_configuration(topic):
            return self._configure(topic, payload)
        if not payload:
            return []
        found: list[Decoded] = []
        text, body = read_text(payload), _json(payload)
        for device, state in self._routes.states.get(topic, ()):
            found += _told(device, state, text, body, clock)
        for device, availability in self._routes.availability.get(topic, ()):
            found += self._standing(device, availability, text, body)
        return found

    @property
    def _routes(self) -> _Routes:
        """Made when they are first needed after a configuration: at a connect those come by the hundred."""
        if self._made is None:
            self._made = _Routes([entity for part in self._entities.values() for entity in part])
        return self._made

    def _is_configuration(self, topic: str) -> bool:
        return topic.endswith("/config") and any(pattern.match(topic) is not None for pattern in self._row.topics)

    def _configure(self, topic: str, payload: bytes) -> Sequence[Decoded]:
        path = topic.removeprefix(self._prefix).removesuffix("/config")
        self._named -= self._names_of.pop(topic, set())
        own = self._names_of[topic] = set()

        def naming(device: str, metric: str, component: str) -> str:
            """The metric's name, told apart from what another configuration calls so."""
            choices = (metric, read_name(f"{component}.{metric}"), read_name(path.replace("/", ".")))
            name = next((name for name in choices if (device, name) not in self._named), choices[-1])
            self._named.add((device, name))
            own.add((device, name))
            return name

        announced = entities(path, read_json(payload), naming) if payload else []
        kept = [entity for entity in map(self._own, announced) if entity.states or entity.controls]
        if kept and topic not in self._entities and len(self._entities) >= _MOST_ENTITIES:
            raise UnreadableError(f"more than {_MOST_ENTITIES} configurations are announced below '{self._row.root}'")
        if kept:
            self._entities[topic] = kept
        else:
            self._entities.pop(topic, None)
        self._made = None
        # Kept as it came also where another source reads it: the sources may stand in another order one day.
        return [Announcement(self._row.name, topic, payload), *self._descriptions(topic, kept)]

    def _own(self, entity: Entity) -> Entity:
        """The entity without what an earlier source reads."""
        if any(self._earlier(state.topic) for state in entity.states):
            return replace(entity, states=(), controls=())
        controls = tuple(control for control in entity.controls if not self._earlier(control.topic))
        availability = tuple(part for part in entity.availability if not self._earlier(part.topic))
        return replace(entity, controls=controls, availability=availability)

    def _descriptions(self, topic: str, kept: Sequence[Entity]) -> Sequence[Description]:
        """What a configuration says of each of its devices, of which there is one as a rule."""
        return [
            Description(
                device,
                self._row.name,
                next((entity.device_name for entity in told if entity.device_name), None),
                next((entity.model for entity in told if entity.model), None),
                {state.metric: state.sensor for entity in told for state in entity.states},
                tuple(control for entity in told for control in entity.controls),
                announced_by=topic,
            )
            for device in dict.fromkeys(entity.device for entity in kept)
            if (told := [entity for entity in kept if entity.device == device])
        ]

    def _standing(self, device: str, availability: Availability, text: str, body: Any) -> Sequence[Decoded]:
        said = str(_worked_out(availability.template, text, body))
        if said not in (availability.here, availability.gone):
            return []
        here = self._here.setdefault(device, {})
        here[availability.topic] = said == availability.here
        mode = self._routes.mode.get(device, "latest")
        states = {"all": all(here.values()), "any": any(here.values()), "latest": here[availability.topic]}
        return [Status(device, states[mode], status_text(states[mode]))]


class _Routes:
    """Which topics say what of which device."""

    def __init__(self, known: Sequence[Entity]) -> None:
        self.states: dict[str, list[tuple[str, State]]] = {}
        self.availability: dict[str, list[tuple[str, Availability]]] = {}
        self.mode: dict[str, str] = {}
        heard = set[tuple[str, str]]()
        for entity in known:
            for state in entity.states:
                self.states.setdefault(state.topic, []).append((entity.device, state))
            for part in entity.availability:
                self.mode[entity.device] = entity.availability_mode
                if (entity.device, part.topic) not in heard:  # told once, not once for each entity of a device
                    heard.add((entity.device, part.topic))
                    self.availability.setdefault(part.topic, []).append((entity.device, part))


def _json(payload: bytes) -> Any:
    """A payload's JSON, MISSING where it is none."""
    try:
        return read_json(payload)
    except UnreadableError:
        return MISSING


def _worked_out(template: Template | None, text: str, body: Any) -> Any:
    return text if template is None else template.value(text, body)


def _told(device: str, state: State, text: str, body: Any, clock: Clock) -> Sequence[Decoded]:
    value = _worked_out(state.template, text, body)
    if value is MISSING or value is None:
        return []
    if state.template is None and isinstance(body, dict):
        value = body  # a light that speaks JSON
    if isinstance(value, dict | list):
        found = flatten(value, state.metric)
        if f"{state.metric}.state" in found:
            found[state.metric] = found.pop(f"{state.metric}.state")
        return told(device, found, clock.arrived_us, clock.flags)
    said = str(value)
    if said in (state.on, state.off):
        value = said == state.on
    return told(device, {state.metric: value}, clock.arrived_us, clock.flags)
