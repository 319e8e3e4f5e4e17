"""What happened to devices over a range: what they were told, and what they told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telemetry.errors import QuestionError, nearest
from telemetry.questions.answering import check_number, check_range, find_device, with_metadata
from telemetry.questions.commanded import commands
from telemetry.timestamps import US_PER_DAY

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

KINDS = ("command", "event")
#: A command may be held for a silent device so long before it is sent.
_HELD_US = 7 * US_PER_DAY


def happenings(
    connection: duckdb.DuckDBPyConnection,
    *,
    devices: list[str],
    start_us: int,
    end_us: int,
    kinds: list[str] | None = None,
    limit: int = 500,
) -> pa.Table:
    """What happened to some devices over a range, oldest first: commands to them and events that they told of.

    Columns: t_us (when it was sent, or when it happened), device, kind (`command` or `event`), what (the command or the
    event), value (JSON or text), asked_by, state, detail, delay_ms (these four null for an event). The newest `limit`
    of these kinds (both); the metadata's `complete` says whether that is all of it.
    """
    import pyarrow as pa

    check_range(start_us, end_us)
    check_number("limit", limit, 1, 10_000)
    if not all(isinstance(device, str) for device in devices):
        raise QuestionError("devices must be a list of their names")
    for kind in kinds or ():
        if kind not in KINDS:
            raise QuestionError(f"kinds={kind!r:.64} is none{nearest(str(kind), KINDS)}")
    found: list[dict[str, Any]] = []
    # One more than is wanted shows whether there are more.
    if kinds is None or "command" in kinds:
        found += _told(connection, devices, start_us, end_us, limit + 1)
    if kinds is None or "event" in kinds:
        found += _happened(connection, devices, start_us, end_us, limit + 1)
    texts = ("device", "kind", "what", "value", "asked_by", "state", "detail")
    schema = pa.schema([("t_us", pa.int64()), *((name, pa.string()) for name in texts), ("delay_ms", pa.float64())])
    newest = sorted(found, key=lambda row: row["t_us"])[-limit:]
    rows = [{name: row.get(name) for name in schema.names} for row in newest]
    return with_metadata(pa.Table.from_pylist(rows, schema), complete=len(found) <= limit)


def _told(
    connection: duckdb.DuckDBPyConnection, devices: list[str], start_us: int, end_us: int, limit: int
) -> list[dict[str, Any]]:
    first_us = start_us - _HELD_US
    return [
        {**row, "t_us": row["sent_us"], "kind": "command", "what": row["cmd"]}
        for device in dict.fromkeys(devices)
        # Most of the time of the whole question is planning what to do with commands that are not there.
        if connection.execute(_ANY_COMMAND, [find_device(connection, device), first_us, end_us]).fetchall()
        for row in commands(
            connection, device=device, start_us=first_us, end_us=end_us, limit=min(limit, 10_000)
        ).to_pylist()
        if start_us <= row["sent_us"] < end_us
    ]


_ANY_COMMAND = """
    SELECT 1 FROM commands WHERE list_contains($1::INTEGER[], device_id) AND asked_us BETWEEN $2 AND $3 LIMIT 1
"""


def _happened(
    connection: duckdb.DuckDBPyConnection, devices: list[str], start_us: int, end_us: int, limit: int
) -> list[dict[str, Any]]:
    names = {device_id: device for device in devices for device_id in find_device(connection, device)}
    events = connection.execute(
        """
        SELECT event_us, device_id, 'event', event, value FROM events
        WHERE list_contains($ids::INTEGER[], device_id) AND event_us >= $start_us AND event_us < $end_us
        ORDER BY event_us DESC LIMIT $limit
        """,
        {"ids": list(names), "start_us": start_us, "end_us": end_us, "limit": limit},
    ).fetchall()
    found = [dict(zip(("t_us", "device", "kind", "what", "value"), row, strict=True)) for row in events]
    return [{**row, "device": names[row["device"]]} for row in found]
