"""Moves the newest readings into their live place, in order of series and time, and adds them to the minutes.

Statuses that a newer one has replaced go on the same occasion.

One transaction, so a crash leaves the state before or after it (see the note in `ingest.storage.schema`). Runs in the
writer's thread, between two batches.
"""

from __future__ import annotations

import duckdb

from ingest.numbering.arrivals import FOLD
from ingest.storage.aggregates import rolled_up
from ingest.storage.transactions import transact
from telemetry.corrections import corrected, in_force
from telemetry.levels import MINUTE

_FOLD = "INSERT INTO live_readings SELECT * FROM tail ORDER BY series_id, t_us"


#: What a board says of itself each minute matters until it says it again: the newest of each device stays, and the
#: newest in which it said more than that it is gone. Else each question about the devices would read years of them.
_FORGET_STATUSES = """
    DELETE FROM statuses WHERE (device_id, status_us) NOT IN (
        SELECT device_id, max(status_us) FROM statuses GROUP BY device_id
        UNION ALL SELECT device_id, max(status_us) FROM statuses WHERE online GROUP BY device_id
    )
"""


def fold(connection: duckdb.DuckDBPyConnection) -> None:
    """Move `tail` to the live tables and `arrivals_tail` into `arrivals`, let old statuses go, in one transaction."""
    newest = corrected("SELECT t_us, series_id, value FROM tail", in_force(connection))
    minutes = f"INSERT INTO live_minutes {rolled_up(newest, MINUTE)}"
    transact(
        connection, *((statement, None) for statement in (_FOLD, minutes, "DELETE FROM tail", _FORGET_STATUSES, *FOLD))
    )
