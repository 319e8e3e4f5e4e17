"""Transactions: all of it, or none; and what an error of the database says about trying again.

And whether one of them may have changed what questions remember (`telemetry.questions.remembering`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import duckdb

#: What may pass by itself or with room on the disk (input and output, memory), and what is the message's own fault.
#: A FatalException is neither: nothing works after it but opening the database again, so it ends the process.
NOT_NOW = (duckdb.OperationalError, duckdb.InterruptException)
NEVER = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.ProgrammingError,
    duckdb.NotSupportedError,
    ValueError,
    TypeError,
    OverflowError,
)


class Changes:
    """Counts the transactions that may change what questions remember: those begun, and those ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = 0
        self._ended = 0

    @property
    def standing(self) -> int | None:
        """A number as long as no such transaction is under way; another one after each. None while there is one.

        What was read between two looks that gave the same number is of one moment.
        """
        with self._lock:
            return self._begun if self._begun == self._ended else None

    @contextlib.contextmanager
    def made(self) -> Iterator[None]:
        """Around the commit of such a transaction."""
        with self._lock:
            self._begun += 1
        try:
            yield
        finally:
            with self._lock:
                self._ended += 1


#: One for the process: with several stores in it, each only forgets more often than it must.
CHANGES = Changes()


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What happens inside is committed together, or not at all; and questions forget what they remembered."""
    with CHANGES.made():
        connection.execute("BEGIN")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            roll_back(connection)
            raise


def transact(connection: duckdb.DuckDBPyConnection, *statements: tuple[str, list[object] | None]) -> None:
    """Run statements in one transaction; all or none."""
    with transaction(connection):
        for statement, parameters in statements:
            connection.execute(statement, parameters)


def roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """End a transaction that failed; a COMMIT that failed has ended it already, and its own error is the one to see."""
    with contextlib.suppress(duckdb.Error):
        connection.execute("ROLLBACK")
