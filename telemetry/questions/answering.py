"""Asking by name: arguments held against the function's signature, a read-only transaction around it, tables out."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from telemetry.errors import QuestionError, QuestionLimitError, nearest
from telemetry.questions.remembering import Memory, Remembering, remembered

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

POINTS = (1, 100_000)

# A relation would spare that copy, and plan every statement twice, which takes longer than all of the copying.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")

Question = Callable[..., "pa.Table"]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "int | None": (int, type(None)),
    "float": (int, float),
    "str": (str,),
    "str | None": (str, type(None)),
    "list": (list,),
    "list[int]": (list,),
    "list[str]": (list,),
    "list[str] | None": (list, type(None)),
    "list[int] | None": (list, type(None)),
    "list[list[str]]": (list,),
    "list[list[str]] | None": (list, type(None)),
}


def from_memory(question: Question) -> Question:
    """Marks a question answered from memory: the one statement it may ask needs no transaction around it.

    Beginning and ending one takes as long as all else of a tick with nothing new.
    """
    question.from_memory = True  # type: ignore[attr-defined]
    return question


def answer(
    connection: duckdb.DuckDBPyConnection,
    questions: Mapping[str, Question],
    name: str,
    arguments: Mapping[str, Any],
    lend: Callable[[], Memory] = dict,
    most_rows: int | None = None,
) -> pa.Table:
    """Answer a question by name inside a read-only transaction.

    Raises QuestionError for a wrong name or argument, QuestionLimitError for an answer of more than `most_rows`.
    `lend` gives, once the transaction is begun, what others have looked up in the same state of the store.
    """
    question = find_question(questions, name, arguments)
    if getattr(question, "from_memory", False):
        return question(connection, **arguments)
    connection.execute("BEGIN TRANSACTION READ ONLY")
    try:
        found = question(Remembering(connection, lend(), most_rows), **arguments)
    finally:
        connection.execute("ROLLBACK")
    if most_rows is not None and found.num_rows > most_rows:
        raise too_many(most_rows)
    return found


def too_many(most_rows: int) -> QuestionLimitError:
    """What whoever asked for too much is told."""
    return QuestionLimitError(f"more than {most_rows} rows: ask for less, or raise --question-rows")


def find_question(questions: Mapping[str, Question], name: str, arguments: Mapping[str, Any]) -> Question:
    """The question of this name, its arguments held against its signature. Raises QuestionError."""
    question = questions.get(name)
    if question is None:
        raise QuestionError(f"'{name[:64]}' is no question{nearest(name, questions)}")
    _check_arguments(question, name, arguments)
    return question


def _check_arguments(question: Question, name: str, arguments: Mapping[str, Any]) -> None:
    """Hold arguments that came over a wire against the function's own signature."""
    known = {key: kind for key, kind in question.__annotations__.items() if key not in ("connection", "return")}
    for key, value in arguments.items():
        if key not in known:
            raise QuestionError(f"{name} takes no '{key[:64]}'{nearest(key, known)}")
        kinds = _TYPES[str(known[key])]
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise QuestionError(f"{name}: {key}={value!r:.64} must be {known[key]}")
        if isinstance(value, int | float) and not -(2**62) < value < 2**62:
            raise QuestionError(f"{name}: {key}={value} is out of range")
    missing = [key for key in known if key not in arguments and key not in (question.__kwdefaults__ or {})]
    if missing:
        raise QuestionError(f"{name} needs {', '.join(missing)}")


def described(questions: Mapping[str, Question]) -> str:
    """The questions as a Markdown table, as docs/notebook.md shows it: what each takes, and the head of its words."""
    lines = ["| question | takes | what it is |", "|---|---|---|"]
    for name, question in questions.items():
        optional = question.__kwdefaults__ or {}
        takes = [
            f"{key}={optional[key]!r}" if key in optional else key
            for key in question.__annotations__
            if key not in ("connection", "return")
        ]
        lines.append(
            f"| `{name}` | {', '.join(takes)} | {(question.__doc__ or '').splitlines()[0].replace('|', '/')} |"
        )
    return "\n".join(lines)


