"""The levels of the store: raw readings, and the widths in which they are rolled up; and the sketch's bins.

Shared by ingest, which keeps the levels, and the questions, which choose among them. Pure arithmetic, no database.

Closed days lie in one Parquet file a day and level for raw readings and minutes (`archive/` in the data folder), the
wider levels in tables of the database, since a question over years must not open a thousand files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE


@dataclass(frozen=True, slots=True)
class Level:
    """A row of the table: its name, its bucket's width (0 for raw), and where closed days of it lie."""

    name: str
    width_us: int
    #: The table of the closed days; empty where they lie in files.
    table: str


RAW = Level("raw", 0, "")
MINUTE = Level("minute", US_PER_MINUTE, "")
QUARTER = Level("quarter", 15 * US_PER_MINUTE, "rollup_quarter")
HOUR = Level("hour", US_PER_HOUR, "rollup_hour")
DAY = Level("day", US_PER_DAY, "rollup_day")

#: From the finest to the widest; each width divides the next.
LEVELS = (RAW, MINUTE, QUARTER, HOUR, DAY)
BY_NAME = {level.name: level for level in LEVELS}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a range, answered from one level: [from_us, to_us), whole buckets of it."""

    level: Level
    from_us: int
    to_us: int


def widest(divides_us: int) -> Level:
    """The widest level whose buckets fit a grid of this width: each of its edges is also an edge of theirs; 0: raw."""
    if divides_us == 0:
        return RAW
    return next(level for level in reversed(LEVELS) if level is RAW or divides_us % level.width_us == 0)


def stretches(start_us: int, end_us: int, level: Level) -> Iterator[Stretch]:
    """[start, end) in order as whole buckets of `level`, and of ever finer levels towards the edges."""
    if start_us >= end_us:
        return
    if level is RAW:
        yield Stretch(RAW, start_us, end_us)
        return
    finer = LEVELS[LEVELS.index(level) - 1]
    first = -(-start_us // level.width_us) * level.width_us
    last = end_us // level.width_us * level.width_us
    if first >= last:
        yield from stretches(start_us, end_us, finer)
        return
    yield from stretches(start_us, first, finer)
    yield Stretch(level, first, last)
    yield from stretches(last, end_us, finer)


#: The sketch: bin k holds magnitudes from GROWTH**k to GROWTH**(k + 1), so whatever lies in a bin is within one percent
#: of whatever else does. A negative value's bin is the negative of its magnitude's; 0 is bin 0 (hence the shift).
GROWTH = 1.01
_LOG_GROWTH = math.log(GROWTH)
_SHIFT = 80_000
#: SQL for the bin of `value`.
BIN_SQL = (
    f"if(value = 0, 0, sign(value)::INTEGER * (floor(ln(abs(value)) / {_LOG_GROWTH!r})::INTEGER + {_SHIFT}))::INTEGER"
)

#: SQL for a value in the middle of `bin`.
BIN_VALUE_SQL = f"if(bin = 0, 0, sign(bin) * exp((abs(bin) - {_SHIFT} + 0.5) * {_LOG_GROWTH!r}))"


def bin_edges(number: int) -> tuple[float, float]:
    """The lowest and the highest value of a bin."""
    if number == 0:
        return 0.0, 0.0
    exponent = abs(number) - _SHIFT
    near, far = _power(exponent), _power(exponent + 1)
    return (near, far) if number > 0 else (-far, -near)


def _power(exponent: int) -> float:
    try:
        return math.exp(exponent * _LOG_GROWTH)
    except OverflowError:
        return math.inf
