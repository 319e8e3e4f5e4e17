"""A range restricted to weekdays and hours: the level that still tells local hours apart, and the condition on it."""

from __future__ import annotations

import math
from collections.abc import Collection

from telemetry.levels import widest
from telemetry.local_time import Restriction, grain_us, pieces
from telemetry.questions.places import SUMS, Place
from telemetry.timestamps import US_PER_HOUR


def narrowed(where: Place, only: Restriction, width_us: int, source: str = "", columns: Collection[str] = SUMS) -> str:
    """SQL for the parts of a place (or another source with `t_us`) that a restriction lets through.

    The parts' level divides `width_us` (0: readings), and tells the restriction's hours apart; they have these columns.
    """
    if only.is_none:
        return source or where.parts(widest(width_us), columns)
    found = pieces(only.zone, where.start_us, where.end_us)
    grain = grain_us(found, math.gcd(width_us, US_PER_HOUR)) if width_us else 0
    source = source or where.parts(widest(grain), columns)
    return f"SELECT * FROM ({source}) WHERE {only.sql(found)}"
