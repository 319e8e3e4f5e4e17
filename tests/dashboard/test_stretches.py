"""Gaps, bands and rounding: what a series looks like before anything is drawn."""

from __future__ import annotations

import pytest

from dashboard import stretches
from dashboard.formats import decimals_for
from dashboard.stretches import Points
from tests.dashboard.conftest import SECOND


def _points(times: list[int], values: list[float] | None = None, bucket_us: int = 0) -> Points:
    values = values or [1.0] * len(times)
    return Points(times, values, [v - 1 for v in values], [v + 1 for v in values], [1] * len(times), bucket_us)


@pytest.mark.parametrize(
    ("times", "bucket", "spacing"),
    [
        ([0, 10, 20, 30, 90, 100], 0, 10),
        ([0, 10, 20], 0, 0),
        ([], 0, 0),
        ([0, 60, 120, 180, 240], 30, 60),
        ([0, 1, 2, 3, 4], 30, 30),
    ],
)
def test_the_typical_spacing_is_the_median_and_at_least_a_bucket(times: list[int], bucket: int, spacing: int) -> None:
    assert stretches.typical_spacing(times, bucket) == spacing


def test_a_distance_beyond_two_and_a_half_spacings_is_a_gap() -> None:
    assert stretches.stretches([0, 10, 35, 61, 71], 10) == [range(3), range(3, 5)]


def test_without_a_spacing_nothing_is_a_gap() -> None:
    assert stretches.stretches([0, 10, 1_000], 0) == [range(3)]


def test_no_points_make_no_stretch() -> None:
    assert stretches.stretches([], 10) == []


def test_the_line_is_broken_where_a_gap_is() -> None:
    x, y = stretches.line(["a", "b", "c"], [1, 2, 3], [range(2), range(2, 3)])
    assert x == ["a", "b", "b", "c"]
    assert y == [1, 2, None, 3]


def test_each_stretch_of_the_band_is_a_closed_polygon() -> None:
    x, y = stretches.band(["a", "b", "c"], [1, 2, 3], [4, 5, 6], [range(2), range(2, 3)])
    assert x == ["a", "b", "b", "a", None, "c", "c"]
    assert y == [4, 5, 2, 1, None, 6, 3]


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([1.0, 2.0, 300.0], 0),
        ([21.5, 21.25], 2),
        ([21.5, 21.6, 22.0], 1),
        ([100.123456, 900.654321], 1),
        ([0.00012345, 0.00054321], 6),
        ([5.0], 0),
        ([0.0, 0.0], 0),
        ([-3.25, 3.25], 2),
        ([12345.678, 99999.9], 0),
    ],
)
def test_values_get_as_many_decimals_as_tell_them_apart(values: list[float], decimals: int) -> None:
    assert decimals_for(values) == decimals


def test_a_covered_range_has_no_gap() -> None:
    times = [i * SECOND for i in range(60)]
    assert stretches.gaps(_points(times), 0, 60 * SECOND) == stretches.Gaps(0, 0, 1.0)


def test_a_hole_inside_and_a_late_start_are_both_gaps() -> None:
    times = [i * SECOND for i in range(20, 100) if not 50 <= i < 60]
    found = stretches.gaps(_points(times), 0, 100 * SECOND)
    assert found.count == 2
    assert found.longest_us == 20 * SECOND
    assert found.coverage == pytest.approx(0.7)


def test_a_first_reading_just_now_is_no_gap_and_one_long_ago_is() -> None:
    assert stretches.gaps(_points([0]), 0, 3 * SECOND) == stretches.Gaps(0, 0, 1.0)
    assert stretches.gaps(_points([0]), 0, 60 * SECOND) == stretches.Gaps(1, 60 * SECOND, 0.0)


def test_nothing_at_all_is_one_gap_as_long_as_the_range() -> None:
    assert stretches.gaps(_points([]), 0, 100) == stretches.Gaps(1, 100, 0.0)
