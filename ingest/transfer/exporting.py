"""An export put together by the command line: parts that the store wrote in `backups/`, one after another into a file.

Each part is a stretch of time, so that the memory stays small, the store is never held for long, and the file is in
order of time. It has its name only when it is whole.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from pyarrow import parquet

from telemetry.errors import TransferError

#: About so many readings a part: one second of the store's time, and a few tens of megabytes.
_ROWS_A_PART = 500_000
STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is exported: a device or a metric (None: all) over [start_us, end_us), and about how many readings."""

    device: str | None
    metric: str | None
    start_us: int
    end_us: int
    rows: int

    def parts(self) -> list[tuple[int, int]]:
        """The stretches of time."""
        count = max(1, -(-self.rows // _ROWS_A_PART))
        edges = [self.start_us + (self.end_us - self.start_us) * n // count for n in range(count)] + [self.end_us]
        return [(first, last) for first, last in pairwise(edges) if first < last]


def format_of(file: str, wished: str | None) -> str:
    """`csv` or `parquet`, by wish or by the file's name."""
    if wished is not None:
        return wished
    return "parquet" if Path(file).suffix.lower() in (".parquet", ".pq") else "csv"


@contextmanager
def into(file: str, kind: str, *, replace: bool) -> Iterator[Callable[[Path], None]]:
    """Takes parts into a file, or to the standard output. Raises TransferError where it cannot be written."""
    if file == STDOUT:
        if kind != "csv":
            raise TransferError("only CSV can go to the standard output: name a file")
        yield _append_csv(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    path = Path(file)
    if path.exists() and not replace:
        raise TransferError(f"{path} exists: choose another name, or say --replace")
    fresh = path.with_name(f".{path.name}.part")
    try:
        with _append_parquet(fresh) if kind == "parquet" else _append_csv_file(fresh) as append:
            yield append
        fresh.replace(path)
    except OSError as cause:
        raise TransferError(f"{path} cannot be written ({cause.strerror or cause})") from cause
    finally:
        fresh.unlink(missing_ok=True)


def _append_csv_file(path: Path) -> AbstractContextManager[Callable[[Path], None]]:
    @contextmanager
    def opened() -> Iterator[Callable[[Path], None]]:
        with path.open("wb") as file:
            yield _append_csv(file)

    return opened()


def _append_csv(file: IO[bytes]) -> Callable[[Path], None]:
    written = False

    def append(part: Path) -> None:
        nonlocal written
        with part.open("rb") as source:
            header = source.readline()
            if not written:
                file.write(header)
                written = True
            shutil.copyfileobj(source, file, 1 << 20)

    return append


@contextmanager
def _append_parquet(path: Path) -> Iterator[Callable[[Path], None]]:
    schema = pa.schema(
        [
            ("time", pa.timestamp("us", "UTC")), ("device", pa.string()), ("metric", pa.string()),
            ("value", pa.float64()),
        ]
    )  # fmt: skip
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:

        def append(part: Path) -> None:
            source: Any = parquet.ParquetFile(part, pre_buffer=False)
            for batch in source.iter_batches(100_000):
                writer.write_table(pa.Table.from_batches([batch]).cast(schema))

        # A file without a row has its columns too.
        yield append
