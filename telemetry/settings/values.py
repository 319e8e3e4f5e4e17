"""How the text of a setting becomes its value: a function for each kind; ValueError says what it expects."""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from collections.abc import Callable
from pathlib import Path

from telemetry.errors import nearest
from telemetry.topics import is_topic_root

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_557_600}
_BYTES = {"": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def text(value: str) -> str:
    if "\x00" in value or "\n" in value:
        raise ValueError("one line of text")
    return value


def path(value: str) -> Path:
    if not value:
        raise ValueError("a path")
    return Path(value).expanduser()


def optional_path(value: str) -> Path | None:
    return Path(value).expanduser() if value else None


def whole_number(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", value) or not low <= int(value) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(value)

    return read


def yes_or_no(value: str) -> bool:
    if value.lower() not in ("yes", "no", "true", "false"):
        raise ValueError("yes or no")
    return value.lower() in ("yes", "true")


def one_of(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return value

    return read


def seconds(low: float, high: float) -> Callable[[str], float]:
    def read(value: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value) or not low <= float(value) <= high:
            raise ValueError(f"seconds from {low:g} to {high:g}")
        return float(value)

    return read


def duration(value: str) -> int:
    """Seconds of `400d`, `12h`, `2y`; 0 means for ever."""
    found = re.fullmatch(r"([0-9]{1,12})([smhdwy])", value)
    if value == "0":
        return 0
    if not found:
        raise ValueError("a duration such as 400d, 12h or 2y, or 0 for ever")
    return int(found[1]) * _SECONDS[found[2]]


def size(value: str) -> int:
    """Bytes of `256MB`."""
    found = re.fullmatch(r"([0-9]{1,12}) ?(|kb|mb|gb)", value.lower())
    if not found or int(found[1]) == 0:
        raise ValueError("a size such as 256MB")
    return int(found[1]) * _BYTES[found[2]]


def size_or_none(value: str) -> int:
    """Bytes of `20GB`; 0 for no limit."""
    return 0 if value == "0" else size(value)


def topic_root(value: str) -> str:
    if not is_topic_root(value):
        raise ValueError("a topic without wildcards, spaces, a leading $ or /, such as esp32 or lab/esp32")
    return value


def base_path(value: str) -> str:
    if not re.fullmatch(r"/([\w.~-]+/)*[\w.~-]*", value):
        raise ValueError("a path such as / or /lumos")
    return "/" + value.strip("/")


def networks(value: str) -> str:
    for entry in filter(None, (part.strip() for part in value.split(","))):
        try:
            ipaddress.ip_network(entry, strict=False)
        except ValueError as cause:
            raise ValueError("addresses or networks with commas, such as 127.0.0.1,10.0.0.0/8") from cause
    return value


def time_zone(value: str) -> str:
    if value != "auto":
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as cause:
            close = nearest(value, zoneinfo.available_timezones())
            raise ValueError(f"auto (the browser's) or a name such as Europe/Paris{close.rstrip('.')}") from cause
    return value
