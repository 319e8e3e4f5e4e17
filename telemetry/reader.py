"""Ask the store: through ingest's read service, or, when ingest is down, from the file itself, read-only.

The dashboard, the command-line tools and notebooks all read through this one class. It never writes. Threads may share
one Reader.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from telemetry.datafolder import DataFolder
from telemetry.errors import AccessError, QuestionError, StoreUnavailableError
from telemetry.flight_protocol import action_body, cancel_ticket, question_ticket, sql_ticket, unpack_error
from telemetry.questions import QUESTIONS, answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa
    from pyarrow import flight


class FlightConnection:
    """A connection to the running ingest, renewed when ingest has come back elsewhere; shared by threads."""

    def __init__(self, folder: DataFolder, token_file: Path, timeout_seconds: float) -> None:
        self._folder = folder
        self._token_file = token_file
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._client: flight.FlightClient | None = None

    def call(self, use: Callable[[Any, Any], Any]) -> Any:
        """`use(client, options)`, once more with a fresh connection when the old one is stale.

        Raises StoreUnavailableError when no ingest answers, else the error that the service raised.
        """
        from pyarrow import flight

        try:
            return self._attempt(use)
        except (flight.FlightUnavailableError, flight.FlightUnauthenticatedError):
            self.close()
        try:
            return self._attempt(use)
        except flight.FlightUnavailableError as cause:
            self.close()
            raise StoreUnavailableError(
                "ingest is not running: start it with python app.py, or python -m ingest"
            ) from cause
        except flight.FlightUnauthenticatedError as cause:
            raise AccessError(
                f"ingest refuses the token in {self._token_file}: is it that of this data folder?"
            ) from cause

    def _attempt(self, use: Callable[[Any, Any], Any]) -> Any:
        import pyarrow as pa
        from pyarrow import flight

        client, options = self._connect()
        try:
            return use(client, options)
        except (flight.FlightUnavailableError, flight.FlightUnauthenticatedError):
            raise  # for `call`, which tries again with what the folder says now
        except flight.FlightTimedOutError as cause:
            raise StoreUnavailableError(f"ingest did not answer within {self._timeout_seconds:g} s") from cause
        except pa.ArrowException as cause:
            error = unpack_error(getattr(cause, "extra_info", b"") or b"")
            if error is None:
                raise
            raise error from cause

    def _connect(self) -> tuple[flight.FlightClient, flight.FlightCallOptions]:
        from pyarrow import flight

        with self._lock:
            if self._client is None:
                address = self._folder.ingest_address()
                token = self._folder.read_private(self._token_file)
                if address is None or token is None:
                    raise flight.FlightUnavailableError("ingest has not announced itself")
                self._client = flight.FlightClient(f"grpc://127.0.0.1:{address['port']}")
                self._options = flight.FlightCallOptions(
                    timeout=self._timeout_seconds, headers=[(b"authorization", f"Bearer {token}".encode())]
                )
            return self._client, self._options

    def close(self) -> None:
        """Let go of the connection; the next call makes a new one. Calls under way keep the old one alive."""
        with self._lock:
            self._client = None


class Reader:
    """Questions and SELECT statements to one data folder's store, as Arrow tables."""

    def __init__(self, folder: DataFolder, timeout_seconds: float = 35.0) -> None:
        self._folder = folder
        self._connection = FlightConnection(folder, folder.read_token, timeout_seconds)
        #: Whether the last answer came from a running ingest; False: from the file, so nothing in it is live.
        self.live = False
        #: The number that questions are asked under from now on, for `cancel`; empty: none.
        self.number = ""

    def ask(self, question: str, **arguments: Any) -> pa.Table:
        """The answer to a named question (telemetry.questions, and ingest's own `changes` and `health`).

        Raises QuestionError for a wrong argument, StoreUnavailableError when neither ingest nor the file answers.
        """
        ticket = question_ticket(question, arguments, self.number)
        return self._read(ticket, lambda connection: answer(connection, QUESTIONS, question, arguments))

    def sql(self, statement: str, parameters: list[Any] | dict[str, Any] | None = None) -> pa.Table:
        """The rows of one SELECT statement with bound parameters; needs a running ingest.

        Raises QuestionRefusedError for anything but one SELECT, QuestionLimitError past the time or the row limit.
        """
        return self._read(sql_ticket(statement, parameters, self.number), None)

    def cancel(self, number: str) -> None:
        """Have ingest give up the question that is under way under a number; nothing where there is none."""
        from pyarrow import flight

        self._connection.call(
            lambda client, options: client.do_get(flight.Ticket(cancel_ticket(number)), options).read_all()
        )

    def _read(self, ticket: bytes, fallback: Callable[[Any], pa.Table] | None) -> pa.Table:
        from pyarrow import flight

        try:
            table = self._connection.call(
                lambda client, options: client.do_get(flight.Ticket(ticket), options).read_all()
            )
        except StoreUnavailableError:
            self.live = False
            if fallback is None:
                raise
            return self._from_file(fallback)
        self.live = True
        return table

    def _from_file(self, fallback: Callable[[Any], pa.Table]) -> pa.Table:
        import duckdb

        try:
            connection = duckdb.connect(
                str(self._folder.database), read_only=True, config={"threads": 1, "memory_limit": "256MB"}
            )
        except duckdb.Error as cause:
            raise StoreUnavailableError(
                f"ingest is not running and {self._folder.database} cannot be read: start python -m ingest"
            ) from cause
        try:
            return fallback(connection)
        except QuestionError as cause:
            if "is no question" in str(cause):
                raise StoreUnavailableError("ingest is not running: only history can be shown") from cause
            raise
        except duckdb.Error as cause:
            raise StoreUnavailableError(f"{self._folder.database} cannot be read: {cause}") from cause
        finally:
            connection.close()


class Actions:
    """Named actions on the running ingest, with the second token and the name of who asks."""

    def __init__(self, folder: DataFolder, timeout_seconds: float = 35.0) -> None:
        self._connection = FlightConnection(folder, folder.action_token, timeout_seconds)

    def call(self, action: str, arguments: dict[str, Any], by: str) -> Any:
        """The action's result. Raises ActionError for a wrong call, StoreUnavailableError without ingest."""
        from pyarrow import flight

        body = action_body(by, arguments)

        def use(client: Any, options: Any) -> Any:
            results = list(client.do_action(flight.Action(action, body), options))
            return json.loads(results[0].body.to_pybytes()) if results else None

        return self._connection.call(use)
