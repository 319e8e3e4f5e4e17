"""Finding single readings among all, by series and moment, wherever they lie: one look for many of them."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from ingest.storage.archive import Archive
from telemetry.levels import RAW
from telemetry.timestamps import US_PER_DAY

#: (series_id, t_us).
Moment = tuple[int, int]


def stored(cursor: duckdb.DuckDBPyConnection, archive: Archive, wanted: Collection[Moment]) -> set[Moment]:
    """Those at which a raw reading is stored, hidden or not. Only the files of their days are opened."""
    if not wanted:
        return set()
    ids, moments = sorted({series_id for series_id, _ in wanted}), [t_us for _, t_us in wanted]
    first_us, last_us = min(moments), max(moments)
    days = {t_us // US_PER_DAY for t_us in moments}
    segments = archive.segments(cursor, RAW, first_us // US_PER_DAY, last_us // US_PER_DAY)
    closed = [segment for segment in segments if segment.day in days]
    where = f"WHERE series_id IN ({', '.join(map(str, ids))}) AND t_us BETWEEN {first_us} AND {last_us}"
    places = ["tail", "live_readings", *([f"({archive.read(closed)})"] if closed else [])]
    readings = " UNION ALL ".join(f"SELECT series_id, t_us FROM {place} {where}" for place in places)
    rows = cursor.execute(
        f"""
        WITH wanted AS (SELECT unnest($1::INTEGER[]) AS series_id, unnest($2::BIGINT[]) AS t_us)
        SELECT DISTINCT series_id, t_us FROM ({readings}) SEMI JOIN wanted USING (series_id, t_us)
        """,
        [[series_id for series_id, _ in wanted], moments],
    ).fetchall()
    return set(rows)
