"""Local time as arithmetic on UTC microseconds: where a zone's offset changes, and what that makes of days and hours.

Every answer comes from `zoneinfo`; SQL only adds the offsets that stand here. So a day of 23 or 25 hours is one day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from telemetry.errors import QuestionError
from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_SECOND

#: The date of the local day with number 0.
_FIRST_DAY = date(1970, 1, 1)
_STEP_SECONDS = 12 * 3_600
DAYS_PER_WEEK = 7
HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class Piece:
    """From this moment on (UTC) local time is UTC plus the offset."""

    from_us: int
    offset_us: int


def zone_of(name: str) -> ZoneInfo:
    """The zone. Raises QuestionError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise QuestionError(f"zone='{name[:64]}' is no time zone: write one such as Europe/Paris") from cause


def pieces(zone: str, start_us: int, end_us: int) -> list[Piece]:
    """The zone's offsets over [start, end), oldest first; at least one."""
    zone_of(zone)
    first, last = start_us // US_PER_SECOND, max(end_us // US_PER_SECOND, start_us // US_PER_SECOND)
    found = [Piece(start_us, _offset(zone, first))]
    moment = first
    while moment < last:
        following = min(moment + _STEP_SECONDS, last)
        if _offset(zone, following) != _offset(zone, moment):
            change = _change(zone, moment, following)
            found.append(Piece(change * US_PER_SECOND, _offset(zone, change)))
        moment = following
    return found


def local_sql(found: list[Piece], column: str = "t_us") -> str:
    """SQL for local microseconds (as if local time were UTC) of a column of UTC microseconds."""
    if len(found) == 1:
        return f"({column} + {found[0].offset_us})"
    cases = " ".join(f"WHEN {column} < {after.from_us} THEN {before.offset_us}" for before, after in pairwise(found))
    return f"({column} + CASE {cases} ELSE {found[-1].offset_us} END)"


def grain_us(found: list[Piece], width_us: int) -> int:
    """The width that divides `width_us` and every offset and change: buckets of it never straddle a local edge."""
    return math.gcd(width_us, *(piece.offset_us for piece in found), *(piece.from_us for piece in found[1:]))


def moment_of(day: int, zone: str, seconds: int = 0) -> int:
    """The UTC microseconds at which a local day begins (days since 1970-01-01), or some wall-clock seconds into it."""
    local = datetime.combine(_FIRST_DAY + timedelta(days=day), datetime.min.time()) + timedelta(seconds=seconds)
    return int(local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp()) * US_PER_SECOND


def wall_moment(day: date, minutes: int, zone: str) -> int | None:
    """The UTC microseconds at which a zone's clocks first show so many minutes after midnight of a day.

    Where a clock change leaves that time out, the moment of the change; None where it leaves out the whole day.
    """
    local = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes)
    first, second = (
        int(local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC).timestamp()) for fold in (0, 1)
    )
    if second >= first:
        return first * US_PER_SECOND
    changed = _change(zone, second, first)  # in between lies what was left out
    return changed * US_PER_SECOND if datetime.fromtimestamp(changed, ZoneInfo(zone)).date() == local.date() else None


def local_day(t_us: int, zone: str) -> tuple[int, int]:
    """`(day, microseconds)`: the local day that a moment lies in, and its wall-clock time within it."""
    return divmod(t_us + _offset(zone, t_us // US_PER_SECOND), US_PER_DAY)


def date_of(day: int) -> date:
    return _FIRST_DAY + timedelta(days=day)


def day_of(moment: date) -> int:
    return (moment - _FIRST_DAY).days


@dataclass(frozen=True, slots=True)
class Restriction:
    """Certain weekdays (Monday is 0) and hours of the day [from, to) in a zone; 22 to 6 goes over midnight."""

    zone: str
    weekdays: tuple[int, ...]
    hours: tuple[int, int]

    @property
    def is_none(self) -> bool:
        return len(self.weekdays) == DAYS_PER_WEEK and self.hours == (0, HOURS_PER_DAY)

    def sql(self, found: list[Piece]) -> str:
        """The condition on `t_us`."""
        local = local_sql(found)
        hour = f"({local} // {US_PER_HOUR} % {HOURS_PER_DAY})"
        first, last = self.hours
        within = f"{hour} >= {first} {'AND' if first < last else 'OR'} {hour} < {last}"
        days = ", ".join(map(str, self.weekdays))
        return f"(({within}) AND ({local} // {US_PER_DAY} + 3) % {DAYS_PER_WEEK} IN ({days}))"


def restriction(zone: str, weekdays: list[int] | None, hours: list[int] | None) -> Restriction:
    """A restriction from a question's arguments. Raises QuestionError, which names what is wrong."""
    zone_of(zone)
    days = tuple(sorted(set(weekdays))) if weekdays is not None else tuple(range(DAYS_PER_WEEK))
    if not days or not all(_is_whole(day) and 0 <= day < DAYS_PER_WEEK for day in days):
        raise QuestionError(f"weekdays={weekdays!r:.64} must be numbers from 0 (Monday) to 6 (Sunday), at least one")
    span = tuple(hours) if hours is not None else (0, HOURS_PER_DAY)
    if len(span) != 2 or not all(_is_whole(hour) and 0 <= hour <= HOURS_PER_DAY for hour in span) or span[0] == span[1]:
        raise QuestionError(f"hours={hours!r:.64} must be two different hours from 0 to 24, such as [9, 19]")
    return Restriction(zone, days, (span[0], span[1]))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@lru_cache(maxsize=16_384)
def _offset(zone: str, seconds: int) -> int:
    """The zone's offset in microseconds at a moment."""
    offset = datetime.fromtimestamp(seconds, ZoneInfo(zone)).utcoffset()
    assert offset is not None  # noqa: S101  (an aware datetime has one)
    return (offset.days * 86_400 + offset.seconds) * US_PER_SECOND


def _change(zone: str, before: int, after: int) -> int:
    """The first second from which the offset is another one, between two moments half a day apart."""
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after
