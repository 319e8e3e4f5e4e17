"""Where the readings of a question lie, as SQL: each reading in exactly one place, each place at a fitting level.

A reading is in `tail` (just committed), in the live tables (the last days, and late ones), or in a closed day: the
two files of that day, and the wider rollups. A range is answered as whole buckets of the level asked for, with finer
ones at its edges. Where a finer level has expired (`horizons`), the next wider stands in: its buckets count where
they begin. Of several series each is answered by what is left of itself, whatever has expired of the others. A
correction that came after its readings had expired is applied to the rollups as they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from telemetry.corrections import (
    Correction,
    Scaling,
    corrected,
    in_force,
    outstanding,
    scaled_bins,
    scaled_rollups,
    scalings,
    settled,
)
from telemetry.levels import BIN_SQL, MINUTE, QUARTER, RAW, Level, Stretch, stretches
from telemetry.questions.closed_files import closed_files
from telemetry.questions.edges import moved_out
from telemetry.questions.horizons import Group, Horizons, Left, available, left
from telemetry.questions.remembering import has_memory, remembered
from telemetry.timestamps import US_PER_DAY

if TYPE_CHECKING:
    import duckdb

#: The columns of parts, as each kind of source tells them.
_ROLLUP = {name: name for name in ("count", "sum", "sum_squares", "min", "max", "first_us", "first", "last_us", "last")}
_PACKED = {
    **_ROLLUP,
    "count": "count::BIGINT",
    "first_us": "bucket_us + first_us",
    "last_us": "bucket_us + last_us",
}
_READING = {
    **dict.fromkeys(_ROLLUP, "value"),
    "count": "1::BIGINT",
    "sum_squares": "value * value",
    "first_us": "t_us",
    "last_us": "t_us",
}
#: Most questions need no more than these, and DuckDB plans each column of each source.
SUMS = ("count", "sum", "min", "max")
_VALUE = "t_us, series_id, value"

_Part = TypeVar("_Part", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Place:
    """Some series over [start_us, end_us)."""

    connection: duckdb.DuckDBPyConnection
    #: None: every series.
    series_ids: tuple[int, ...] | None
    start_us: int
    end_us: int
    corrections: tuple[Correction, ...]
    #: From when on every one of the series still has a level.
    horizons: Horizons
    #: What is still to be done to rollups whose raw readings have expired.
    outstanding: tuple[Scaling, ...]
    #: All that the live tables hold lies in [from, to); None: not known.
    live: tuple[int, int] | None
    #: Where horizons differ: the series by what they share. Empty: all have `horizons`.
    groups: tuple[Group, ...] = ()

    def parts(self, level: Level, columns: Collection[str] = tuple(_ROLLUP)) -> str:
        """SELECT t_us, series_id and some of count, sum, sum_squares, min, max, first_us, first, last_us, last.

        Rows of `level` or finer, of which each moment belongs to the bucket that holds its `t_us`; several rows may
        speak of the same bucket.
        """
        reading = _selected("t_us", _READING, columns)
        wanted = [part for span in self._spans(level) for part in stretches(*span, level)]
        shared = self._shared(lambda horizons: available(wanted, horizons))
        selects = [some._closed(part, columns) for some, part in shared]
        if level is RAW:
            selects.append(self._live_readings(reading, self.start_us, self.end_us))
        else:
            first, last = _whole(self.start_us, self.end_us, MINUTE)
            if self._may_be_live(first, last):
                selects.append(self._rows("live_minutes", _selected("bucket_us", _ROLLUP, columns), first, last))
            selects += [self._live_readings(reading, *edge) for edge in ((self.start_us, first), (last, self.end_us))]
        selects.append(self._select(reading, "FROM tail", self.start_us, self.end_us))
        return _union(selects)

    def readings(self) -> str:
        """SELECT t_us, series_id, value: the raw readings, corrected; without those that have expired."""
        start, end = self.start_us, self.end_us
        shared = self._shared(lambda horizons: [max(start, horizons.get(RAW.name, start))])
        return _union(
            [
                *(some._closed_readings(_VALUE, from_us, end) for some, from_us in shared),
                self._live_readings(_VALUE, start, end),
                self._select(_VALUE, "FROM tail", start, end),
            ]
        )

    def bins(self) -> str:
        """SELECT t_us, series_id, bin, count: the sketch of whole quarter hours, and the readings of the others."""
        columns = f"t_us, series_id, {BIN_SQL} AS bin, 1 AS count"
        selects = []
        start_us, end_us = self._closed_range(QUARTER)
        first, last = _whole(start_us, end_us, QUARTER)
        for from_us, to_us in ((start_us, first), (last, end_us)):
            for some, horizon in self._shared(lambda horizons: [horizons.get(RAW.name, start_us)]):
                selects.append(some._sketch(from_us, min(to_us, horizon)))
                selects.append(some._closed_readings(columns, max(from_us, horizon), to_us))
        selects.append(self._sketch(first, last))
        selects.append(self._live_readings(columns, self.start_us, self.end_us))
        selects.append(self._select(columns, "FROM tail", self.start_us, self.end_us))
        return _union(selects)

    @property
    def raw_is_whole(self) -> bool:
        """Whether no raw reading of this range has expired, of any of the series."""
        return self.horizons.get(RAW.name, self.start_us) <= self.start_us

    def _spans(self, level: Level) -> Iterator[tuple[int, int]]:
        """The range in the closed days, cut into spans in which rollups of expired readings are all scaled alike.

        The cuts are to the minute.
        """
        start_us, end_us = self._closed_range(level)
        cuts = {
            -(-edge // MINUTE.width_us) * MINUTE.width_us
            for each in self.outstanding
            for edge in (each.from_us, each.to_us)
        }
        yield from pairwise([start_us, *sorted(cut for cut in cuts if start_us < cut < end_us), end_us])

    def _closed_range(self, level: Level) -> tuple[int, int]:
        """The range, or a wider one with the same closed readings of which more is whole buckets of the level."""
        if level is RAW or not (self.start_us % level.width_us or self.end_us % level.width_us):
            return self.start_us, self.end_us
        expired_us = max(self.horizons.values(), default=self.start_us - US_PER_DAY)
        return moved_out(self.connection, self._chosen, self.start_us, self.end_us, expired_us)

    def _shared(self, parts: Callable[[Horizons], Iterable[_Part]]) -> Iterator[tuple[Place, _Part]]:
        """The parts that are to be read, each with the place of the series that it is to be read for.

        Series whose horizons differ have most parts in common all the same: each is read once, for all of them.
        """
        if not self.groups:
            yield from ((self, part) for part in parts(self.horizons))
            return
        found: dict[_Part, list[int]] = {}
        for series_ids, horizons in self.groups:
            for part in parts(horizons):
                found.setdefault(part, []).extend(series_ids)
        for part, ids in found.items():
            yield replace(self, series_ids=tuple(ids)), part

    def _closed(self, stretch: Stretch, columns: Collection[str]) -> str:
        if stretch.level is RAW:
            return self._closed_readings(_selected("t_us", _READING, columns), stretch.from_us, stretch.to_us)
        source, known = stretch.level.table, _ROLLUP
        if stretch.level is MINUTE:
            source, known = self._files(stretch), _PACKED
        if not self.outstanding:
            return self._rows(source, _selected("bucket_us", known, columns), stretch.from_us, stretch.to_us)
        rows = self._rows(source, _selected("bucket_us", known, known), stretch.from_us, stretch.to_us)
        return (
            f"SELECT {_selected('t_us', _ROLLUP, columns)} FROM ({scaled_rollups(rows, self.outstanding)})"
            if rows
            else ""
        )

    def _closed_readings(self, columns: str, from_us: int, to_us: int) -> str:
        files = self._files(Stretch(RAW, from_us, to_us)) if from_us < to_us else ""
        return self._readings(columns, f"FROM {files}", from_us, to_us) if files else ""

    def _live_readings(self, columns: str, from_us: int, to_us: int) -> str:
        if not self._may_be_live(from_us, to_us):
            return ""
        return self._readings(columns, "FROM live_readings", from_us, to_us)

    def _may_be_live(self, from_us: int, to_us: int) -> bool:
        """False where the live tables are known to hold nothing of [from_us, to_us), and need not be planned."""
        return self.live is None or (from_us < self.live[1] and to_us > self.live[0])

    def _readings(self, columns: str, source: str, from_us: int, to_us: int) -> str:
        return self._select(columns, source, from_us, to_us) if from_us < to_us else ""

    def _select(self, columns: str, source: str, from_us: int, to_us: int) -> str:
        where = f"{self._chosen} AND t_us >= {from_us} AND t_us < {to_us}"
        if not self.corrections:
            return f"SELECT {columns} {source} WHERE {where}"
        return f"SELECT {columns} FROM ({corrected(f'SELECT {_VALUE} {source} WHERE {where}', self.corrections)})"

    def _sketch(self, from_us: int, to_us: int) -> str:
        rows = self._rows("sketch", "bucket_us AS t_us, series_id, bin, count", from_us, to_us)
        return scaled_bins(rows, self.outstanding) if rows else ""

    def _rows(self, source: str, columns: str, from_us: int, to_us: int) -> str:
        if from_us >= to_us or not source:
            return ""
        return f"SELECT {columns} FROM {source} WHERE {self._chosen} AND bucket_us >= {from_us} AND bucket_us < {to_us}"

    def _files(self, stretch: Stretch) -> str:
        """SQL for the files that hold a stretch; empty for none."""
        days = stretch.from_us // US_PER_DAY, (stretch.to_us - 1) // US_PER_DAY
        return closed_files(self.connection, stretch.level.name, *days)

    @property
    def _chosen(self) -> str:
        if self.series_ids is None:
            return "true"
        if len(self.series_ids) == 1:
            return f"series_id = {self.series_ids[0]}"
        return f"series_id IN ({', '.join(map(str, self.series_ids))})"


def place(connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int] | None, start_us: int, end_us: int) -> Place:
    """Where some series lie over a range; None for every series, which a list of thousands would take long to read.

    No series gives no rows. Every series is answered only by what all of them still have (`horizons`).
    """
    chosen = None if series_ids is None else tuple(series_ids) or (-1,)
    corrections, kept, scaled = remembered(connection, ("place", chosen), lambda: _known(connection, chosen))
    live = remembered(connection, "live", lambda: _live(connection)) if has_memory(connection) else None
    return Place(connection, chosen, start_us, end_us, corrections, kept.of_all, scaled, live, kept.groups)


def _live(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """From when to when there are minutes in the live tables; the folded readings are in these minutes."""
    ((first, last),) = connection.execute("SELECT min(bucket_us), max(bucket_us) FROM live_minutes").fetchall()
    return (0, 0) if first is None else (first, last + MINUTE.width_us)


def _known(
    connection: duckdb.DuckDBPyConnection, chosen: tuple[int, ...] | None
) -> tuple[tuple[Correction, ...], Left, tuple[Scaling, ...]]:
    """What holds for some series whatever the range: corrections, what has expired, what is outstanding."""
    some = "" if chosen is None else f" WHERE series_id IN ({', '.join(map(str, chosen))})"
    rows = connection.execute(f"SELECT series_id, level, from_us FROM horizons{some}").fetchall()
    corrections = in_force(connection, chosen)
    expired = {series_id: from_us for series_id, level, from_us in rows if level == RAW.name}
    scaled = tuple(_outstanding(connection, corrections, expired)) if expired else ()
    return tuple(corrections), left(chosen, rows), scaled


def _outstanding(
    connection: duckdb.DuckDBPyConnection, corrections: list[Correction], expired: dict[int, int]
) -> Iterator[Scaling]:
    done = settled(connection, expired)
    for series_id, horizon_us in expired.items():
        wanted = scalings(corrections, series_id)
        yield from outstanding(wanted, [each for each in done if each.series_id == series_id], horizon_us)


def _whole(start_us: int, end_us: int, level: Level) -> tuple[int, int]:
    """The whole buckets of a range; `(end, end)` where there is none."""
    first = -(-start_us // level.width_us) * level.width_us
    last = end_us // level.width_us * level.width_us
    return (first, last) if first < last else (end_us, end_us)


def _selected(moment: str, known: Mapping[str, str], columns: Collection[str]) -> str:
    """What to select of a source: `moment` as t_us, its series, and some of the columns it is known to have."""
    found = (name if known[name] == name else f"{known[name]} AS {name}" for name in columns)
    return ", ".join((moment if moment == "t_us" else f"{moment} AS t_us", "series_id", *found))


def _union(selects: list[str]) -> str:
    return " UNION ALL ".join(select for select in selects if select)
