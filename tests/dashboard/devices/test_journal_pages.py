"""Pages of the history: one that is no longer there is the last one that is."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from dashboard.callbacks.journal import PER_PAGE, page_of


class Reader:
    """So many commands, by page, as the question `commands` gives them."""

    def __init__(self, total: int) -> None:
        self._total = total

    def ask(self, question: str, *, limit: int, offset: int, **_: Any) -> pa.Table:
        assert question == "commands"
        rows = list(range(self._total))[offset : offset + limit]
        schema = pa.schema([("number", pa.int64())], metadata={b"total": json.dumps(self._total).encode()})
        return pa.table({"number": rows}, schema=schema)


@pytest.mark.parametrize(
    ("total", "asked", "given", "rows"),
    [(22, 2, 2, 2), (1, 2, 1, 1), (0, 3, 1, 0), (PER_PAGE, 2, 1, PER_PAGE), (PER_PAGE + 1, 9, 2, 1)],
)
def test_a_page_that_is_no_longer_there_is_the_last_one(total: int, asked: int, given: int, rows: int) -> None:
    context: Any = SimpleNamespace(reader=Reader(total))
    table, number = page_of(context, {"device": None}, asked)
    assert (number, table.num_rows) == (given, rows)
