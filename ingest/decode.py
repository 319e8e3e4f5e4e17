"""From a message to what it says: samples, a status, an acknowledgement, an event, a command, or why it cannot be read.

Pure: no broker, no database, no clock but the one handed in. Whatever the bytes are, the answer is something decoded or
a Quarantined; nothing is raised. The forms are those of docs/contract.md.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from telemetry.commands import Command
from telemetry.commands import decode as decode_command
from telemetry.errors import nearest
from telemetry.timestamps import US_PER_MINUTE, US_PER_MS
from telemetry.topics import ORIGINAL_METRIC, TopicAddress, TopicKind, Topics

#: A payload up to this size is kept whole in the quarantine; a larger one with its first KIB and its length.
LARGEST_PAYLOAD = 64 * 1024
_KEPT_OF_LARGER = 1024
#: The board's clock was wrong: the reading is kept at its time of arrival.
FLAG_BOARD_CLOCK = 1
#: This host's clock is behind what is stored: the board's time is believed.
FLAG_HOST_CLOCK = 2

_EARLIEST_US = 1_577_836_800_000_000  # 2020-01-01, before which no board of ours ran
_AHEAD_US = 10 * US_PER_MINUTE
_LARGEST_NUMBER = 2**53
_NAME_LENGTH = 128
_BARE_METRIC = "value"
_RESERVED = frozenset(("boot", "seq", "t", "age"))


@dataclass(frozen=True, slots=True)
class Sample:
    """What a device measured at one moment. `boot` and `seq` are both there or both absent."""

    device: str
    boot: str | None
    seq: int | None
    t_us: int
    values: Mapping[str, float]
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Sensor:
    """What a status says of a metric."""

    unit: str | None = None
    label: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Who the board is and how it stands; `text` is its JSON as it came."""

    device: str
    online: bool
    text: str
    sensors: Mapping[str, Sensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What came of a command; `detail` is the board's state as JSON, or its reason for a refusal."""

    device: str
    id: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a board; `value` as JSON."""

    device: str
    t_us: int
    boot: str | None
    n: int | None
    event: str
    value: str
    dropped: tuple[str, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message that could not be read, with the reason."""

    topic: str
    reason: str
    payload: bytes
    length: int


Decoded = Sample | Status | Acknowledgement | Event | Command | Quarantined


class _UnreadableError(Exception):
    """Why a payload is not as it must be; turned into a Quarantined before it leaves this module."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What the host knows of the time when a message arrives: its own clock, and the newest time it has stored."""

    arrived_us: int
    newest_us: int = 0

    @property
    def behind(self) -> bool:
        """The host's clock is behind the store: a Raspberry Pi that has not reached the network yet."""
        return self.newest_us > self.arrived_us + _AHEAD_US

    def believes(self, t_us: int) -> bool:
        return t_us >= _EARLIEST_US and (self.behind or t_us <= self.arrived_us + _AHEAD_US)


def decode(topics: Topics, topic: str, payload: bytes, clock: Clock) -> list[Decoded]:
    """What a message says; several samples for a batch, nothing for what is not ours to keep."""
    try:
        return _read(topics, topic, payload, clock)
    except _UnreadableError as error:
        kept = payload if len(payload) <= LARGEST_PAYLOAD else payload[:_KEPT_OF_LARGER]
        return [Quarantined(topic, str(error), kept, len(payload))]


def _read(topics: Topics, topic: str, payload: bytes, clock: Clock) -> list[Decoded]:
    address = topics.parse(topic)
    if address is None:
        raise _UnreadableError(_unknown_topic(topics, topic))
    if address.kind is TopicKind.STORED or (address.kind is TopicKind.STATUS and not payload):
        return []  # our own word, or a retained status that somebody cleared
    if len(payload) > LARGEST_PAYLOAD:
        raise _UnreadableError(f"{len(payload)} bytes are more than the {LARGEST_PAYLOAD} that a message may have")
    return _READERS[address.kind](address, payload, clock)


def _unknown_topic(topics: Topics, topic: str) -> str:
    kind = topic.rsplit("/", 1)[-1]
    form = f"{topics.root}/<device>/<{'|'.join(TopicKind)}>"
    return f"'{topic[:200]}' is no topic of the contract, {form}{nearest(kind, TopicKind) if '/' in topic else ''}"


def _output(address: TopicAddress, payload: bytes, clock: Clock) -> list[Decoded]:
    if address.original:
        return [_bare(address.device, ORIGINAL_METRIC, _original_number(payload), clock)]
    body = _json(payload)
    if isinstance(body, int | float):
        return [_bare(address.device, _BARE_METRIC, _number(_BARE_METRIC, body), clock)]
    if not isinstance(body, dict):
        raise _UnreadableError("a sample is a JSON object or a bare number")
    if "rows" in body:
        return _batch(address.device, body, clock)
    boot, seq = _numbering(body)
    t_us, flags = _time(body, clock)
    return [Sample(address.device, boot, seq, t_us, _values(body), flags)]


def _bare(device: str, metric: str, value: float, clock: Clock) -> Sample:
    return Sample(device, None, None, clock.arrived_us, {metric: value}, FLAG_HOST_CLOCK if clock.behind else 0)


def _original_number(payload: bytes) -> float:
    text = payload.strip()
    try:
        # float() takes more than the original program sends: 1_0, nan, infinity.
        value = float(text) if b"_" not in text and len(text) <= 64 else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _UnreadableError("the original program's topic takes a bare number")
    return value


def _batch(device: str, body: dict[str, Any], clock: Clock) -> list[Decoded]:
    boot, first = _numbering(body)
    rows = body["rows"]
    if not isinstance(rows, list) or not rows:
        raise _UnreadableError("rows takes a list of [time, {metric: value}]")
    extra = set(body) - {"boot", "seq", "rows"}
    if extra:
        raise _UnreadableError(f"a batch has boot, seq and rows, not '{min(extra)[:64]}'")
    times, values = [], []
    for row in rows:
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[1], dict):
            raise _UnreadableError("each of rows is [time, {metric: value}]")
        t_us = _milliseconds("a row's time", row[0])
        times.append(t_us if t_us >= 0 else clock.arrived_us + t_us)
        values.append(_values(row[1], reserved=frozenset()))
    flags = 0
    if not all(clock.believes(t_us) for t_us in times):
        # The board's clock is wrong, its spacing is not: the newest row becomes the moment of arrival.
        shift = clock.arrived_us - max(times)
        times, flags = [t_us + shift for t_us in times], FLAG_BOARD_CLOCK
    elif clock.behind:
        flags = FLAG_HOST_CLOCK
    return [
        Sample(device, boot, None if first is None else first + n, t_us, found, flags)
        for n, (t_us, found) in enumerate(zip(times, values, strict=True))
    ]