def check_range(start_us: int, end_us: int) -> None:
    """Raises QuestionError for a range that ends before it starts."""
    if end_us < start_us:
        raise QuestionError("start lies after end: exchange them")


def check_number(name: str, value: int, low: int, high: int) -> None:
    """Raises QuestionError for a number outside [low, high]."""
    if not low <= value <= high:
        raise QuestionError(f"{name}={value} must be {low} to {high}")


def pairs_of(series: list[list[str]]) -> list[tuple[str, str]]:
    """[device, metric] pairs, each once. Raises QuestionError for what is no pair."""
    pairs: dict[tuple[str, str], None] = {}
    for pair in series:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(word, str) for word in pair):
            raise QuestionError(f"series: {pair!r:.64} must be [device, metric]")
        pairs[pair[0], pair[1]] = None
    return list(pairs)


def find_series(connection: duckdb.DuckDBPyConnection, device: str, metric: str) -> list[int]:
    """The ids of a device's metric: several where the device replaced others, none for an unknown one.

    A replaced board's own name leads to the device that it is shown under.
    """
    return remembered(connection, ("series", device, metric), lambda: _find_series(connection, device, metric))


def _find_series(connection: duckdb.DuckDBPyConnection, device: str, metric: str) -> list[int]:
    rows = connection.execute(
        "SELECT series_id FROM series JOIN devices USING (device_id) WHERE device = $device AND metric = $metric"
        if _nobody_was_replaced(connection)
        else """
        SELECT series_id FROM shown_series
        WHERE metric = $metric AND device = (SELECT device FROM shown_devices WHERE own_name = $device)
        """,
        {"device": device, "metric": metric},
    ).fetchall()
    return [row[0] for row in rows]


def find_device(connection: duckdb.DuckDBPyConnection, device: str) -> list[int]:
    """The ids of a device: several where it replaced others, none for an unknown one.

    A replaced board's own name leads to the device that it is shown under.
    """
    return remembered(connection, ("device", device), lambda: _find_device(connection, device))


def _find_device(connection: duckdb.DuckDBPyConnection, device: str) -> list[int]:
    rows = connection.execute(
        "SELECT device_id FROM devices WHERE device = $device"
        if _nobody_was_replaced(connection)
        else """
        SELECT device_id FROM shown_devices
        WHERE device = (SELECT device FROM shown_devices WHERE own_name = $device)
        """,
        {"device": device},
    ).fetchall()
    return [row[0] for row in rows]


def shown_names(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int]]:
    """`(device, metric, id)` of every series, as it is shown."""
    return remembered(connection, "names", lambda: _shown_names(connection))


def _shown_names(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int]]:
    return connection.execute(
        "SELECT device, metric, series_id FROM series JOIN devices USING (device_id)"
        if _nobody_was_replaced(connection)
        else "SELECT device, metric, series_id FROM shown_series"
    ).fetchall()


def _nobody_was_replaced(connection: duckdb.DuckDBPyConnection) -> bool:
    """Then names lead to series by two tables; DuckDB takes 4 ms to plan the views, and less than one for these."""
    return not connection.execute("SELECT 1 FROM replacements LIMIT 1").fetchall()


def table(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    arguments: Mapping[str, Any] | None = None,
    **metadata: Any,
) -> pa.Table:
    """A SELECT's rows as an Arrow table, with metadata."""
    parameters = dict(arguments) if arguments else None
    note = getattr(connection, "note", None)  # of sql_behind
    if note is not None:
        note(statement, parameters)
    found = connection.execute(statement, parameters).to_arrow_table()
    return with_metadata(found, **metadata) if metadata else found


def with_metadata(found: pa.Table, **metadata: Any) -> pa.Table:
    """The table with small facts beside its columns, as JSON texts in the schema's metadata."""
    return found.replace_schema_metadata({key: json.dumps(value) for key, value in metadata.items()})


def metadata_of(found: pa.Table) -> dict[str, Any]:
    """What `with_metadata` put there."""
    return {key.decode(): json.loads(value) for key, value in (found.schema.metadata or {}).items()}
