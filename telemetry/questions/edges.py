"""The edges of a range in closed days, moved out to whole days where no reading comes in by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemetry.levels import DAY
from telemetry.questions.remembering import remembered
from telemetry.timestamps import US_PER_DAY

if TYPE_CHECKING:
    import duckdb


def moved_out(
    connection: duckdb.DuckDBPyConnection, chosen: str, start_us: int, end_us: int, from_us: int
) -> tuple[int, int]:
    """[start, end), each edge at the edge of its day where the closed readings of that day lie within the range.

    A whole history begins with the first reading and ends with the last; so it takes one level where its edges would
    take all finer ones, and planning each of those takes DuckDB longer than reading it. `chosen` is the condition on
    series; what lies before `from_us` has expired in some level, and an edge there stays.
    """
    first, last = start_us // US_PER_DAY * US_PER_DAY, end_us // US_PER_DAY * US_PER_DAY
    begins, ends = from_us <= first < start_us, from_us <= last < end_us
    if not begins and not ends:
        return start_us, end_us

    def look() -> tuple[int | None, int | None]:
        ((lowest, highest),) = connection.execute(
            f"""
            SELECT min(first_us) FILTER (bucket_us = {first}), max(last_us) FILTER (bucket_us = {last})
            FROM {DAY.table} WHERE {chosen} AND bucket_us IN ({first}, {last})
            """
        ).fetchall()
        return lowest, highest

    lowest, highest = remembered(connection, ("edges", chosen, first, last), look)
    if begins and (lowest is None or lowest >= start_us):
        start_us = first
    if ends and (highest is None or highest < end_us):
        end_us = last + US_PER_DAY
    return start_us, end_us
