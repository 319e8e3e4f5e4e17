"""Keeps a correction or takes one back, and makes anew the rollups that it touches. Raw readings never change.

All of it is one transaction, so an answer shows the correction everywhere or nowhere, and a crash leaves the state
before or after it. Where raw readings have expired nothing can be made anew: there a recalibration is applied to the
rollups as they are read (`telemetry.corrections`), and hiding is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

import duckdb

from ingest.storage.aggregates import COLUMNS, PACKED, merged, rolled_up, sketched
from ingest.storage.archive import Archive, Segment
from ingest.storage.transactions import transaction
from telemetry.corrections import HIDE, Correction, corrected, in_force
from telemetry.errors import ActionError
from telemetry.levels import DAY, HOUR, MINUTE, QUARTER, RAW
from telemetry.timestamps import EARLIEST_US, US_PER_DAY, US_PER_MINUTE, iso_utc, now_us

_KNOWN = "series_id, kind, from_us, to_us, low, high, factor, shift"


def keep(cursor: duckdb.DuckDBPyConnection, archive: Archive, wanted: Sequence[Correction], note: str, by: str) -> int:
    """Put a correction in force, of one series or of all that are shown as one; its id.

    Raises ActionError for hiding what has no raw readings any more.
    """
    made_us = now_us()
    with transaction(cursor):
        ((correction_id,),) = cursor.execute("SELECT coalesce(max(correction_id), 0) + 1 FROM corrections").fetchall()
        for each in wanted:
            horizon_us = expired_before(cursor, each.series_id)
            if each.kind == HIDE and each.from_us < horizon_us:
                raise ActionError(
                    f"raw readings before {iso_utc(horizon_us)} have expired: what lies there can no longer be hidden, "
                    "only recalibrated (offset, factor, invert)"
                )
            cursor.execute(
                f"""
                INSERT INTO corrections (correction_id, {_KNOWN}, note, asked_by, made_us)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                """,
                [correction_id, *astuple(each), note or None, by[:200], made_us],
            )
        old = [segment for each in wanted for segment in _make_anew(cursor, archive, each)]
    archive.retire(old)
    return int(correction_id)


def withdraw(cursor: duckdb.DuckDBPyConnection, archive: Archive, correction_id: int, by: str) -> list[Correction]:
    """Take a correction back; what it was. Raises ActionError where there is none in force with this id."""
    with transaction(cursor):
        rows = cursor.execute(
            f"SELECT {_KNOWN}, undone_by FROM corrections WHERE correction_id = $1", [correction_id]
        ).fetchall()
        if not rows:
            raise ActionError(f"there is no correction {correction_id}: see python -m ingest correct list")
        if rows[0][-1] is not None:
            raise ActionError(f"correction {correction_id} was withdrawn already, by {rows[0][-1]}")
        cursor.execute(
            "UPDATE corrections SET undone_by = $1, undone_us = $2 WHERE correction_id = $3",
            [by[:200], now_us(), correction_id],
        )
        found = [Correction(*known) for *known, _ in rows]
        old = [segment for each in found for segment in _make_anew(cursor, archive, each)]
    archive.retire(old)
    return found


def expired_before(cursor: duckdb.DuckDBPyConnection, series_id: int) -> int:
    """The moment before which a series has no raw readings any more."""
    ((horizon_us,),) = cursor.execute(
        "SELECT max(from_us) FROM horizons WHERE series_id = $1 AND level = $2", [series_id, RAW.name]
    ).fetchall()
    return EARLIEST_US if horizon_us is None else int(horizon_us)


def _make_anew(cursor: duckdb.DuckDBPyConnection, archive: Archive, touched: Correction) -> list[Segment]:
    """Within the caller's transaction: roll up again what a correction touches; the files that are replaced."""
    now_in_force = in_force(cursor, [touched.series_id])
    _live(cursor, touched, now_in_force)
    first_us = max(touched.from_us, expired_before(cursor, touched.series_id))
    if first_us >= touched.to_us:
        return []
    return _closed(cursor, archive, touched.series_id, (first_us, touched.to_us), now_in_force)


def _live(cursor: duckdb.DuckDBPyConnection, touched: Correction, now_in_force: list[Correction]) -> None:
    first = touched.from_us // US_PER_MINUTE * US_PER_MINUTE
    last = -(-touched.to_us // US_PER_MINUTE) * US_PER_MINUTE
    raw = (
        f"SELECT t_us, series_id, value FROM live_readings"
        f" WHERE series_id = {touched.series_id} AND t_us >= {first} AND t_us < {last}"
    )
    cursor.execute(
        f"DELETE FROM live_minutes WHERE series_id = {touched.series_id} AND bucket_us >= {first}"
        f" AND bucket_us < {last}"
    )
    cursor.execute(f"INSERT INTO live_minutes {rolled_up(corrected(raw, now_in_force), MINUTE)}")


def _closed(
    cursor: duckdb.DuckDBPyConnection, archive: Archive, series_id: int, span: tuple[int, int],
    now_in_force: list[Correction],
) -> list[Segment]:  # fmt: skip
    days = span[0] // US_PER_DAY, (span[1] - 1) // US_PER_DAY
    minutes = {segment.day: segment for segment in archive.segments(cursor, MINUTE, *days)}
    cursor.execute("CREATE OR REPLACE TEMP TABLE remade AS FROM live_minutes LIMIT 0")
    cursor.execute("CREATE OR REPLACE TEMP TABLE resketched AS FROM sketch LIMIT 0")
    old: list[Segment] = []
    new: list[Segment] = []
    for segment in archive.segments(cursor, RAW, *days):
        raw = f"SELECT t_us, series_id, value FROM ({archive.read([segment])}) WHERE series_id = {series_id}"
        shown = corrected(raw, now_in_force)
        cursor.execute(f"INSERT INTO remade {rolled_up(shown, MINUTE)}")
        cursor.execute(f"INSERT INTO resketched {sketched(shown)}")
        before = minutes.get(segment.day)
        replaced = archive.write(cursor, segment.day, MINUTE, _minutes(archive, before, series_id, segment.day))
        old += [before] if before else []
        new += [replaced] if replaced else []
    start, end = days[0] * US_PER_DAY, (days[1] + 1) * US_PER_DAY
    for level in (QUARTER, HOUR, DAY):
        _replace(cursor, level.table, merged("FROM remade", level), series_id, start, end)
    _replace(cursor, "sketch", "FROM resketched", series_id, start, end)
    archive.adopt(cursor, old, new)
    cursor.execute("DROP TABLE remade")
    cursor.execute("DROP TABLE resketched")
    return old


def _minutes(archive: Archive, before: Segment | None, series_id: int, day: int) -> str:
    """SQL for a day's minutes: those of the other series as they were, those of this one anew."""
    rows = (
        f"SELECT {PACKED} FROM (SELECT {COLUMNS} FROM remade WHERE bucket_us >= {day * US_PER_DAY}"
        f" AND bucket_us < {(day + 1) * US_PER_DAY})"
    )
    if before is not None:
        rows = f"SELECT * FROM ({archive.read([before])}) WHERE series_id != {series_id} UNION ALL {rows}"
    return f"SELECT * FROM ({rows}) ORDER BY series_id, bucket_us"


def _replace(cursor: duckdb.DuckDBPyConnection, table: str, rows: str, series_id: int, start: int, end: int) -> None:
    cursor.execute(f"DELETE FROM {table} WHERE series_id = {series_id} AND bucket_us >= {start} AND bucket_us < {end}")
    cursor.execute(f"INSERT INTO {table} {rows}")
