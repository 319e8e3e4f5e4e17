"""Time as Lumos keeps it: whole microseconds since 1970-01-01 UTC in the store, milliseconds on the wire and in HTTP.

One place turns text and clocks into these integers, so that no float and no naive datetime ever carries a time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from telemetry.errors import QuestionError

US_PER_MS = 1_000
US_PER_SECOND = 1_000_000
US_PER_MINUTE = 60 * US_PER_SECOND
US_PER_HOUR = 60 * US_PER_MINUTE
US_PER_DAY = 24 * US_PER_HOUR

#: Times outside 1900 to 2200 are refused: no reading lies there, and integer arithmetic on them stays far from 64 bits.
EARLIEST_US = -2_208_988_800 * US_PER_SECOND
LATEST_US = 7_258_118_400 * US_PER_SECOND


def now_us() -> int:
    """The host's clock, microseconds since 1970 UTC."""
    return time.time_ns() // 1_000


def parse_instant(text: str, name: str = "time") -> int:
    """Microseconds since 1970 UTC from ISO 8601 text or from milliseconds written as an integer.

    Text without an offset is UTC. Raises QuestionError that names the parameter, its value and the two forms.
    """
    text = text.strip()
    try:
        if text.isascii() and text.lstrip("+-").isdigit():
            instant = int(text) * US_PER_MS
        else:
            # A '+' in a query string arrives as a space: `…T10:00:00 02:00` was `…+02:00`.
            head, space, offset = text.rpartition(" ")
            moment = datetime.fromisoformat(f"{head}+{offset}" if space and "T" in head else text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
            instant = (delta.days * 86_400 + delta.seconds) * US_PER_SECOND + delta.microseconds
    except (ValueError, OverflowError) as cause:
        raise QuestionError(
            f"{name}='{text[:64]}' is not a time: write ISO 8601 (2026-11-17T14:00:00Z) or milliseconds since 1970"
        ) from cause
    if not EARLIEST_US <= instant <= LATEST_US:
        raise QuestionError(f"{name}='{text[:64]}' lies outside the years 1900 to 2200; milliseconds are expected")
    return instant


def iso_utc(t_us: int) -> str:
    """`2026-11-17T14:00:00.123Z`: ISO 8601 in UTC with milliseconds, microseconds where there are any."""
    moment = datetime.fromtimestamp(t_us // US_PER_SECOND, UTC).replace(microsecond=t_us % US_PER_SECOND)
    digits = "microseconds" if t_us % US_PER_MS else "milliseconds"
    return moment.isoformat(timespec=digits).replace("+00:00", "Z")
