"""What a store ought to answer: plain lists and sums in Python, against which every level is held."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from telemetry.corrections import HIDE, Correction
from telemetry.levels import RAW, Level
from telemetry.questions.places import place
from tests.harness.stock import Reading, Stock

SERIES = (1, 2)


@dataclass
class Reference:
    """Every reading as it came, and the corrections in force, by id."""

    raw: list[Reading] = field(default_factory=list)
    corrections: dict[int, Correction] = field(default_factory=dict)

    def shown(self) -> list[Reading]:
        """The readings with the corrections applied, one after the other."""
        found = []
        for t_us, series_id, value in self.raw:
            factor, shift, hidden = 1.0, 0.0, False
            for each in self.corrections.values():
                if each.series_id != series_id or not each.from_us <= t_us < each.to_us:
                    continue
                if each.kind == HIDE:
                    low, high = each.low, each.high
                    hidden |= (low is None or value >= low) and (high is None or value <= high)
                else:
                    assert each.factor is not None
                    assert each.shift is not None
                    factor, shift = factor * each.factor, shift * each.factor + each.shift
            if not hidden:
                found.append((t_us, series_id, value * factor + shift))
        return found

    def inside(self, start_us: int, end_us: int) -> list[Reading]:
        return [reading for reading in self.shown() if start_us <= reading[0] < end_us]

    def assert_equal(
        self, store: Stock, levels: Sequence[Level], start_us: int, end_us: int, *, relative: float = 0.0
    ) -> None:
        """Every level of the store gives what the readings give; extremes and ends exactly, or within `relative`."""
        inside = self.inside(start_us, end_us)
        for level in levels:
            _assert_level(store, inside, level, (start_us, end_us), relative)

    def assert_bins(self, store: Stock, start_us: int, end_us: int) -> None:
        """The sketch holds just the bins of the readings."""
        where = place(store.connection, SERIES, start_us, end_us)
        rows = store.rows(f"SELECT series_id, bin, sum(count)::BIGINT FROM ({where.bins()}) GROUP BY 1, 2")
        wanted = Counter((series_id, store.bin_of(value)) for _, series_id, value in self.inside(start_us, end_us))
        assert {(series_id, number): count for series_id, number, count in rows} == dict(wanted)


def _assert_level(store: Stock, inside: list[Reading], level: Level, span: tuple[int, int], relative: float) -> None:
    width = level.width_us or 1
    groups: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for t_us, series_id, value in inside:
        groups.setdefault((series_id, t_us // width * width), []).append((t_us, value))
    where = place(store.connection, SERIES, *span)
    found = store.rows(
        f"""
        SELECT series_id, t_us // {width} * {width}, sum(count)::BIGINT, fsum(sum), sum(sum), fsum(sum_squares),
            sum(sum_squares), min(min), max(max), min(first_us), arg_min(first, first_us), max(last_us),
            arg_max(last, last_us)
        FROM ({where.parts(level)}) GROUP BY 1, 2
        """
    )
    assert {(row[0], row[1]) for row in found} == set(groups), level
    for series_id, bucket_us, count, exact, total, exact_squares, squares, low, high, *ends in found:
        group = groups[series_id, bucket_us]
        values = [value for _, value in group]
        scale = math.fsum(map(abs, values)) if not relative else relative * 1e12 * len(values)
        assert count == len(values), level
        assert _same(low, min(values), relative), level
        assert _same(high, max(values), relative), level
        first_us, last_us = min(group)[0], max(group)[0]
        assert (ends[0], ends[2]) == (first_us, last_us), level
        assert any(_same(ends[1], value, relative) for t_us, value in group if t_us == first_us), level
        assert any(_same(ends[3], value, relative) for t_us, value in group if t_us == last_us), level
        assert _within(exact if math.isfinite(exact) else total, math.fsum(values), scale), level
        wanted = sum(value * value for value in values)
        scale = wanted if not relative else scale * scale
        assert _within(exact_squares if math.isfinite(exact_squares) else squares, wanted, scale), level


def _same(found: float, wanted: float, relative: float) -> bool:
    return found == wanted if not relative else abs(found - wanted) <= relative


def _within(found: float, wanted: float, scale: float) -> bool:
    return found == wanted if not math.isfinite(scale) else abs(found - wanted) <= 1e-12 * scale


def plain(readings: Sequence[Any]) -> list[Reading]:
    """Rows as readings, in order."""
    return sorted((t_us, series_id, value) for t_us, series_id, value in readings)


__all__ = ["RAW", "SERIES", "Reference", "plain"]
