"""The loss ledger: of the samples that boards numbered, which arrived, which came late, and which never did.

A board counts its samples from 0 in each boot, so what lies between the numbers that arrived is a measured loss. Where
a device was first heard of in the middle of a boot, nothing is missing before the first number heard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemetry.questions.answering import check_number, check_range, find_device, table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

#: Sums past what a DOUBLE holds exactly, which only invented numbers reach, are shown as this.
_MOST = 2**53

#: `stretches` (device_id, boot, seq_from, seq_to, samples, kind, from_us, to_us, ended_us): the numbers of every boot
#: from its first to its last, cut where the kind changes. `in time`: arrived before any higher number was known of.
#: Steps are the numbers where an interval begins, or has just ended; what is true between two steps is a running sum.
_STRETCHES = """
    WITH chosen AS (
        SELECT device_id FROM shown_devices
        WHERE $device IS NULL OR device = (SELECT device FROM shown_devices WHERE own_name = $device)
    ), said AS (
        SELECT device_id, boot, seq_from, seq_to, t_from_us, t_to_us, arrived_us, dropped, late AND NOT dropped AS late,
            NOT late AND NOT dropped AS in_time
        FROM (FROM arrivals UNION ALL FROM arrivals_tail) SEMI JOIN chosen USING (device_id)
    ), told AS (
        SELECT device_id, boot, bool_or(joined_midway) AS midway, max(last_seq) AS last,
            arg_max(said_us, last_seq) AS told_us
        FROM boots SEMI JOIN chosen USING (device_id) GROUP BY ALL
    ), spans AS (
        SELECT device_id, boot, if(coalesce(midway, false), lowest, 0) AS first,
            greatest(coalesce(highest, -1), coalesce(last, -1)) AS last, told_us
        FROM (SELECT device_id, boot, min(seq_from) AS lowest, max(seq_to) AS highest FROM said GROUP BY ALL)
        FULL JOIN told USING (device_id, boot)
    ), steps AS (
        SELECT device_id, boot, seq_from AS seq, in_time::INTEGER AS in_time, late::INTEGER AS late,
            dropped::INTEGER AS dropped, if(dropped, NULL, t_from_us) AS begin_us, NULL AS end_us,
            if(late, [t_from_us, t_to_us, arrived_us], NULL) AS late_us, if(dropped, arrived_us, NULL) AS dropped_us
        FROM said
        UNION ALL
        SELECT device_id, boot, seq_to + 1, -in_time::INTEGER, -late::INTEGER, -dropped::INTEGER, NULL,
            if(dropped, NULL, t_to_us), NULL, NULL
        FROM said
        UNION ALL
        SELECT device_id, boot, unnest([first, last + 1]), 0, 0, 0, NULL, NULL, NULL, NULL FROM spans
        WHERE first <= last
    ), merged AS (
        SELECT device_id, boot, seq, sum(in_time) AS in_time, sum(late) AS late, sum(dropped) AS dropped,
            min(begin_us) AS begin_us, max(end_us) AS end_us, max(late_us) AS late_us, max(dropped_us) AS dropped_us
        FROM steps GROUP BY ALL
    ), swept AS (
        SELECT device_id, boot, seq AS seq_from, lead(seq) OVER boot - 1 AS seq_to,
            CASE WHEN sum(in_time) OVER boot > 0 THEN 'in time' WHEN sum(late) OVER boot > 0 THEN 'filled'
                WHEN sum(dropped) OVER boot > 0 THEN 'dropped' ELSE 'open' END AS kind,
            last_value(end_us IGNORE NULLS) OVER boot AS before_us,
            first_value(begin_us IGNORE NULLS) OVER (
                PARTITION BY device_id, boot ORDER BY seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
            ) AS after_us,
            last_value(late_us IGNORE NULLS) OVER boot AS late_us,
            last_value(dropped_us IGNORE NULLS) OVER boot AS dropped_us
        FROM merged WINDOW boot AS (PARTITION BY device_id, boot ORDER BY seq ROWS UNBOUNDED PRECEDING)
    ), timed AS (
        SELECT device_id, boot, seq_from, seq_to, kind,
            if(kind = 'filled', late_us[1], before_us) AS from_us,
            if(kind = 'filled', late_us[2], coalesce(after_us, if(kind = 'dropped', dropped_us, told_us))) AS to_us,
            CASE kind WHEN 'filled' THEN late_us[3] WHEN 'dropped' THEN dropped_us END AS ended_us,
            kind IS DISTINCT FROM lag(kind) OVER (PARTITION BY device_id, boot ORDER BY seq_from) AS begins
        FROM swept JOIN spans USING (device_id, boot) WHERE seq_to >= seq_from
    ), stretches AS (
        SELECT device_id, boot, min(seq_from) AS seq_from, max(seq_to) AS seq_to,
            (max(seq_to) - min(seq_from) + 1)::BIGINT AS samples, kind,
            min(from_us) AS from_us, max(to_us) AS to_us, max(ended_us) AS ended_us
        FROM (
            SELECT *, count_if(begins) OVER (PARTITION BY device_id, boot ORDER BY seq_from) AS stretch FROM timed
        ) GROUP BY device_id, boot, kind, stretch
    )
