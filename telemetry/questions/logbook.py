"""What was said and done: notes, corrections, deletions, and messages that could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemetry.questions.answering import check_number, check_range, pairs_of, table
from telemetry.reason_kinds import KIND_SQL

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def notes(
    connection: duckdb.DuckDBPyConnection, *, series: list[list[str]], start_us: int, end_us: int, limit: int = 500
) -> pa.Table:
    """What people wrote on a range of some series ([device, metric]), or on their devices as a whole; oldest first.

    Columns: note_id, device, metric (null: the whole device), from_us, to_us (the same for a moment), text, written_by,
    written_us, changed_by, changed_us (null while nobody changed it). Deleted ones are left out; a note counts that
    touches the range, so a span that began before it is there. The newest `limit` of them.
    """
    check_range(start_us, end_us)
    check_number("limit", limit, 1, 10_000)
    pairs = pairs_of(series)
    return table(
        connection,
        """
        WITH wanted AS (SELECT unnest($devices) AS device, unnest($metrics) AS metric),
        standing AS (
            SELECT note_id, max(version) AS version, arg_min(asked_by, version) AS written_by,
                min(asked_us) AS written_us
            FROM notes GROUP BY note_id
        ), found AS (
            SELECT note_id, device, metric, from_us, to_us, text, written_by, written_us,
                if(version > 1, asked_by, NULL) AS changed_by, if(version > 1, asked_us, NULL) AS changed_us
            FROM notes JOIN standing USING (note_id, version)
                JOIN shown_devices USING (device_id) LEFT JOIN series USING (series_id)
            WHERE NOT deleted AND from_us < $end_us AND to_us >= $start_us
                AND device IN (SELECT device FROM wanted)
                AND (metric IS NULL OR (device, metric) IN (SELECT (device, metric) FROM wanted))
            ORDER BY from_us DESC, note_id DESC LIMIT $limit
        )
        FROM found ORDER BY from_us, note_id
        """,
        {
            "devices": [device for device, _ in pairs],
            "metrics": [metric for _, metric in pairs],
            "start_us": start_us,
            "end_us": end_us,
            "limit": limit,
        },
    )


def note_versions(connection: duckdb.DuckDBPyConnection, *, note_id: str) -> pa.Table:
    """All that a note ever was: version, from_us, to_us, text, deleted, asked_by, asked_us; oldest first."""
    return table(
        connection,
        """
        SELECT version, from_us, to_us, text, deleted, asked_by, asked_us FROM notes
        WHERE note_id = $note_id ORDER BY version
        """,
        {"note_id": note_id},
    )


def deletions(connection: duckdb.DuckDBPyConnection, *, limit: int = 50) -> pa.Table:
    """The last devices that were deleted, newest first: device, asked_by, asked_us, done_us.

    A deleted device is in no answer any more; `done_us` is null while its data is still being erased from the disk.
    """
    check_number("limit", limit, 1, 10_000)
    return table(
        connection,
        "SELECT device, asked_by, asked_us, done_us FROM deletions ORDER BY asked_us DESC LIMIT $limit",
        {"limit": limit},
    )


def corrections(connection: duckdb.DuckDBPyConnection, *, limit: int = 1_000) -> pa.Table:
    """Every correction, newest first, those that were undone among them.

    Columns: correction_id, device, metric, kind (`hide`, `scale`), from_us, to_us, low, high (raw values between which
    `hide` hides; null: all), factor, shift (`scale` shows value · factor + shift), note, asked_by, made_us, undone_by,
    undone_us (null while in force).
    """
    check_number("limit", limit, 1, 100_000)
    return table(
        connection,
        """
        SELECT DISTINCT correction_id, device, metric, kind, from_us, to_us, corrections.low, corrections.high, factor,
            shift, note, asked_by, made_us, undone_by, undone_us
        FROM corrections JOIN shown_series USING (series_id)
        ORDER BY correction_id DESC LIMIT $limit
        """,
        {"limit": limit},
    )


def quarantine(connection: duckdb.DuckDBPyConnection, *, kind: str | None = None, limit: int = 50) -> pa.Table:
    """The last messages that could not be read, newest first; `kind` as `quarantine_reasons` names it.

    Columns: arrived_us, topic, reason, payload (bytes), length, replayable.
    """
    check_number("limit", limit, 1, 10_000)
    return table(
        connection,
        f"""
        SELECT arrived_us, topic, reason, payload, length, replayable FROM quarantine
        WHERE $kind IS NULL OR {KIND_SQL} = $kind ORDER BY arrived_us DESC LIMIT $limit
        """,
        {"kind": kind, "limit": limit},
    )


def quarantine_reasons(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Why messages could not be read, the most frequent first.

    Columns: kind (the reason without the values it names), count, replayable (how many can be tried again), first_us,
    last_us, reason and topic (of the newest).
    """
    return table(
        connection,
        f"""
        SELECT {KIND_SQL} AS kind, count(*) AS count, count(*) FILTER (WHERE replayable) AS replayable,
            min(arrived_us) AS first_us, max(arrived_us) AS last_us, arg_max(reason, arrived_us) AS reason,
            arg_max(topic, arrived_us) AS topic
        FROM quarantine GROUP BY kind ORDER BY count DESC, kind
        """,
    )
