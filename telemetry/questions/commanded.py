"""Commands: what was asked of devices, by whom, what came of it, and what a metric did after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telemetry.commands import ACK_TIMEOUT_SECONDS, CommandState
from telemetry.errors import QuestionError, nearest
from telemetry.questions.answering import check_number, check_range, find_series, table, with_metadata
from telemetry.questions.places import place
from telemetry.timestamps import EARLIEST_US, LATEST_US, US_PER_MINUTE, US_PER_MS, US_PER_SECOND, now_us

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

#: An answer that came after the time it had; a filter beside the states themselves.
LATE = "answered late"
STATES = (*map(str, CommandState), LATE)
#: How long before a command a metric's last reading still says how it stood.
_BEFORE_US = 10 * US_PER_MINUTE
_MOMENTS = (0, 1_000)
#: SQL that is greatest for the state in which a command stands: by how far it is, not by the host's clock alone, which
#: a Raspberry Pi may set back between two states.
STANDING = (
    f"state_us + {10**17} * CASE state WHEN 'held' THEN 0 WHEN 'sent' THEN 1 WHEN 'withdrawn' THEN 2"
    " WHEN 'expired' THEN 2 ELSE 3 END"
)
#: SQL for "the board's answer may still come": it was told a moment ago, and not in a future of which the host's clock,
#: set back since, has told; takes what `now_awaited` gives.
AWAITED = "published_us BETWEEN $overdue AND $ahead"


def now_awaited() -> dict[str, int]:
    """From when to when a command was published whose answer may still come."""
    now, patience_us = now_us(), int(ACK_TIMEOUT_SECONDS * US_PER_SECOND)
    return {"overdue": now - patience_us, "ahead": now + patience_us}


def commands(
    connection: duckdb.DuckDBPyConnection,
    *,
    device: str | None = None,
    cmd: str | None = None,
    state: str | None = None,
    by: str | None = None,
    command_id: str | None = None,
    start_us: int | None = None,
    end_us: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> pa.Table:
    """The last commands, newest first; of a device, a kind, a state, an asker, a range of time, or one by its id.

    Columns: command_id, device, cmd, value (JSON), asked_by, asked_us, sent_us (published, else asked), state, detail,
    delay_ms. The metadata's `total` is how many there are in all.

    `delay_ms` runs from publication to the board's answer, both as ingest heard them; null while there is none. A
    command that was sent and not answered in time is `timed out`; an answer after that still counts, and `answered
    late` asks for those.
    """
    check_number("limit", limit, 1, 10_000)
    check_number("offset", offset, 0, 10_000_000)
    start_us, end_us = EARLIEST_US if start_us is None else start_us, LATEST_US if end_us is None else end_us
    check_range(start_us, end_us)
    if state is not None and state not in STATES:
        raise QuestionError(f"state='{state[:32]}' is none{nearest(state, STATES)}")
    page = "ORDER BY asked_us DESC, command_id DESC LIMIT $limit OFFSET $offset"
    # The state of each is only worked out for those on the page, unless it is what is looked for.
    early, late = (page, "") if state is None else ("", page)
    arguments: dict[str, Any] = {
        "device": device,
        "cmd": cmd,
        "by": by,
        "command_id": command_id,
        "start_us": start_us,
        "end_us": end_us,
        "limit": limit,
        "offset": offset,
        **now_awaited(),
        "timed_out": str(CommandState.TIMED_OUT),
        "state": str(CommandState.ACKNOWLEDGED) if state == LATE else state,
        "at_least_ms": ACK_TIMEOUT_SECONDS * 1_000 if state == LATE else None,
    }
    found = table(
        connection,
        f"""
        WITH chosen AS (
            SELECT command_id, device, cmd, value, asked_by, asked_us, count(*) OVER () AS total
            FROM commands JOIN shown_devices USING (device_id)
            WHERE ($device IS NULL OR device = (SELECT device FROM shown_devices WHERE own_name = $device))
                AND ($cmd IS NULL OR cmd = $cmd) AND ($by IS NULL OR asked_by = $by)
                AND ($command_id IS NULL OR command_id = $command_id)
                AND asked_us >= $start_us AND asked_us < $end_us
            {early}
        ), told AS (
            SELECT command_id, max(state_us) FILTER (WHERE state = 'sent') AS published_us,
                min(state_us) FILTER (WHERE state IN ('acknowledged', 'refused')) AS answered_us,
                arg_max(state, {STANDING}) AS state, arg_max(detail, {STANDING}) AS detail
            FROM command_states WHERE command_id IN (SELECT command_id FROM chosen) GROUP BY command_id
        ), standing AS (
            SELECT command_id, device, cmd, value, asked_by, asked_us, coalesce(published_us, asked_us) AS sent_us,
                CASE WHEN state = 'sent' AND NOT {AWAITED} THEN $timed_out ELSE state END AS state,
                detail, if(answered_us < published_us, 0, answered_us - published_us) / {US_PER_MS}.0 AS delay_ms, total
            FROM chosen LEFT JOIN told USING (command_id)
        )
        SELECT * REPLACE ({"total" if state is None else "count(*) OVER ()"} AS total) FROM standing
        WHERE ($state IS NULL OR state = $state) AND ($at_least_ms IS NULL OR delay_ms > $at_least_ms)
        {late or "ORDER BY asked_us DESC, command_id DESC"}
        """,
        arguments,
    )
    totals = found.column("total").to_pylist()
    return with_metadata(found.drop_columns(["total"]), total=totals[0] if totals else 0)


def effects(
    connection: duckdb.DuckDBPyConnection, *, device: str, metric: str, moments: list[int], seconds: int = 30
) -> pa.Table:
    """What a metric did after moments at which its device was told something: one row a moment, in their order.

    Columns: t_us (the moment), before, before_us (the last reading up to it, at most 10 minutes old), after, after_us
    (the last reading in the seconds after it, or until the device was told the next thing). Null where there is none.
    """
    import pyarrow as pa

    check_number("seconds", seconds, 1, 3_600)
    check_number("the number of moments", len(moments), *_MOMENTS)
    if not all(isinstance(moment, int) and EARLIEST_US <= moment <= LATEST_US for moment in moments):
        raise QuestionError("moments takes microseconds since 1970")
    ids = find_series(connection, device, metric)
    ends = _ends(connection, device, moments, seconds * US_PER_SECOND)
    sources = [
        where.readings()
        for start_us, end_us in _joined(moments, ends)
        if (where := place(connection, ids, start_us, end_us)).raw_is_whole
    ]
    names = ("t_us", "before", "before_us", "after", "after_us")
    kinds = (pa.int64(), pa.float64(), pa.int64(), pa.float64(), pa.int64())
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    if not sources:
        return pa.Table.from_pylist([{"t_us": moment} for moment in moments], schema)
    found = table(
        connection,
        f"""
        WITH told AS (
            SELECT unnest($moments) AS moment, unnest($ends) AS end_us, generate_subscripts($moments, 1) AS n
        ), readings AS ({" UNION ALL ".join(sources)})
        SELECT moment AS t_us, arg_max(value, readings.t_us) FILTER (WHERE readings.t_us <= moment) AS before,
            max(readings.t_us) FILTER (WHERE readings.t_us <= moment) AS before_us,
            arg_max(value, readings.t_us) FILTER (WHERE readings.t_us > moment) AS after,
            max(readings.t_us) FILTER (WHERE readings.t_us > moment) AS after_us
        FROM told LEFT JOIN readings
            ON readings.t_us > moment - {_BEFORE_US} AND readings.t_us <= told.end_us
        GROUP BY n, moment ORDER BY n
        """,
        {"moments": moments, "ends": ends},
    )
    return found.cast(schema)


def _ends(connection: duckdb.DuckDBPyConnection, device: str, moments: list[int], span_us: int) -> list[int]:
    """For each moment, when to stop looking: after the span, or when the device was told the next thing."""
    if not moments:
        return []
    rows = connection.execute(
        """
        SELECT state_us FROM command_states JOIN commands USING (command_id) JOIN shown_devices USING (device_id)
        WHERE device = (SELECT device FROM shown_devices WHERE own_name = $device)
            AND state IN ('sent', 'sent, cannot be confirmed') AND state_us BETWEEN $first AND $last
        ORDER BY state_us
        """,
        {"device": device, "first": min(moments), "last": max(moments) + span_us},
    ).fetchall()
    told = [row[0] for row in rows]
    return [min([moment + span_us, *(next_us for next_us in told if next_us > moment)]) for moment in moments]


def _joined(moments: list[int], ends: list[int]) -> list[tuple[int, int]]:
    """The stretches of time that the moments look at, those that overlap made one."""
    found: list[tuple[int, int]] = []
    for start_us, end_us in sorted((moment - _BEFORE_US, end + 1) for moment, end in zip(moments, ends, strict=True)):
        if found and start_us <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_us))
        else:
            found.append((start_us, end_us))
    return found
