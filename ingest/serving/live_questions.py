"""The questions that only a running ingest can answer: what is new, and how it is doing.

They stand beside `telemetry.questions`, which can also be asked of the file alone, and are asked the same way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingest.alerts.outbox import standing
from ingest.broker.inbox import Inbox
from ingest.broker.subscriber import Subscriber
from ingest.serving.recent import Recent
from ingest.serving.vitals import with_vitals
from ingest.storage.forecast import archive_bytes
from ingest.storage.store_questions import with_store_questions
from ingest.writer import Writer
from telemetry.corrections import in_force, shown_value
from telemetry.datafolder import DataFolder
from telemetry.questions import QUESTIONS, Question, from_memory, with_metadata
from telemetry.timestamps import now_us

if TYPE_CHECKING:
    import duckdb


def with_live_questions(
    folder: DataFolder, writer: Writer, subscriber: Subscriber, inbox: Inbox, recent: Recent
) -> Mapping[str, Question]:
    """All questions by name, the live ones bound to the parts they ask."""
    started_us = now_us()

    @from_memory
    def changes(connection: duckdb.DuckDBPyConnection, *, device: str, metric: str, cursor: str) -> pa.Table:
        """What was committed since a cursor, corrected: t_us, value, in order of commit.

        The metadata holds the new `cursor`, `complete` (false: the cursor says nothing here, load everything), and
        `revision`, which changes with any device, series, status or command.
        """
        ids = writer.catalog.all_series(device, metric)
        found = recent.since(ids, cursor)
        # Answered from memory; the database is asked for corrections when there is something to correct.
        corrections = in_force(connection, ids) if found.rows else []
        shown = [(t_us, shown_value(corrections, series_id, t_us, value)) for series_id, t_us, value in found.rows]
        seen = [(t_us, value) for t_us, value in shown if value is not None]
        table = pa.table(
            {
                "t_us": pa.array([t_us for t_us, _ in seen], pa.int64()),
                "value": pa.array([value for _, value in seen], pa.float64()),
            }
        )
        return with_metadata(table, cursor=found.cursor, complete=found.complete, revision=recent.revision)

    @from_memory
    def latest(connection: duckdb.DuckDBPyConnection, *, cursor: str) -> pa.Table:
        """The newest reading of each series that has a newer one than at the cursor: device, metric, t_us, value.

        The metadata holds the new `cursor`, `complete` (false: the cursor says nothing here, load everything), and
        `standing`, which changes when a device came, went, was renamed or began to measure something else.
        """
        found = recent.newest_since(cursor)
        newest: dict[tuple[str, str], tuple[int, float]] = {}
        corrections = in_force(connection, found.readings) if found.readings else []
        for series_id, (t_us, value) in found.readings.items():
            name, shown = writer.catalog.name_of(series_id), shown_value(corrections, series_id, t_us, value)
            if name is not None and shown is not None and (t_us, shown) >= newest.get(name, (t_us, shown)):
                newest[name] = (t_us, shown)
        rows = [(device, metric, *reading) for (device, metric), reading in sorted(newest.items())]
        columns = list(zip(*rows, strict=True)) or [()] * 4
        table = pa.table([pa.array(list(column), kind) for column, kind in zip(columns, _LATEST.types, strict=True)],
                         schema=_LATEST)  # fmt: skip
        return with_metadata(table, cursor=found.cursor, complete=found.complete, standing=recent.standing)

    def alert_channels(connection: duckdb.DuckDBPyConnection) -> pa.Table:
        """Where alerts are sent, in the order in which it was made, without the addresses, which are secrets.

        Columns: id, name, service, scheme, language, made_by, made_us, failing, last_sent_us, last_error, waiting (to
        be tried again at due_us), held (for the end of quiet hours), given_up, due_us.
        """
        how = standing(connection)
        rows = [
            {
                **{name: getattr(channel, name) for name in _CHANNEL_NAMES},
                "waiting": 0, "held": 0, "given_up": 0, "failing": False,
                **{key: value for key, value in how.get(channel.id, {}).items() if key in _CHANNELS.names},
            }
            for channel in writer.channels.all()
        ]  # fmt: skip
        return pa.Table.from_pylist(rows, _CHANNELS)

    def health(connection: duckdb.DuckDBPyConnection) -> pa.Table:
        """One row: how ingest is doing now."""
        row: dict[str, Any] = {
            "broker_connected": subscriber.hears,
            "messages_per_second": writer.tally.messages_per_second(),
            "lag_ms": inbox.lag_seconds * 1_000,
            "quarantined": writer.quarantine.count,
            "quarantined_by_reason": json.dumps(dict(writer.quarantine.by_kind.most_common(_KINDS_SHOWN))),
            "readings": writer.tally.readings,
            "bytes": _bytes(folder.database) + archive_bytes(connection),
            "newest_us": writer.tally.newest_us or None,
            "started_us": started_us,
            "revision": recent.revision,
            "clock_behind": writer.tally.clock_behind,
            "alerts_open": writer.alerts.open_count,
            "alerts_unseen": writer.alerts.unseen_count,
            "alert_channels_failing": len(writer.channels.failing),
        }
        schema = pa.schema([(name, _KINDS.get(name, pa.int64())) for name in row])
        return pa.Table.from_pylist([row], schema)

    return {
        **QUESTIONS, **with_store_questions(writer.keeper), **with_vitals(writer, subscriber, inbox, started_us),
        "changes": changes, "latest": latest, "health": health,
        "alert_channels": alert_channels,
    }  # fmt: skip


_LATEST = pa.schema([("device", pa.string()), ("metric", pa.string()), ("t_us", pa.int64()), ("value", pa.float64())])
_CHANNEL_NAMES = ("id", "name", "service", "scheme", "language", "made_by", "made_us")
_CHANNELS = pa.schema(
    [
        *((name, pa.string()) for name in _CHANNEL_NAMES[:-1]), ("made_us", pa.int64()), ("failing", pa.bool_()),
        ("last_sent_us", pa.int64()), ("last_error", pa.string()), ("waiting", pa.int64()), ("held", pa.int64()),
        ("given_up", pa.int64()), ("due_us", pa.int64()),
    ]
)  # fmt: skip
_KINDS = {
    "broker_connected": pa.bool_(),
    "messages_per_second": pa.float64(),
    "lag_ms": pa.float64(),
    "clock_behind": pa.bool_(),
    "quarantined_by_reason": pa.string(),
}
#: The most frequent kinds of reason; the question `quarantine_reasons` has all of them.
_KINDS_SHOWN = 20


def _bytes(database: Path) -> int:
    """The size of the database file and what is not yet merged into it."""
    files = (database, database.with_name(database.name + ".wal"))
    return sum(file.stat().st_size for file in files if file.exists())
