"""The files one can take away: one row a file. Each makes its pieces from a choice, as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dashboard.context import Asks, Context
from dashboard.figures import Style
from dashboard.takeaway import document, notebook, sql
from dashboard.takeaway.choice import Choice
from dashboard.takeaway.rows import SOURCES
from dashboard.takeaway.writing import WRITERS, Piece


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file is made from: where to read, what was chosen (`search`: in which words), how its reader draws."""

    context: Context
    choice: Choice
    search: str
    style: Style


@dataclass(frozen=True, slots=True)
class Body:
    """A file's content as it comes, and about how many rows it will have (0: it is no table)."""

    pieces: Iterator[Piece]
    total: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """A row of the table."""

    mimetype: str
    make: Callable[[Wanted], Body]


def _data(source: str, form: str) -> Callable[[Wanted], Body]:
    def make(wanted: Wanted) -> Body:
        rows = SOURCES[source](wanted.context.reader, wanted.choice)
        return Body(WRITERS[form](rows), rows.total)

    return make


def _text(write: Callable[[Asks, Choice], str]) -> Callable[[Wanted], Body]:
    def make(wanted: Wanted) -> Body:
        return Body(iter([Piece(write(wanted.context.reader, wanted.choice).encode(), 0)]))

    return make


def _page(wanted: Wanted) -> Body:
    parts = document.document(wanted.context, wanted.choice, wanted.search, wanted.style)
    return Body(Piece(part.encode(), 0) for part in parts)


_CSV, _PARQUET = "text/csv", "application/vnd.apache.parquet"

FILES: Mapping[str, File] = {
    "shown.csv": File(_CSV, _data("shown", "csv")),
    "shown.parquet": File(_PARQUET, _data("shown", "parquet")),
    "raw.csv": File(_CSV, _data("raw", "csv")),
    "raw.parquet": File(_PARQUET, _data("raw", "parquet")),
    "page.html": File("text/html", _page),
    "chart.sql": File("application/sql", _text(sql.document)),
    "chart.ipynb": File("application/x-ipynb+json", _text(notebook.document)),
}
