"""What others put into payloads, as readings and events: numbers, states such as ON and closed, texts, nested objects.

Part of the decoder, and pure like it: UnreadableError is the only thing that may be raised.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from ingest.decoding.decoded import FLAG_BOARD_CLOCK, Decoded, Event, Sample
from ingest.decoding.payload import LARGEST_NUMBER, NAME_LENGTH, UnreadableError, read_name
from ingest.decoding.samples import Clock
from telemetry.errors import QuestionError
from telemetry.timestamps import US_PER_MS, US_PER_SECOND, parse_instant

#: Strings that mean a state, in any case.
STATES: Mapping[str, float] = {
    **dict.fromkeys(
        ("on", "open", "opened", "online", "true", "yes", "locked", "lock", "connected", "home", "detected"), 1.0
    ),
    **dict.fromkeys(
        ("off", "closed", "close", "offline", "false", "no", "unlocked", "unlock", "disconnected", "not_home", "clear"),
        0.0,
    ),
}
#: Strings that mean "no value now".
_NOTHING = frozenset(("", "null", "none", "unknown", "unavailable", "nan"))
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_LONGEST_NUMBER = 400
#: As seconds the year 5138, as milliseconds 1973.
_SECONDS_BELOW = 100_000_000_000
_LONGEST_TEXT = 1_000
#: Far more than any device measures at once.
_MOST_VALUES = 1_000


def read_device(name: str) -> str:
    """A device's name as it is kept, cut like a metric's."""
    try:
        return read_name(name)
    except UnreadableError as cause:
        raise UnreadableError(str(cause).replace("metric's", "device's")) from cause


def number_of(value: Any) -> float | None:
    """The number that a JSON value or a text is: itself, a state's 1 or 0; None for any other text, or for none."""
    if isinstance(value, bool | int | float):
        return _finite(value)
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        return None
    text = value.strip()
    return _finite(text) if _NUMBER.fullmatch(text) else STATES.get(text.casefold())


def _finite(value: float | str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UnreadableError(f"'{str(value)[:32]}' is no finite number")
    return number


def is_nothing(value: Any) -> bool:
    """Whether a value says that there is none."""
    return value is None or (isinstance(value, str) and value.strip().casefold() in _NOTHING)


def plain_text(value: Any, longest: int = NAME_LENGTH) -> str | None:
    """A text that may be kept as it is, cut; None for anything else."""
    return value[:longest] if isinstance(value, str) and value and "\x00" not in value else None


def plain_number(value: Any) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST_NUMBER:
        return None
    return float(value)


def read_text(payload: bytes) -> str:
    """A payload that is a text."""
    try:
        text = payload.decode()
    except UnicodeDecodeError as cause:
        raise UnreadableError("the payload is no UTF-8 text") from cause
    if "\x00" in text:
        raise UnreadableError("the text holds the character NUL")
    return text


def flatten(value: Any, prefix: str = "", skip: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The leaves of a JSON value by name: keys, and places in lists, joined with dots. `skip` names what to leave out.

    Raises UnreadableError where two would have one name, or where there are more than any device has.
    """
    found: dict[str, Any] = {}
    for name, leaf in _leaves(value, prefix, skip):
        if name in found:
            raise UnreadableError(f"two values are both called '{name[:64]}'")
        found[name] = leaf
        if len(found) > _MOST_VALUES:
            raise UnreadableError(f"more than {_MOST_VALUES} values in one message")
    return found


def _leaves(value: Any, name: str, skip: frozenset[str]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            below = f"{name}.{key}" if name else key
            if below not in skip:
                yield from _leaves(part, below, skip)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _leaves(part, f"{name}.{place}" if name else str(place), skip)
    else:
        yield name, value


def told(device: str, values: Mapping[str, Any], t_us: int, flags: int = 0) -> list[Decoded]:
    """One sample of all that are numbers or states, and an event for each other text."""
    readings: dict[str, float] = {}
    found: list[Decoded] = []
    for name, value in values.items():
        if is_nothing(value):
            continue
        metric = read_name(name)
        number = number_of(value)
        if number is None:
            found.append(text_event(device, metric, str(value), t_us, stands=True))
        else:
            readings[metric] = number
    if readings:
        found.insert(0, Sample(device, None, None, t_us, readings, flags))
    return found


def text_event(device: str, name: str, text: str, t_us: int, *, stands: bool) -> Event:
    """A text as an event; `stands` for one that is true until the next."""
    if "\x00" in text:
        raise UnreadableError("a text holds the character NUL")
    shown = text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
    return Event(device, t_us, None, None, name, json.dumps(shown, ensure_ascii=False), stands=stands)


def read_moment(value: Any, clock: Clock) -> tuple[int, int]:
    """The moment that a payload tells, ISO 8601 (UTC unless it says otherwise), milliseconds or seconds since 1970.

    A wrong clock is flagged, and the moment of arrival taken, as with a board of ours.
    """
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        try:
            t_us = parse_instant(value)
        except QuestionError as cause:
            raise UnreadableError(str(cause)) from cause
    else:
        number = number_of(value)
        if number is None or abs(number) > LARGEST_NUMBER:
            raise UnreadableError("the time takes ISO 8601, or milliseconds or seconds since 1970")
        t_us = int(number * (US_PER_SECOND if abs(number) < _SECONDS_BELOW else US_PER_MS))
    return (t_us, clock.flags) if clock.believes(t_us) else (clock.arrived_us, FLAG_BOARD_CLOCK)


def status_text(online: bool, **facts: Any) -> str:
    """A status as it is kept: JSON, in the words of docs/contract.md as far as they go."""
    return orjson.dumps({"online": online, **{key: fact for key, fact in facts.items() if fact}}).decode()
