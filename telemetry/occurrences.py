"""When a schedule is due: plain functions from what it says and a moment to moments, in UTC microseconds.

Never twice, never skipped, over both clock changes. A time of the day that a clock change leaves out is due at the
moment of the change, so that what was in order stays in order; one that comes twice is due the first time. What repeats
is counted in real minutes from its start on each day. A day on which the sun does not rise has no sunrise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice

from telemetry.local_time import date_of, local_day, wall_moment
from telemetry.schedules import Kind, Schedule, SunEvent
from telemetry.timestamps import US_PER_DAY, US_PER_MINUTE, US_PER_SECOND

#: So far ahead the next run is looked for: at the poles the sun rises once a year.
HORIZON_DAYS = 400
#: A run belongs to a day that may have begun so many days before (over midnight, before sunrise).
_AROUND = 2
#: What rising and setting mean: the sun's upper edge at the horizon, with the usual 34' of refraction.
_HORIZON = "-0:34"


def next_run(schedule: Schedule, after_us: int) -> int | None:
    """The first moment after this one at which it is due; None where there is none within `HORIZON_DAYS`."""
    return next(runs(schedule, after_us, after_us + HORIZON_DAYS * US_PER_DAY), None)


def runs(schedule: Schedule, after_us: int, until_us: int) -> Iterator[int]:
    """All moments in (after, until], in their order."""
    last_us = after_us
    day, _ = local_day(after_us, schedule.zone)
    end, _ = local_day(until_us, schedule.zone)
    for number in range(day - _AROUND, end + _AROUND):
        for t_us in _of_day(schedule, date_of(number)):
            if last_us < t_us <= until_us:
                last_us = t_us
                yield t_us


def count_runs(schedule: Schedule, after_us: int, until_us: int, most: int) -> int:
    """How many moments lie in (after, until], counted up to `most`."""
    return sum(1 for _ in islice(runs(schedule, after_us, until_us), most))


def last_run(schedule: Schedule, after_us: int, until_us: int) -> int | None:
    """The last moment in (after, until]; None where there is none."""
    day, _ = local_day(until_us, schedule.zone)
    first, _ = local_day(max(after_us, until_us - HORIZON_DAYS * US_PER_DAY), schedule.zone)
    for number in range(day + _AROUND, first - _AROUND - 1, -1):
        found = [t_us for t_us in _of_day(schedule, date_of(number)) if after_us < t_us <= until_us]
        if found:
            return found[-1]
    return None


def has_none_today(schedule: Schedule, at_us: int) -> bool:
    """Whether it goes by the sun, and the sun does not rise or set there on this day."""
    day, _ = local_day(at_us, schedule.zone)
    return schedule.kind is Kind.SUN and _sun(schedule, date_of(day)) is None


def _of_day(schedule: Schedule, day: date) -> Sequence[int]:
    """The moments that belong to a local day, in their order."""
    if day.weekday() not in schedule.days:
        return ()
    if schedule.kind is Kind.AT:
        found = wall_moment(day, schedule.time, schedule.zone)
        return () if found is None else (found,)
    if schedule.kind is Kind.SUN:
        event = _sun(schedule, day)
        return () if event is None else (event + schedule.offset_minutes * US_PER_MINUTE,)
    return _repeated(schedule, day)


def _repeated(schedule: Schedule, day: date) -> Sequence[int]:
    start = wall_moment(day, schedule.start, schedule.zone)
    if start is None:
        return ()
    whole = schedule.start == schedule.end
    over_midnight = schedule.end <= schedule.start
    end = _moment_or_later(day + timedelta(days=over_midnight), schedule.end, schedule.zone)
    # All day long ends where the next day's begins, which counts it; a last run at `end` itself is wanted.
    return range(start, end if whole else end + 1, schedule.minutes * US_PER_MINUTE)


def _moment_or_later(day: date, minutes: int, zone: str) -> int:
    """The moment, or the first midnight after a day that a zone left out."""
    found = wall_moment(day, minutes, zone)
    while found is None:
        day, minutes = day + timedelta(days=1), 0
        found = wall_moment(day, minutes, zone)
    return found


def _sun(schedule: Schedule, day: date) -> int | None:
    return sun_moment(schedule.event, day, schedule.zone, schedule.latitude, schedule.longitude)


@lru_cache(maxsize=4_096)
def sun_moment(event: SunEvent, day: date, zone: str, latitude: float, longitude: float) -> int | None:
    """When the sun rises or sets on a local day at a place, to the second; None where it does not."""
    import ephem

    start, end = wall_moment(day, 0, zone), _moment_or_later(day + timedelta(days=1), 0, zone)
    if start is None:
        return None
    observer = ephem.Observer()
    observer.lat, observer.lon = str(latitude), str(longitude)
    observer.pressure, observer.horizon = 0, _HORIZON
    begin = datetime.fromtimestamp(start / US_PER_SECOND, UTC).replace(tzinfo=None)
    look = observer.next_rising if event is SunEvent.SUNRISE else observer.next_setting
    try:
        found = look(ephem.Sun(), start=ephem.Date(begin)).datetime().replace(tzinfo=UTC)
    except ephem.CircumpolarError:
        return None
    t_us = round(found.timestamp()) * US_PER_SECOND
    return t_us if start <= t_us < end else None
