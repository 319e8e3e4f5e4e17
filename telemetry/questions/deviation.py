"""The standard deviation out of rollups, without the digits that sums of squares lose where values are large.

The mean of squares less the square of the mean is noise where the deviation is small beside the mean: 0.2 about 1e8
would be 1.4. So a part's own spread, which its sum of squares tells, is kept within what its extremes allow, and the
spread of the parts' means about the range's is added. How far that may be off is known; where it is too much, finer
parts are asked, of which each spreads less, and at last the readings themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from telemetry.corrections import number
from telemetry.levels import MINUTE
from telemetry.local_time import Restriction
from telemetry.questions.narrowing import narrowed
from telemetry.questions.places import SUMS, Place

#: How far a sum of squares may be off, as a share of itself: the rounding of squares, of their sums, of what is merged.
_ROUNDING = 2.0**-50
#: How far the square of the deviation may be off, as a share of itself: a part in 100,000 of the deviation.
_TOLERATED = 2e-5
#: Up to this many readings are asked for it one by one.
_MOST_READINGS = 10_000_000


def squares(mean: str) -> str:
    """SQL over parts (count, sum, sum_squares, min, max): the squares about `mean` (SQL), and how far they may be off.

    Both are sums over all readings.
    """
    # Of values between low and high with a mean, this is the widest spread (Bhatia and Davis).
    widest = "count * greatest((max - sum / count) * (sum / count - min), 0)"
    return f"""
        sum(count * (sum / count - {mean}) ** 2
            + least(greatest(sum_squares - sum / count * sum, 0), {widest})) AS squares,
        sum(least(sum_squares * {_ROUNDING!r}, {widest})) AS unsure
    """


def deviation(
    where: Place, only: Restriction, found: Mapping[str, Any], told: Sequence[float]
) -> tuple[float | None, bool]:
    """The deviation (population), and whether it is exact, of a range of which `found` knows count, mean, min and max.

    `told` is what `squares` says of the parts that they were read from.
    """
    if not found["count"]:
        return None, True
    if found["min"] == found["max"]:
        return 0.0, True
    total, unsure = told
    if _is_sure(total, unsure):
        return math.sqrt(total / found["count"]), True
    parts = narrowed(where, only, MINUTE.width_us, columns=(*SUMS, "sum_squares"))
    ((total, unsure),) = where.connection.execute(f"SELECT {squares(number(found['mean']))} FROM ({parts})").fetchall()
    if not _is_sure(total, unsure) and where.raw_is_whole and found["count"] <= _MOST_READINGS:
        plain = narrowed(where, only, 0, where.readings())
        # About the mean: DuckDB's running mean (Welford's) loses digits too where values are large and many.
        spread = f"SELECT stddev_pop(value - {number(found['mean'])}) FROM ({plain})"
        return where.connection.execute(spread).fetchall()[0][0], True
    return math.sqrt(total / found["count"]), _is_sure(total, unsure)


def _is_sure(total: float, unsure: float) -> bool:
    return unsure <= total * _TOLERATED
