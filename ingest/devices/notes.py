"""What people write on a moment or a span of a device: written, changed, deleted, brought back, each a version kept.

Nothing is overwritten: a note is its versions, the last of which counts, each with who asked and when. A text is only
ever text. Runs in the writer's thread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb
from ulid import ULID

from ingest.storage.transactions import transact
from telemetry.errors import ActionError, nearest
from telemetry.timestamps import EARLIEST_US, LATEST_US, now_us

if TYPE_CHECKING:
    from ingest.catalog import Catalog

TEXT_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Version:
    """A note as it stands after one change."""

    note_id: str
    number: int
    device_id: int
    series_id: int | None
    from_us: int
    to_us: int
    text: str
    deleted: bool = False


class Notes:
    """The notes of a store."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self._connection = connection
        self._catalog = catalog

    def write(self, device: str, metric: str | None, span: tuple[int, int], text: str, by: str) -> str:
        """Keep a new note; its id. Raises ActionError for what is no device, metric, span or text."""
        device_id = self._catalog.find_device(device)
        if device_id is None:
            raise ActionError(f"no device '{device[:64]}' has been heard of: a note needs one")
        series_id = None if metric is None else next(iter(self._catalog.all_series(device, metric)), None)
        if metric is not None and series_id is None:
            raise ActionError(f"{device} has no metric '{metric[:64]}'{nearest(metric, self._catalog.metrics(device))}")
        version = Version(str(ULID()), 1, device_id, series_id, *_checked_span(span), _checked_text(text))
        self._keep(version, by)
        return version.note_id

    def change(self, note_id: str, span: tuple[int | None, int | None], text: str | None, by: str) -> None:
        """Give a note another span or text; what is None stays."""
        before = self._last(note_id)
        if before.deleted:
            raise ActionError(f"note '{note_id[:64]}' was deleted: restore it first")
        from_us = before.from_us if span[0] is None else span[0]
        to_us = before.to_us if span[1] is None else span[1]
        start, end = _checked_span((from_us, to_us))
        text = before.text if text is None else _checked_text(text)
        after = replace(before, number=before.number + 1, from_us=start, to_us=end, text=text)
        if replace(after, number=before.number) != before:
            self._keep(after, by)

    def delete(self, note_id: str, by: str, *, deleted: bool = True) -> None:
        """Take a note off the charts, or bring it back; its versions stay."""
        before = self._last(note_id)
        if before.deleted != deleted:
            self._keep(replace(before, number=before.number + 1, deleted=deleted), by)

    def _last(self, note_id: str) -> Version:
        rows = self._connection.execute(
            """
            SELECT note_id, version, device_id, series_id, from_us, to_us, text, deleted FROM notes
            WHERE note_id = $1 ORDER BY version DESC LIMIT 1
            """,
            [note_id],
        ).fetchall()
        if not rows:
            raise ActionError(f"there is no note '{note_id[:64]}'")
        return Version(*rows[0])

    def _keep(self, version: Version, by: str) -> None:
        row: list[object] = [
            version.note_id, version.number, version.device_id, version.series_id, version.from_us, version.to_us,
            version.text, version.deleted, by[:200], now_us(),
        ]  # fmt: skip
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        transact(self._connection, (f"INSERT INTO notes VALUES ({places})", row))


def _checked_span(span: tuple[int, int]) -> tuple[int, int]:
    start, end = span
    if not (EARLIEST_US <= start <= LATEST_US and EARLIEST_US <= end <= LATEST_US):
        raise ActionError("a note lies between the years 1900 and 2200; from_us and to_us are microseconds since 1970")
    if end < start:
        raise ActionError("a note's end lies before its start: exchange them")
    return start, end


def _checked_text(text: str) -> str:
    """The text without the spaces around it. Raises ActionError for none, too much, or what is no text."""
    text = text.strip()
    if not text:
        raise ActionError("a note needs a text")
    if len(text) > TEXT_LENGTH:
        raise ActionError(f"a note has at most {TEXT_LENGTH:,} characters, this one has {len(text):,}")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ActionError("a note's text holds a character that is none (NUL, or half of a pair)")
    return text
