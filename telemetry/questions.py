"""The questions one may ask the store by name: each a function from a connection and arguments to an Arrow table.

They are here because two programs answer them: ingest, which owns the database, and the dashboard itself when ingest
is down and it reads the file. Each runs in a read-only transaction that the caller opened; none may write. Times are
microseconds since 1970 UTC, ranges include their start and exclude their end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from telemetry.buckets import bucket_grid
from telemetry.commands import ACK_TIMEOUT_SECONDS, CommandState
from telemetry.errors import QuestionError, nearest
from telemetry.timestamps import US_PER_MINUTE, US_PER_SECOND, now_us

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

POINTS = (1, 100_000)
#: The width of the finest stored rollup.
ROLLUP_US = US_PER_MINUTE

_PARTS = """
    SELECT bucket_us AS t_us, count, sum, sum_squares, min, max, first_us, last_us FROM rollup_minute
    WHERE series_id = $series AND bucket_us >= $whole_from AND bucket_us < $whole_to
    UNION ALL
    SELECT t_us, 1, value, value * value, value, value, t_us, t_us FROM readings
    WHERE series_id = $series AND ((t_us >= $start AND t_us < $whole_from) OR (t_us >= $whole_to AND t_us < $end))
    UNION ALL
    SELECT t_us, 1, value, value * value, value, value, t_us, t_us FROM tail
    WHERE series_id = $series AND t_us >= $start AND t_us < $end
"""
_RAW = """
    SELECT t_us, value FROM readings WHERE series_id = $series AND t_us >= $start AND t_us < $end
    UNION ALL
    SELECT t_us, value FROM tail WHERE series_id = $series AND t_us >= $start AND t_us < $end
"""


def series(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every series: device, metric, unit, label, low, high (the sensor's range), first_us, last_us, count."""
    return _table(
        connection,
        """
        WITH parts AS (
            SELECT series_id, sum(count) AS count, min(first_us) AS first_us, max(last_us) AS last_us
            FROM rollup_minute GROUP BY ALL
            UNION ALL
            SELECT series_id, count(*), min(t_us), max(t_us) FROM tail GROUP BY ALL
        ), totals AS (
            SELECT series_id, sum(count)::BIGINT AS count, min(first_us) AS first_us, max(last_us) AS last_us
            FROM parts GROUP BY ALL
        )
        SELECT device, metric, unit, label, low, high, first_us, last_us, coalesce(count, 0) AS count
        FROM series JOIN devices USING (device_id) LEFT JOIN totals USING (series_id)
        ORDER BY device, metric
        """,
    )


