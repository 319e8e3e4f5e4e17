"""`GET /commands.csv`: the history of commands as a file, with the filters of the page that links to it.

A text that a spreadsheet would take for a formula gets an apostrophe in front: messages and names come from anybody.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import flask

from dashboard.context import Context
from dashboard.http.data import problem
from telemetry.errors import LumosError, QuestionError, nearest
from telemetry.timestamps import iso_utc, parse_instant

_COLUMNS = ("time", "device", "command", "value", "by", "state", "delay_ms", "detail", "id")
_FILTERS = ("device", "cmd", "state", "by", "start", "end")
_PER_QUESTION = 5_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def blueprint(context: Context) -> flask.Blueprint:
    """The route, to be registered on the dashboard's server."""
    routes = flask.Blueprint("http_history", __name__)

    @routes.get("/commands.csv")
    def commands_csv() -> flask.Response:
        wanted = filters(flask.request.args)
        first = context.rows("commands", **wanted, limit=_PER_QUESTION)  # a wrong filter is told before the file begins
        response = flask.Response(_lines(context, wanted, first), mimetype="text/csv")
        response.headers.set("Content-Disposition", "attachment", filename="lumos-commands.csv")
        return response

    routes.register_error_handler(LumosError, problem)
    return routes


def filters(asked: Mapping[str, str]) -> dict[str, Any]:
    """The question's arguments in a query. Raises QuestionError for what is none."""
    for name in asked:
        if name not in _FILTERS:
            raise QuestionError(f"there is no parameter '{name[:64]}'{nearest(name, _FILTERS)}")
    wanted: dict[str, Any] = {name: asked[name] for name in ("device", "cmd", "state", "by") if asked.get(name)}
    for name in ("start", "end"):
        if asked.get(name):
            wanted[f"{name}_us"] = parse_instant(asked[name], name)
    return wanted


def _lines(context: Context, wanted: dict[str, Any], rows: list[dict[str, Any]]) -> Iterator[str]:
    yield _written(_COLUMNS)
    offset = 0
    while rows:
        for row in rows:
            yield _written(_cells(row))
        if len(rows) < _PER_QUESTION:
            return
        offset += _PER_QUESTION
        rows = context.rows("commands", **wanted, limit=_PER_QUESTION, offset=offset)


def _cells(row: Mapping[str, Any]) -> tuple[Any, ...]:
    texts = (row[key] or "" for key in ("device", "cmd", "value", "asked_by", "state"))
    delay = "" if row["delay_ms"] is None else row["delay_ms"]
    return (iso_utc(row["sent_us"]), *map(_harmless, texts), delay, _harmless(row["detail"] or ""), row["command_id"])


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _written(cells: tuple[Any, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
