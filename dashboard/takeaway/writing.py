"""Rows as the bytes of a file, piece by piece: CSV and Parquet. Each writer takes rows and gives bytes as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.takeaway.rows import Rows

if TYPE_CHECKING:
    import pyarrow as pa

#: What a spreadsheet would take for a formula when a text begins with it.
_FORMULAS = "=+-@\t\r"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of the file, and how many rows they end."""

    content: bytes
    rows: int


Writer = Callable[[Rows], Iterator[Piece]]


class _Sink:
    """What a writer of pyarrow writes to: bytes that are taken away after each batch."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        return len(part)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """The file ends; its last bytes are still to be taken."""

    def taken(self) -> bytes:
        """All that was written since the last time."""
        content = b"".join(self._parts)
        self._parts.clear()
        return content


def csv(rows: Rows) -> Iterator[Piece]:
    """CSV with a head line, times as ISO 8601 in UTC, numbers to their last digit.

    A name that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    from pyarrow import csv as arrow_csv

    yield Piece((",".join(rows.schema.names) + "\n").encode(), 0)
    options = arrow_csv.WriteOptions(include_header=False)
    sink = _Sink()
    for table in rows.batches:
        if table.num_rows:
            arrow_csv.write_csv(_as_texts(table), sink, options)
        yield Piece(sink.taken(), table.num_rows)


def parquet(rows: Rows) -> Iterator[Piece]:
    """Parquet, a row group for each batch."""
    from pyarrow.parquet import ParquetWriter

    sink = _Sink()
    with ParquetWriter(sink, rows.schema, compression="zstd", version="2.6") as writer:
        for table in rows.batches:
            if table.num_rows:
                writer.write_table(table)
            yield Piece(sink.taken(), table.num_rows)
    yield Piece(sink.taken(), 0)


WRITERS: Mapping[str, Writer] = {"csv": csv, "parquet": parquet}


def _as_texts(table: pa.Table) -> pa.Table:
    """Times in ISO 8601 with a Z, and names that stay names."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = table.column("time").cast(pa.timestamp("us"))
    times = pc.binary_join_element_wise(pc.strftime(plain, format="%Y-%m-%dT%H:%M:%S"), "Z", "")
    table = table.set_column(0, "time", times)
    for place, name in enumerate(table.schema.names):
        if pa.types.is_dictionary(table.schema.field(name).type):
            table = table.set_column(place, name, _without_formulas(table.column(name)))
    return table


def _without_formulas(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    chunks = []
    for chunk in column.chunks:
        words = [f"'{word}" if word and word[0] in _FORMULAS else word for word in chunk.dictionary.to_pylist()]
        chunks.append(pa.DictionaryArray.from_arrays(chunk.indices, pa.array(words, pa.string())))
    return pa.chunked_array(chunks)
