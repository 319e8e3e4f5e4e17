"""A series as it must be drawn: gaps as gaps, a closed band for each stretch between them, rounded values.

Plain lists in, plain lists out; `dashboard.figures` and `dashboard.live` both build on it, so that what a tick appends
is what a whole figure would have had there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING

from dashboard.formats import decimals_for
from telemetry.questions import metadata_of
from telemetry.timestamps import US_PER_SECOND

if TYPE_CHECKING:
    import pyarrow as pa

#: A distance beyond this many typical ones is a gap.
GAP_FACTOR = 2.5
#: Distances of fewer points say nothing about what is typical.
_FEWEST = 4
#: Where nothing tells what is typical, this much is not called a gap yet.
_PATIENCE_US = 10 * US_PER_SECOND


#: What Plotly draws: x and y, None where the pen is lifted.
Path = tuple[list[str | None], list[float | None]]


@dataclass(frozen=True, slots=True)
class Points:
    """The answer to `buckets` as lists; `bucket_us` 0 means readings as they are, and then min and max are the mean."""

    times_us: list[int]
    means: list[float]
    lows: list[float]
    highs: list[float]
    counts: list[int]
    bucket_us: int

    def __len__(self) -> int:
        return len(self.times_us)


def points_of(table: pa.Table) -> Points:
    """An Arrow answer to `buckets` as lists."""
    times, means, lows, highs, counts = (
        table.column(name).to_pylist() for name in ("t_us", "mean", "min", "max", "count")
    )
    return Points(times, means, lows, highs, counts, int(metadata_of(table).get("bucket_us", 0)))


def typical_spacing(times_us: Sequence[int], bucket_us: int = 0) -> int:
    """The usual distance between two points, at least a bucket; 0 where too few points tell."""
    if len(times_us) < _FEWEST:
        return 0
    distances = [later - earlier for earlier, later in pairwise(times_us)]
    return max(int(median_low(distances)), bucket_us)


def is_gap(earlier_us: int, later_us: int, spacing_us: int) -> bool:
    """Whether the line must not bridge these two points."""
    return spacing_us > 0 and later_us - earlier_us > GAP_FACTOR * spacing_us


def stretches(times_us: Sequence[int], spacing_us: int) -> list[range]:
    """The runs of indices without a gap inside."""
    starts = [
        0,
        *(i for i in range(1, len(times_us)) if is_gap(times_us[i - 1], times_us[i], spacing_us)),
    ]
    ends = [*starts[1:], len(times_us)]
    return [range(start, end) for start, end in zip(starts, ends, strict=True) if end > start]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is missing inside a range: how many gaps, the longest, and the share of the range that is covered."""

    count: int
    longest_us: int
    coverage: float


def gaps(points: Points, start_us: int, end_us: int) -> Gaps:
    """The gaps between points and before the first and after the last of them."""
    if not len(points):
        return Gaps(1, end_us - start_us, 0.0)
    step = typical_spacing(points.times_us, points.bucket_us) or points.bucket_us
    # Each point stands for one step; what lies before the first and after the last counts as missing too.
    edges = [start_us - step, *points.times_us, max(end_us, points.times_us[-1])]
    longest_step = GAP_FACTOR * step or _PATIENCE_US
    holes = [later - earlier - step for earlier, later in pairwise(edges) if later - earlier > longest_step]
    missing = sum(holes)
    covered = max(0.0, 1 - missing / (end_us - start_us)) if end_us > start_us else 1.0
    return Gaps(len(holes), max(holes, default=0), covered)


def rounding(points: Points) -> int:
    """How many decimals the drawn values need."""
    if not len(points):
        return 0
    if not points.bucket_us:
        return decimals_for(points.means)
    return max(decimals_for([*points.lows, *points.highs]), min(decimals_for(points.means), 2))


def rounded(values: Sequence[float], decimals: int) -> list[float]:
    """The values with so many decimals; integers where there are none, which are shorter to send."""
    return [round(value, decimals) for value in values] if decimals else [round(value) for value in values]


def line(x: Sequence[str], y: Sequence[float], runs: Sequence[range]) -> Path:
    """The line's lists, with a hole (None) between two runs."""
    xs: list[str | None] = []
    ys: list[float | None] = []
    for run in runs:
        if xs:
            xs.append(x[run.start - 1])
            ys.append(None)
        xs.extend(x[run.start : run.stop])
        ys.extend(y[run.start : run.stop])
    return xs, ys


def band(x: Sequence[str], low: Sequence[float], high: Sequence[float], runs: Sequence[range]) -> Path:
    """Closed polygons, one for each run: the highs forward, the lows backward.

    `fill: tonexty` would draw across the holes.
    """
    xs: list[str | None] = []
    ys: list[float | None] = []
    for run in runs:
        if xs:
            xs.append(None)
            ys.append(None)
        xs += [*x[run.start : run.stop], *reversed(x[run.start : run.stop])]
        ys += [*high[run.start : run.stop], *reversed(low[run.start : run.stop])]
    return xs, ys
