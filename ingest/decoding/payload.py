"""The parts every payload is made of: JSON, numbers, names. Each is read strictly, or refused with a sentence.

UnreadableError never leaves the decoder: it becomes a quarantine entry. Nothing else may be raised from here.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from typing import Any, TypeGuard

import orjson

from ingest.decoding.decoded import Numbering

#: The most bytes that a message may have; in the quarantine it is kept whole up to this.
LARGEST_PAYLOAD = 64 * 1024
#: What a bridge announces of its devices, all in one message, may be so large.
LARGEST_ANNOUNCEMENT = 4 * 1024 * 1024
#: Whole numbers past this are no longer exact as DOUBLE, nor in the JSON of others.
LARGEST_NUMBER = 2**53
NAME_LENGTH = 128
_HASH_LENGTH = 16
_BOOT_LENGTH = 64
#: A board says the same few names in every sample.
_REMEMBERED_NAMES = 4_096
_HOLDS_NUL = "a metric's name holds the character NUL"
#: Far more than any payload of the contract has, far less than what a recursive reader or writer stumbles over.
_DEEPEST = 32


class UnreadableError(Exception):
    """Why a payload is not as it must be; `numbering` where the numbers of its samples could be read."""

    def __init__(self, reason: str, numbering: Numbering | None = None) -> None:
        super().__init__(reason)
        self.numbering = numbering


def read_json(payload: bytes) -> Any:
    """The JSON value of a payload, without duplicate keys, NaN, Infinity, or deep nesting."""
    if not payload:
        raise UnreadableError("the payload is empty")
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError as cause:
        raise UnreadableError(f"not JSON: {cause}") from cause
    # orjson keeps the last of two equal keys. Each key and each text takes two quotation marks, so a surplus means
    # such a key, or a quotation mark within a text: only then is it worth reading again, slowly.
    if payload.count(b'"') != 2 * _count_texts(body):
        try:
            json.loads(payload, object_pairs_hook=_refuse_duplicates)
        except (ValueError, RecursionError) as cause:
            raise UnreadableError(f"not JSON: {cause}") from cause
    return body


def _count_texts(body: Any) -> int:
    """How many keys and texts a JSON value holds."""
    count, depth, level = 0, 0, [body]
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise UnreadableError(f"nested more than {_DEEPEST} levels deep")
        below: list[Any] = []
        for value in level:
            kind = type(value)  # exactly one of JSON's, so no need for isinstance, which is slower
            if kind is dict:
                count += len(value)
                below += value.values()
            elif kind is list:
                below += value
            elif kind is str:
                count += 1
        level = below
    return count


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for key, _ in pairs:
        if key in seen:
            raise UnreadableError(f"the key '{key[:64]}' is there twice")
        seen.add(key)


def read_number(metric: str, value: Any) -> float:
    """A finite number; true is 1 and false is 0."""
    if not isinstance(value, int | float):
        raise UnreadableError(f"'{metric[:64]}' takes a number, true, false or null, not {_kind(value)}")
    number = float(value)
    if not math.isfinite(number):  # orjson reads none, another reader may
        raise UnreadableError(f"'{metric[:64]}' takes a finite number")
    return number


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return f"the text '{value[:32]}'"
    return "null" if value is None else "a list" if isinstance(value, list) else "an object"


def read_name(metric: str) -> str:
    """A metric's name as it is kept: cut past 128 characters with a hash, so that two never become one."""
    if len(metric) <= NAME_LENGTH:
        return _read_short_name(metric)
    if "\x00" in metric:
        raise UnreadableError(_HOLDS_NUL)
    digest = hashlib.sha256(metric.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{metric[: NAME_LENGTH - _HASH_LENGTH - 1]}~{digest}"


@functools.lru_cache(maxsize=_REMEMBERED_NAMES)
def _read_short_name(metric: str) -> str:
    if not metric:
        raise UnreadableError("a metric's name is empty")
    if "\x00" in metric:
        raise UnreadableError(_HOLDS_NUL)
    return metric


def is_boot(value: Any) -> TypeGuard[str]:
    """Whether a value can name a start of a board."""
    return isinstance(value, str) and 1 <= len(value) <= _BOOT_LENGTH and "\x00" not in value


def is_count(value: Any) -> TypeGuard[int]:
    """Whether a value is a whole number from 0 on that is exact."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST_NUMBER
