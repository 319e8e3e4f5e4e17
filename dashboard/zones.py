"""Between the store's UTC and what Plotly draws: Plotly knows no time zones, so a chart gets local times as if UTC.

Each point is shifted by its own offset, since a day of clock change has two; ranges that come back from a drag are
turned back before anything is asked.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from telemetry.errors import QuestionError
from telemetry.timestamps import US_PER_DAY, US_PER_MS, US_PER_SECOND, parse_instant

#: No zone changes its clock and changes it back within this time.
_STEADY_US = 20 * US_PER_DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def find(setting: str, browser: str | None) -> tzinfo:
    """The zone of the settings, else the browser's, else UTC where a browser tells something unknown."""
    name = browser if setting == "auto" else setting
    try:
        return zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def offset_us(t_us: int, zone: tzinfo) -> int:
    """What the zone's clock is ahead of UTC at that moment."""
    ahead = datetime.fromtimestamp(t_us // US_PER_SECOND, UTC).astimezone(zone).utcoffset()
    return (ahead.days * 86_400 + ahead.seconds) * US_PER_SECOND if ahead else 0


def drawn(times_us: Sequence[int], zone: tzinfo) -> list[str]:
    """The times as a chart of this zone has them: `2026-11-17 14:00`, with seconds and their parts where there are any.

    Texts, since Plotly takes them as they are, while it reads numbers on the browser's own clock.
    """
    if not times_us:
        return []
    first, last = offset_us(times_us[0], zone), offset_us(times_us[-1], zone)
    if first == last and times_us[-1] - times_us[0] < _STEADY_US:
        return [_text(t_us + first) for t_us in times_us]
    return [_text(t_us + offset_us(t_us, zone)) for t_us in times_us]


def clock(window: tuple[int, int], zone: tzinfo) -> list[tuple[int, int]]:
    """`(from, offset)` over a window and as long before and after: from which local moment on, drawn as if UTC, the
    zone's clock is so far ahead; both in milliseconds. Of a clock put back the first of two moments counts.
    """
    start, end = window
    span = end - start
    first, last = start - span, end + span
    found = [(first, offset_us(first, zone))]
    for t_us in (*range(first, last, _STEADY_US), last):
        if offset_us(t_us, zone) != found[-1][1]:
            found.append(_change(found[-1], t_us, zone))
    return [
        ((t_us + max(before, after)) // US_PER_MS, after // US_PER_MS)
        for (t_us, after), before in zip(found, [found[0][1], *(offset for _, offset in found)], strict=False)
    ]


def _change(known: tuple[int, int], later_us: int, zone: tzinfo) -> tuple[int, int]:
    """The first second from which the zone's offset is no longer the known one, and the new offset."""
    before, after = known[0] // US_PER_SECOND, -(-later_us // US_PER_SECOND)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if offset_us(middle * US_PER_SECOND, zone) == known[1] else (before, middle)
    return after * US_PER_SECOND, offset_us(after * US_PER_SECOND, zone)


def from_drawn(text: object, zone: tzinfo) -> int:
    """Microseconds UTC of a moment on the chart: `2026-11-17 14:00:00.5`, `2026-11-17`.

    Raises QuestionError for anything else.
    """
    return from_local(parse_instant(_six_digits(str(text))), zone)


def from_local(local_us: int, zone: tzinfo) -> int:
    """Microseconds UTC of a wall clock's reading, given as if it were UTC; of two such moments the first."""
    try:
        naive = (_EPOCH + timedelta(microseconds=local_us)).replace(tzinfo=None)
        delta = naive.replace(tzinfo=zone).astimezone(UTC) - _EPOCH
    except OverflowError as cause:
        raise QuestionError("the time lies outside the years 1900 to 2200") from cause
    return (delta.days * 86_400 + delta.seconds) * US_PER_SECOND + delta.microseconds


def name_of(zone: tzinfo) -> str:
    """`Europe/Paris`."""
    return getattr(zone, "key", None) or "UTC"


def _text(local_us: int) -> str:
    seconds, rest = divmod(local_us, US_PER_SECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    if rest:
        return f"{text}.{rest // US_PER_MS:03}" if rest % US_PER_MS == 0 else f"{text}.{rest:06}"
    return text.removesuffix(":00")


def _six_digits(text: str) -> str:
    """Plotly writes as many decimals of a second as a drag gave; Python 3.11 reads up to six."""
    head, point, decimals = text.partition(".")
    return f"{head}{point}{decimals[:6]}"