def _numbering(body: dict[str, Any]) -> tuple[str | None, int | None]:
    boot, seq = body.get("boot"), body.get("seq")
    if boot is None and seq is None:
        return None, None
    if not isinstance(boot, str) or not 1 <= len(boot) <= 64:
        raise _UnreadableError("boot takes a text of 1 to 64 characters, together with seq")
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq < _LARGEST_NUMBER:
        raise _UnreadableError("seq takes a whole number from 0, together with boot")
    return boot, seq


def _time(body: dict[str, Any], clock: Clock) -> tuple[int, int]:
    """The moment of a sample, and flags when a clock is wrong."""
    if body.get("t") is not None:
        t_us = _milliseconds("t", body["t"])
        if not clock.believes(t_us):
            return clock.arrived_us, FLAG_BOARD_CLOCK
    elif body.get("age") is not None:
        age_us = _milliseconds("age", body["age"])
        if age_us < 0:
            raise _UnreadableError("age takes milliseconds from 0")
        t_us = clock.arrived_us - age_us
    else:
        t_us = clock.arrived_us
    return t_us, FLAG_HOST_CLOCK if clock.behind else 0


def _milliseconds(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST_NUMBER:
        raise _UnreadableError(f"{name} takes milliseconds since 1970 as a number")
    return int(value * US_PER_MS) if isinstance(value, float) else value * US_PER_MS


def _values(body: dict[str, Any], reserved: frozenset[str] = _RESERVED) -> dict[str, float]:
    found = {}
    for metric, value in body.items():
        if metric in reserved or value is None:
            continue
        found[_name(metric)] = _number(metric, value)
    return found


def _number(metric: str, value: Any) -> float:
    try:
        number = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise _UnreadableError(f"'{metric[:64]}' takes a finite number, true, false or null")
    return number


def _name(metric: str) -> str:
    """A metric's name as it is kept: cut past 128 characters with a hash, so that two never become one."""
    if not metric or "\x00" in metric:
        raise _UnreadableError("a metric's name is empty or holds the character NUL")
    if len(metric) > _NAME_LENGTH:
        return f"{metric[: _NAME_LENGTH - 9]}~{hashlib.sha256(metric.encode()).hexdigest()[:8]}"
    return metric


def _status(address: TopicAddress, payload: bytes, _clock: Clock) -> list[Decoded]:
    body = _json(payload)
    if not isinstance(body, dict) or not isinstance(body.get("online"), bool):
        raise _UnreadableError("a status is a JSON object with online true or false")
    sensors = body.get("sensors")
    known = {
        _name(metric): _sensor(said)
        for metric, said in (sensors.items() if isinstance(sensors, dict) else ())
        if isinstance(said, dict)
    }
    return [Status(address.device, body["online"], payload.decode(), known)]


def _sensor(said: dict[str, Any]) -> Sensor:
    def text(key: str) -> str | None:
        value = said.get(key)
        return value[:_NAME_LENGTH] if isinstance(value, str) and "\x00" not in value else None

    def number(key: str) -> float | None:
        value = said.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST_NUMBER:
            return None
        return float(value)

    return Sensor(text("unit"), text("label"), number("min"), number("max"))


def _ack(address: TopicAddress, payload: bytes, _clock: Clock) -> list[Decoded]:
    body = _json(payload)
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not isinstance(body.get("ok"), bool):
        raise _UnreadableError("an acknowledgement is a JSON object with id and ok")
    if body["ok"]:
        detail = orjson.dumps({key: value for key, value in body.items() if key not in ("id", "ok")}).decode()
    else:
        detail = str(body.get("error", ""))[:1_000]
    return [Acknowledgement(address.device, body["id"][:64], body["ok"], detail)]


def _event(address: TopicAddress, payload: bytes, clock: Clock) -> list[Decoded]:
    body = _json(payload)
    if not isinstance(body, dict) or not isinstance(body.get("event"), str) or not body["event"]:
        raise _UnreadableError("an event is a JSON object with event, a text")
    boot = body.get("boot") if isinstance(body.get("boot"), str) else None
    n = body.get("n")
    n = n if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < _LARGEST_NUMBER else None
    t_us, _ = _time(body, clock)
    value = orjson.dumps(body.get("value")).decode()
    return [Event(address.device, t_us, boot, n, body["event"][:_NAME_LENGTH], value, _dropped(body))]


def _dropped(body: dict[str, Any]) -> tuple[str, int, int] | None:
    """Which numbers a board says it had to drop: (boot, from, to)."""
    said = body.get("value")
    if body["event"] != "dropped" or not isinstance(said, dict):
        return None
    boot, first, last = said.get("boot", body.get("boot")), said.get("from"), said.get("to")
    if not isinstance(boot, str) or isinstance(first, bool) or isinstance(last, bool):
        return None
    if not isinstance(first, int) or not isinstance(last, int) or not 0 <= first <= last < _LARGEST_NUMBER:
        return None
    return boot, first, last


def _input(address: TopicAddress, payload: bytes, _clock: Clock) -> list[Decoded]:
    return [decode_command(address.device, payload)]


def _json(payload: bytes) -> Any:
    if not payload:
        raise _UnreadableError("the payload is empty")
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as cause:
        raise _UnreadableError(f"not JSON: {cause}") from cause


_READERS = {
    TopicKind.OUTPUT: _output,
    TopicKind.STATUS: _status,
    TopicKind.ACK: _ack,
    TopicKind.EVENT: _event,
    TopicKind.INPUT: _input,
}
