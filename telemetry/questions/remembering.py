"""What questions look up before they read (ids, horizons, corrections, files) and remember from one to the next.

Each such look is small, and planning it takes DuckDB half a millisecond; together they take as long as the answer.
What one question looks up it remembers to its end; from one question to the next where whoever asks lends a memory, and
another one whenever a transaction may have changed what is in it (`ingest.serving.read_service`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import duckdb

Found = TypeVar("Found")
Memory = dict[Hashable, Any]

#: A memory that has grown so far begins anew.
_MOST = 1_000
_NOTHING = object()


class Remembering:
    """A connection with a memory, and the most rows that an answer may have; for everything else the connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, memory: Memory, most_rows: int | None = None) -> None:
        self._connection = connection
        self.execute = connection.execute
        self.memory = memory
        self.most_rows = most_rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def has_memory(connection: Any) -> bool:
    """Whether a question is asked, in its transaction: what is looked up holds until the rows are read."""
    return getattr(connection, "memory", None) is not None


def up_to(connection: Any, rows: int) -> int:
    """How many rows are to be read for an answer of so many: one more than it may have tells that it has too many."""
    most_rows: int | None = getattr(connection, "most_rows", None)
    return rows if most_rows is None else min(rows, most_rows + 1)


def remembered(connection: Any, key: Hashable, look: Callable[[], Found]) -> Found:
    """What `look` finds, or found before under this key; nobody may change it."""
    memory: Memory | None = getattr(connection, "memory", None)
    if memory is None:
        return look()
    found = memory.get(key, _NOTHING)
    if found is _NOTHING:
        found = look()
        if len(memory) >= _MOST:
            memory.clear()
        memory[key] = found
    return found  # type: ignore[no-any-return]
