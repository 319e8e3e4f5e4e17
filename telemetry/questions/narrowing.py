"""A range restricted to weekdays and hours: the level that still tells local hours apart, and the condition on it."""

from __future__ import annotations

import math

from telemetry.levels import widest
from telemetry.local_time import Restriction, grain_us, pieces
from telemetry.questions.places import Place
from telemetry.timestamps import US_PER_HOUR


def narrowed(where: Place, only: Restriction, width_us: int, source: str = "") -> str:
    """SQL for the parts of a place (or another source with `t_us`) that a restriction lets through.

    The parts' level divides `width_us`, and tells the restriction's hours apart.
    """
    if only.is_none:
        return source or where.parts(widest(width_us))
    found = pieces(only.zone, where.start_us, where.end_us)
    source = source or where.parts(widest(grain_us(found, math.gcd(width_us, US_PER_HOUR))))
    return f"SELECT * FROM ({source}) WHERE {only.sql(found)}"
