"""Corrections in force, as SQL around raw readings and around rollups: what is shown is never what is stored.

Raw readings stay as they came. Rollups hold corrected values (ingest makes them anew with each change), so questions
apply corrections to what they read raw, and ingest to what it rolls up; both through here. Where raw readings have
expired, rollups stay as they were made at that time: a recalibration made or withdrawn after that is applied to them
as they are read (`outstanding`), which rewrites nothing and can be taken back to the last digit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from telemetry.levels import BIN_SQL, BIN_VALUE_SQL

if TYPE_CHECKING:
    import duckdb

HIDE = "hide"
SCALE = "scale"


@dataclass(frozen=True, slots=True)
class Correction:
    """Of one series over [from_us, to_us): hide what lies between low and high (raw), or value · factor + shift."""

    series_id: int
    kind: str
    from_us: int
    to_us: int
    low: float | None
    high: float | None
    factor: float | None
    shift: float | None


@dataclass(frozen=True, slots=True)
class Scaling:
    """Of one series over [from_us, to_us): value · factor + shift; all that several corrections make together."""

    series_id: int
    from_us: int
    to_us: int
    factor: float
    shift: float


def in_force(connection: duckdb.DuckDBPyConnection, series_ids: Collection[int] | None = None) -> list[Correction]:
    """The corrections that were not undone, oldest first; of some series, or of all."""
    rows = connection.execute(
        """
        SELECT series_id, kind, from_us, to_us, low, high, factor, shift FROM corrections
        WHERE undone_us IS NULL ORDER BY correction_id
        """
    ).fetchall()
    return [Correction(*row) for row in rows if series_ids is None or row[0] in series_ids]


def corrected(readings: str, corrections: Collection[Correction]) -> str:
    """A SELECT over readings (t_us, series_id, value, …) with the corrections applied, in the order they were made."""
    hidden = [found for found in corrections if found.kind == HIDE]
    shown = [scaling for series_id in _ids(corrections) for scaling in scalings(corrections, series_id)]
    return adjusted(readings, hidden, shown)


def adjusted(readings: str, hidden: Collection[Correction], shown: Collection[Scaling]) -> str:
    """A SELECT over readings without the hidden ones, the others scaled."""
    if not hidden and not shown:
        return readings
    value = f"* REPLACE ({_chosen(shown, 'value * {factor} + {shift}', 'value')} AS value)" if shown else "*"
    where = f" WHERE NOT ({' OR '.join(map(_hides, hidden))})" if hidden else ""
    return f"SELECT {value} FROM ({readings}){where}"


def shown_value(corrections: Collection[Correction], series_id: int, t_us: int, value: float) -> float | None:
    """One reading as it is shown; None where it is hidden. The same as `corrected`, for what is in memory."""
    for found in corrections:
        if found.kind == HIDE and found.series_id == series_id and found.from_us <= t_us < found.to_us:
            low, high = found.low, found.high
            if (low is None or value >= low) and (high is None or value <= high):
                return None
    factor, shift = _at(scalings(corrections, series_id), t_us)
    return value * factor + shift


def scalings(corrections: Collection[Correction], series_id: int) -> list[Scaling]:
    """Where and how a series is scaled, several corrections made into one."""
    found = [each for each in corrections if each.kind == SCALE and each.series_id == series_id]
    parts = []
    for from_us, to_us in pairwise(sorted({edge for each in found for edge in (each.from_us, each.to_us)})):
        factor, shift = 1.0, 0.0
        for each in found:
            if each.from_us <= from_us < each.to_us:
                assert each.factor is not None  # noqa: S101  (a scaling has both)
                assert each.shift is not None  # noqa: S101
                factor, shift = factor * each.factor, shift * each.factor + each.shift
        if (factor, shift) != (1.0, 0.0):
            parts.append(Scaling(series_id, from_us, to_us, factor, shift))
    return parts


def settled(connection: duckdb.DuckDBPyConnection, series_ids: Collection[int] | None = None) -> list[Scaling]:
    """How rollups were scaled at the time when the raw readings that they were made of expired."""
    rows = connection.execute("SELECT series_id, from_us, to_us, factor, shift FROM expired_scalings").fetchall()
    return [Scaling(*row) for row in rows if series_ids is None or row[0] in series_ids]


def within(found: Iterable[Scaling], from_us: int, to_us: int) -> list[Scaling]:
    """The parts of scalings that lie in [from_us, to_us)."""
    cut = (
        Scaling(each.series_id, max(each.from_us, from_us), min(each.to_us, to_us), each.factor, each.shift)
        for each in found
    )
    return [each for each in cut if each.from_us < each.to_us]


def outstanding(wanted: Collection[Scaling], done: Collection[Scaling], horizon_us: int) -> list[Scaling]:
    """What turns a series' rollups before a horizon from how they were scaled (`done`) into how they are wanted."""
    if not wanted and not done:
        return []
    edges = sorted({edge for each in (*wanted, *done) for edge in (each.from_us, each.to_us)} | {horizon_us})
    series_id = next(iter((*wanted, *done))).series_id
    parts = []
    for from_us, to_us in pairwise(edge for edge in edges if edge <= horizon_us):
        (factor, shift), (factor_done, shift_done) = _at(wanted, from_us), _at(done, from_us)
        if (factor, shift) != (factor_done, shift_done):
            ratio = factor / factor_done
            parts.append(Scaling(series_id, from_us, to_us, ratio, shift - shift_done * ratio))
    return parts


