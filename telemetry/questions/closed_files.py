"""The files of the closed days, as one question finds them: each span of days is looked up once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from telemetry.questions.remembering import remembered

if TYPE_CHECKING:
    import duckdb

#: The names of more files than these are not kept from one question to the next: a text of a hundred bytes each.
_FEW_DAYS = 7


@dataclass(frozen=True, slots=True)
class ClosedFiles:
    """For one transaction, in which no day is closed or dropped.

    A question asks for the same few days several times, and each look takes DuckDB as long as reading what is there.
    """

    connection: duckdb.DuckDBPyConnection
    _found: dict[tuple[str, int, int], str] = field(default_factory=dict)
    _folder: list[Path] = field(default_factory=list)

    def of(self, level: str, first_day: int, last_day: int) -> str:
        """SQL for the files of a level from one day (since 1970) to another; empty for none."""
        key = level, first_day, last_day
        if key not in self._found:
            self._found[key] = (
                remembered(self.connection, ("files", *key), lambda: self._read(*key))
                if last_day - first_day < _FEW_DAYS
                else self._read(*key)
            )
        return self._found[key]

    def _read(self, level: str, first_day: int, last_day: int) -> str:
        rows = self.connection.execute(
            "SELECT file FROM segments WHERE level = $1 AND day >= $2 AND day <= $3 ORDER BY day",
            [level, first_day, last_day],
        ).fetchall()
        if not rows:
            return ""
        names = ", ".join("'" + str(self._archive() / file).replace("'", "''") + "'" for (file,) in rows)
        return f"read_parquet([{names}])"

    def _archive(self) -> Path:
        def look() -> Path:
            ((path,),) = self.connection.execute(
                "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
            ).fetchall()
            return Path(path).parent / "archive"

        if not self._folder:
            self._folder.append(remembered(self.connection, "archive", look))
        return self._folder[0]
