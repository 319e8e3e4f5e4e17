"""How much of a range has readings: the share of its buckets, as fine as fits how often a reading comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from statistics import median

from telemetry.levels import HOUR, LEVELS, MINUTE, QUARTER, Level
from telemetry.local_time import Restriction, pieces
from telemetry.questions.narrowing import narrowed
from telemetry.questions.places import Place
from telemetry.timestamps import US_PER_DAY, now_us

#: Of a level, from one moment to another: how many buckets hold a reading, and how many readings those usually hold.
Count = Callable[[Level, int, int], tuple[int, float]]


def coverage(where: Place, only: Restriction, first_us: int, count: Count | None = None) -> float:
    """The share of buckets that hold a reading, at the finest level that is cheap and fits how often one comes.

    `first_us` is the first reading's time; `count` tells what the store is asked for otherwise.
    """
    count = count or partial(_asked, where, only)
    end_us = max(min(where.end_us, now_us()), first_us + 1)
    span = end_us - first_us
    level = MINUTE if span <= 2 * US_PER_DAY else QUARTER if span <= 62 * US_PER_DAY else HOUR
    for tried in LEVELS[LEVELS.index(level) :]:
        width = tried.width_us
        begin = first_us // width * width
        filled, typical = count(tried, begin, end_us)
        if typical >= 2:
            break
    if only.is_none:
        total = -((begin - end_us) // width)
    else:
        every = f"SELECT range AS t_us FROM range({begin}, {end_us}, {width})"
        every = f"SELECT count(*) FROM ({every}) WHERE {only.sql(pieces(only.zone, begin, end_us))}"
        ((total,),) = where.connection.execute(every).fetchall()
    return min(filled / total, 1.0) if total else 1.0


def counted(minutes: Mapping[int, int]) -> Count:
    """Count by what is known already: readings by minute since 1970."""

    def count(level: Level, begin_us: int, end_us: int) -> tuple[int, float]:
        filled: dict[int, int] = {}
        for minute, readings in minutes.items():
            if begin_us <= minute * MINUTE.width_us < end_us:
                bucket = minute * MINUTE.width_us // level.width_us
                filled[bucket] = filled.get(bucket, 0) + readings
        return len(filled), median(filled.values()) if filled else 0

    return count


def _asked(where: Place, only: Restriction, level: Level, begin_us: int, end_us: int) -> tuple[int, float]:
    parts = narrowed(replace(where, start_us=max(begin_us, where.start_us), end_us=end_us), only, level.width_us)
    ((filled, typical),) = where.connection.execute(
        f"""
        SELECT count(*), coalesce(median(n), 0)
        FROM (SELECT sum(count) AS n FROM ({parts}) GROUP BY t_us // {level.width_us})
        """
    ).fetchall()
    return filled, typical
