"""Which bucket width answers a range with a given number of points. Pure arithmetic, no database.

Widths are those a person would choose, and every one from a minute on is a multiple of the stored rollups' width.
"""

from __future__ import annotations

from telemetry.timestamps import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_MS, US_PER_SECOND

_WIDTHS_US = (
    *(n * US_PER_MS for n in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(n * US_PER_SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * US_PER_MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * US_PER_HOUR for n in (1, 2, 3, 6, 12)),
    *(n * US_PER_DAY for n in (1, 2, 7, 14, 28, 91, 182, 364, 1_820, 3_640, 36_400)),
)


def bucket_grid(start_us: int, end_us: int, points: int) -> tuple[int, int]:
    """`(width_us, origin_us)` of the finest grid that lays at most `points` buckets over [start_us, end_us).

    The origin is at or before the start; bucket i covers [origin + i·width, origin + (i+1)·width). Grids are aligned to
    1970-01-01 UTC, so that a bucket keeps its edges when the range moves; only where no aligned grid is coarse enough
    (very few points) does it begin at the start's minute.
    """
    if end_us <= start_us:
        return _WIDTHS_US[0], start_us
    for width in _WIDTHS_US:
        origin = start_us // width * width
        if (end_us - origin - 1) // width + 1 <= points:
            return width, origin
    origin = start_us // US_PER_MINUTE * US_PER_MINUTE
    minutes = -(-(end_us - origin) // (points * US_PER_MINUTE))
    return minutes * US_PER_MINUTE, origin
