"""The store in a notebook or a script: live, three lines, as pandas, Polars or Arrow. It reads and never writes.

    from telemetry.notebook import Store
    store = Store()
    store.sql("SELECT time, value FROM history WHERE device = 'window' AND metric = 'light'").to_pandas()

It reads through ingest's read service, beside the writer, with its limits of time and rows; a question that is
interrupted is given up there too.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from telemetry.datafolder import DataFolder
from telemetry.errors import LumosError
from telemetry.questions import metadata_of
from telemetry.reader import Reader
from telemetry.settings import load

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import pyarrow as pa


#: A question that takes longer than this is waited for in steps, between which an interruption is heard.
_PAUSE_SECONDS = 0.1
#: So often an interrupted question is given up, as long as it has not ended.
_ATTEMPTS = 20


class Answer:
    """Rows as whatever one works with."""

    def __init__(self, table: pa.Table, *, live: bool) -> None:
        #: The rows as an Arrow table.
        self.arrow = table
        #: False: ingest does not run, and the rows come from the file as it was left.
        self.live = live

    @property
    def facts(self) -> dict[str, Any]:
        """What a question says beside its rows (`bucket_us`, `exact`, …)."""
        return metadata_of(self.arrow)

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas frame; columns of moments (`…_us`) stay whole microseconds since 1970 UTC."""
        frame: pd.DataFrame = self.arrow.to_pandas()
        return frame

    def to_polars(self) -> Any:
        """The rows as a Polars frame, where Polars is installed."""
        try:
            import polars as pl
        except ImportError as cause:
            raise LumosError("Polars is not installed: pip install polars, or use to_pandas() or .arrow") from cause
        return pl.from_arrow(self.arrow)

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def __repr__(self) -> str:
        return f"{len(self)} rows of {', '.join(self.arrow.column_names)}" + ("" if self.live else " (from the file)")

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        html: str = self.to_pandas()._repr_html_()  # type: ignore[operator]
        return html


class Store:
    """The store of a data folder: that of the settings (`LUMOS_DATA_DIR`, `lumos.toml`), or another."""

    def __init__(self, data_dir: str | Path | None = None, *, timeout_seconds: float = 60.0) -> None:
        self._reader = Reader(DataFolder(Path(data_dir) if data_dir is not None else load().data_dir), timeout_seconds)

    def sql(self, statement: str, parameters: list[Any] | dict[str, Any] | None = None) -> Answer:
        """The rows of one SELECT with bound parameters ($1, $name); needs a running ingest.

        The views `history` (device, metric, time, value, t_us, flags) and `readings` hold every raw reading as it was
        measured; the questions (`ask`) show them corrected, and are far faster over long ranges. Raises
        QuestionRefusedError for anything but one SELECT, QuestionLimitError past the time or the row limit.
        """
        return self._interruptible(lambda: self._reader.sql(statement, parameters))

    def ask(self, question: str, **arguments: Any) -> Answer:
        """The answer to a named question, such as `buckets`, `statistics` or `usual` (docs/notebook.md lists them)."""
        return self._interruptible(lambda: self._reader.ask(question, **arguments))

    def _interruptible(self, ask: Callable[[], pa.Table]) -> Answer:
        """Wait so that an interruption is heard at once: Python hears none while it waits in the Flight client."""
        number = self._reader.number = secrets.token_hex(8)
        found: Future[pa.Table] = Future()

        def run() -> None:
            try:
                found.set_result(ask())
            except BaseException as error:  # noqa: BLE001  (it belongs to whoever asked)
                found.set_exception(error)

        try:
            threading.Thread(target=run, name="question", daemon=True).start()
            while True:
                try:
                    return Answer(found.result(_PAUSE_SECONDS), live=self._reader.live)
                except TimeoutError:
                    if found.done():
                        raise
        except KeyboardInterrupt:
            self._give_up(number, found)
            raise

    def _give_up(self, number: str, found: Future[pa.Table]) -> None:
        """Have ingest end a question, which may only be on its way to it."""
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(LumosError):
                self._reader.cancel(number)
            with contextlib.suppress(TimeoutError):
                found.exception(_PAUSE_SECONDS)
                return
