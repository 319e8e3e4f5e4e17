"""What a tick changes on the chart: a patch that appends what is new, or nothing, or the need to draw the whole again.

`Shown` is what the browser keeps about the figure it has; a patch is only made where it leads to the very figure that
drawing the whole would give. Where that is not certain (a late reading, a new gap, too much that left the window), the
answer is None: draw the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import tzinfo
from itertools import pairwise
from typing import Any

from dash import Patch

from dashboard import figures, stretches, zones
from dashboard.stretches import Points

#: How much of the window may hang over on the left before the whole is drawn again.
_OVERHANG = 0.1
#: More new points than this in one tick are not appended one by one.
_MANY = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """The figure in the browser, as far as appending to it needs to know, and what was last heard of the store."""

    view: str
    cursor: str = ""
    revision: int = -1
    health: str = ""
    bucket_us: int = 0
    spacing_us: int = 0
    decimals: int = 0
    first_us: int = 0
    last_us: int = 0
    line: int = 0
    run: int = 0
    band: int = 0
    points: int = 0
    zoomed: bool = False
    stats_us: int = 0

    def as_json(self) -> dict[str, Any]:
        """What the browser keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> Shown:
        """What the browser kept; nothing shown when it kept nothing."""
        return cls(**kept) if kept else cls("")


def describe(points: Points, shown: Shown) -> Shown:
    """`shown` with what `figures.series_figure` drew of these points."""
    spacing = stretches.typical_spacing(points.times_us, points.bucket_us)
    runs = stretches.stretches(points.times_us, spacing)
    return replace(
        shown,
        bucket_us=points.bucket_us,
        spacing_us=spacing,
        decimals=stretches.rounding(points),
        first_us=points.times_us[0] if runs else 0,
        last_us=points.times_us[-1] if runs else 0,
        line=len(points) + max(0, len(runs) - 1),
        run=len(runs[-1]) if runs else 0,
        band=2 * runs[-1].start + len(runs) - 1 if runs else 0,
        points=len(points),
    )


def append(shown: Shown, fresh: Points, window: tuple[int, int], zone: tzinfo) -> tuple[Patch, Shown] | None:
    """The patch that brings fresh points into the figure, and what is shown then; None: draw the whole.

    Of a series in buckets, `fresh` begins with the last bucket shown, which may have grown.
    """
    if not _appendable(shown, fresh, window):
        return None
    patch = Patch()
    patch["layout"]["xaxis"]["autorangeoptions"] = figures.axis_window(window, zone)
    x = zones.drawn(fresh.times_us, zone)
    y = stretches.rounded(fresh.means, shown.decimals)
    grown = bool(shown.bucket_us) and fresh.times_us[0] == shown.last_us
    line = patch["data"][figures.LINE]
    if grown:
        line["y"][shown.line - 1] = y[0]
    line["x"].extend(x[grown:])
    line["y"].extend(y[grown:])
    new = len(fresh) - grown
    if shown.bucket_us:
        low, high = (stretches.rounded(values, shown.decimals) for values in (fresh.lows, fresh.highs))
        _append_band(patch, shown, x, low, high, grown=grown)
    return patch, replace(
        shown,
        last_us=fresh.times_us[-1],
        line=shown.line + new,
        run=shown.run + new,
        points=shown.points + new,
    )


def _append_band(
    patch: Patch, shown: Shown, x: Sequence[str], low: Sequence[float], high: Sequence[float], *, grown: bool
) -> None:
    """The last polygon runs forward over the highs and back over the lows: it grows in its middle."""
    band = patch["data"][figures.BAND]
    middle = shown.band + shown.run
    if grown:
        band["y"][middle - 1], band["y"][middle] = high[0], low[0]
    for i in range(1 if grown else 0, len(x)):
        for place, moment, value in ((middle, x[i], high[i]), (middle + 1, x[i], low[i])):
            band["x"].insert(place, moment)
            band["y"].insert(place, value)
        middle += 1


def _appendable(shown: Shown, fresh: Points, window: tuple[int, int]) -> bool:
    times = [shown.last_us, *fresh.times_us]
    regular = (
        shown.spacing_us > 0
        and 0 < len(fresh) <= _MANY
        # A stretch of one point is a dot, and so is every point of a short series.
        and shown.run > 1
        and shown.points + len(fresh) > figures.MARKED_POINTS
        and (shown.points > figures.MARKED_POINTS)
    )
    first_step = times[1] - times[0] if len(fresh) else 0
    in_order = first_step > 0 or (shown.bucket_us > 0 and first_step == 0)
    whole = all(later > earlier for earlier, later in pairwise(times[1:]))
    bridged = not any(stretches.is_gap(earlier, later, shown.spacing_us) for earlier, later in pairwise(times))
    overhang = window[0] - shown.first_us
    precise = shown.decimals > 0 or shown.bucket_us > 0 or all(value == int(value) for value in fresh.means)
    return regular and in_order and whole and bridged and precise and overhang < _OVERHANG * (window[1] - window[0])


def into_buckets(points: Points, width_us: int) -> Points:
    """Points as buckets of this width: as they are, or readings (`bucket_us` 0) gathered into theirs."""
    if points.bucket_us == width_us:
        return points
    gathered: dict[int, list[int]] = {}
    for i, t_us in enumerate(points.times_us):
        gathered.setdefault(t_us // width_us * width_us, []).append(i)
    counts = [sum(points.counts[i] for i in members) for members in gathered.values()]
    return Points(
        list(gathered),
        [
            sum(points.means[i] * points.counts[i] for i in members) / count
            for members, count in zip(gathered.values(), counts, strict=True)
        ],
        [min(points.lows[i] for i in members) for members in gathered.values()],
        [max(points.highs[i] for i in members) for members in gathered.values()],
        counts,
        width_us,
    )