"""


#: Whether anything was not in time: a boot whose numbers do not run on from its first to its last, or not without late
#: or dropped ones. A third of the time that planning the above takes, and of nearly every board the answer is no.
_ALL_IN_TIME = """
    WITH said AS (
        SELECT device_id, boot, min(seq_from) AS lowest, max(seq_to) AS highest, sum(seq_to - seq_from + 1) AS samples,
            bool_or(late OR dropped) AS odd
        FROM (FROM arrivals UNION ALL FROM arrivals_tail) WHERE list_contains($ids, device_id) GROUP BY ALL
    ), told AS (
        SELECT device_id, boot, bool_or(joined_midway) AS midway, max(last_seq) AS last
        FROM boots WHERE list_contains($ids, device_id) GROUP BY ALL
    )
    SELECT 1 FROM said FULL JOIN told USING (device_id, boot)
    WHERE odd OR samples <> highest - lowest + 1 OR coalesce(last, -1) > coalesce(highest, -1)
        OR (lowest > 0 AND NOT coalesce(midway, false))
    LIMIT 1
"""


def losses(connection: duckdb.DuckDBPyConnection, *, device: str | None = None) -> pa.Table:
    """What became of the samples of each device that numbers them, one row a device.

    Columns, all counts of samples but the first, the second and the last: device, boots, expected, received, late (of
    those received, how many were known to be missing before), dropped (the board said that it gave them up), missing
    (nobody knows), gaps (how often numbers were left out, however that ended: the rows of `gaps`). expected = received
    + dropped + missing.
    """
    return table(
        connection,
        f"""
        {_STRETCHES}
        SELECT device, count(DISTINCT (device_id, boot))::BIGINT AS boots, {_total("true")} AS expected,
            {_total("kind IN ('in time', 'filled')")} AS received, {_total("kind = 'filled'")} AS late,
            {_total("kind = 'dropped'")} AS dropped, {_total("kind = 'open'")} AS missing,
            count_if(kind <> 'in time')::BIGINT AS gaps
        FROM stretches JOIN shown_devices USING (device_id) GROUP BY device ORDER BY device
        """,
        {"device": device},
    )


def gaps(
    connection: duckdb.DuckDBPyConnection,
    *,
    device: str | None = None,
    start_us: int | None = None,
    end_us: int | None = None,
    limit: int = 1_000,
) -> pa.Table:
    """The samples that did not come in time, newest first: one row for consecutive numbers that had the same end.

    Columns: device, boot, seq_from, seq_to (both included), samples, from_us, to_us (the last sample received before
    and the first after, or of those that were filled the first and the last themselves), ended, ended_us. `ended` is
    `filled` (they came late, the last at ended_us), `dropped` (the board said at ended_us that it gave them up) or
    `open` (ended_us null). from_us is null where nothing of that boot was received before; where nothing was received
    after, to_us is the moment at which the board told of the loss, or null. A range keeps what it overlaps.
    """
    start, end = -(2**62) if start_us is None else start_us, 2**62 if end_us is None else end_us
    check_range(start, end)
    check_number("limit", limit, 1, 100_000)
    if device is not None and not _anything_odd(connection, device):
        return _gaps_schema().empty_table()
    return table(
        connection,
        f"""
        {_STRETCHES}
        SELECT device, boot, seq_from, seq_to, samples, from_us, to_us, kind AS ended, ended_us
        FROM stretches JOIN shown_devices USING (device_id)
        WHERE kind <> 'in time' AND coalesce(to_us, from_us, $start_us) >= $start_us
            AND coalesce(from_us, to_us, $start_us) < $end_us
        ORDER BY to_us DESC, device, boot, seq_from DESC LIMIT $limit
        """,
        {"device": device, "start_us": start, "end_us": end, "limit": limit},
    )


def _anything_odd(connection: duckdb.DuckDBPyConnection, device: str) -> bool:
    ids = find_device(connection, device)
    return bool(ids and connection.execute(_ALL_IN_TIME, {"ids": ids}).fetchall())


def _gaps_schema() -> pa.Schema:
    import pyarrow as pa

    numbers = ("seq_from", "seq_to", "samples", "from_us", "to_us")
    return pa.schema(
        [
            *((name, pa.string()) for name in ("device", "boot")), *((name, pa.int64()) for name in numbers),
            ("ended", pa.string()), ("ended_us", pa.int64()),
        ]
    )  # fmt: skip


def _total(condition: str) -> str:
    return f"least(coalesce(sum(samples) FILTER (WHERE {condition}), 0), {_MOST})::BIGINT"