def devices(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every device: device, name, place, first_seen_us, online (null: never said), status (JSON text), status_us.

    `status` is the last one in which the board said something about itself; a last will changes `online` only.
    """
    return _table(
        connection,
        """
        WITH said AS (
            SELECT device_id, arg_max(online, status_us) AS online, max(status_us) AS status_us,
                arg_max(status, status_us) FILTER (WHERE online) AS status
            FROM statuses GROUP BY device_id
        )
        SELECT device, name, place, first_seen_us, online, status, status_us
        FROM devices LEFT JOIN said USING (device_id) ORDER BY device
        """,
    )


def buckets(
    connection: duckdb.DuckDBPyConnection, *, device: str, metric: str, start_us: int, end_us: int, points: int
) -> pa.Table:
    """At most `points` buckets of a series over a range: t_us (the bucket's start), mean, min, max, count.

    Where no more readings than `points` exist they come as they are (mean = min = max, count 1). Empty buckets are
    left out. The schema's metadata holds `bucket_us` (0 for readings as they are). An unknown series gives no row.
    """
    _check_range(start_us, end_us)
    _check_points(points)
    window = _window(connection, device, metric, start_us, end_us)
    if _one(connection, f"SELECT sum(count) FROM ({_PARTS})", window) <= points:
        rows = f"SELECT t_us, value AS mean, value AS min, value AS max, 1::BIGINT AS count FROM ({_RAW}) ORDER BY t_us"
        return _table(connection, rows, _only(window, "series", "start", "end"), bucket_us=0)
    width, origin = bucket_grid(start_us, end_us, points)
    grid = {"width": width, "origin": origin}
    if width < ROLLUP_US:
        source, arguments = (
            f"SELECT t_us, 1 AS count, value AS sum, value AS min, value AS max FROM ({_RAW})",
            {
                **_only(window, "series", "start", "end"),
                **grid,
            },
        )
    else:
        source, arguments = _PARTS, {**window, **grid}
    rows = f"""
        SELECT (t_us - $origin) // $width * $width + $origin AS t_us,
            sum(sum) / sum(count) AS mean, min(min) AS min, max(max) AS max, sum(count)::BIGINT AS count
        FROM ({source}) GROUP BY 1 ORDER BY 1
    """
    return _table(connection, rows, arguments, bucket_us=width)


def statistics(
    connection: duckdb.DuckDBPyConnection, *, device: str, metric: str, start_us: int, end_us: int
) -> pa.Table:
    """One row over a range: count, mean, deviation (population), min, min_us, max, max_us, first_us, last_us.

    All null but count where there is no reading. Where raw readings have expired, min_us and max_us are the start of
    the minute. The deviation comes from sums of squares (D3), as all answers over rollups do.
    """
    _check_range(start_us, end_us)
    window = _window(connection, device, metric, start_us, end_us)
    return _table(
        connection,
        f"""
        WITH parts AS ({_PARTS})
        SELECT coalesce(sum(count), 0)::BIGINT AS count, sum(sum) / sum(count) AS mean,
            CASE WHEN sum(count) > 0 THEN
                sqrt(greatest(sum(sum_squares) / sum(count) - (sum(sum) / sum(count)) ** 2, 0)) END AS deviation,
            min(min) AS min, {_moment("min", "min")} AS min_us,
            max(max) AS max, {_moment("max", "max")} AS max_us,
            min(first_us) AS first_us, max(last_us) AS last_us
        FROM parts
        """,
        window,
    )


def commands(connection: duckdb.DuckDBPyConnection, *, device: str | None = None, limit: int = 50) -> pa.Table:
    """The last commands, newest first.

    Columns: command_id, device, cmd, value (JSON), asked_by, sent_us, state, detail, delay_ms.

    `delay_ms` runs from publication to the board's answer, both as ingest heard them; null while there is none. A
    command that was sent and not answered in time is `timed out`; an answer after that still counts.
    """
    if not 1 <= limit <= 10_000:
        raise QuestionError(f"limit={limit} must be 1 to 10000")
    return _table(
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


def quarantine(connection: duckdb.DuckDBPyConnection, *, limit: int = 50) -> pa.Table:
    """The last messages that could not be read: arrived_us, topic, reason, payload (bytes), length; newest first."""
    return _table(
        connection,
        "SELECT arrived_us, topic, reason, payload, length FROM quarantine ORDER BY arrived_us DESC LIMIT $limit",
        {"limit": limit},
    )


Question = Callable[..., "pa.Table"]

#: Adding a question means adding its function here; the read service and the fallback both answer from this table.
QUESTIONS: Mapping[str, Question] = {
    question.__name__: question for question in (series, devices, buckets, statistics, commands, quarantine)
}


def answer(
    connection: duckdb.DuckDBPyConnection, questions: Mapping[str, Question], name: str, arguments: Mapping[str, Any]
) -> pa.Table:
    """Answer a question by name inside a read-only transaction. Raises QuestionError for a wrong name or argument."""
    question = questions.get(name)
    if question is None:
        raise QuestionError(f"'{name[:64]}' is no question{nearest(name, questions)}")
    _check_arguments(question, name, arguments)
    connection.execute("BEGIN TRANSACTION READ ONLY")
    try:
        return question(connection, **arguments)
    finally:
        connection.execute("ROLLBACK")


_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "str": (str,),
    "str | None": (str, type(None)),
    "list": (list,),
}


def _check_arguments(question: Question, name: str, arguments: Mapping[str, Any]) -> None:
    """Hold arguments that came over a wire against the function's own signature."""
    known = {key: kind for key, kind in question.__annotations__.items() if key not in ("connection", "return")}
    for key, value in arguments.items():
        if key not in known:
            raise QuestionError(f"{name} takes no '{key[:64]}'{nearest(key, known)}")
        kinds = _TYPES[str(known[key])]
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise QuestionError(f"{name}: {key}={value!r:.64} must be {known[key]}")
        if isinstance(value, int) and not -(2**62) < value < 2**62:
            raise QuestionError(f"{name}: {key}={value} is out of range")
    missing = [key for key in known if key not in arguments and key not in (question.__kwdefaults__ or {})]
    if missing:
        raise QuestionError(f"{name} needs {', '.join(missing)}")


def _check_range(start_us: int, end_us: int) -> None:
    if end_us < start_us:
        raise QuestionError("start lies after end: exchange them")


def _check_points(points: int) -> None:
    low, high = POINTS
    if not low <= points <= high:
        raise QuestionError(f"points={points} must be {low} to {high}")


def _window(
    connection: duckdb.DuckDBPyConnection, device: str, metric: str, start_us: int, end_us: int
) -> dict[str, Any]:
    """The parameters of _PARTS: rollups for the whole minutes, raw readings for what lies at the range's edges."""
    found = connection.execute(
        "SELECT series_id FROM series JOIN devices USING (device_id) WHERE device = $device AND metric = $metric",
        {"device": device, "metric": metric},
    ).fetchall()
    whole_from = -(-start_us // ROLLUP_US) * ROLLUP_US
    whole_to = max(end_us // ROLLUP_US * ROLLUP_US, whole_from)
    return {
        "series": found[0][0] if found else -1,
        "start": start_us,
        "end": end_us,
        "whole_from": min(whole_from, end_us),
        "whole_to": min(whole_to, end_us) if whole_from <= end_us else end_us,
    }


def _moment(aggregate: str, column: str) -> str:
    """SQL for when the extreme was: exact from raw readings of its minute, else the start of the minute."""
    return f"""coalesce(
        (SELECT min(t_us) FROM readings WHERE series_id = $series AND t_us >= $start AND t_us < $end
            AND value = (SELECT {aggregate}({column}) FROM parts)
            AND t_us >= (SELECT arg_{aggregate}(t_us, {column}) FROM parts)
            AND t_us < (SELECT arg_{aggregate}(t_us, {column}) FROM parts) + {ROLLUP_US}),
        arg_{aggregate}(t_us, {column}))"""


def _only(arguments: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The named ones of the arguments: DuckDB refuses parameters that a statement does not use."""
    return {name: arguments[name] for name in names}


def _one(connection: duckdb.DuckDBPyConnection, statement: str, arguments: Mapping[str, Any]) -> int:
    (row,) = connection.execute(statement, dict(arguments)).fetchall()
    return int(row[0] or 0)


def _table(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    arguments: Mapping[str, Any] | None = None,
    **metadata: int | str,
) -> pa.Table:
    found = connection.sql(statement, params=dict(arguments) if arguments else None).to_arrow_table()
    return with_metadata(found, **metadata) if metadata else found


def with_metadata(table: pa.Table, **metadata: int | str) -> pa.Table:
    """The table with small facts beside its columns, as JSON texts in the schema's metadata."""
    return table.replace_schema_metadata({key: json.dumps(value) for key, value in metadata.items()})


def metadata_of(table: pa.Table) -> dict[str, Any]:
    """What `with_metadata` put there."""
    return {key.decode(): json.loads(value) for key, value in (table.schema.metadata or {}).items()}
