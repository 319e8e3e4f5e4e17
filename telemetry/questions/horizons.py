"""What has expired of which series, and which wider level stands in for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from telemetry.levels import BY_NAME, LEVELS, Stretch

#: Level → from when on it is there; a level without one has not expired.
Horizons = Mapping[str, int]
#: Series that have the same horizons, and these.
Group = tuple[tuple[int, ...], Horizons]


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of some series."""

    #: From when on every one of them still has a level.
    of_all: Horizons
    #: Where they differ: the series by what they share. Empty where all share `of_all`, as nearly always.
    groups: tuple[Group, ...]


def left(chosen: Iterable[int] | None, rows: Sequence[tuple[int, str, int]]) -> Left:
    """By (series_id, level, from_us) of `horizons`. Every series (None) is not grouped: they may be thousands."""
    of_all: dict[str, int] = {}
    by_series: dict[int, dict[str, int]] = {series_id: {} for series_id in chosen or ()}
    for series_id, level, from_us in rows:
        if level in BY_NAME:
            of_all[level] = max(from_us, of_all.get(level, from_us))
            by_series.setdefault(series_id, {})[level] = from_us
    groups: dict[frozenset[tuple[str, int]], list[int]] = {}
    if chosen is not None:
        for series_id, horizons in by_series.items():
            groups.setdefault(frozenset(horizons.items()), []).append(series_id)
    differing = ((tuple(ids), dict(horizons)) for horizons, ids in groups.items())
    return Left(of_all, tuple(differing) if len(groups) > 1 else ())


def available(wanted: Iterable[Stretch], horizons: Horizons) -> list[Stretch]:
    """The stretches, those parts that have expired in the next wider level that has not."""
    found: list[Stretch] = []
    for stretch in wanted:
        _add(found, stretch, horizons)
    return found


def _add(found: list[Stretch], stretch: Stretch, horizons: Horizons) -> None:
    horizon = horizons.get(stretch.level.name, stretch.from_us)
    if horizon > stretch.from_us:
        wider = LEVELS.index(stretch.level) + 1
        if wider < len(LEVELS):
            _add(found, Stretch(LEVELS[wider], stretch.from_us, min(horizon, stretch.to_us)), horizons)
    if horizon < stretch.to_us:
        found.append(Stretch(stretch.level, max(horizon, stretch.from_us), stretch.to_us))
