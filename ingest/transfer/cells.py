"""One cell of a file: a time, a name, a value; read, or refused with a reason for the report of bad rows.

Pure. ValueError says what is wrong with the cell and is caught by whoever knows the row.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any

from ingest.decoding.payload import UnreadableError
from ingest.sources.values import is_nothing, number_of, read_device
from telemetry.timestamps import EARLIEST_US, US_PER_MINUTE, US_PER_MS, US_PER_SECOND, iso_utc, now_us

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: As far into the future as a clock may be wrong: a reading of next year would make the host doubt its own clock.
_AHEAD_US = 10 * US_PER_MINUTE
_MOST_NAMES = 100_000
_LONGEST_NUMBER = 17


class Cells:
    """Reads cells; names are checked once each."""

    def __init__(self, zone: tzinfo = UTC, *, decimal_comma: bool = False) -> None:
        self._zone = zone
        self._decimal_comma = decimal_comma
        self._latest_us = now_us() + _AHEAD_US
        self._names: dict[str, str] = {}

    def time(self, value: Any) -> int:
        """Microseconds since 1970 UTC of a moment, ISO 8601 (in `zone` unless it says otherwise), or milliseconds."""
        if isinstance(value, datetime):
            return self._moment(value, str(value))
        text = str(value).strip()
        if text.isascii() and text.lstrip("-").isdigit() and len(text) <= _LONGEST_NUMBER:
            return self._checked(int(text) * US_PER_MS, text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as cause:
            raise ValueError(f"'{text[:40]}' is no time: ISO 8601 or milliseconds since 1970") from cause
        return self._moment(moment, text)

    def _moment(self, moment: datetime, text: str) -> int:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        try:
            delta = moment - _EPOCH
        except OverflowError as cause:
            raise ValueError(f"'{text[:40]}' is out of range") from cause
        return self._checked((delta.days * 86_400 + delta.seconds) * US_PER_SECOND + delta.microseconds, text)

    def _checked(self, t_us: int, text: str) -> int:
        """The moment itself, unless no reading can lie there."""
        if t_us < EARLIEST_US:
            raise ValueError(f"the time '{text[:40]}' lies before 1900; milliseconds since 1970 are expected")
        if t_us > self._latest_us:
            raise ValueError(f"the time '{text[:40]}' lies in the future (now is {iso_utc(now_us())})")
        return t_us

    def name(self, text: Any) -> str:
        """A device's or a metric's name as it is kept."""
        known = self._names.get(text)
        if known is not None:
            return known
        if not isinstance(text, str):
            raise ValueError(f"{text!r:.40} is no name")  # noqa: TRY004  (for the report of bad rows)
        try:
            text.encode()
            name = read_device(text)
        except UnicodeEncodeError as cause:
            raise ValueError(f"the name {text[:40]!a} is no UTF-8") from cause
        except UnreadableError as cause:
            raise ValueError(str(cause).replace("a device's name", "a name")) from cause
        if len(self._names) < _MOST_NAMES:
            self._names[text] = name
        return name

    def value(self, value: Any) -> float | None:
        """A number, 1 or 0 for a state such as ON; None for an empty cell."""
        if is_nothing(value):
            return None
        if self._decimal_comma and isinstance(value, str) and value.count(",") == 1:
            value = value.replace(",", ".")
        try:
            number = number_of(value)
        except UnreadableError as cause:
            raise ValueError(str(cause)) from cause
        if number is None:
            raise ValueError(f"'{str(value)[:40]}' is no number")
        return number
