"""What was said and done: commands, corrections, and messages that could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemetry.commands import ACK_TIMEOUT_SECONDS, CommandState
from telemetry.questions.answering import check_number, table
from telemetry.timestamps import US_PER_SECOND, now_us

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def commands(connection: duckdb.DuckDBPyConnection, *, device: str | None = None, limit: int = 50) -> pa.Table:
    """The last commands, newest first.

    Columns: command_id, device, cmd, value (JSON), asked_by, sent_us, state, detail, delay_ms.

    `delay_ms` runs from publication to the board's answer, both as ingest heard them; null while there is none. A
    command that was sent and not answered in time is `timed out`; an answer after that still counts.
    """
    check_number("limit", limit, 1, 10_000)
    return table(
        connection,
        """
        WITH chosen AS (
            SELECT command_id, device, cmd, value, asked_by, asked_us FROM commands JOIN devices USING (device_id)
            WHERE $device IS NULL OR device = $device ORDER BY asked_us DESC LIMIT $limit
        ), told AS (
            SELECT command_id, max(state_us) FILTER (WHERE state = 'sent') AS published_us,
                min(state_us) FILTER (WHERE state IN ('acknowledged', 'refused')) AS answered_us,
                arg_max(state, state_us) AS state, arg_max(detail, state_us) AS detail
            FROM command_states WHERE command_id IN (SELECT command_id FROM chosen) GROUP BY command_id
        )
        SELECT command_id, device, cmd, value, asked_by, coalesce(published_us, asked_us) AS sent_us,
            CASE WHEN state = 'sent' AND published_us < $overdue THEN $timed_out ELSE state END AS state,
            detail, (answered_us - published_us) / 1000.0 AS delay_ms
        FROM chosen LEFT JOIN told USING (command_id) ORDER BY asked_us DESC
        """,
        {
            "device": device,
            "limit": limit,
            "overdue": now_us() - int(ACK_TIMEOUT_SECONDS * US_PER_SECOND),
            "timed_out": str(CommandState.TIMED_OUT),
        },
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
        SELECT correction_id, device, metric, kind, from_us, to_us, corrections.low, corrections.high, factor, shift,
            note, asked_by, made_us, undone_by, undone_us
        FROM corrections JOIN series USING (series_id) JOIN devices USING (device_id)
        ORDER BY correction_id DESC LIMIT $limit
        """,
        {"limit": limit},
    )


def quarantine(connection: duckdb.DuckDBPyConnection, *, limit: int = 50) -> pa.Table:
    """The last messages that could not be read: arrived_us, topic, reason, payload (bytes), length; newest first."""
    return table(
        connection,
        "SELECT arrived_us, topic, reason, payload, length FROM quarantine ORDER BY arrived_us DESC LIMIT $limit",
        {"limit": limit},
    )
