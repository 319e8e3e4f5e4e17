"""The files of the closed days, as questions find them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from telemetry.questions.remembering import remembered

if TYPE_CHECKING:
    import duckdb

#: The names of more files than these are not kept from one question to the next: a text of a hundred bytes each.
_FEW_DAYS = 7


def closed_files(connection: duckdb.DuckDBPyConnection, level: str, first_day: int, last_day: int) -> str:
    """SQL for the files of a level from one day (since 1970) to another; empty for none.

    A question asks for the same few days several times, and each look takes DuckDB as long as reading what is there.
    """
    if last_day - first_day >= _FEW_DAYS:
        return _found(connection, level, first_day, last_day)
    key = "files", level, first_day, last_day
    return remembered(connection, key, lambda: _found(connection, level, first_day, last_day))


def _found(connection: duckdb.DuckDBPyConnection, level: str, first_day: int, last_day: int) -> str:
    rows = connection.execute(
        "SELECT file FROM segments WHERE level = $1 AND day >= $2 AND day <= $3 ORDER BY day",
        [level, first_day, last_day],
    ).fetchall()
    if not rows:
        return ""
    archive = remembered(connection, "archive", lambda: _archive(connection))
    names = ", ".join("'" + str(archive / file).replace("'", "''") + "'" for (file,) in rows)
    return f"read_parquet([{names}])"


def _archive(connection: duckdb.DuckDBPyConnection) -> Path:
    ((path,),) = connection.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()
    return Path(path).parent / "archive"
