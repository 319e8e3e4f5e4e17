"""Answers questions about the store over Arrow Flight, on loopback, and takes named actions (docs/architecture.md, D1).

Reading: one SELECT, or a named question, in a read-only transaction, with a time and a row limit, given up when its
asker leaves. Acting: a second token. It never writes by itself; actions go to the writer's thread.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import flight

from ingest.serving.actions import Actions
from ingest.storage.transactions import CHANGES
from telemetry.datafolder import DataFolder
from telemetry.errors import (
    AccessError,
    ActionError,
    LumosError,
    QuestionError,
    QuestionLimitError,
    QuestionRefusedError,
)
from telemetry.flight_protocol import pack_error
from telemetry.questions import Question, answer
from telemetry.questions.answering import too_many
from telemetry.questions.remembering import Memory
from telemetry.settings import Settings

_log = logging.getLogger(__name__)

_WATCH_SECONDS = 0.05
_POOLED_CURSORS = 16


class _Guard(flight.ServerMiddlewareFactory):  # type: ignore[misc]  # pyarrow ships no types
    """Lets nobody past without the token for what they want."""

    def __init__(self, read_token: str, action_token: str) -> None:
        super().__init__()
        self._tokens = {flight.FlightMethod.DO_GET: read_token, flight.FlightMethod.DO_ACTION: action_token}

    def start_call(self, info: Any, headers: Mapping[str, list[str]]) -> None:
        given = next(iter(headers.get("authorization", [])), "")
        wanted = self._tokens.get(info.method)
        if wanted is None or not hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode()):
            error = AccessError("the read service asks for its token: see data/README.md")
            raise flight.FlightUnauthenticatedError(str(error), pack_error(error))


@dataclass
class _Running:
    """A question under way."""

    cursor: duckdb.DuckDBPyConnection
    context: Any
    deadline: float
    number: str
    why: str = ""


class ReadService(flight.FlightServerBase):  # type: ignore[misc]  # pyarrow ships no types
    """The service. `questions` are those that can be asked by name; actions are carried out by `actions`."""

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        connection: duckdb.DuckDBPyConnection,
        questions: Mapping[str, Question],
        actions: Actions,
    ) -> None:
        read_token = folder.read_private(folder.read_token) or folder.new_token(folder.read_token)
        action_token = folder.read_private(folder.action_token) or folder.new_token(folder.action_token)
        super().__init__(
            f"grpc://127.0.0.1:{settings.read_port}", middleware={"guard": _Guard(read_token, action_token)}
        )
        self._connection = connection
        self._questions = questions
        self._actions = actions
        self._row_limit = settings.question_rows
        self._seconds = settings.question_seconds
        self._cursors: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()
        self._by_id: dict[int, _Running] = {}
        self._lock = threading.Lock()
        self._remembered: tuple[int, Memory] = (-1, {})
        self._closing = threading.Event()
        threading.Thread(target=self._watch, name="watch questions", daemon=True).start()

    def do_get(self, context: Any, ticket: Any) -> Any:
        """Answer a ticket of telemetry.flight_protocol with a table."""
        with _told():
            request = _parse(ticket.ticket)
            table = self._ask(context, request)
            return flight.RecordBatchStream(table)

    def do_action(self, _context: Any, action: Any) -> Any:
        """Carry out a named action; its result as JSON."""
        with _told():
            body = _parse(action.body.to_pybytes())
            arguments, by = body.get("arguments"), body.get("by")
            if not isinstance(arguments, dict) or not isinstance(by, str) or not by:
                raise ActionError("an action takes {by: who asks, arguments: {…}}")
            result = self._actions.carry_out(action.type, arguments, by)
            return [flight.Result(json.dumps(result).encode())]

    def close(self) -> None:
        """Interrupt what is under way and stop listening."""
        self._closing.set()
        with self._lock:
            for running in self._by_id.values():
                running.cursor.interrupt()
        self.shutdown()

    def _ask(self, context: Any, request: dict[str, Any]) -> pa.Table:
        arguments, number = request.get("arguments"), str(request.get("number") or "")
        if isinstance(request.get("cancel"), str):
            return self._cancel(request["cancel"])
        if isinstance(request.get("question"), str) and isinstance(arguments, dict):
            name = request["question"]
            return self._run(context, number, lambda cursor: self._answer(cursor, name, arguments))
        if isinstance(request.get("sql"), str):
            statement, parameters = request["sql"], request.get("parameters")
            return self._run(context, number, lambda cursor: self._select(cursor, statement, parameters))
        raise QuestionError("ask {question, arguments} or {sql, parameters}")

    def _answer(self, cursor: duckdb.DuckDBPyConnection, name: str, arguments: dict[str, Any]) -> pa.Table:
        """The answer to a named question, with what others looked up in the same state of the store."""
        before = CHANGES.standing

        def lend() -> Memory:
            # What was committed since the first look may or may not be in the picture that the transaction has taken.
            standing = CHANGES.standing
            return {} if standing is None or standing != before else self._memory_of(standing)

        return answer(cursor, self._questions, name, arguments, lend, most_rows=self._row_limit)

    def _memory_of(self, standing: int) -> Memory:
        with self._lock:
            if self._remembered[0] != standing:
                self._remembered = (standing, {})
            return self._remembered[1]

    def _select(self, cursor: duckdb.DuckDBPyConnection, statement: str, parameters: Any) -> pa.Table:
        """The rows of one SELECT; QuestionRefusedError for anything else."""
        try:
            statements = cursor.extract_statements(statement)
        except duckdb.Error as cause:
            raise QuestionError(f"this SQL cannot be read: {_first_line(cause)}") from cause
        if len(statements) != 1:
            raise QuestionRefusedError(f"one statement at a time, these are {len(statements)}")
        if statements[0].type != duckdb.StatementType.SELECT:
            raise QuestionRefusedError(f"only SELECT may be asked, not {statements[0].type.name}")
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        try:
            return self._limited(cursor.sql(statement, params=parameters))
        except duckdb.TransactionException as cause:
            raise QuestionRefusedError(f"this statement would write: {_first_line(cause)}") from cause
        except duckdb.PermissionException as cause:
            raise QuestionRefusedError(f"this statement reaches beyond the database: {_first_line(cause)}") from cause
        finally:
            cursor.execute("ROLLBACK")

    def _limited(self, relation: Any) -> pa.Table:
        if relation is None:
            raise QuestionRefusedError("this statement gives no rows")
        reader = relation.to_arrow_reader(100_000)
        batches, count = [], 0
        for batch in reader:
            count += batch.num_rows
            if count > self._row_limit:
                reader.close()
                raise too_many(self._row_limit)
            batches.append(batch)
        return pa.Table.from_batches(batches, reader.schema)

    def _run(self, context: Any, number: str, ask: Callable[[duckdb.DuckDBPyConnection], pa.Table]) -> pa.Table:
        """Ask on a cursor of its own, watched for its time limit and for an asker who left."""
        try:
            cursor = self._cursors.get_nowait()
        except queue.Empty:
            cursor = self._connection.cursor()
        running = _Running(cursor, context, time.monotonic() + self._seconds, number)
        with self._lock:
            self._by_id[id(running)] = running
        try:
            return ask(cursor)
        except duckdb.InterruptException as cause:
            raise QuestionLimitError(running.why or "the service is stopping") from cause
        except duckdb.Error as cause:
            raise QuestionError(f"the question cannot be answered: {_first_line(cause)}") from cause
        finally:
            with self._lock:
                del self._by_id[id(running)]
            if self._cursors.qsize() < _POOLED_CURSORS:
                self._cursors.put(cursor)
            else:
                cursor.close()

    def _cancel(self, number: str) -> pa.Table:
        """Give up the questions that were asked under a number; the answer is how many."""
        with self._lock:
            found = [running for running in self._by_id.values() if number and running.number == number]
            for running in found:
                running.why = "the asker gave it up"
                running.cursor.interrupt()
        return pa.table({"cancelled": [len(found)]})

    def _watch(self) -> None:
        while not self._closing.wait(_WATCH_SECONDS):
            with self._lock:
                under_way = list(self._by_id.values())
                for running in under_way:
                    if time.monotonic() > running.deadline:
                        running.why = f"the answer took longer than {self._seconds:g} s: ask for a shorter range"
                    elif running.context.is_cancelled():
                        running.why = "the asker left"
                    if running.why:
                        # Again and again: an interruption between two statements of a question is lost.
                        running.cursor.interrupt()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Send errors of ours over the wire as they are, and others as one sentence without a trace."""
    try:
        yield
    except LumosError as error:
        raise flight.FlightServerError(str(error), pack_error(error)) from None
    except Exception:  # noqa: BLE001  (nobody gets a stack trace; the log does)
        _log.exception("the read service failed")
        failure = QuestionError("the read service failed: its log says why")
        raise flight.FlightServerError(str(failure), pack_error(failure)) from None


def _parse(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise QuestionError("the request is not JSON") from cause
    if not isinstance(request, dict):
        raise QuestionError("the request is not a JSON object")
    return request


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300]
