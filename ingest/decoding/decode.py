"""From a message to what it says: samples, a status, an acknowledgement, an event, a command, or why it cannot be read.

Pure: no broker, no database, no clock but the one handed in. Whatever the bytes are, the answer is something decoded or
a Quarantined; nothing is raised. The forms are those of docs/contract.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from ingest.decoding.decoded import Acknowledgement, Decoded, Event, Quarantined, Sensor, Status
from ingest.decoding.payload import (
    LARGEST_NUMBER,
    LARGEST_PAYLOAD,
    NAME_LENGTH,
    UnreadableError,
    is_boot,
    is_count,
    read_json,
    read_name,
)
from ingest.decoding.samples import Clock, read_output, read_time
from telemetry.commands import decode as decode_command
from telemetry.commands import decode_original
from telemetry.errors import nearest
from telemetry.topics import TopicAddress, TopicKind, Topics, is_device_id

#: Of a payload that is larger than a message may have, the quarantine keeps so much, and its length.
_KEPT_OF_LARGER = 1024
_ID_LENGTH = 64
#: Boots whose end one status may tell.
_BOOTS_TOLD = 64
_DETAIL_LENGTH = 1_000


def decode(topics: Topics, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
    """What a message says; several samples for a batch, nothing for what is not ours to keep."""
    try:
        return _read(topics, topic, payload, clock)
    except UnreadableError as error:
        return [quarantined(topic, payload, error)]


def quarantined(topic: str, payload: bytes, error: UnreadableError, *, final: bool = False) -> Quarantined:
    """The quarantine entry of a message; `final` where it is no use to try it again."""
    kept = payload if len(payload) <= LARGEST_PAYLOAD else payload[:_KEPT_OF_LARGER]
    return Quarantined(topic, str(error), kept, len(payload), error.numbering, final)


def _read(topics: Topics, topic: str, payload: bytes, clock: Clock) -> Sequence[Decoded]:
    address = topics.parse(topic)
    if address is None:
        raise UnreadableError(_unknown_topic(topics, topic))
    if address.kind is TopicKind.STORED or (address.kind is TopicKind.STATUS and not payload):
        return []  # our own word, or a retained status that somebody cleared
    if len(payload) > LARGEST_PAYLOAD:
        raise UnreadableError(f"{len(payload)} bytes are more than the {LARGEST_PAYLOAD} that a message may have")
    return _READERS[address.kind](address, payload, clock)


def _unknown_topic(topics: Topics, topic: str) -> str:
    device, _, kind = topic.removeprefix(f"{topics.root}/").rpartition("/")
    if kind in set(TopicKind) and "/" not in device:
        return f"'{topic[:200]}' is no topic of the contract: '{device[:100]}' cannot be a device"
    hint = nearest(kind, TopicKind)
    if is_device_id(device) and "mean" in hint:
        return f"'{topic[:200]}' is no topic of the contract{hint}"
    return f"'{topic[:200]}' is no topic of the contract, {topics.root}/<device>/<{'|'.join(TopicKind)}>"


def _status(address: TopicAddress, payload: bytes, _clock: Clock) -> Sequence[Decoded]:
    body = read_json(payload)
    if not isinstance(body, dict) or not isinstance(body.get("online"), bool):
        raise UnreadableError("a status is a JSON object with online true or false")
    sensors = body.get("sensors")
    known = {
        read_name(metric): _sensor(said)
        for metric, said in (sensors.items() if isinstance(sensors, dict) else ())
        if isinstance(said, dict)
    }
    return [Status(address.device, body["online"], payload.decode(), known, _ended(body))]


def _ended(body: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """The boot before and earlier ones, each with its last number, as far as a status says."""
    previous, earlier = body.get("previous"), body.get("earlier")
    said = [[previous.get("boot"), previous.get("seq")]] if isinstance(previous, dict) else []
    said += earlier[-_BOOTS_TOLD:] if isinstance(earlier, list) else []
    pairs = [pair for pair in said if isinstance(pair, list) and len(pair) == 2]
    return tuple((boot, seq) for boot, seq in pairs if is_boot(boot) and is_count(seq))


def _sensor(said: dict[str, Any]) -> Sensor:
    def text(key: str) -> str | None:
        value = said.get(key)
        return value[:NAME_LENGTH] if isinstance(value, str) and "\x00" not in value else None

    def number(key: str) -> float | None:
        value = said.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST_NUMBER:
            return None
        return float(value)

    return Sensor(text("unit"), text("label"), number("min"), number("max"))


def _ack(address: TopicAddress, payload: bytes, _clock: Clock) -> Sequence[Decoded]:
    body = read_json(payload)
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not isinstance(body.get("ok"), bool):
        raise UnreadableError("an acknowledgement is a JSON object with id and ok")
    if body["ok"]:
        detail = orjson.dumps({key: value for key, value in body.items() if key not in ("id", "ok")}).decode()
    else:
        detail = str(body.get("error", ""))[:_DETAIL_LENGTH]
    return [Acknowledgement(address.device, body["id"][:_ID_LENGTH], body["ok"], detail)]


def _event(address: TopicAddress, payload: bytes, clock: Clock) -> Sequence[Decoded]:
    body = read_json(payload)
    if not isinstance(body, dict) or not isinstance(body.get("event"), str) or not body["event"]:
        raise UnreadableError("an event is a JSON object with event, a text")
    boot = body["boot"][:_ID_LENGTH] if isinstance(body.get("boot"), str) else None
    n = body["n"] if is_count(body.get("n")) else None
    t_us, _ = read_time(body, clock)
    value = orjson.dumps(body.get("value")).decode()
    return [Event(address.device, t_us, boot, n, body["event"][:NAME_LENGTH], value, _dropped(body))]


def _dropped(body: dict[str, Any]) -> tuple[str, int, int] | None:
    """Which numbers a board says it had to drop: (boot, from, to)."""
    said = body.get("value")
    if body["event"] != "dropped" or not isinstance(said, dict):
        return None
    boot, first, last = said.get("boot", body.get("boot")), said.get("from"), said.get("to")
    if not is_boot(boot) or not is_count(first) or not is_count(last):
        return None
    return (boot, first, last) if first <= last else None


def _input(address: TopicAddress, payload: bytes, _clock: Clock) -> Sequence[Decoded]:
    command = (decode_original if address.original else decode_command)(address.device, payload)
    try:
        # The store keeps UTF-8 and JSON: a lone half of a surrogate pair, NaN or a bottomless value is neither.
        texts = json.dumps(command.value, ensure_ascii=False, allow_nan=False), command.cmd, command.by, command.id
        "".join(texts).encode()
    except (ValueError, RecursionError) as cause:
        raise UnreadableError("the command holds what is neither JSON nor text") from cause
    return [command]


_Reader = Callable[[TopicAddress, bytes, Clock], Sequence[Decoded]]

_READERS: Mapping[TopicKind, _Reader] = {
    TopicKind.OUTPUT: read_output,
    TopicKind.STATUS: _status,
    TopicKind.ACK: _ack,
    TopicKind.EVENT: _event,
    TopicKind.INPUT: _input,
}
