"""Transactions: all of it, or none; and what an error of the database says about trying again."""

from __future__ import annotations

import contextlib
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


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What happens inside is committed together, or not at all."""
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
