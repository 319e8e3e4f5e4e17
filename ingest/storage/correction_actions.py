"""The actions on corrections: hide an outlier, recalibrate, withdraw; arguments in, a small report out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import duckdb

from ingest.storage.correcting import expired_before, keep, withdraw
from ingest.storage.keeper import Keeper
from telemetry.corrections import HIDE, SCALE, Correction
from telemetry.errors import ActionError, nearest
from telemetry.questions.answering import find_series
from telemetry.timestamps import EARLIEST_US, LATEST_US, iso_utc

_NOTE_LENGTH = 500
_LARGEST = 1e15


def hide_readings(keeper: Keeper, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Show a series without its readings of a span, or without those of them between two (raw) values."""
    low, high = arguments.get("low"), arguments.get("high")
    for name, value in (("low", low), ("high", high)):
        _check_number(name, value)
    if low is not None and high is not None and low > high:
        raise ActionError(f"low={low} lies above high={high}: exchange them")

    def task(cursor: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        ids, _ = _series(cursor, arguments)
        span = _span(arguments)
        wanted = [Correction(each, HIDE, *span, _float(low), _float(high), None, None) for each in ids]
        return {"correction_id": keep(cursor, keeper.archive, wanted, _note(arguments), by)}

    return keeper.work(task)


def recalibrate(keeper: Keeper, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Show a series as value · factor + offset, or inverted within its sensor's range; for ever, or over a span."""

    def task(cursor: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        ids, bounds = _series(cursor, arguments)
        factor, offset = _inverted(arguments, bounds) if arguments.get("invert") else _linear(arguments)
        span = _span(arguments)
        wanted = [Correction(each, SCALE, *span, None, None, factor, offset) for each in ids]
        correction_id = keep(cursor, keeper.archive, wanted, _note(arguments), by)
        return {"correction_id": correction_id, "factor": factor, "offset": offset} | _expired(cursor, wanted)

    return keeper.work(task)


def withdraw_correction(keeper: Keeper, arguments: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Take a correction back: everything is shown as if it had never been made."""

    def task(cursor: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        found = withdraw(cursor, keeper.archive, arguments["correction_id"], by)
        return {"correction_id": arguments["correction_id"]} | _expired(cursor, found)

    return keeper.work(task)


def _expired(cursor: duckdb.DuckDBPyConnection, made: list[Correction]) -> dict[str, str]:
    """What is to be said where raw readings have expired that a correction concerns."""
    horizon_us = max(expired_before(cursor, each.series_id) for each in made)
    if horizon_us == EARLIEST_US or made[0].from_us >= horizon_us:
        return {}
    what = (
        "what it hid before that does not come back"
        if made[0].kind == HIDE
        else "before that, minutes and wider rollups are recalibrated as they are read"
    )
    return {"note": f"raw readings before {iso_utc(horizon_us)} have expired: {what}"}


def _series(
    cursor: duckdb.DuckDBPyConnection, arguments: Mapping[str, Any]
) -> tuple[list[int], tuple[float | None, float | None]]:
    """The ids of a metric as it is shown, and its range."""
    ids = series_ids(cursor, arguments["device"], arguments["metric"])
    bounds = cursor.execute(
        f"SELECT low, high FROM shown_series WHERE series_id IN ({', '.join(map(str, ids))}) ORDER BY is_own DESC"
    ).fetchall()
    return ids, bounds[0]


def series_ids(cursor: duckdb.DuckDBPyConnection, device: str, metric: str) -> list[int]:
    """The ids of a metric as it is shown, with the devices that it replaced. Raises ActionError for an unknown one."""
    ids = find_series(cursor, device, metric)
    if not ids:
        rows = cursor.execute(
            "FROM (SELECT device, metric FROM shown_series)"
            " UNION SELECT device, metric FROM series JOIN devices USING (device_id)"
        ).fetchall()
        metrics = {found for owner, found in rows if owner == device}
        if metrics:
            raise ActionError(f"{device} has no metric '{metric[:64]}'{nearest(metric, metrics)}")
        raise ActionError(f"'{device[:64]}' is no device with readings{nearest(device, {owner for owner, _ in rows})}")
    return ids


def _span(arguments: Mapping[str, Any]) -> tuple[int, int]:
    start, end = arguments.get("from_us"), arguments.get("to_us")
    from_us, to_us = EARLIEST_US if start is None else start, LATEST_US if end is None else end
    if not (EARLIEST_US <= from_us <= LATEST_US and EARLIEST_US <= to_us <= LATEST_US):
        raise ActionError("a correction lies between the years 1900 and 2200; times are microseconds since 1970")
    if to_us <= from_us:
        raise ActionError("a correction's end lies at or before its start: exchange them")
    return from_us, to_us


def _linear(arguments: Mapping[str, Any]) -> tuple[float, float]:
    factor, offset = arguments.get("factor"), arguments.get("offset")
    _check_number("factor", factor)
    _check_number("offset", offset)
    factor, offset = 1.0 if factor is None else float(factor), 0.0 if offset is None else float(offset)
    if abs(factor) < 1 / _LARGEST:
        raise ActionError(f"factor={factor:g} would make every reading the same: give another")
    if (factor, offset) == (1.0, 0.0):
        raise ActionError("give a factor, an offset, or both: as it is nothing would change")
    return factor, offset


def _inverted(arguments: Mapping[str, Any], bounds: tuple[float | None, float | None]) -> tuple[float, float]:
    if arguments.get("factor") is not None or arguments.get("offset") is not None:
        raise ActionError("invert stands alone: withdraw it or add a second correction for factor and offset")
    low, high = bounds
    if low is None or high is None:
        raise ActionError(
            f"the range of {arguments['device']} {arguments['metric']} is not known, its board never told it: give "
            "factor -1 and an offset (lowest plus highest value, 4095 for a 12-bit reading)"
        )
    return -1.0, low + high


def _check_number(name: str, value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and abs(value) <= _LARGEST):
        raise ActionError(f"{name}={value} must lie between -1e15 and 1e15")


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _note(arguments: Mapping[str, Any]) -> str:
    note = str(arguments.get("note") or "").strip()
    if len(note) > _NOTE_LENGTH or "\0" in note:
        raise ActionError(f"a note has at most {_NOTE_LENGTH} characters, none of them NUL")
    return note
