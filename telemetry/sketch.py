"""Quantiles and histograms from the counts of a sketch's bins, or from the readings themselves. Plain arithmetic.

The sketch's error: a quantile is the usual one, interpolated between two readings of neighbouring rank, each of which
is known to within one percent of itself (`telemetry.levels.GROWTH`); within a bin, readings are taken as evenly spread.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from telemetry.levels import bin_edges


def quantiles(bins: Sequence[tuple[int, int]], shares: Sequence[float], low: float, high: float) -> list[float]:
    """The values below which these shares lie, from (bin, count) in order of bin, clamped to the known extremes."""
    ends = list(accumulate(count for _, count in bins))
    return [_quantile(bins, ends, share * (ends[-1] - 1), low, high) for share in shares]


def _quantile(bins: Sequence[tuple[int, int]], ends: Sequence[int], position: float, low: float, high: float) -> float:
    rank = int(position)
    lower = _at(bins, ends, rank, low, high)
    if rank == position:
        return lower
    return lower + (_at(bins, ends, rank + 1, low, high) - lower) * (position - rank)


def _at(bins: Sequence[tuple[int, int]], ends: Sequence[int], rank: int, low: float, high: float) -> float:
    """About the value of the reading with this rank, counted from 0."""
    index = bisect_right(ends, rank)
    number, count = bins[index]
    near, far = (min(max(edge, low), high) for edge in bin_edges(number))
    return near + (far - near) * (rank - (ends[index] - count) + 0.5) / count


def spread(bins: Sequence[tuple[int, int]], low: float, high: float, count: int) -> list[tuple[float, float, int]]:
    """A histogram of `count` equal columns from low to high: (from, to, readings), with the same total."""
    edges = [low + (high - low) * index / count for index in range(count)] + [high]
    found = [0.0] * count
    for number, readings in bins:
        near, far = (min(max(edge, low), high) for edge in bin_edges(number))
        if far <= near:
            found[min(max(bisect_right(edges, near) - 1, 0), count - 1)] += readings
            continue
        first = min(max(bisect_right(edges, near) - 1, 0), count - 1)
        for index in range(first, count):
            if edges[index] >= far:
                break
            overlap = min(edges[index + 1], far) - max(edges[index], near)
            found[index] += readings * max(overlap, 0.0) / (far - near)
    sums = [round(total) for total in accumulate(found, initial=0.0)]
    return [(near, far, after - before) for (near, far), (before, after) in zip(
        pairwise(edges), pairwise(sums), strict=True)]  # fmt: skip
