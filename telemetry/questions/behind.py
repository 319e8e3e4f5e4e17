"""The SQL behind a question: what it really runs, for people who want to run it themselves and go on from there.

It is not written a second time here: the question is asked as always, over a connection that notes what it is told.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from telemetry.errors import QuestionError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class _Noting:
    """A connection that remembers the SELECTs whose rows make the answer."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.noted: list[tuple[str, Any]] = []

    def note(self, statement: str, parameters: Any) -> None:
        self.noted.append((statement, parameters))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def sql_behind(connection: duckdb.DuckDBPyConnection, *, name: str, arguments: str) -> pa.Table:
    """The SELECT statements that a question runs: statement, parameters (JSON, or null); the last one gives its rows.

    `arguments` are the question's, as a JSON object. The statements hold for the store as it is now: a day that is
    closed again lies in another file.
    """
    import pyarrow as pa

    from telemetry.questions import QUESTIONS
    from telemetry.questions.answering import find_question

    try:
        given = json.loads(arguments)
    except ValueError as cause:
        raise QuestionError("arguments must be a JSON object") from cause
    if not isinstance(given, dict) or name == sql_behind.__name__:
        raise QuestionError("sql_behind takes the name of another question, and its arguments as a JSON object")
    noting = _Noting(connection)
    find_question(QUESTIONS, name, given)(noting, **given)
    return pa.table(
        {
            "statement": pa.array([statement for statement, _ in noting.noted], pa.string()),
            "parameters": pa.array(
                [None if params is None else json.dumps(params) for _, params in noting.noted], pa.string()
            ),
        }
    )
