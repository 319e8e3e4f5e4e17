"""Transactions: all of it, or none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb


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
