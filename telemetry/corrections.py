"""Corrections in force, as SQL around raw readings: what is shown is never what is stored.

Raw readings stay as they came. Rollups hold corrected values (ingest rebuilds them with each change), so questions
apply corrections to what they read raw, and ingest to what it rolls up; both through here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

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
    hidden = [_hides(found) for found in corrections if found.kind == HIDE]
    cases = [
        f"WHEN series_id = {series_id} AND t_us >= {from_us} AND t_us < {to_us}"
        f" THEN value * {number(factor)} + {number(shift)}"
        for series_id in {found.series_id for found in corrections}
        for from_us, to_us, factor, shift in linear_parts(corrections, series_id)
    ]
    if not hidden and not cases:
        return readings
    value = f"* REPLACE (CASE {' '.join(cases)} ELSE value END AS value)" if cases else "*"
    where = f" WHERE NOT ({' OR '.join(hidden)})" if hidden else ""
    return f"SELECT {value} FROM ({readings}){where}"


def linear_parts(corrections: Collection[Correction], series_id: int) -> list[tuple[int, int, float, float]]:
    """(from, to, factor, shift): where and how a series is scaled, several scalings made into one."""
    scalings = [found for found in corrections if found.kind == SCALE and found.series_id == series_id]
    edges = sorted({edge for found in scalings for edge in (found.from_us, found.to_us)})
    parts = []
    for from_us, to_us in pairwise(edges):
        factor, shift = 1.0, 0.0
        for found in scalings:
            if found.from_us <= from_us < found.to_us:
                assert found.factor is not None  # noqa: S101  (a scaling has both)
                assert found.shift is not None  # noqa: S101
                factor, shift = factor * found.factor, shift * found.factor + found.shift
        if (factor, shift) != (1.0, 0.0):
            parts.append((from_us, to_us, factor, shift))
    return parts


def _hides(found: Correction) -> str:
    within = f"series_id = {found.series_id} AND t_us >= {found.from_us} AND t_us < {found.to_us}"
    low = f" AND value >= {number(found.low)}" if found.low is not None else ""
    high = f" AND value <= {number(found.high)}" if found.high is not None else ""
    return f"({within}{low}{high})"


def number(value: float) -> str:
    """A float as SQL, to the last digit."""
    return f"CAST('{float(value)!r}' AS DOUBLE)"
