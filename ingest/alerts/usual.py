"""What is usual for each hour of the week, for the rules that ask for it; beside the writer, a few times a day."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from ingest.alerts.watch import Bands, Key
from telemetry.questions import QUESTIONS, answer

#: Fewer readings in an hour of the week than that say nothing of what is usual.
_LEAST_READINGS = 20


def look_up(cursor: duckdb.DuckDBPyConnection, wanted: Sequence[tuple[Key, str]], now_us: int) -> dict[Key, Bands]:
    """The bands p10 to p90 by hour of the week, from the eight weeks before; by watch."""
    found: dict[Key, Bands] = {}
    asked: dict[tuple[str, str, str], Bands] = {}
    for key, zone in wanted:
        _, device, metric = key
        about = (device, str(metric), zone)
        if about not in asked:
            said = {"device": device, "metric": str(metric), "before_us": now_us, "zone": zone}
            rows = answer(cursor, QUESTIONS, "usual", said).to_pylist()
            asked[about] = {
                row["weekday"] * 24 + row["hour"]: (row["low"], row["high"])
                for row in rows
                if row["count"] >= _LEAST_READINGS
            }
        found[key] = asked[about]
    return found
