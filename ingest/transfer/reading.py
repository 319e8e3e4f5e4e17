"""Past readings out of CSV and Parquet files, in chunks of bounded size; what is no reading comes with row and reason.

Nothing is raised for a row: the rest of the file is read. TransferError is for a file that cannot be read at all.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from pyarrow import parquet

from ingest.transfer.cells import Cells
from ingest.transfer.layout import Layout, Wishes, layout_of
from telemetry.errors import TransferError

CHUNK_ROWS = 100_000
_SNIFFED = (",", ";", "\t", "|")
_LONGEST_CELL = 1_000_000


@dataclass
class Chunk:
    """Readings column by column, and the rows that are none: (line or row number, reason)."""

    t_us: list[int] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)
    rows: int = 0
    #: How far the file is read, in the unit of `size_of`.
    position: int = 0

    def add(self, t_us: int, device: str, metric: str, value: float) -> None:
        self.t_us.append(t_us)
        self.devices.append(device)
        self.metrics.append(metric)
        self.values.append(value)

    def table(self) -> pa.Table:
        """The readings as they travel to the store."""
        return pa.table(
            {
                "t_us": pa.array(self.t_us, pa.int64()),
                "device": pa.array(self.devices, pa.string()).dictionary_encode(),
                "metric": pa.array(self.metrics, pa.string()).dictionary_encode(),
                "value": pa.array(self.values, pa.float64()),
            }
        )


@dataclass(frozen=True, slots=True)
class Style:
    """How a CSV file is written: the sign between columns (empty: found out), whose times have no zone."""

    delimiter: str = ""
    cells: Callable[[bool], Cells] = lambda comma: Cells(decimal_comma=comma)


def is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def size_of(path: Path) -> int:
    """What a file's `position` ends with: bytes of a CSV, rows of a Parquet file."""
    if is_parquet(path):
        return int(_opened_parquet(path).metadata.num_rows)
    return path.stat().st_size


def chunks(path: Path, wishes: Wishes, style: Style) -> Iterator[Chunk]:
    """The file's readings. Raises TransferError when it cannot be read as asked."""
    try:
        yield from _parquet_chunks(path, wishes, style) if is_parquet(path) else _csv_chunks(path, wishes, style)
    except OSError as cause:
        raise TransferError(f"{path} cannot be read ({cause.strerror or cause})") from cause


def _csv_chunks(path: Path, wishes: Wishes, style: Style) -> Iterator[Chunk]:
    csv.field_size_limit(_LONGEST_CELL)
    with path.open("rb") as raw, _text(path, raw) as text:
        first = text.readline()
        if not first.strip():
            raise TransferError(f"{path} is empty: the first line names the columns")
        delimiter = style.delimiter or max(_SNIFFED, key=first.count)
        header = next(csv.reader([first], delimiter=delimiter))
        layout = layout_of(header, wishes, str(path))
        cells = style.cells(delimiter != ",")
        chunk = Chunk()
        for line, row, fault in _lines(csv.reader(text, delimiter=delimiter)):
            chunk.rows += 1
            if fault:
                chunk.bad.append((line, fault))
            elif row:
                _take(chunk, line, row, layout, cells)
            if len(chunk.t_us) >= CHUNK_ROWS or len(chunk.bad) >= CHUNK_ROWS:
                chunk.position = raw.tell()
                yield chunk
                chunk = Chunk()
        chunk.position = raw.tell()
        yield chunk


@contextlib.contextmanager
def _text(path: Path, raw: IO[bytes]) -> Iterator[IO[str]]:
    """The file as text; bytes that are no UTF-8 show up in the cell that holds them."""
    start = raw.read(2)
    raw.seek(0)
    if start in (b"\xff\xfe", b"\xfe\xff"):
        raise TransferError(f"{path} is UTF-16: save it as UTF-8 (in a spreadsheet, 'CSV UTF-8')")
    stream: Any = gzip.GzipFile(fileobj=raw) if path.suffix.lower() == ".gz" else raw
    with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        yield text


def _lines(reader: Any) -> Iterator[tuple[int, Sequence[str], str]]:
    """Each row with the line it begins on (the header is line 1), or why it cannot be read."""
    while True:
        line = reader.line_num + 2
        try:
            yield line, next(reader), ""
        except StopIteration:
            return
        except csv.Error as error:
            yield line, (), f"the line cannot be read: {error}"


def _take(chunk: Chunk, line: int, row: Sequence[Any], layout: Layout, cells: Cells) -> None:
    """One row's readings; each cell of a wide row by itself."""
    if len(row) < layout.width:
        chunk.bad.append((line, f"{len(row)} columns are fewer than the {layout.width} that are needed"))
        return
    try:
        t_us = cells.time(row[layout.time])
        device = cells.name(row[layout.device] if layout.device >= 0 else layout.fixed_device)
        if not layout.values:
            metric = cells.name(row[layout.metric] if layout.metric >= 0 else layout.fixed_metric)
            value = cells.value(row[layout.value])
            if value is not None:
                chunk.add(t_us, device, metric, value)
            return
    except ValueError as error:
        chunk.bad.append((line, str(error)))
        return
    for place, metric in layout.values:
        try:
            value = cells.value(row[place])
        except ValueError as error:
            chunk.bad.append((line, f"{metric}: {error}"))
            continue
        if value is not None:
            chunk.add(t_us, device, cells.name(metric), value)


def _parquet_chunks(path: Path, wishes: Wishes, style: Style) -> Iterator[Chunk]:
    file = _opened_parquet(path)
    names = file.schema_arrow.names
    layout = layout_of(names, wishes, str(path))
    places = {layout.time, layout.device, layout.metric, layout.value, *(place for place, _ in layout.values)} - {-1}
    cells = style.cells(False)
    done = 0
    at_once = max(1, CHUNK_ROWS // max(1, len(layout.values)))
    for batch in file.iter_batches(at_once, columns=[names[place] for place in places]):
        columns = {place: _values_of(batch.column(names[place])) for place in places}
        chunk = Chunk(rows=batch.num_rows)
        nothing = [None] * len(names)
        for number in range(batch.num_rows):
            row: list[Any] = list(nothing)
            for place, column in columns.items():
                row[place] = column[number]
            _take(chunk, done + number + 1, row, layout, cells)
        done += batch.num_rows
        chunk.position = done
        yield chunk


def _opened_parquet(path: Path) -> Any:
    try:
        return parquet.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError) as cause:
        why = str(cause).splitlines()[0][:200]
        raise TransferError(f"{path} is no Parquet file that can be read ({why})") from cause


def _values_of(column: Any) -> list[Any]:
    """A column as Python values. Of nanoseconds, what is finer than a microsecond is cut off."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    elif pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"))
    elif pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return list(column.to_pylist())
