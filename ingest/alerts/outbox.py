"""The messages that wait, and what became of them: in the store, so that neither a failing channel nor a restart
loses any.

Reading is for the sender's threads, each on a cursor of its own; writing for the writer's thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from ulid import ULID

from ingest.alerts.words import News
from ingest.storage.transactions import transact
from telemetry.timestamps import US_PER_DAY, US_PER_SECOND

#: How long a channel is left alone after so many failures; the last one again and again.
PAUSES_US = tuple(pause * US_PER_SECOND for pause in (5, 15, 60, 300, 900, 3_600))
#: What a channel has not taken by then is given up, and shown as such.
GIVE_UP_US = 3 * US_PER_DAY
_KEPT_US = 30 * US_PER_DAY
_MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is to go through one channel now."""

    channel_id: str
    message_ids: tuple[str, ...]
    news: tuple[News, ...]
    attempts: int
    oldest_us: int


def waiting(cursor: duckdb.DuckDBPyConnection, now_us: int) -> list[Waiting]:
    """What is due, by channel; a channel that failed waits, with everything for it, until its next attempt."""
    rows = cursor.execute(
        """
        WITH unsent AS (FROM alert_messages WHERE sent_us IS NULL AND given_up_us IS NULL),
        resting AS (SELECT channel_id FROM unsent WHERE attempts > 0 AND due_us > $now_us)
        SELECT channel_id, message_id, episode_id, what, attempts, queued_us FROM unsent
        WHERE due_us <= $now_us AND channel_id NOT IN (FROM resting) ORDER BY queued_us, message_id
        """,
        {"now_us": now_us},
    ).fetchall()
    by_channel: dict[str, list[tuple[Any, ...]]] = {}
    for channel_id, *row in rows:
        by_channel.setdefault(channel_id, []).append(tuple(row))
    return [_of_channel(cursor, channel_id, found[:_MOST_AT_ONCE]) for channel_id, found in by_channel.items()]


def _of_channel(cursor: duckdb.DuckDBPyConnection, channel_id: str, rows: Sequence[tuple[Any, ...]]) -> Waiting:
    whats: dict[str, set[str]] = {}
    for _, episode_id, what, _, _ in rows:
        whats.setdefault(episode_id, set()).add(what)
    told = _episodes(cursor, list(whats))
    news = tuple(News(told[key], frozenset(found)) for key, found in whats.items() if key in told)
    return Waiting(
        channel_id, tuple(row[0] for row in rows), news, max(row[3] for row in rows), min(row[4] for row in rows)
    )


def _episodes(cursor: duckdb.DuckDBPyConnection, episode_ids: list[str]) -> dict[str, Mapping[str, Any]]:
    """The alerts, with the names that people know."""
    found = cursor.execute(
        """
        WITH said AS (
            SELECT device, metric, any_value(label ORDER BY is_own DESC) AS label,
                any_value(unit ORDER BY is_own DESC) AS unit, any_value(decimals ORDER BY is_own DESC) AS decimals
            FROM shown_series GROUP BY device, metric
        )
        SELECT episode_id, e.device, coalesce(devices.name, announced_devices.name, e.device) AS name, e.metric, label,
            unit, decimals, severity, rule, began_us, value, peak, ended_us, ended_by
        FROM alert_episodes AS e LEFT JOIN devices ON devices.device = e.device
            LEFT JOIN announced_devices USING (device_id)
            LEFT JOIN said ON said.device = e.device AND said.metric = e.metric
        WHERE list_contains($ids::VARCHAR[], episode_id)
        """,
        {"ids": episode_ids},
    )
    names = [column[0] for column in found.description]
    return {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}


def next_due_us(cursor: duckdb.DuckDBPyConnection) -> int | None:
    """When the next message is due; None while none waits."""
    ((due_us,),) = cursor.execute(
        "SELECT min(due_us) FROM alert_messages WHERE sent_us IS NULL AND given_up_us IS NULL"
    ).fetchall()
    return None if due_us is None else int(due_us)


def record(connection: duckdb.DuckDBPyConnection, of: Waiting, error: str, now_us: int) -> None:
    """In the writer's thread: the messages were sent, or will be tried again, or are given up."""
    ids = list(of.message_ids)
    which = "WHERE list_contains($1::VARCHAR[], message_id)"
    if not error:
        statement, values = f"sent_us = $2, attempts = attempts + 1, error = NULL {which}", [ids, now_us]
    elif now_us - of.oldest_us > GIVE_UP_US:
        statement, values = f"given_up_us = $2, attempts = attempts + 1, error = $3 {which}", [ids, now_us, error]
    else:
        due_us = now_us + PAUSES_US[min(of.attempts, len(PAUSES_US) - 1)]
        statement, values = f"due_us = $2, attempts = {of.attempts + 1}, error = $3 {which}", [ids, due_us, error]
    transact(connection, (f"UPDATE alert_messages SET {statement}", values))


def record_trial(connection: duckdb.DuckDBPyConnection, channel_id: str, error: str, now_us: int) -> None:
    """In the writer's thread: a test was sent. A channel that works again gets at once what waits for it."""
    sent_us, given_up_us = (None, now_us) if error else (now_us, None)
    row: list[object] = [str(ULID()), channel_id, now_us, sent_us, given_up_us, error or None]
    statements: list[tuple[str, list[object] | None]] = [
        ("INSERT INTO alert_messages VALUES ($1, $2, '', 'test', $3, $3, 1, $4, $5, $6)", row)
    ]
    if not error:
        statements.append(
            (
                """
                UPDATE alert_messages SET due_us = $1
                WHERE channel_id = $2 AND attempts > 0 AND sent_us IS NULL AND given_up_us IS NULL
                """,
                [now_us, channel_id],
            )
        )
    transact(connection, *statements)


def sweep(connection: duckdb.DuckDBPyConnection, now_us: int, channel_ids: Sequence[str]) -> None:
    """In the writer's thread: what was sent long ago goes, and what waits for a channel that is no more."""
    connection.execute(
        """
        DELETE FROM alert_messages WHERE (queued_us < $1 AND (sent_us IS NOT NULL OR given_up_us IS NOT NULL)
            AND episode_id NOT IN (SELECT episode_id FROM alert_episodes WHERE ended_us IS NULL))
            OR NOT list_contains($2::VARCHAR[], channel_id)
        """,
        [now_us - _KEPT_US, list(channel_ids)],
    )


def standing(cursor: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """Channel → last_sent_us, last_error, failing (it did not take the last thing), waiting, held, given_up, due_us."""
    found = cursor.execute(
        """
        SELECT channel_id, max(sent_us) AS last_sent_us,
            arg_max(error, coalesce(given_up_us, due_us)) FILTER (WHERE error IS NOT NULL) AS last_error,
            coalesce(max(coalesce(given_up_us, queued_us)) FILTER (WHERE error IS NOT NULL), 0)
                > coalesce(max(sent_us), 0) AS failing,
            count(*) FILTER (WHERE sent_us IS NULL AND given_up_us IS NULL AND attempts = 0) AS held,
            count(*) FILTER (WHERE sent_us IS NULL AND given_up_us IS NULL AND attempts > 0) AS waiting,
            count(*) FILTER (WHERE given_up_us IS NOT NULL AND what != 'test') AS given_up,
            min(due_us) FILTER (WHERE sent_us IS NULL AND given_up_us IS NULL AND attempts > 0) AS due_us
        FROM alert_messages GROUP BY channel_id
        """
    )
    names = [column[0] for column in found.description]
    return {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}
