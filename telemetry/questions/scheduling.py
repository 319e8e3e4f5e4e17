"""Schedules: what each says, when it is due next, and what came of its runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from telemetry.commands import CommandState
from telemetry.occurrences import has_none_today, next_run
from telemetry.questions.answering import check_number
from telemetry.questions.commanded import AWAITED, STANDING, now_awaited
from telemetry.schedules import from_json
from telemetry.timestamps import now_us

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def schedules(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every schedule, in the order in which they were made.

    Columns: schedule_id, definition (JSON, as `telemetry.schedules.Schedule`), devices (those it names, as they are
    shown now), enabled, made_by, made_us, changed_by, changed_us, next_us (null: switched off, or none within 400
    days), none_today (it goes by the sun, which does not rise or set there today).
    """
    import pyarrow as pa

    rows = connection.execute(
        """
        WITH last AS (
            SELECT schedule_id, max(version) AS version, arg_max(definition, version) AS definition,
                arg_max(enabled, version) AS enabled, arg_max(deleted, version) AS deleted,
                arg_min(asked_by, version) AS made_by, min(asked_us) AS made_us,
                arg_max(asked_by, version) AS changed_by, arg_max(asked_us, version) AS changed_us
            FROM schedules GROUP BY schedule_id
        ), told AS (
            SELECT schedule_id, version, list(DISTINCT device ORDER BY device) AS devices
            FROM schedule_targets JOIN shown_devices USING (device_id) GROUP BY ALL
        )
        SELECT schedule_id, definition, coalesce(devices, []), enabled, made_by, made_us, changed_by, changed_us
        FROM last LEFT JOIN told USING (schedule_id, version) WHERE NOT deleted ORDER BY made_us, schedule_id
        """
    ).fetchall()
    now, found = now_us(), []
    for schedule_id, definition, devices, enabled, made_by, made_us, changed_by, changed_us in rows:
        schedule = from_json(definition, tuple(devices))
        found.append(
            {
                "schedule_id": schedule_id, "definition": definition, "devices": devices, "enabled": enabled,
                "made_by": made_by, "made_us": made_us, "changed_by": changed_by, "changed_us": changed_us,
                "next_us": next_run(schedule, now) if enabled else None, "none_today": has_none_today(schedule, now),
            }
        )  # fmt: skip
    text, whole, yes = pa.string(), pa.int64(), pa.bool_()
    schema = pa.schema(
        {
            "schedule_id": text, "definition": text, "devices": pa.list_(text), "enabled": yes, "made_by": text,
            "made_us": whole, "changed_by": text, "changed_us": whole, "next_us": whole, "none_today": yes,
        }
    )  # fmt: skip
    return pa.Table.from_pylist(found, schema)


def schedule_runs(
    connection: duckdb.DuckDBPyConnection, *, schedule_id: str | None = None, limit: int = 50
) -> pa.Table:
    """The last runs of schedules, newest first, those that were missed among them.

    Columns: schedule_id, name (as it was last called), first_us, due_us (the first and the last of several that were
    missed together), count, ran_us (null: missed), asked_by (who ran it by hand; null: its time had come), unconfirmed
    (boards with the original program that were told), problem and states. `problem` is, of a missed run, `down`
    (ingest did not run), `clock` (the host's clock jumped past it) or `busy` (the store did not answer); of one that
    ran, `nobody` (no device was there to be told), `not sent`, or null. `states` is JSON: each state of its commands
    with how many devices stand so (`commands` has them one by one, by `schedule <name>`).
    """
    import pyarrow as pa

    check_number("limit", limit, 1, 1_000)
    rows = connection.execute(
        f"""
        WITH named AS (
            SELECT schedule_id, arg_max(definition ->> '$.name', version) AS name FROM schedules GROUP BY schedule_id
        ), chosen AS (
            FROM schedule_runs WHERE $schedule_id IS NULL OR schedule_id = $schedule_id
            ORDER BY coalesce(ran_us, due_us) DESC LIMIT $limit
        ), sent AS (
            SELECT schedule_id, due_us, command_id FROM schedule_commands
            WHERE (schedule_id, due_us) IN (SELECT (schedule_id, due_us) FROM chosen WHERE ran_us IS NOT NULL)
        ), standing AS (
            SELECT command_id, arg_max(state, {STANDING}) AS state,
                max(state_us) FILTER (WHERE state = 'sent') AS published_us
            FROM command_states WHERE command_id IN (SELECT command_id FROM sent) GROUP BY command_id
        ), counted AS (
            SELECT schedule_id, due_us, if(state = 'sent' AND NOT {AWAITED}, $timed_out, state) AS state,
                count(*) AS count
            FROM sent JOIN standing USING (command_id) GROUP BY ALL
        ), told AS (
            SELECT schedule_id, due_us, list(state ORDER BY state) AS states, list(count ORDER BY state) AS counts
            FROM counted GROUP BY ALL
        )
        SELECT schedule_id, coalesce(name, '') AS name, first_us, due_us, count, ran_us, asked_by, unconfirmed,
            problem, if(ran_us IS NULL, [], coalesce(states, [])), if(ran_us IS NULL, [], coalesce(counts, []))
        FROM chosen LEFT JOIN named USING (schedule_id) LEFT JOIN told USING (schedule_id, due_us)
        ORDER BY coalesce(ran_us, due_us) DESC, schedule_id
        """,
        {
            "schedule_id": schedule_id,
            "limit": limit,
            **now_awaited(),
            "timed_out": str(CommandState.TIMED_OUT),
        },
    ).fetchall()
    names = ("schedule_id", "name", "first_us", "due_us", "count", "ran_us", "asked_by", "unconfirmed", "problem")
    found: list[dict[str, Any]] = [
        {**dict(zip(names, row[:-2], strict=True)), "states": json.dumps(dict(zip(*row[-2:], strict=True)))}
        for row in rows
    ]
    text, whole = pa.string(), pa.int64()
    schema = pa.schema(
        {
            "schedule_id": text, "name": text, "first_us": whole, "due_us": whole, "count": whole, "ran_us": whole,
            "asked_by": text, "unconfirmed": whole, "problem": text, "states": text,
        }
    )  # fmt: skip
    return pa.Table.from_pylist(found, schema)