def scaled_rollups(rollups: str, found: Collection[Scaling]) -> str:
    """A SELECT over rollups (t_us, series_id, count, sum, …, last) with their values scaled, by where buckets begin."""
    if not found:
        return rollups
    return f"""
        SELECT * EXCLUDE (factor, shift) REPLACE (
            sum * factor + count * shift AS sum,
            sum_squares * factor * factor + 2 * factor * shift * sum + count * shift * shift AS sum_squares,
            if(factor < 0, max, min) * factor + shift AS min, if(factor < 0, min, max) * factor + shift AS max,
            first * factor + shift AS first, last * factor + shift AS last)
        FROM ({_with_factors(rollups, found)})
    """


def scaled_bins(bins: str, found: Collection[Scaling]) -> str:
    """A SELECT over bins of a sketch (t_us, series_id, bin, count): where their middle lies once it is scaled."""
    if not found:
        return bins
    return f"""
        SELECT t_us, series_id, if(factor = 1 AND shift = 0, bin, {BIN_SQL}) AS bin, count
        FROM (SELECT *, {BIN_VALUE_SQL} * factor + shift AS value FROM ({_with_factors(bins, found)}))
    """


def number(value: float) -> str:
    """A float as SQL, to the last digit."""
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def _with_factors(rows: str, found: Collection[Scaling]) -> str:
    factor, shift = _chosen(found, "{factor}", "1::DOUBLE"), _chosen(found, "{shift}", "0::DOUBLE")
    return f"SELECT *, {factor} AS factor, {shift} AS shift FROM ({rows})"


def _chosen(found: Collection[Scaling], then: str, otherwise: str) -> str:
    """SQL for what a reading's or a bucket's scaling makes of it."""
    cases = " ".join(
        f"WHEN series_id = {each.series_id} AND t_us >= {each.from_us} AND t_us < {each.to_us}"
        f" THEN {then.format(factor=number(each.factor), shift=number(each.shift))}"
        for each in found
    )
    return f"CASE {cases} ELSE {otherwise} END"


def _hides(found: Correction) -> str:
    where = f"series_id = {found.series_id} AND t_us >= {found.from_us} AND t_us < {found.to_us}"
    low = f" AND value >= {number(found.low)}" if found.low is not None else ""
    high = f" AND value <= {number(found.high)}" if found.high is not None else ""
    return f"({where}{low}{high})"


def _at(found: Iterable[Scaling], t_us: int) -> tuple[float, float]:
    return next(((each.factor, each.shift) for each in found if each.from_us <= t_us < each.to_us), (1.0, 0.0))


def _ids(corrections: Collection[Correction]) -> list[int]:
    return sorted({found.series_id for found in corrections})
