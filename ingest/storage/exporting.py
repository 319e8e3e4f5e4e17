"""Gives a part of the store away as a file in `backups/`: raw readings as they were measured, without corrections.

In order of time, device and metric, with their names. Raw readings that have expired are not among them.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import duckdb

from ingest.storage.archive import quoted
from ingest.storage.keeper import Keeper
from telemetry.errors import ActionError
from telemetry.questions.places import place

_PART = re.compile(r"export-[0-9a-z]{1,40}/part-[0-9]{1,9}\.(csv|parquet)")
#: Milliseconds as a rule, microseconds where there are any: as /data.csv has it.
_ISO = (
    "if(t_us % 1000 = 0, strftime(make_timestamp(t_us), '%Y-%m-%dT%H:%M:%S.%gZ'),"
    " strftime(make_timestamp(t_us), '%Y-%m-%dT%H:%M:%S.%fZ'))"
)
_FORMATS = {
    "csv": (f"{_ISO} AS time", "FORMAT csv, HEADER true"),
    "parquet": ("make_timestamp(t_us) AS time", "FORMAT parquet, COMPRESSION zstd"),
}


def export_part(keeper: Keeper, arguments: Mapping[str, Any], _by: str) -> dict[str, int]:
    """Write the readings of [start_us, end_us) to a part below `backups/`, all or those of a device or a metric."""
    name = arguments["part"]
    found = _PART.fullmatch(name)
    if not found:
        raise ActionError(f"'{name[:80]}' is no part of an export")
    path = keeper.backups / name
    path.parent.mkdir(exist_ok=True)
    time, options = _FORMATS[found[1]]
    span = arguments["start_us"], arguments["end_us"]

    def write(cursor: duckdb.DuckDBPyConnection) -> int:
        ids = [row[0] for row in cursor.execute(_CHOSEN, [arguments.get("device"), arguments.get("metric")]).fetchall()]
        readings = dataclasses.replace(place(cursor, ids, *span), corrections=()).readings()
        select = f"""
            SELECT {time}, device, metric, value
            FROM ({readings}) JOIN series USING (series_id) JOIN devices USING (device_id)
            ORDER BY t_us, device, metric, value
        """
        return int(cursor.execute(f"COPY ({select}) TO {quoted(path)} ({options})").fetchall()[0][0])

    return {"rows": keeper.work(write)}


#: A device with those whose history it continues, each under its own name: so an import finds them again.
_CHOSEN = """
    SELECT series_id FROM series JOIN shown_devices USING (device_id)
    WHERE ($1 IS NULL OR $1 IN (device, own_name)) AND ($2 IS NULL OR metric = $2)
"""
