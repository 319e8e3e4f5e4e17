"""What the store knows of the time before: the newest reading of each watched series, and what was pending.

Asked once at start, and when a rule begins to watch a series that has been still for long; never while readings flow.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import duckdb

from ingest.alerts.watch import Watch
from telemetry.alert_state import Change
from telemetry.levels import DAY
from telemetry.questions.places import place
from telemetry.timestamps import EARLIEST_US, LATEST_US, US_PER_DAY, US_PER_MINUTE

_EVER = (EARLIEST_US // US_PER_DAY * US_PER_DAY, LATEST_US // US_PER_DAY * US_PER_DAY)
#: A series that has been still for so much longer than a rule looks back is judged by its newest reading alone.
_STILL_US = 10 * US_PER_MINUTE


def newest(connection: duckdb.DuckDBPyConnection, series_ids: Collection[int]) -> dict[int, tuple[int, float]]:
    """Series → time and value of its newest reading, as it is shown; without those that have none."""
    if not series_ids:
        return {}
    parts = place(connection, list(series_ids), *_EVER).parts(DAY)
    rows = connection.execute(
        f"SELECT series_id, max(last_us), arg_max(last, last_us) FROM ({parts}) GROUP BY series_id"
    ).fetchall()
    return {series_id: (t_us, value) for series_id, t_us, value in rows}


def catch_up(
    connection: duckdb.DuckDBPyConnection,
    watches: Sequence[Watch],
    known: dict[int, tuple[int, float]],
    now_us: int,
) -> None:
    """Bring watches that look back in time to where they stood: what is pending, and how values have changed.

    Nothing opens here: all of it was looked at when it came.
    """
    by_window: dict[int, list[Watch]] = {}
    for watch in watches:
        window_us = _looks_back_us(watch)
        last_us = max((known[each][0] for each in watch.series if each in known), default=None)
        if not window_us or last_us is None:
            continue
        if last_us < now_us - window_us - _STILL_US:
            readings = sorted(known[each] for each in watch.series if each in known)
            _replay(watch, readings)
        else:
            by_window.setdefault(window_us, []).append(watch)
    for window_us, group in by_window.items():
        ids = sorted({series_id for watch in group for series_id in watch.series})
        first_us = min(known[each][0] for each in ids if each in known and known[each][0] > now_us - window_us * 2)
        rows = connection.execute(
            "SELECT series_id, t_us, value FROM ("
            f"{place(connection, ids, first_us - window_us, LATEST_US).readings()}) ORDER BY t_us"
        ).fetchall()
        readings_of: dict[int, list[tuple[int, float]]] = {}
        for series_id, t_us, value in rows:
            readings_of.setdefault(series_id, []).append((t_us, value))
        for watch in group:
            _replay(watch, sorted(reading for each in watch.series for reading in readings_of.get(each, ())))


def _looks_back_us(watch: Watch) -> int:
    """How much of the past decides on what a watch makes of the next reading."""
    if watch.is_silence:
        return 0
    slope_us = 0 if watch.slope is None else watch.slope.window_us * 9 // 8
    return max(watch.state.hold_us, slope_us)


def _replay(watch: Watch, readings: Sequence[tuple[int, float]]) -> None:
    state = watch.state
    was_open = state.is_open
    kept = (state.is_open, state.since_us, state.peak, state.peak_value, state.peak_us)
    for t_us, value in readings:
        if t_us < watch.kept.changed_us and watch.slope is None:
            continue
        if watch.take(t_us, value) is Change.OPENED:
            state.is_open = False  # it is for the next reading, or for time, to say so
    if was_open:
        # How an open episode stands is known from its row.
        state.is_open, state.since_us, state.peak, state.peak_value, state.peak_us = kept
