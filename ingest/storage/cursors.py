"""The keeper's cursors, and how what is under way on them is given up: none of it counts before its commit."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import duckdb


class Cursors:
    """Lends cursors on a connection, and interrupts what is under way on those that are lent."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._lent: set[duckdb.DuckDBPyConnection] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor until the context ends, as a connection gives one."""
        with self._connection.cursor() as cursor:
            with self._lock:
                self._lent.add(cursor)
            try:
                yield cursor
            finally:
                with self._lock:
                    self._lent.discard(cursor)

    @property
    def are_lent(self) -> bool:
        return bool(self._lent)

    def interrupt(self) -> None:
        """Ends the statements under way with a duckdb.InterruptException; one between two statements hears nothing."""
        with self._lock:
            for cursor in self._lent:
                cursor.interrupt()
