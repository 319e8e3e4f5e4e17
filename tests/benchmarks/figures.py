"""Figures that several benchmarks report."""

from __future__ import annotations

import statistics


def percentiles(values: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    cuts = statistics.quantiles(values, n=100)
    return cuts[49], cuts[94]
